"""What is left of events for the rows of the read model `run`, where those that change none are told together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from store.backends.base import Row
from store.records import StoredEvent


class SkippedEvents(NamedTuple):
    """Some of a run's events, of which no row shows more than that they were there.

    Attributes:
        run_id: The run.
        first: The position of the first of them.
        position: The position of the last.
        numbers: The numbers that the child gave its events among them, as intervals (first, last).
        unnumbered: The highest number under which one stands that the child did not number; None where none does.
    """

    run_id: str
    first: int
    position: int
    numbers: Sequence[tuple[int, int]]
    unnumbered: int | None


# Makes that of some rows of the log, each run's in its order. It must be a function of a module, for another process
# may call it; and the rows must have been checked.
Skim = Callable[[Sequence[Row]], list[StoredEvent | SkippedEvents]]
