"""The Heartbeat: it says again and again that a worker lives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from veritas.fleet.queue import JobQueue
from veritas.fleet.retrying_caller import RetryingCaller
from veritas.fleet.takeover import Timing


class Heartbeat:
    """Sends a worker's heartbeats, also while it drains."""

    def __init__(
        self,
        queue: JobQueue,
        *,
        calls: RetryingCaller,
        timing: Timing,
        is_draining: Callable[[], bool],
        lost: Callable[[], None],
    ) -> None:
        """Prepare to send; see `run`.

        Args:
            queue: The queue, which the worker has joined.
            calls: Calls the queue.
            timing: The time between two heartbeats, and how late one may be.
            is_draining: Returns whether the worker takes no further job.
            lost: Called if the worker was silent for so long that others have taken its jobs over.
        """
        self._queue = queue
        self._calls = calls
        self._timing = timing
        self._is_draining = is_draining
        self._lost = lost
        self._last = 0.0
        self._steady_since = float("inf")  # since when every heartbeat was in time

    async def run(self) -> None:
        """Send heartbeats until this task is cancelled; join again after a takeover.

        Raises:
            store.errors.StoreError: The database was not available for too long.
        """
        clock = asyncio.get_running_loop().time
        self._last = self._steady_since = clock()
        while True:
            await asyncio.sleep(self._timing.heartbeat)
            lives = await self._calls.call(lambda: self._queue.beat(draining=self._is_draining()))
            if clock() - self._last > self._timing.stale / 2:
                self._steady_since = clock()
            self._last = clock()
            if not lives:
                self._lost()
                await self._calls.call(self._queue.join)

    @property
    def is_steady(self) -> bool:
        """Whether the heartbeats were all in time, for as long as another worker may be silent."""
        now, stale = asyncio.get_running_loop().time(), self._timing.stale
        return now - self._last < stale / 2 and now - self._steady_since > stale
