"""The part of a run from one moment to another. It has both: the event that a moment names, and what a time is of.

between(offsets(archive.events(run_id)), None, Moment.parse("vision/done"))
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.moment import EventMoment, Moment
from veritas.moment_search import Search, Side


class Cut:
    """The search for such a part among a run's events, which are taken in the order of the log."""

    def __init__(self, first: Moment | None, last: Moment | None, sources: Collection[str] = ()) -> None:
        """Make a search.

        Args:
            first: Where the part begins; None is the run's beginning.
            last: Where it ends; None is the run's end.
            sources: Over which of them an event must have come to be the one that a moment names; none is all.
        """
        self._first = None if first is None else Search(first, sources)
        self._last = None if last is None else Search(last, sources)
        self._some = False  # whether an event is not behind the end

    @property
    def begin(self) -> float | None:
        """The offset at which the part begins, where a clock says so."""
        return None if self._first is None else self._first.offset

    @property
    def complete(self) -> bool:
        """Whether no further event can be in the part."""
        return self._last is not None and self._last.complete

    def take(self, offset: float, recorded: RecordedEvent) -> Side:
        """Take in the run's next event, *offset* seconds after its first; return where it lies: `AT` is in the part."""
        begun = self._first is None or self._first.take(offset, recorded) is not Side.BEFORE
        if self._last is not None and self._last.take(offset, recorded) is Side.AFTER:
            return Side.AFTER
        self._some = True
        return Side.AT if begun else Side.BEFORE

    def require(self) -> None:
        """Raise `MomentMissing` where the run has no such part, once its events are taken or the part is complete."""
        first, last = self._first, self._last
        if last is not None and (not self._some or (last.side is Side.BEFORE and isinstance(last.moment, EventMoment))):
            raise last.failure()
        if first is not None and last is not None and self._is_reversed(first, last):
            raise first.misplaced(last)
        if first is not None and first.side is Side.BEFORE:
            raise first.failure()

    def _is_reversed(self, first: Search, last: Search) -> bool:
        """Return whether the run comes to the end without having come to the beginning."""
        if first.offset is not None and last.offset is not None:
            return last.offset < first.offset
        return first.side is Side.BEFORE and last.complete


def between(
    events: Iterable[TimedEvent], first: Moment | None, last: Moment | None, sources: Collection[str] = ()
) -> Iterator[TimedEvent]:
    """Yield the events of a run from *first* on and up to *last*, both included; see `Cut`.

    Where *last* is an event, none behind it is waited for.

    Args:
        events: The run's from its beginning on, with their offsets.

    Raises:
        MomentMissing: At the end: there is no such event, nothing is as late as *first* or as early as *last*, or
            *last* is before *first*.
    """
    cut = Cut(first, last, sources)
    for offset, recorded in events:
        if cut.take(offset, recorded) is Side.AT:
            yield offset, recorded
        if cut.complete:
            break
    cut.require()
