"""One GET without a browser: for what a page does not show, such as where plain http leads.

It is bounded in time and size, whatever the server does. What has arrived when a bound is reached is the answer, if
the headers are among it.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from veritas.audit.browser.net_errors import why_not_visited
from veritas.errors import PageError

MAX_BODY = 2_000_000

# What RFC 3986 lets stand in a path or a query; `%` stands for what is escaped already.
_SAFE = "/?%:@!$&'()*+,;=~-._[]"
_GRACE = 1.0  # seconds that a thread has to notice that its connection was hung up


@dataclass(frozen=True)
class Response:
    """The answer to one GET.

    Attributes:
        headers: As sent: order, case and duplicates kept.
        body: As sent, at most `MAX_BODY` bytes.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def plain_get(url: str, *, headers: Mapping[str, str], timeout: float) -> Response:
    """GET *url* once: no redirect is followed, no cookie sent or kept, no proxy asked.

    Raises:
        PageError: No answer came within *timeout* seconds, or the server could not be reached or trusted.
    """
    exchange = _Exchange(url, headers, timeout)
    task = asyncio.create_task(asyncio.to_thread(exchange.run))
    try:
        await asyncio.wait({task}, timeout=timeout)
        if exchange.answered:
            exchange.hang_up()
            await asyncio.wait({task}, timeout=_GRACE)
        if task.done():
            return task.result()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PageError(why_not_visited(error, url, timeout=timeout)) from error
    finally:
        exchange.hang_up()
        task.add_done_callback(_forget)
    raise PageError(why_not_visited(TimeoutError(), url, timeout=timeout))


class _Exchange:
    """A GET in a thread of its own, which another thread can hang up.

    Attributes:
        answered: The status and all headers have arrived.
    """

    def __init__(self, url: str, headers: Mapping[str, str], timeout: float) -> None:
        self.answered = False
        self._url = url
        self._parts = _split(url)
        self._headers = headers
        self._socket: socket.socket | None = None
        host, port = self._parts.hostname or "", self._parts.port
        self._connection = http.client.HTTPConnection(host, port, timeout=timeout)
        if self._parts.scheme == "https":
            context = ssl.create_default_context()
            self._connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)

    def run(self) -> Response:
        self._connection.connect()
        self._socket = self._connection.sock  # the connection itself may let go of it once the headers are there
        path, query = (quote(part, safe=_SAFE) for part in (self._parts.path or "/", self._parts.query))
        self._connection.request(
            "GET",
            f"{path}?{query}" if query else path,
            headers={"Accept": "*/*", "Connection": "close", **self._headers},
        )
        answer = self._connection.getresponse()
        self.answered = True
        sent = tuple((name, value.strip()) for name, value in answer.msg.items())
        body = b""
        with answer, contextlib.suppress(OSError, ValueError, http.client.HTTPException):  # a body cut short will do
            while len(body) < MAX_BODY and (chunk := answer.read1(MAX_BODY - len(body))):
                body += chunk
        return Response(url=self._url, status=answer.status, headers=sent, body=body)

    def hang_up(self) -> None:
        if self._socket:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise PageError(f"{url!r} is not an http:// or https:// address; check its spelling.")
    return parts


def _forget(task: asyncio.Task[Response]) -> None:
    """Take note of how an abandoned exchange ended, so that asyncio does not complain of it."""
    if not task.cancelled():
        task.exception()
