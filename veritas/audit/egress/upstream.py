"""Connections that the guard makes: to the addresses that it checked, and through the user's own proxy."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Sequence
from itertools import zip_longest

import h11
from python_socks import ProxyError, ProxyType
from python_socks.async_.asyncio import Proxy as SocksProxy

from veritas.audit.egress.addresses import Address, authority
from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.network import Proxy

CHUNK = 65_536
MAX_HEADERS = 262_144  # bytes, as in Chromium

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_NEXT_ADDRESS = 0.25  # seconds after which the next address is tried as well (RFC 8305)
# A name can have thousands of addresses; each that does not answer takes a socket until the connection times out.
_MAX_TRIED = 8


def tls_context() -> ssl.SSLContext:
    """Return a context that verifies as browsers do, with the system's authorities, and offers HTTP/1.1 only."""
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 is stricter, and rejects what browsers accept
    context.set_alpn_protocols(["http/1.1"])
    return context


async def connect(addresses: Sequence[Address], port: int) -> Streams:
    """Connect to the first of *addresses* that answers; the next is tried as well when one takes long.

    At most `_MAX_TRIED` are tried, of IPv6 and IPv4 in turn.

    Raises:
        OSError: None of them answers.
    """
    waiting = _in_turn(addresses)[:_MAX_TRIED]
    running: set[asyncio.Task[Streams]] = set()
    error: BaseException = OSError("no address")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.ensure_future(asyncio.open_connection(str(waiting.pop(0)), port)))
            pause = _NEXT_ADDRESS if waiting else None
            done, running = await asyncio.wait(running, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                error = task.exception() or error
            if connected := [task.result() for task in done if task.exception() is None]:
                for _, writer in connected[1:]:
                    writer.transport.abort()
                return connected[0]
        raise error
    finally:
        for task in running:
            task.add_done_callback(_close_unused)
            task.cancel()


async def connect_through(proxy: Proxy, host: str, port: int) -> Streams:
    """Connect to *host* through a tunnel that *proxy* makes; the proxy resolves the name.

    Raises:
        NetworkFailure: The proxy cannot be reached, or does not reach the host.
    """
    if proxy.scheme == "socks5":
        try:
            through = SocksProxy(
                ProxyType.SOCKS5,
                proxy.host,
                proxy.port,
                username=proxy.username,
                password=proxy.password if proxy.username is not None else None,
                rdns=True,
            )
            sock = await through.connect(host, port)
        except OSError as error:
            raise NetworkFailure("ERR_PROXY_CONNECTION_FAILED", proxy=proxy.url) from error
        except ProxyError as error:
            raise NetworkFailure("ERR_SOCKS_CONNECTION_FAILED", proxy=proxy.url) from error
        return await asyncio.open_connection(sock=sock)
    reader, writer = await connect_to(proxy)
    try:
        status = await _request_tunnel(reader, writer, proxy, authority(host, port))
        if status == 407:
            raise NetworkFailure("ERR_PROXY_AUTH_REQUESTED", proxy=proxy.url)
        if not 200 <= status < 300:
            raise NetworkFailure("ERR_TUNNEL_CONNECTION_FAILED", proxy=proxy.url)
    except BaseException:
        writer.transport.abort()
        raise
    return reader, writer


async def connect_to(proxy: Proxy) -> Streams:
    """Connect to *proxy* itself, an HTTP proxy.

    Raises:
        NetworkFailure: It cannot be reached, or trusted.
    """
    context = tls_context() if proxy.scheme == "https" else None
    try:
        return await asyncio.open_connection(
            proxy.host,
            proxy.port,
            ssl=context,
            server_hostname=proxy.host if context else None,
            happy_eyeballs_delay=_NEXT_ADDRESS,
        )
    except ssl.SSLError as error:
        raise NetworkFailure("ERR_PROXY_CERTIFICATE_INVALID", proxy=proxy.url) from error
    except OSError as error:
        raise NetworkFailure("ERR_PROXY_CONNECTION_FAILED", proxy=proxy.url) from error


def login_headers(proxy: Proxy) -> list[tuple[str, str]]:
    """Return the headers that log in to *proxy*."""
    if proxy.username is None:
        return []
    token = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
    return [("Proxy-Authorization", f"Basic {token}")]


async def _request_tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proxy: Proxy, target: str) -> int:
    """Send CONNECT to the proxy (RFC 9110, section 9.3.6), and return the status of its answer."""
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADERS)
    headers = [("Host", target), *login_headers(proxy)]
    for part in (h11.Request(method="CONNECT", target=target, headers=headers), h11.EndOfMessage()):
        writer.write(http.send(part) or b"")
    try:
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(await reader.read(CHUNK))
            elif isinstance(event, h11.Response):
                return event.status_code
            elif not isinstance(event, h11.InformationalResponse):
                raise NetworkFailure("ERR_TUNNEL_CONNECTION_FAILED", proxy=proxy.url)
    except (OSError, h11.ProtocolError) as error:
        raise NetworkFailure("ERR_TUNNEL_CONNECTION_FAILED", proxy=proxy.url) from error


def _in_turn(addresses: Sequence[Address]) -> list[Address]:
    """Return *addresses*, the families in turn, so that one that is not connected delays little (RFC 8305)."""
    first = [each for each in addresses if each.version == addresses[0].version]
    other = [each for each in addresses if each.version != addresses[0].version]
    return [each for pair in zip_longest(first, other) for each in pair if each is not None]


def _close_unused(task: asyncio.Task[Streams]) -> None:
    if not task.cancelled() and task.exception() is None:
        task.result()[1].transport.abort()
