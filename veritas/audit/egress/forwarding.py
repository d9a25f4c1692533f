"""Connections through the user's own proxy, which differ by what the client sends first.

TLS, and a WebSocket, goes through a tunnel. A plain http: request goes to an HTTP proxy with its absolute URL, as
browsers send it, because many proxies make tunnels for https: alone. It is the only request of its connection: the
guard need not find out where one request ends and the next begins.
"""

from __future__ import annotations

import asyncio
import re

from veritas.audit.egress.addresses import Address, authority
from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.egress.upstream import (
    CHUNK,
    MAX_HEADERS,
    Streams,
    connect,
    connect_through,
    connect_to,
    login_headers,
)
from veritas.audit.network import Network, Proxy
from veritas.default_ports import WEB_PORTS

_TLS_HANDSHAKE = b"\x16"
_END = b"\r\n\r\n"
_UPGRADE = re.compile(rb"^upgrade:", re.IGNORECASE | re.MULTILINE)
_OF_ONE_HOP = (b"connection", b"proxy-connection", b"keep-alive", b"proxy-authorization")


async def open_through_proxy(
    network: Network,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    host: str,
    port: int,
    addresses: tuple[Address, ...] | OSError,
) -> Streams:
    """Read what the client sends first, and connect to the server by the way that *network* has for it.

    Args:
        reader: Reads from the client, which begins in HTTP and in TLS.
        writer: Writes to the client.
        addresses: The addresses of *host*, or why they are not known here.

    Raises:
        NetworkFailure: The proxy cannot be reached, or does not reach the host.
        OSError: The host is reached without a proxy, and cannot be reached.
        EOFError: The client sends nothing.
    """
    first = await reader.read(CHUNK)
    if not first:
        raise EOFError
    is_tls = first.startswith(_TLS_HANDSHAKE)
    proxy = network.proxy_for(f"{'https' if is_tls else 'http'}://{authority(host, port)}/")
    if proxy is None:
        if isinstance(addresses, OSError):
            raise addresses
        server = await connect(addresses, port)
    elif is_tls or proxy.scheme == "socks5":
        server = await connect_through(proxy, host, port)
    else:
        while _END not in first and len(first) < MAX_HEADERS and (data := await reader.read(CHUNK)):
            first += data
        head, end, rest = first.partition(_END)
        if not end:  # what came after it would look like another request to the proxy
            raise NetworkFailure("ERR_MSG_TOO_BIG", reason=f"its headers have more than {MAX_HEADERS:,} bytes")
        if _UPGRADE.search(head):
            server = await connect_through(proxy, host, port)
        else:
            server = await connect_to(proxy)
            server[1].write(_absolute(head, proxy, authority(host, None if port == WEB_PORTS["http"] else port)) + rest)
            await _pass_status(server, writer, proxy)
            return server
    server[1].write(first)
    return server


def _absolute(head: bytes, proxy: Proxy, target: str) -> bytes:
    """Return the head of a request as an HTTP proxy takes it."""
    line, *headers = head.split(b"\r\n")
    method, _, rest = line.partition(b" ")
    kept = [header for header in headers if header.partition(b":")[0].strip().lower() not in _OF_ONE_HOP]
    own = [f"{name}: {value}".encode() for name, value in (*login_headers(proxy), ("Connection", "close"))]
    return b"\r\n".join([method + b" http://" + target.encode() + rest, *kept, *own]) + _END


async def _pass_status(server: Streams, writer: asyncio.StreamWriter, proxy: Proxy) -> None:
    """Copy the beginning of the answer, unless the proxy itself answers that it wants another login."""
    try:
        beginning = await server[0].readexactly(len("HTTP/1.1 407"))
    except asyncio.IncompleteReadError as error:
        beginning = error.partial
    if beginning.endswith(b" 407"):
        server[1].transport.abort()
        raise NetworkFailure("ERR_PROXY_AUTH_REQUESTED", proxy=proxy.url)
    writer.write(beginning)
