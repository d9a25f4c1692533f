"""The time that an audit may take, and how its phases share it.

Each phase may take a share of the time that is left when it begins, so a slow phase leaves some to the ones after it,
and what a fast one does not need they have too. Each ends in time by itself, with what it has, and records what it
could not do. One that is late nevertheless is ended, and has failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from veritas.errors import TIME_LIMIT, PageError

AUDIT_TIMEOUT = 900  # seconds
VISIT_TIMEOUT = 20  # seconds

# The longest phases come first and third. The judge only calculates, so it needs no time of its own.
_SHARES = {"scout": 0.4, "security": 0.3, "vision": 0.7, "graph": 0.9}


class AuditClock:
    """A clock that stands still while the audit waits for its parent to take an event.

    A parent whose log is not available holds the audit back for minutes, which are not the audit's own time.
    """

    def __init__(self) -> None:
        self._state: tuple[float, float | None] = (0.0, None)  # the seconds that it stood still, and since when it does

    def time(self) -> float:
        """Return the time in seconds; it is that of `time.monotonic` until the clock first stands still."""
        held, since = self._state
        return (time.monotonic() if since is None else since) - held

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stop the clock during the block; one thread at a time may do so."""
        held, since = self._state[0], time.monotonic()
        self._state = (held, since)
        try:
            yield
        finally:
            self._state = (held + time.monotonic() - since, None)


class Deadline:
    """A moment in the future, until which something may take.

    Attributes:
        seconds: The seconds from the deadline's creation to that moment.
        is_missed: Whether something was not done before it.
    """

    def __init__(self, seconds: float = AUDIT_TIMEOUT, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.is_missed = False
        self._clock = clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """The seconds until the deadline; 0 after it."""
        return max(0.0, self._end - self._clock())

    def miss(self, what: str) -> PageError:
        """Remember that something was not done in time, and return its error.

        Args:
            what: What should have happened before, such as `'http://a.test/' was visited`.
        """
        self.is_missed = True
        message = (
            f"The time of the phase, {round(self.seconds, 1):g} s, was over before {what}; allow more by --timeout."
        )
        return PageError(message, kind=TIME_LIMIT)

    def for_phase(self, name: str) -> Deadline:
        """Return the deadline of the phase of that name, which begins now."""
        return Deadline(self.left * _SHARES.get(name, 1.0), clock=self._clock)
