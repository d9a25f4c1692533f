"""LogRetry: calls that use the log are tried again while it is not available, with pauses that grow."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from store.errors import StoreError, StoreFull, StoreLocked

DATABASE_TIMEOUT = 300  # seconds; a failover or a restart of a server takes less

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds

_log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Outage:
    """A time in which the log was not available.

    Attributes:
        since: When the first call that failed had begun: seconds since the epoch, UTC.
        until: When a call succeeded, or was not tried again.
        attempts: How many calls failed.
        kind: `locked`, `full` or `unavailable` for a cause that may pass, else `broken`.
        error: The first error, in a sentence.
    """

    since: float
    until: float
    attempts: int
    kind: str
    error: str


class LogRetry:
    """Tries calls again while the log is not available.

    The calls of one recording share an object, so that after one has been given up, none waits again.

    Attributes:
        timeout: The seconds for which a call is tried again.
        report: Called with a sentence when waiting begins, and when the log is available again.
    """

    def __init__(
        self,
        timeout: float = DATABASE_TIMEOUT,
        *,
        report: Callable[[str], None] = _log.warning,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare for calls.

        Args:
            timeout: See the attribute.
            report: See the attribute; by default, a warning of the `logging` module.
            clock: Returns the time, in seconds since the epoch.
        """
        self.timeout = timeout
        self.report = report
        self._clock = clock
        self._given_up = threading.Event()
        self._outages: list[Outage] = []

    def give_up(self) -> None:
        """Try no call again from now on. May be called from any thread."""
        self._given_up.set()

    def take_outages(self) -> list[Outage]:
        """Return the outages that have ended since the last call of this method."""
        outages, self._outages = self._outages, []
        return outages

    def call(self, operation: Callable[[], T]) -> T:
        """Call *operation* until it raises no error that may pass; then return its result.

        It must be possible to repeat it: it may have done its work although it raised an error, if a connection broke
        before the server's answer arrived.

        Raises:
            store.errors.StoreError: The error cannot pass, or the log was not available for too long.
        """
        since, begin, attempts = self._clock(), time.monotonic(), 0
        first: StoreError | None = None
        try:
            while True:
                try:
                    result = operation()
                except StoreError as error:
                    if not error.is_temporary:
                        raise
                    attempts += 1
                    first = first or error
                    left = begin + self.timeout - time.monotonic()
                    if left <= 0 or self._given_up.is_set():
                        self._given_up.set()
                        raise
                else:
                    if first is not None:
                        self.report(f"The log is available again, after {self._clock() - since:.0f} s.")
                    return result
                if attempts == 1:
                    self.report(f"{first} The run waits for the log, for up to {self.timeout:g} s.")
                pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(attempts - 1, 10))
                self._given_up.wait(min(left, pause * random.uniform(0.5, 1.0)))  # recorders must not return together
        finally:
            if first is not None:
                self._outages.append(Outage(since, self._clock(), attempts, kind_of(first), str(first)))


def kind_of(error: StoreError) -> str:
    """Return the kind of an error, as a code; see `Outage`."""
    match error:
        case StoreLocked():
            return "locked"
        case StoreFull():
            return "full"
        case _:
            return "unavailable" if error.is_temporary else "broken"
