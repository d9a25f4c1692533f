"""An HTTP GET without a browser, to learn what a page does not show, such as the redirect of a plain http:// URL.

It is limited in time and size, whatever the server does. If the headers have arrived when a limit is reached, the
response is returned with as much of the body as has come.
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

from veritas.audit.browser.net_errors import describe_failure
from veritas.errors import PageError

MAX_BODY = 2_000_000

# The characters that RFC 3986 allows in a path or a query; `%` is among them because some are escaped already.
_SAFE = "/?%:@!$&'()*+,;=~-._[]"
_GRACE = 1.0  # seconds in which a thread must notice that its connection was closed


@dataclass(frozen=True)
class Response:
    """The response to one GET.

    Attributes:
        headers: As sent, with their order, case and duplicates.
        body: As sent, at most `MAX_BODY` bytes.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def http_get(url: str, *, headers: Mapping[str, str], timeout: float) -> Response:
    """GET *url* once; follow no redirect, send and keep no cookie, and use no proxy.

    Raises:
        PageError: No response came within *timeout* seconds, or the server could not be reached or trusted.
    """
    exchange = _Exchange(url, headers, timeout)
    task = asyncio.create_task(asyncio.to_thread(exchange.run))
    try:
        await asyncio.wait({task}, timeout=timeout)
        if exchange.answered:
            exchange.close()
            await asyncio.wait({task}, timeout=_GRACE)
        if task.done():
            return task.result()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PageError(describe_failure(error, url, timeout=timeout)) from error
    finally:
        exchange.close()
        task.add_done_callback(_retrieve_exception)
    raise PageError(describe_failure(TimeoutError(), url, timeout=timeout))


class _Exchange:
    """A GET that runs in one thread, and that another thread can end with `close`.

    Attributes:
        answered: Whether the status and all headers have arrived.
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
        self._socket = self._connection.sock  # the connection may drop its reference once the headers are read
        path, query = (quote(part, safe=_SAFE) for part in (self._parts.path or "/", self._parts.query))
        self._connection.request(
            "GET",
            f"{path}?{query}" if query else path,
            headers={"Accept": "*/*", "Connection": "close", **self._headers},
        )
        response = self._connection.getresponse()
        self.answered = True
        fields = tuple((name, value.strip()) for name, value in response.msg.items())
        body = b""
        with response, contextlib.suppress(OSError, ValueError, http.client.HTTPException):  # accept a truncated body
            while len(body) < MAX_BODY and (chunk := response.read1(MAX_BODY - len(body))):
                body += chunk
        return Response(url=self._url, status=response.status, headers=fields, body=body)

    def close(self) -> None:
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


def _retrieve_exception(task: asyncio.Task[Response]) -> None:
    """Retrieve the exception of an abandoned exchange, so that asyncio does not log it as never retrieved."""
    if not task.cancelled():
        task.exception()
