"""The RetryingCaller: it calls what uses the database, outside the event loop, until the database is available."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from store.errors import StoreError
from veritas.recording.log_retry import LogRetry

T = TypeVar("T")


class RetryingCaller:
    """Calls functions in threads, and again while the database is not available.

    Attributes:
        has_failed: Whether a call failed since this was last set to False: its answer may be all that was lost.
    """

    def __init__(self, retry: LogRetry) -> None:
        self.has_failed = False
        self._retry = retry

    async def call(self, function: Callable[[], T]) -> T:
        """Call a function in a thread; return its result.

        Raises:
            store.errors.StoreError: The database was not available for too long, or the error cannot pass.
        """
        return await asyncio.to_thread(self.call_in_thread, function)

    def call_in_thread(self, function: Callable[[], T]) -> T:
        """Do the same in the caller's own thread."""

        def attempt() -> T:
            try:
                return function()
            except StoreError:
                self.has_failed = True
                raise

        return self._retry.call(attempt)
