"""A loopback web server that answers each request with the result of a function of its path."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<!doctype html><html lang=en><title>A shop</title><p>Kettles"  # an audit of it takes half as long as of a shop


@dataclass(frozen=True)
class Answer:
    """An answer that is not only a body.

    Attributes:
        body: The body.
        status: The status.
        headers: Headers, beside Content-Length; Content-Type takes the place of the server's media type.
    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def serving(
    answer: Callable[[str], bytes | Answer], media_type: str, *, requests: list[str] | None = None
) -> Iterator[str]:
    """Serve *answer*'s result for each path, and yield the server's URL.

    Args:
        answer: Returns the body, or the whole answer, for a path.
        media_type: The media type of every answer that has none.
        requests: Is given the path and the User-Agent of each request, with a space between them.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if requests is not None:
                requests.append(f"{self.path} {self.headers['User-Agent']}")
            made = answer(self.path)
            made = made if isinstance(made, Answer) else Answer(made)
            self.send_response(made.status)
            length = str(len(made.body))
            for name, value in ({"Content-Type": media_type} | {**made.headers} | {"Content-Length": length}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, *arguments: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
