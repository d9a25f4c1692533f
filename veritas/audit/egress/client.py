"""A connection of the product's own to a web server, through the egress guard."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from python_socks import ProxyError, ProxyType
from python_socks.async_.asyncio import Proxy as SocksProxy

from veritas.audit.egress.addresses import authority
from veritas.audit.egress.failure import NetworkFailure
from veritas.audit.egress.guard import Guard
from veritas.audit.egress.upstream import Streams


@asynccontextmanager
async def open_connection(
    guard: Guard, host: str, port: int, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Streams]:
    """Connect to *host*, and close the connection at the end of the `async with` block.

    Args:
        tls: Make a TLS connection with this context, which decides whether the host's certificate is verified.

    Raises:
        NetworkFailure: The host cannot be reached, or the guard refuses it.
        OSError: TLS fails, for example because the certificate cannot be verified.
    """
    through = SocksProxy(ProxyType.SOCKS5, "127.0.0.1", guard.port, rdns=True)
    server_hostname = host if tls else None
    try:
        sock = await through.connect(host, port)
        reader, writer = await asyncio.open_connection(sock=sock, ssl=tls, server_hostname=server_hostname)
    except ssl.SSLError:
        raise
    except (OSError, ProxyError) as error:
        unknown = error if isinstance(error, OSError) else NetworkFailure("ERR_CONNECTION_CLOSED")
        raise guard.failure(f"//{authority(host, port)}") or unknown from error
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
