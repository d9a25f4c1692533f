"""Copy bytes between a client of the guard and a server, as they come, at the pace of the slower side."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from veritas.audit.egress.upstream import CHUNK, Streams

_FAREWELL = 10.0  # seconds in which a client may close its side after the server has closed the other


class _End(Enum):
    CLOSED = "the sender has closed its side"
    BROKEN = "the sender's side broke"
    UNREAD = "the receiver takes no more"


async def relay(client: Streams, server: Streams, count: Callable[[int], None]) -> None:
    """Copy both ways until one side ends; *count* is called with the size of whatever the server sends.

    A connection that the server resets is reset for the client as well, so that the client does not take a body that
    broke off for a whole one. A client that closes its side is gone: browsers close nothing by halves.
    """
    up = asyncio.ensure_future(_copy(client[0], server[1], lambda size: None))
    down = asyncio.ensure_future(_copy(server[0], client[1], count))
    try:
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if up.done() and up.result() is _End.UNREAD:
            await asyncio.wait({down})  # an answer may come before the request is whole
        if down.done() and down.result() is _End.BROKEN:
            reset(client[1])
        elif down.done():
            await asyncio.wait({up}, timeout=_FAREWELL)
    finally:
        up.cancel()
        down.cancel()
        server[1].transport.abort()


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection in such a way that the other side sees an error, and not an end."""
    sock = writer.get_extra_info("socket")
    with suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]) -> _End:
    while True:
        try:
            data = await reader.read(CHUNK)
        except OSError:
            return _End.BROKEN
        if not data:
            break
        count(len(data))
        try:
            writer.write(data)
            await writer.drain()
        except OSError:
            return _End.UNREAD
    with suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()
    return _End.CLOSED
