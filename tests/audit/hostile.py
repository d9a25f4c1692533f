"""Answers of hostile or broken servers."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from threading import Event

Answer = Callable[[BaseHTTPRequestHandler], None]


def trickle(closing: Event, start: bytes = b"<title>Slow</title><p>The beginning") -> Answer:
    """Return an answer that begins a page and sends a little more of it until the test ends."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        begin(handler)
        handler.wfile.write(start)
        while not closing.wait(0.1):
            handler.wfile.write(b" more")

    return answer


def trickle_headers(closing: Event) -> Answer:
    """Return an answer that sends headers without end."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.flush_headers()
        while not closing.wait(0.1):
            handler.wfile.write(b"X-More: yes\r\n")

    return answer


def flood(handler: BaseHTTPRequestHandler) -> None:
    """Send a page without end, as fast as the client reads it."""
    begin(handler)
    while True:
        handler.wfile.write(b"<p>and on</p>" * 10_000)


def cut_short(body: bytes) -> Answer:
    """Return an answer that is shorter than its Content-Length."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        begin(handler, length=len(body) + 1000)
        handler.wfile.write(body)
        handler.close_connection = True

    return answer


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection without an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def begin(handler: BaseHTTPRequestHandler, length: int | None = None) -> None:
    """Send the headers of a page."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
