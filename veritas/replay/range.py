"""Ranges of a run's events, from one point in time to another, and the search for these points.

Events are processed one by one, in the order of the log, so that a range can be read from a run that is still going on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum

from veritas.errors import PointInTimeNotFound
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.events.recorder_events import AuditRequested, RunFinished
from veritas.formatting import utc_time as format_time
from veritas.projections.phase_state import clamp_pct
from veritas.replay.point_in_time import AtEvent, AtOffset, AtPercent, AtPhase, ClockPoint, EventPoint, PointInTime

_MILLISECOND = 0.001
_MOST_NAMED = 20


def select_range(
    events: Iterable[TimedEvent],
    first: PointInTime | None,
    last: PointInTime | None,
    sources: Collection[str] = (),
) -> Iterator[TimedEvent]:
    """Yield the events of a run from *first* to *last*, both included; see `EventRange`.

    If *last* is an event, no later event is waited for.

    Args:
        events: The run's events from its first, with their offsets.
        first: Where the range begins; None is the run's beginning.
        last: Where it ends; None is the run's end.
        sources: The sources whose events count as *first* and *last*; empty means all.

    Raises:
        PointInTimeNotFound: At the end: the run does not have *first* or *last*, or *last* is before *first*.
    """
    selected = EventRange(first, last, sources)
    for offset, recorded in events:
        if selected.take(offset, recorded) is Side.AT:
            yield offset, recorded
        if selected.complete:
            break
    selected.require()


class Side(IntEnum):
    """The side of a point in time that an event is on: before it, at it, or after it."""

    BEFORE, AT, AFTER = -1, 0, 1


class EventRange:
    """A range of a run's events, found while the events are read in the order of the log."""

    def __init__(self, first: PointInTime | None, last: PointInTime | None, sources: Collection[str] = ()) -> None:
        """Prepare to find a range.

        Args:
            first: Where the range begins; None is the run's beginning.
            last: Where it ends; None is the run's end.
            sources: The sources whose events count as *first* and *last*; empty means all.
        """
        self._first = None if first is None else PointSearch(first, sources)
        self._last = None if last is None else PointSearch(last, sources)
        self._reached = False  # whether there is an event that is not after the end

    @property
    def begin(self) -> float | None:
        """The offset at which the range begins, if its beginning is a time."""
        return None if self._first is None else self._first.offset

    @property
    def complete(self) -> bool:
        """Whether no further event can be in the range."""
        return self._last is not None and self._last.complete

    def take(self, offset: float, recorded: RecordedEvent) -> Side:
        """Take the run's next event, *offset* seconds after its first.

        Returns:
            Where the event is: `AT` means in the range.
        """
        begun = self._first is None or self._first.take(offset, recorded) is not Side.BEFORE
        if self._last is not None and self._last.take(offset, recorded) is Side.AFTER:
            return Side.AFTER
        self._reached = True
        return Side.AT if begun else Side.BEFORE

    def require(self) -> None:
        """Check that the run has this range, once all its events are taken or the range is complete.

        Raises:
            PointInTimeNotFound: The run does not have it.
        """
        first, last = self._first, self._last
        if last is not None and (
            not self._reached or (last.side is Side.BEFORE and isinstance(last.point, EventPoint))
        ):
            raise last.not_found()
        if first is not None and last is not None and self._is_reversed(first, last):
            raise first.out_of_order(last)
        if first is not None and first.side is Side.BEFORE:
            raise first.not_found()

    def _is_reversed(self, first: PointSearch, last: PointSearch) -> bool:
        """Return whether the run reaches the end without having reached the beginning."""
        if first.offset is not None and last.offset is not None:
            return last.offset < first.offset
        return first.side is Side.BEFORE and last.complete


