"""The selection of events to replay: a part of each run, and a filter for its events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile

from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState
from veritas.replay.point_in_time import PointInTime
from veritas.replay.range import EventRange, Side
from veritas.replay.timeline import offsets


@dataclass(frozen=True)
class RunPart:
    """The part of a run between two points in time.

    Attributes:
        begin: The offset at which it begins.
        after: The position of the last event before it; 0 if it begins with the run.
        state: The run's state before it; None if it begins with the run.
        last: The position of its last event; None if it ends with the run.
    """

    begin: float = 0.0
    after: int = 0
    state: AuditState | None = None
    last: int | None = None

    def until_end(self, events: Iterable[RecordedEvent]) -> Iterator[RecordedEvent]:
        """Yield a run's events up to the end of this part."""
        return takewhile(lambda recorded: self.last is None or recorded.position <= self.last, events)

    def __contains__(self, recorded: RecordedEvent) -> bool:
        return recorded.position > self.after and (self.last is None or recorded.position <= self.last)


class EventFilter:
    """Selects the events of some runs that are to be shown.

    Attributes:
        matched: Whether any event was selected.
        unmatched: The names that no selected event has.
    """

    def __init__(self, parts: Mapping[str, RunPart], names: Collection[str] = ()) -> None:
        """Create a filter.

        Args:
            parts: The part of each run, by run id.
            names: The phases or types to select; empty means all.
        """
        self.matched = False
        self.unmatched = dict.fromkeys(names)
        self._parts = parts
        self._names = names

    def __call__(self, recorded: RecordedEvent) -> bool:
        """Return whether an event is to be shown."""
        event = recorded.event
        named = not self._names or event.phase in self._names or event.type in self._names
        selected = named and recorded in self._parts[recorded.run_id]
        self.matched = self.matched or selected
        if selected and self.unmatched:
            for name in (event.phase, event.type):
                self.unmatched.pop(name, None)
        return selected


def select_part(events: Iterable[RecordedEvent], begin: PointInTime | None, end: PointInTime | None) -> RunPart:
    """Return the part of a run between two points in time, both included, as `veritas.replay.range` finds it.

    Args:
        events: The run's events from its first, in the order of the log.
        begin: Where the part begins; None is the run's beginning.
        end: Where it ends; None is the run's end.

    Raises:
        PointInTimeNotFound: The run does not have one of them, or reaches *end* before *begin*.
    """
    selected, state = EventRange(begin, end), AuditState()
    first = last = None  # the offset of the first event in the part, and the position of the last one
    for offset, recorded in offsets(events):
        side = selected.take(offset, recorded)
        if side is Side.BEFORE:
            state.apply(recorded)
        elif side is Side.AT:
            first, last = offset if first is None else first, recorded.position
        if selected.complete or (end is None and side is Side.AT):
            break
    selected.require()
    begins = [at for at in (selected.begin, first) if at is not None]
    return RunPart(
        begin=min(begins) if state.position else 0.0,
        after=state.position,
        state=state if state.position else None,
        last=None if end is None else max(last or 0, state.position),
    )
