"""Forty shops on this machine, each on a loopback address of its own, as the hosts of a list of sites are.

They are served by a process of their own, so that no client that is measured shares its processor time.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from veritas.cli.demo.shop import Resource, Shop, load_shop

SHOPS = 40
LOADS = "/number-of-loads"  # the path that answers how often browsers have loaded the start pages


@contextmanager
def serving_shops(number: int = SHOPS) -> Iterator[list[str]]:
    """Serve the demo's honest shop on *number* addresses, and yield the URLs of their start pages."""
    command = [sys.executable, "-m", "tests.benchmarks._shops"]
    server = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield [f"http://127.0.1.{host}:{port}/" for host in range(1, number + 1)]
    finally:
        server.kill()
        server.communicate()


def serve(shop: Shop) -> None:
    """Serve *shop* on every loopback address, and print the port."""
    loads: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            if self.path == "/" and self.headers["Sec-Fetch-Dest"] == "document":
                loads.append(self.path)
            found = shop.resources.get(self.path)
            if self.path == LOADS:
                found = Resource("text/plain", str(len(loads)).encode())
            resource = found or shop.missing
            self.send_response(200 if found else 404)
            headers = {"Content-Type": resource.media_type, "Content-Length": str(len(resource.body))}
            for name, value in {**headers, **shop.practice.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(resource.body)

        def log_message(self, *arguments: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Pass over a connection that a browser has closed in the middle of an answer."""

    with Server(("", 0), Handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    serve(load_shop("honest", opened_at=datetime.now(UTC)))