class PointSearch:
    """The search for a point in time among a run's events, which are read in the order of the log.

    Attributes:
        point: The point in time that is searched for.
        side: The side that the last event taken is on. It never goes back.
    """

    def __init__(self, point: PointInTime, sources: Collection[str] = ()) -> None:
        """Start a search.

        Args:
            point: The point in time to search for.
            sources: The sources whose child events can be the point; empty means all. Another transport may have
                delivered the same event earlier, or later.
        """
        self.point = point
        self.side = Side.BEFORE
        self._sources = [source for source in sources if source != "recorder"]
        self._matches = point.matches if isinstance(point, EventPoint) else None
        self._phase = point.phase if isinstance(point, AtPhase) else None
        self._run_id = ""
        self._ended = False
        self._start: float | None = None
        self._ingested = False
        self._offset = 0.0
        self._pct = 0.0
        self._last_seq = {False: 0, True: 0}  # of the child's events, and of the recorder's
        self._phases: dict[str, None] = {}
        self._steps: dict[str, None] = {}  # of the phase that is searched for

    @property
    def complete(self) -> bool:
        """Whether no further event can be at the point in time, or before it."""
        return self.side is Side.AFTER or (self.side is Side.AT and self._matches is not None)

    @property
    def offset(self) -> float | None:
        """The seconds from the run's first event to the point, if the point is a time and that event is known."""
        if isinstance(self.point, ClockPoint) and self._start is not None:
            return self.point.offset(self._start)
        return None

    def take(self, offset: float, recorded: RecordedEvent) -> Side:
        """Take the run's next event, *offset* seconds after its first; return where it is."""
        eligible = not self._sources or recorded.source == "recorder" or recorded.source in self._sources
        self._note(offset, recorded, eligible=eligible)
        if self._matches is None:
            self._compare(offset)
        elif self.side is not Side.BEFORE:
            self.side = Side.AFTER
        elif eligible and self._matches(recorded):
            self.side = Side.AT
        return self.side

    def not_found(self) -> PointInTimeNotFound:
        """Return the error for a run that does not have the point, with what the run has."""
        so_far = "" if self._ended or self.side is Side.AFTER else " so far"
        over = f" over {' or '.join(self._sources)}" if self._sources and self._matches is not None else ""
        return PointInTimeNotFound(
            f"Run {self._run_id!r} has no point in time {str(self.point)!r}{over}{so_far}; {self._extent()}."
        )

    def out_of_order(self, before: PointSearch) -> PointInTimeNotFound:
        """Return the error for a run that reaches the range's end, *before*, without having reached this point."""
        return PointInTimeNotFound(
            f"Run {self._run_id!r} reaches {str(before.point)!r} before it reaches {str(self.point)!r};"
            " give the earlier point first."
        )

    def _compare(self, offset: float) -> None:
        if self._start is None or not isinstance(self.point, ClockPoint):
            return
        ahead = offset - self.point.offset(self._start)
        self.side = Side.BEFORE if ahead <= -_MILLISECOND else Side.AT if ahead < _MILLISECOND else Side.AFTER

    def _note(self, offset: float, recorded: RecordedEvent, *, eligible: bool) -> None:
        """Note where the run's clock starts, and what `not_found` reports."""
        event, of_recorder = recorded.event, recorded.source == "recorder"
        if not self._run_id:
            self._run_id = recorded.run_id
            request = recorded.from_recorder
            self._ingested = isinstance(request, AuditRequested) and request.origin == "ingest"
        if self._start is None and not (self._ingested and of_recorder):
            self._start = event.timestamp - offset if self._ingested else min(event.timestamp, recorded.recorded_at)
        self._offset = offset
        if not eligible:
            return
        self._pct = max(self._pct, clamp_pct(event.pct))
        self._last_seq[of_recorder] = max(self._last_seq[of_recorder], recorded.seq)
        if of_recorder:
            self._ended = self._ended or event.type == RunFinished.type
        elif event.phase:
            _add_name(self._phases, event.phase)
            if event.phase == self._phase:
                _add_name(self._steps, event.step)

    def _extent(self) -> str:
        """Return what the run has of the kind that is searched for."""
        match self.point:
            case AtEvent(of_recorder=of_recorder):
                last = self._last_seq[of_recorder]
                if not last:
                    return f"it has no events of the {'recorder' if of_recorder else 'child'}"
                whose = "the recorder's" if of_recorder else "its"
                return f"{whose} events go up to {AtEvent(last, of_recorder)}"
            case AtPercent():
                return f"it got to {AtPercent(round(self._pct, 6))}"
            case AtPhase():
                kind, names = ("steps there", self._steps) if self._steps else ("phases", self._phases)
                return f"its {kind} are {', '.join(map(repr, names)) or 'none'}"
            case _ if self.side is Side.AFTER:
                return f"it begins at {format_time(self._start, 'milliseconds')}"
            case _:
                return f"its last event is at {AtOffset(round(self._offset, 3))}"


def _add_name(names: dict[str, None], name: str) -> None:
    if name not in names and len(names) < _MOST_NAMED:
        names[name] = None
