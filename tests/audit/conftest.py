"""A real browser, and a loopback server whose pages each test defines."""

from __future__ import annotations

import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import pytest_asyncio

from tests.audit.identity.authority import Authority
from tests.browsers import open_local_guard
from veritas.audit.browser import Browser, open_browser
from veritas.audit.egress.guard import Guard

Headers = Mapping[str, str] | list[tuple[str, str]]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run these tests in one event loop: the browser that they share belongs to it."""
    for item in items:
        if HERE in item.path.parents and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


class Site:
    """A web server on loopback.

    Attributes:
        requests: (method, path, headers) of each request so far.
        closing: Set when the server stops, for answers that never end.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self._answers: dict[str, Callable[[BaseHTTPRequestHandler], object]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.requests.append((self.command, self.path, dict(self.headers)))
                path = self.path.partition("?")[0]
                answer = site._answers.get(path, _not_found)
                try:
                    answer(self)
                except OSError:  # the browser closed the connection
                    self.close_connection = True

            do_POST = do_HEAD = do_OPTIONS = do_GET

            def log_message(self, *arguments: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: object, client_address: object) -> None:
                return  # a browser that does not trust the certificate closes the connection

        self.server = Server(("127.0.0.1", 0), Handler)
        self._scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def page(
        self, path: str, html: str | bytes | Callable[[], str], status: int = 200, headers: Headers | None = None
    ) -> str:
        """Answer requests of *path* with *html*, or with what it returns for each, and return its URL."""
        pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers or [])

        def answer(handler: BaseHTTPRequestHandler) -> None:
            content = html() if callable(html) else html
            body = content.encode() if isinstance(content, str) else content
            names = {name.lower() for name, _ in pairs}
            handler.send_response(status)
            if "content-type" not in names:
                handler.send_header("Content-Type", "text/html; charset=utf-8")
            if "content-length" not in names:
                handler.send_header("Content-Length", str(len(body)))
            for name, value in pairs:
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(body)

        return self.handle(path, answer)

    def redirect(self, path: str, to: str, status: int = 302) -> str:
        """Answer requests of *path* with a redirect, and return its URL."""
        return self.page(path, "", status=status, headers={"Location": to})

    def handle(self, path: str, answer: Callable[[BaseHTTPRequestHandler], object]) -> str:
        """Answer requests of *path* with *answer*, which writes the response, and return its URL."""
        self._answers[path] = answer
        return self.url(path)

    def hang(self, path: str) -> str:
        """Never answer requests of *path*, and return its URL."""
        return self.handle(path, lambda _: bool(self.closing.wait(60)))

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        """Return the URL of *path*."""
        return f"{self._scheme}://{host}:{self.server.server_port}{path}"

    def close(self) -> None:
        """Stop serving."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


def _not_found(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def guard() -> AsyncIterator[Guard]:
    """One egress guard for all tests of this directory, which lets them reach their servers."""
    async with open_local_guard() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running_browser(guard: Guard) -> AsyncIterator[Browser]:
    """One Chromium for all tests of this directory."""
    async with open_browser(guard=guard) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def browser(running_browser: Browser) -> AsyncIterator[Browser]:
    """The browser with a new profile for this test."""
    async with running_browser.fresh_profile() as fresh:
        yield fresh


@pytest.fixture
def site() -> Iterator[Site]:
    """A new loopback server for this test."""
    served = Site()
    yield served
    served.close()


@pytest.fixture
def untrusted_site(tmp_path: Path) -> Iterator[Site]:
    """A loopback server with a self-signed certificate."""
    served = Site(Authority(tmp_path).issue("localhost", self_signed=True))
    yield served
    served.close()
