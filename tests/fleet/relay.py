"""A relay to a server on this machine that can be cut, as a network is: no connection ends, and nothing arrives."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import Self


class Relay:
    """A context manager that relays connections to a port in a thread of its own.

    Attributes:
        port: Its own port.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def cut(self) -> None:
        """Let nothing pass from now on."""
        self._loop.call_soon_threadsafe(self._joined.clear)

    def join(self) -> None:
        """Let everything pass again, also what was sent meanwhile."""
        self._loop.call_soon_threadsafe(self._joined.set)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _start(self) -> None:
        self._joined = asyncio.Event()
        self._joined.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._joined.wait()
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._copy(reader, to_writer), self._copy(to_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                await self._joined.wait()
                writer.write(data)
                await writer.drain()
        writer.close()
