"""A web server that answers for every host of 127.0.0.0/8, and that can keep its visitors waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.serving import PAGE


class Site:
    """The server.

    Attributes:
        gate: Its visitors wait until this is set.
        visits: The hosts that were visited, each at the begin of a visit to its start page.
    """

    def __init__(self, port: int) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.visits: list[str] = []
        self._port = port

    def url(self, number: int) -> str:
        """Return the start page of a host; each number is a host of its own."""
        return f"http://127.0.{number // 250}.{number % 250 + 1}:{self._port}/"

    def urls(self, count: int) -> list[str]:
        """Return the start pages of *count* hosts."""
        return [self.url(number) for number in range(count)]


@contextmanager
def serving_hosts() -> Iterator[Site]:
    """Serve a small page on all of them."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/":
                site.visits.append(self.headers["Host"])
                site.gate.wait(60)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *arguments: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        request_queue_size = 64
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of browsers that were killed."""

    with Server(("0.0.0.0", 0), Handler) as server:
        site = Site(server.server_port)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield site
        site.gate.set()
        server.shutdown()
