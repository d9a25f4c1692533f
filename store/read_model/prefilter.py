"""Pre-filtered events for the read model `run`: events that do not change a row are combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from store.backends.base import Row
from store.records import StoredEvent


class SkippedEvents(NamedTuple):
    """Events of one run that change its row only by their presence.

    Attributes:
        run_id: The run.
        first: The position of the first of them.
        position: The position of the last.
        numbers: The numbers that the child gave to its events among them, as intervals (first, last).
        unnumbered: The highest `seq` of an event among them that the child did not number; None if it numbered all.
    """

    run_id: str
    first: int
    position: int
    numbers: Sequence[tuple[int, int]]
    unnumbered: int | None


# Pre-filters rows of the log, which must have been checked; each run's events stay in order. It must be a function of a
# module, because another process may call it.
Prefilter = Callable[[Sequence[Row]], list[StoredEvent | SkippedEvents]]
