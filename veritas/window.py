"""The part of a run from one moment to another, and what was known where it begins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from veritas.core.recorded import RecordedEvent
from veritas.errors import UsageError
from veritas.moment import EventMoment, Moment
from veritas.moment_search import Search, Side
from veritas.projections.audit_state import AuditState
from veritas.replay import offsets


@dataclass(frozen=True)
class Window:
    """A part of a run.

    Attributes:
        begin: The offset at which it begins.
        after: The position of the last event before it, which is the one that it begins with where that is an event;
            0 where it begins with the run.
        state: What was known there; None where it begins with the run.
        last: The position of its last event; None where it ends with the run.
    """

    begin: float = 0.0
    after: int = 0
    state: AuditState | None = None
    last: int | None = None

    def ended(self, events: Iterable[RecordedEvent]) -> Iterator[RecordedEvent]:
        """Yield a run's events up to the window's end."""
        return takewhile(lambda recorded: self.last is None or recorded.position <= self.last, events)

    def __contains__(self, recorded: RecordedEvent) -> bool:
        return recorded.position > self.after and (self.last is None or recorded.position <= self.last)


class Selection:
    """Which events of some runs are to be shown.

    Attributes:
        met: Whether there was one.
    """

    def __init__(self, windows: Mapping[str, Window], names: Collection[str] = ()) -> None:
        """Make a selection.

        Args:
            windows: Which part of each run.
            names: Of which phases or types; none is all.
        """
        self.met = False
        self._windows = windows
        self._names = names

    def __call__(self, recorded: RecordedEvent) -> bool:
        """Return whether an event is to be shown."""
        event = recorded.event
        named = not self._names or event.phase in self._names or event.type in self._names
        selected = named and recorded in self._windows[recorded.run_id]
        self.met = self.met or selected
        return selected


def find_window(events: Iterable[RecordedEvent], begin: Moment | None, end: Moment | None) -> Window:
    """Return the part of a run between two moments.

    Args:
        events: The run's, from its first, in the order of the log.
        begin: Where it begins: with what was known then, and then the events after it. None is the run's beginning.
        end: Where it ends; None is the run's end.

    Raises:
        MomentMissing: The run has no such moment.
        UsageError: The second comes before the first.
    """
    first, second = begin and _Edge(begin), end and _Edge(end)
    state = AuditState()
    for offset, recorded in offsets(events):
        if first and first.takes(offset, recorded):
            state.apply(recorded)
        if second:
            second.takes(offset, recorded)
        if all(edge.search.complete for edge in (first, second) if edge):
            break
    if first:
        first.require(beyond=False)
    if second:
        second.require(beyond=True)
    if first and second and (second.position < first.position or second.offset < first.offset):
        raise UsageError(
            f"{str(end)!r}, {second.offset:.3f} s after the run began, comes before {str(begin)!r}, "
            f"{first.offset:.3f} s after it; give a later end, or an earlier beginning."
        )
    return Window(
        begin=first.offset if first else 0.0,
        after=first.position if first else 0,
        state=state if first else None,
        last=second.position if second else None,
    )


class _Edge:
    """One end of a window, as far as it is found."""

    def __init__(self, moment: Moment) -> None:
        self.search = Search(moment)
        self.position = 0  # of the last event that is not after it
        self._offset = 0.0

    @property
    def offset(self) -> float:
        """Where it is: not before the last event that counts as being there."""
        return max(self._offset, self.search.offset or 0.0)

    def takes(self, offset: float, recorded: RecordedEvent) -> bool:
        """Take in the run's next event; return whether it is not after this end."""
        if self.search.complete or self.search.take(offset, recorded) is Side.AFTER:
            return False
        self.position, self._offset = recorded.position, offset
        return True

    def require(self, *, beyond: bool) -> None:
        """Raise `MomentMissing` where the run has no such moment; one may lie beyond its last event, or may not."""
        event = isinstance(self.search.moment, EventMoment)
        if not self.position or (self.search.side is Side.BEFORE and (event or not beyond)):
            raise self.search.failure()
