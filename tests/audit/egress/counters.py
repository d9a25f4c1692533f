"""Servers on loopback that count whatever reaches them, by TCP or UDP, on every address of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Counter:
    """What reached one port.

    Attributes:
        port: The port, the same for TCP and UDP.
        hits: One entry a connection or a datagram.
    """

    port: int = 0
    hits: list[str] = field(default_factory=list)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def datagram_received(self, data: bytes, address: object) -> None:
        self.counter.hits.append(f"UDP {data[:20]!r} from {address}")


@asynccontextmanager
async def counting() -> AsyncIterator[Counter]:
    """Listen on a port of every IPv4 and IPv6 address, and count."""
    counter = Counter()

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counter.hits.append(f"TCP {await reader.read(200)!r}")
        writer.write(b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nContent-Length: 2\r\n\r\nHi")
        writer.close()

    server = await asyncio.start_server(count, "0.0.0.0", 0)
    counter.port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    datagrams, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(counter), ("0.0.0.0", counter.port))
    sixth = await asyncio.start_server(count, "::1", counter.port)
    try:
        yield counter
    finally:
        datagrams.close()
        server.close()
        sixth.close()
