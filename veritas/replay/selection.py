"""The part of a run from one moment to another, and what was known where it begins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState
from veritas.replay.point_in_time import Moment
from veritas.replay.range import Cut, Side
from veritas.replay.timeline import offsets


@dataclass(frozen=True)
class Window:
    """A part of a run.

    Attributes:
        begin: The offset at which it begins.
        after: The position of the last event before it; 0 where it begins with the run.
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
        unmet: The names of which there was none.
    """

    def __init__(self, windows: Mapping[str, Window], names: Collection[str] = ()) -> None:
        """Make a selection.

        Args:
            windows: Which part of each run.
            names: Of which phases or types; none is all.
        """
        self.met = False
        self.unmet = dict.fromkeys(names)
        self._windows = windows
        self._names = names

    def __call__(self, recorded: RecordedEvent) -> bool:
        """Return whether an event is to be shown."""
        event = recorded.event
        named = not self._names or event.phase in self._names or event.type in self._names
        selected = named and recorded in self._windows[recorded.run_id]
        self.met = self.met or selected
        if selected and self.unmet:
            for name in (event.phase, event.type):
                self.unmet.pop(name, None)
        return selected


def find_window(events: Iterable[RecordedEvent], begin: Moment | None, end: Moment | None) -> Window:
    """Return the part of a run between two moments, as `veritas.replay.range` has it.

    Args:
        events: The run's, from its first, in the order of the log.
        begin: Where it begins: with what was known before, and then the event that it names. None is the run's
            beginning.
        end: Where it ends; None is the run's end.

    Raises:
        MomentMissing: The run has no such moment, or comes to the second before the first.
    """
    cut, state = Cut(begin, end), AuditState()
    first = last = None  # of the events in the window: the first one's offset, and the last one's position
    for offset, recorded in offsets(events):
        side = cut.take(offset, recorded)
        if side is Side.BEFORE:
            state.apply(recorded)
        elif side is Side.AT:
            first, last = offset if first is None else first, recorded.position
        if cut.complete or (end is None and side is Side.AT):
            break
    cut.require()
    begins = [at for at in (cut.begin, first) if at is not None]
    return Window(
        begin=min(begins) if state.position else 0.0,
        after=state.position,
        state=state if state.position else None,
        last=None if end is None else max(last or 0, state.position),
    )
