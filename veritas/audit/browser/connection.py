"""A connection to a web server, directly or through a proxy."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import h11
from python_socks import ProxyError, ProxyType
from python_socks.async_.asyncio import Proxy as SocksProxy

from veritas.audit.browser.net_errors import NetworkFailure
from veritas.audit.network import Proxy

CHUNK = 65_536
MAX_HEADERS = 262_144  # bytes, as in Chromium


@dataclass(frozen=True)
class Connection:
    """An open connection.

    Attributes:
        reader: Reads what the server sends.
        writer: Writes to the server.
        forward_headers: The headers for the proxy that forwards the request.
        forwarded: Whether a proxy forwards the request, and so needs the absolute URL.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    forward_headers: tuple[tuple[str, str], ...] = ()
    forwarded: bool = False


@asynccontextmanager
async def open_connection(host: str, port: int, *, tls: bool, proxy: Proxy | None) -> AsyncIterator[Connection]:
    """Connect to *host*, and close the connection at the end of the `async with` block.

    Args:
        tls: Whether to make a TLS connection and verify the host's certificate.
        proxy: The proxy to go through; None to connect directly.

    Raises:
        NetworkFailure: The proxy cannot be reached, or does not reach the host.
        OSError: The host cannot be reached, or its certificate cannot be verified.
    """
    context = _tls_context() if tls else None
    if proxy is None:
        connection = await _connect(host, port, context)
    elif proxy.scheme == "socks5":
        connection = await _connect_by_socks(host, port, context, proxy)
    elif context:
        connection = await _connect_by_tunnel(host, port, context, proxy)
    else:
        connection = await _connect_to_proxy(proxy)
    try:
        yield connection
    finally:
        connection.writer.transport.abort()


def _tls_context() -> ssl.SSLContext:
    """Return a context that verifies as browsers do, with the system's authorities, and offers HTTP/1.1 only."""
    context = ssl.create_default_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13 is stricter, and rejects what browsers accept
    context.set_alpn_protocols(["http/1.1"])
    return context


async def _connect(host: str, port: int, context: ssl.SSLContext | None) -> Connection:
    server_hostname = host if context else None
    streams = await asyncio.open_connection(
        host, port, ssl=context, server_hostname=server_hostname, happy_eyeballs_delay=0.25
    )
    return Connection(*streams)


async def _connect_to_proxy(proxy: Proxy) -> Connection:
    try:
        direct = await _connect(proxy.host, proxy.port, _tls_context() if proxy.scheme == "https" else None)
    except ssl.SSLError as error:
        raise NetworkFailure("ERR_PROXY_CERTIFICATE_INVALID") from error
    except OSError as error:
        raise NetworkFailure("ERR_PROXY_CONNECTION_FAILED") from error
    headers: tuple[tuple[str, str], ...] = ()
    if proxy.username is not None:
        token = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode()
        headers = (("Proxy-Authorization", f"Basic {token}"),)
    return Connection(direct.reader, direct.writer, headers, forwarded=True)


async def _connect_by_tunnel(host: str, port: int, context: ssl.SSLContext, proxy: Proxy) -> Connection:
    """Connect to *host* through a tunnel that the HTTP proxy makes (RFC 9110, section 9.3.6)."""
    connection = await _connect_to_proxy(proxy)
    reader, writer = connection.reader, connection.writer
    try:
        status = await _request_tunnel(connection, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        if status == 407:
            raise NetworkFailure("ERR_PROXY_AUTH_REQUESTED")
        if not 200 <= status < 300:
            raise NetworkFailure("ERR_TUNNEL_CONNECTION_FAILED")
        await writer.start_tls(context, server_hostname=host)
    except BaseException:
        writer.transport.abort()
        raise
    return Connection(reader, writer)


async def _request_tunnel(connection: Connection, authority: str) -> int:
    """Send CONNECT to the proxy, and return the status of its answer."""
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADERS)
    headers = [("Host", authority), *connection.forward_headers]
    for part in (h11.Request(method="CONNECT", target=authority, headers=headers), h11.EndOfMessage()):
        connection.writer.write(http.send(part) or b"")
    try:
        while True:
            event = http.next_event()
            if event is h11.NEED_DATA:
                http.receive_data(await connection.reader.read(CHUNK))
            elif isinstance(event, h11.Response):
                return event.status_code
            elif not isinstance(event, h11.InformationalResponse):
                raise NetworkFailure("ERR_TUNNEL_CONNECTION_FAILED")
    except (OSError, h11.ProtocolError) as error:
        raise NetworkFailure("ERR_TUNNEL_CONNECTION_FAILED") from error


async def _connect_by_socks(host: str, port: int, context: ssl.SSLContext | None, proxy: Proxy) -> Connection:
    """Connect to *host* through a SOCKS proxy, which also resolves the name, as for Chromium."""
    try:
        sock = await SocksProxy(ProxyType.SOCKS5, proxy.host, proxy.port, rdns=True).connect(host, port)
    except OSError as error:
        raise NetworkFailure("ERR_PROXY_CONNECTION_FAILED") from error
    except ProxyError as error:
        raise NetworkFailure("ERR_SOCKS_CONNECTION_FAILED") from error
    return Connection(*await asyncio.open_connection(sock=sock, ssl=context, server_hostname=host if context else None))
