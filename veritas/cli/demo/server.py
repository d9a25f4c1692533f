"""The servers of the two demo shops on this machine, each on a port that the system chooses."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from veritas.cli.demo.shop import MEDIA_TYPES, Resource, Shop, load_shop

MAX_CONNECTIONS = 64
MAX_FORM_BYTES = 64 * 1024
IDLE_SECONDS = 5.0


@dataclass(frozen=True)
class ShopAddresses:
    """The URLs of the shops, each ending in a slash."""

    crooked: str
    honest: str


@contextmanager
def serve_shops() -> Iterator[ShopAddresses]:
    """Serve both shops on 127.0.0.1 until the block ends; no thread or connection outlives it."""
    opened_at = datetime.now(UTC)
    with ExitStack() as stack:
        crooked, honest = (
            stack.enter_context(_serve(load_shop(name, opened_at=opened_at))) for name in ("crooked", "honest")
        )
        yield ShopAddresses(crooked, honest)


@contextmanager
def _serve(shop: Shop) -> Iterator[str]:
    server = _ShopServer(shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="demo-shop")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.drop_connections()
        server.server_close()
        thread.join()


class _ShopServer(ThreadingTCPServer):
    """A server with one thread a connection, up to `MAX_CONNECTIONS`; further ones are closed without a response."""

    request_queue_size = MAX_CONNECTIONS

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        with self._lock:
            return len(self._connections) < MAX_CONNECTIONS

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: a visitor may close the connection during a response."""

    def drop_connections(self) -> None:
        """Close the connections that are kept alive; their threads would otherwise wait until they time out."""
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):  # closed already
                    connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True  # otherwise the body waits until the client acknowledges the headers
    server: _ShopServer

    def do_GET(self) -> None:
        self._respond(*self._find())

    def do_HEAD(self) -> None:
        self._respond(*self._find())

    def do_POST(self) -> None:
        """Read a form, discard it, and redirect to the page that it was sent to."""
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or "Transfer-Encoding" in self.headers:
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > 9 or int(length) > MAX_FORM_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self.rfile.read(int(length))
            status, resource = self._find()
            if status == HTTPStatus.OK:
                self._respond(HTTPStatus.SEE_OTHER, Resource(resource.media_type, b""), Location=self._path())
            else:
                self._respond(status, resource)

    def version_string(self) -> str:
        return self.server.shop.practice.software

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: stderr belongs to the command that serves the shops."""

    def _path(self) -> str:
        """Return the requested path without its query; empty if the URL or its encoding is invalid."""
        try:
            return unquote(urlsplit(self.path).path, errors="strict")
        except ValueError:
            return ""

    def _find(self) -> tuple[HTTPStatus, Resource]:
        """Look the path up in the shop's resources; a request opens no file, so it cannot reach other files."""
        shop = self.server.shop
        resource = shop.resources.get(self._path())
        return (HTTPStatus.OK, resource) if resource else (HTTPStatus.NOT_FOUND, shop.missing)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # otherwise the rest of the body would be read as the next request
        self._respond(status, Resource("text/plain; charset=utf-8", f"{status.phrase}.\n".encode()), Connection="close")

    def _respond(self, status: HTTPStatus, resource: Resource, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", resource.media_type)
        self.send_header("Content-Length", str(len(resource.body)))
        for name, value in {**headers, **self.server.shop.practice.headers}.items():
            self.send_header(name, value)
        if resource.media_type == MEDIA_TYPES[".html"]:
            self._send_cookies()
        if self.server.shop.practice.echoes_origin and (origin := self.headers.get("Origin")):
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Credentials", "true")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(resource.body)

    def _send_cookies(self) -> None:
        try:
            known = SimpleCookie(self.headers.get("Cookie", ""))
        except CookieError:
            known = SimpleCookie()
        for name, attributes in self.server.shop.practice.cookies.items():
            if name not in known:
                self.send_header("Set-Cookie", f"{name}={secrets.token_hex(16)}; {attributes}")
