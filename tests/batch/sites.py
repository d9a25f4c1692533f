"""Local sites, each on a loopback address of its own, so that they are different hosts; some are broken."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import PAGE


@dataclass
class Sites:
    """The sites that were made.

    Attributes:
        good: The addresses of pages that can be audited.
        broken: The addresses of pages that cannot: a refused port, an unknown host, a host without TLS, an error of the
            server, and an endless redirect.
        visits: The requests in their order: the host's address, the path, and the time in seconds.
        release: Set it, and the pages called `/slow` answer.
    """

    good: list[str]
    broken: list[str]
    visits: list[tuple[str, str, float]] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)


@contextmanager
def serving_sites(number: int) -> Iterator[Sites]:
    """Serve *number* good sites, and those that are broken."""
    sites = Sites([], [])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sites.visits.append((str(self.server.server_address[0]), self.path, time.monotonic()))
            if self.path.startswith("/slow"):
                sites.release.wait(60)
            if self.path == "/loop":
                self._answer(302, b"", {"Location": "/loop"})
            elif self.path == "/error":
                self._answer(500, b"error", {})
            elif self.path == "/busy":
                self._answer(429, b"busy", {"Retry-After": "2"})
            elif self.path == "/robots.txt":
                self._answer(200, b"User-agent: *\nDisallow: /private\n", {})
            else:
                self._answer(200, PAGE, {"Content-Type": "text/html"})

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            return

    with ExitStack() as servers:

        def serve(last: int) -> str:
            server = servers.enter_context(ThreadingHTTPServer((f"127.0.3.{last}", 0), Handler))
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            servers.callback(server.shutdown)
            return f"127.0.3.{last}:{server.server_port}"

        sites.good += [f"http://{serve(last)}/" for last in range(1, number + 1)]
        sites.broken += [
            f"http://{_closed_port()}/",
            "http://nosuch.invalid/",
            f"https://{serve(200)}/",
            f"http://{serve(201)}/error",
            f"http://{serve(202)}/loop",
        ]
        yield sites
        sites.release.set()


def _closed_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.3.203", 0))
        return f"127.0.3.203:{listener.getsockname()[1]}"
