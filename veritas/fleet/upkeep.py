"""The Upkeep: what the workers do for all of the fleet, beside their jobs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.fleet.batch_end import end_batches
from veritas.fleet.database import FleetDatabase
from veritas.fleet.heartbeat import Heartbeat
from veritas.fleet.job import FleetJob
from veritas.fleet.retrying_caller import RetryingCaller
from veritas.fleet.schedule import submit_due
from veritas.fleet.takeover import Timing, take_over


class Upkeep:
    """Takes over the jobs of workers that are gone, ends batches, and submits those of schedules that are due.

    After a time without the database, the other workers' heartbeats are as late as this worker's own. So it takes
    nothing over until its own were in time for as long as another may be silent.
    """

    def __init__(
        self,
        archive: Archive,
        fleet: FleetDatabase,
        *,
        calls: RetryingCaller,
        heartbeat: Heartbeat,
        timing: Timing,
        wake: Callable[[], None],
        report: Callable[[str], None],
    ) -> None:
        """Prepare; see `run`.

        Args:
            archive: The log.
            fleet: The fleet's tables.
            calls: Calls the log and the queue.
            heartbeat: The worker's own.
            timing: The time between two rounds, and the time after which a worker counts as gone.
            wake: Called when jobs were taken over, which wait again.
            report: Called with sentences about what is done.
        """
        self._archive = archive
        self._fleet = fleet
        self._calls = calls
        self._heartbeat = heartbeat
        self._timing = timing
        self._wake = wake
        self._report = report

    async def run(self) -> None:
        """Do it again and again until this task is cancelled.

        Raises:
            store.errors.StoreError: The database was not available for too long.
        """
        due = partial(submit_due, self._archive, self._fleet, now=lambda: datetime.now(UTC), report=self._report)
        while True:
            if await self._take_over():
                self._wake()
            await self._calls.call(partial(end_batches, self._archive, self._fleet))
            await self._calls.call(due)
            await asyncio.sleep(self._timing.look)

    async def _take_over(self) -> list[FleetJob]:
        if self._heartbeat.is_steady:
            # It is not called again: after a time without the database, the heartbeats are no longer steady.
            with contextlib.suppress(StoreError):
                call = partial(take_over, self._archive, self._fleet, stale=self._timing.stale, report=self._report)
                return await asyncio.to_thread(call)
        return []
