"""The Listener: it wakes a worker when the database announces a job."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import psycopg

from store.errors import StoreError
from veritas.fleet.database import FleetDatabase
from veritas.fleet.queue import CHANNEL, WAKE

_SILENT = 10  # seconds in which the listener's own notification must arrive


class Listener:
    """Waits for the notifications of new jobs, on a connection of its own.

    A pooler that gives a connection to another client after each transaction, such as PgBouncer with
    `pool_mode = transaction`, passes no notification on and says nothing of it. So the listener notifies itself first.
    """

    def __init__(
        self, fleet: FleetDatabase, *, wake: Callable[[], None], report: Callable[[str], None], look: float
    ) -> None:
        """Prepare to listen; see `run`.

        Args:
            fleet: The fleet's tables.
            wake: Called for each notification, from the event loop.
            report: Called with a sentence if notifications do not arrive.
            look: The seconds between two looks of the worker for jobs, without a notification; see `Timing`.
        """
        self._fleet = fleet
        self._wake = wake
        self._report = report
        self._look = look

    async def run(self) -> None:
        """Listen until this task is cancelled, and connect again if the connection is lost."""
        while True:
            try:
                connection = await asyncio.to_thread(self._fleet.tables.connect)
            except StoreError:
                await asyncio.sleep(self._look)
                continue
            with contextlib.suppress(psycopg.Error, StoreError), contextlib.closing(connection):
                await self._listen(connection)
            await asyncio.sleep(1.0)

    async def _listen(self, connection: psycopg.Connection[Any]) -> None:
        await asyncio.to_thread(connection.execute, f'LISTEN "{CHANNEL}"')
        self._wake()
        await asyncio.to_thread(self._notify)
        waited = 0
        while True:
            if await asyncio.to_thread(_notifications, connection):
                waited = _SILENT + 1  # they arrive
                self._wake()
            elif waited <= _SILENT:
                waited += 1
                if waited == _SILENT:
                    self._report(
                        "No notification of the database arrives by this address, as through PgBouncer with"
                        f" pool_mode=transaction; the worker looks for jobs every {self._look:g} s."
                    )

    def _notify(self) -> None:
        with self._fleet.transaction() as connection:
            connection.execute(WAKE)


def _notifications(connection: psycopg.Connection[Any]) -> int:
    """Return the number of notifications that arrive within a second; as soon as there is one."""
    return len(list(connection.notifies(timeout=1.0, stop_after=1)))
