"""An HTTP GET without a browser, to learn what a page does not show, such as the redirect of a plain http:// URL.

It is limited in time and size, whatever the server does. If the headers have arrived when a limit is reached, the
response is returned with as much of the body as has come, and with the reason why that is not all.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

import h11

from veritas.audit.browser.content_coding import decode_content
from veritas.audit.browser.net_errors import describe_failure
from veritas.audit.egress.addresses import authority, normal_host
from veritas.audit.egress.client import open_connection
from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.egress.guard import Guard
from veritas.audit.egress.upstream import CHUNK, MAX_HEADERS, tls_context
from veritas.default_ports import own_port, port_of
from veritas.errors import PageError

MAX_BODY = 4_000_000

# The characters that RFC 3986 allows in a path or a query; `%` is among them because some are escaped already.
_SAFE = "/?%:@!$&'()*+,;=~-._[]"
_CODINGS = {"http": "gzip, deflate", "https": "gzip, deflate, br, zstd"}  # what Chromium asks for

# A proxy that reaches no server answers with these statuses itself, and the answer does not show who it is from.
_GATEWAY_STATUSES = (502, 503, 504)


@dataclass(frozen=True)
class Response:
    """The response to one GET.

    Attributes:
        url: The URL that was requested.
        status: The HTTP status.
        headers: As sent, with their order, case and duplicates.
        body: At most `MAX_BODY` bytes, without the content codings.
        problem: Why the body is not whole, in one sentence; empty if it is whole.
    """

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    problem: str = ""


async def http_get(url: str, *, headers: Mapping[str, str], timeout: float, guard: Guard) -> Response:
    """GET *url* once; follow no redirect, and send and keep no cookie.

    Args:
        guard: The egress guard to go through.

    Raises:
        PageError: No response came within *timeout* seconds, or the server could not be reached or trusted.
    """
    exchange = _Exchange(url, headers, guard)
    try:
        async with asyncio.timeout(timeout):
            await exchange.run()
    except (OSError, EOFError, h11.ProtocolError, NetworkFailure, ValueError) as error:
        if exchange.status is None:
            known = error if isinstance(error, ssl.SSLError | NetworkFailure) else guard.failure(url) or error
            raise PageError(describe_failure(known, url, timeout=timeout)) from known
        late = isinstance(error, TimeoutError)
        exchange.problem = f"was not whole after {timeout:g} s" if late else "broke off before its end"
    return exchange.response()


class _Exchange:
    """A GET and its response, as far as it has come.

    Attributes:
        status: The status; None before the headers have arrived.
        problem: Why the body is not whole, as the end of a sentence; empty if it is.
    """

    def __init__(self, url: str, headers: Mapping[str, str], guard: Guard) -> None:
        self.status: int | None = None
        self.problem = ""
        self._url = url
        self._parts = _split(url)
        self._request_headers = headers
        self._guard = guard
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()

    async def run(self) -> None:
        parts = self._parts
        host = _ascii(parts.hostname or "")
        port = port_of(parts)
        tls = tls_context() if parts.scheme == "https" else None
        async with open_connection(self._guard, host, port, tls=tls) as (reader, writer):
            http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADERS)
            for part in (self._request(host), h11.EndOfMessage()):
                writer.write(http.send(part) or b"")
            await self._receive(reader, http)
        proxy = self._guard.network.proxy_for(self._url)
        if proxy and proxy.scheme != "socks5" and not tls and self.status in _GATEWAY_STATUSES:
            raise PageError(
                f"The proxy {proxy.url!r} answers {self.status} for {self._url!r}, so the site itself may not be there."
            )

    def response(self) -> Response:
        """Return the response, its body decoded."""
        assert self.status is not None  # the headers have arrived
        codings = [
            coding for name, value in self._headers if name.lower() == "content-encoding" for coding in value.split(",")
        ]
        decoded = decode_content(bytes(self._body), codings, limit=MAX_BODY)
        problem = self.problem or decoded.problem
        sentence = f"The answer of {self._url!r} {problem}." if problem else ""
        return Response(self._url, self.status, self._headers, decoded.body, sentence)

    def _request(self, host: str) -> h11.Request:
        parts = self._parts
        named = authority(host, own_port(parts))
        path, query = (quote(part, safe=_SAFE) for part in (parts.path or "/", parts.query))
        target = f"{path}?{query}" if query else path
        headers = {
            "Host": named,
            "Accept": "*/*",
            "Accept-Encoding": _CODINGS[parts.scheme],
            "Connection": "close",
            **self._request_headers,
        }
        return h11.Request(method="GET", target=target, headers=list(headers.items()))

    async def _receive(self, reader: asyncio.StreamReader, http: h11.Connection) -> None:
        """Receive the response; interim responses (1xx) before it are skipped, as in browsers."""
        beginning = b""
        while True:
            try:
                event = http.next_event()
            except h11.RemoteProtocolError as error:
                if self.status is None and not beginning:
                    raise EOFError from error
                if _is_http2(beginning):
                    raise NetworkFailure("ERR_ALPN_NEGOTIATION_FAILED") from error
                raise
            if event is h11.NEED_DATA:
                data = await reader.read(CHUNK)
                beginning = beginning or data
                http.receive_data(data)
            elif isinstance(event, h11.Response):
                self._headers = tuple(
                    (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items()
                )
                self.status = event.status_code
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > MAX_BODY:
                    del self._body[MAX_BODY:]
                    self.problem = f"has more than {MAX_BODY:,} bytes"
                    return
            elif not isinstance(event, h11.InformationalResponse):
                return


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise PageError(f"{url!r} is not an http:// or https:// address; check its spelling.")
    return parts


def _ascii(host: str) -> str:
    """Return *host* as it is sent: an internationalized name in its ASCII form."""
    return host if host.isascii() else normal_host(host)


def _is_http2(beginning: bytes) -> bool:
    """Return whether *beginning* is that of an HTTP/2 server: a SETTINGS frame (RFC 9113, sections 3.4 and 4.1)."""
    return beginning[:2] == b"\0\0" and beginning[3:9] == b"\x04\0\0\0\0\0"
