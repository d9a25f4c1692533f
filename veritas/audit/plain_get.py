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

from veritas.audit.net_errors import why_not_visited
from veritas.errors import PageError

MAX_BODY = 2_000_000

# What RFC 3986 lets stand in a path or a query; `%` stands for what is escaped already.
_SAFE = "/?%:@!$&'()*+,;=~-._[]"


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
        PageError: No answer came within *timeout* seconds, or the certificate is not valid.
    """
    parts = _split(url)
    connection = _connection(parts, timeout)
    exchange = asyncio.create_task(asyncio.to_thread(_exchange, connection, url, parts, headers))
    try:
        done, _ = await asyncio.wait({exchange}, timeout=timeout)
        if not done:
            raise PageError(why_not_visited(TimeoutError(), url, timeout=timeout))
        return exchange.result()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PageError(why_not_visited(error, url, timeout=timeout)) from error
    finally:
        _hang_up(connection)
