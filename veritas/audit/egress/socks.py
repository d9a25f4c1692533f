"""The server's side of SOCKS5 (RFC 1928), as far as browsers use it: CONNECT, without a login."""

from __future__ import annotations

import asyncio
import socket

_VERSION, _NO_LOGIN, _CONNECT = 5, 0, 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_OK, _HOST_UNREACHABLE, _NOT_SUPPORTED = 0, 4, 7


class NotSocks(Exception):
    """The client does not speak SOCKS5, or asks for something other than a connection."""


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """Read a client's request, and return the host and the port that it asks for.

    Raises:
        NotSocks: It asks for something else.
        asyncio.IncompleteReadError: It ends before.
    """
    version, methods = await reader.readexactly(2)
    if version != _VERSION:
        raise NotSocks
    await reader.readexactly(methods)
    writer.write(bytes((_VERSION, _NO_LOGIN)))
    version, command, _, kind = await reader.readexactly(4)
    if version != _VERSION or command != _CONNECT:
        _reply(writer, _NOT_SUPPORTED)
        raise NotSocks
    if kind == _NAME:
        (length,) = await reader.readexactly(1)
        host = (await reader.readexactly(length)).decode("utf-8", "replace")
    elif kind == _IPV4:
        host = socket.inet_ntop(socket.AF_INET, await reader.readexactly(4))
    elif kind == _IPV6:
        host = socket.inet_ntop(socket.AF_INET6, await reader.readexactly(16))
    else:
        _reply(writer, _NOT_SUPPORTED)
        raise NotSocks
    return host, int.from_bytes(await reader.readexactly(2))


def accept(writer: asyncio.StreamWriter) -> None:
    """Tell the client that it is connected."""
    _reply(writer, _OK)


def decline(writer: asyncio.StreamWriter) -> None:
    """Tell the client that there is no connection; the guard keeps the reason."""
    _reply(writer, _HOST_UNREACHABLE)


def _reply(writer: asyncio.StreamWriter, code: int) -> None:
    writer.write(bytes((_VERSION, code, 0, _IPV4)) + bytes(6))
