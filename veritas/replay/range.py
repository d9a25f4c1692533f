"""The search for a moment among a run's events, which come in the order of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum

from veritas.errors import MomentMissing
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.events.recorder_events import AuditRequested, RunFinished
from veritas.formatting import moment as shown
from veritas.projections.phase_state import clamp_pct
from veritas.replay.point_in_time import AtEvent, AtOffset, AtPercent, AtPhase, ClockMoment, EventMoment, Moment

_MILLISECOND = 0.001
_MOST_NAMED = 20


class Side(IntEnum):
    """Where an event lies: before a moment, at it, or after it."""

    BEFORE, AT, AFTER = -1, 0, 1


class Search:
    """The search for a moment among a run's events, which are taken in the order of the log.

    Attributes:
        moment: What is searched for.
        side: Where the event that was taken last lies. It never goes back.
    """

    def __init__(self, moment: Moment, sources: Collection[str] = ()) -> None:
        """Make a search.

        Args:
            moment: What is searched for.
            sources: Where these carry events of the child, one of those is searched for: another transport may have
                delivered the same event earlier, or later.
        """
        self.moment = moment
        self.side = Side.BEFORE
        self._sources = [source for source in sources if source != "recorder"]
        self._names = moment.names if isinstance(moment, EventMoment) else None
        self._phase = moment.phase if isinstance(moment, AtPhase) else None
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
        """Whether no further event can be at the moment, or before it."""
        return self.side is Side.AFTER or (self.side is Side.AT and self._names is not None)

    @property
    def offset(self) -> float | None:
        """How many seconds after the run's first event the moment is, where a clock says so and that event is known."""
        if isinstance(self.moment, ClockMoment) and self._start is not None:
            return self.moment.offset(self._start)
        return None

    def take(self, offset: float, recorded: RecordedEvent) -> Side:
        """Take in the run's next event, *offset* seconds after its first; return where it lies."""
        of_these = not self._sources or recorded.source == "recorder" or recorded.source in self._sources
        self._survey(offset, recorded, of_these=of_these)
        if self._names is None:
            self._compare(offset)
        elif self.side is not Side.BEFORE:
            self.side = Side.AFTER
        elif of_these and self._names(recorded):
            self.side = Side.AT
        return self.side

    def failure(self) -> MomentMissing:
        """Return the error that says that the run has no such moment, and what it has."""
        so_far = "" if self._ended or self.side is Side.AFTER else " so far"
        over = f" over {' or '.join(self._sources)}" if self._sources and self._names is not None else ""
        return MomentMissing(
            f"Run {self._run_id!r} has no moment {str(self.moment)!r}{over}{so_far}; {self._extent()}."
        )

    def misplaced(self, before: Search) -> MomentMissing:
        """Return the error that says that the run comes to *before* before it comes to this moment, if ever."""
        return MomentMissing(
            f"Run {self._run_id!r} comes to {str(before.moment)!r} without having come to {str(self.moment)!r};"
            " give the earlier moment first."
        )

    def _compare(self, offset: float) -> None:
        if self._start is None or not isinstance(self.moment, ClockMoment):
            return
        ahead = offset - self.moment.offset(self._start)
        self.side = Side.BEFORE if ahead <= -_MILLISECOND else Side.AT if ahead < _MILLISECOND else Side.AFTER

    def _survey(self, offset: float, recorded: RecordedEvent, *, of_these: bool) -> None:
        """Take down what `failure` tells, and where the run's clock starts."""
        event, of_recorder = recorded.event, recorded.source == "recorder"
        if not self._run_id:
            self._run_id = recorded.run_id
            said = recorded.from_recorder
            self._ingested = isinstance(said, AuditRequested) and said.origin == "ingest"
        if self._start is None and not (self._ingested and of_recorder):
            self._start = event.timestamp - offset if self._ingested else min(event.timestamp, recorded.recorded_at)
        self._offset = offset
        if not of_these:
            return
        self._pct = max(self._pct, clamp_pct(event.pct))
        self._last_seq[of_recorder] = max(self._last_seq[of_recorder], recorded.seq)
        if of_recorder:
            self._ended = self._ended or event.type == RunFinished.type
        elif event.phase:
            _name(self._phases, event.phase)
            if event.phase == self._phase:
                _name(self._steps, event.step)

    def _extent(self) -> str:
        match self.moment:
            case AtEvent(of_recorder=of_recorder):
                last, whose = self._last_seq[of_recorder], "the recorder's events" if of_recorder else "its events"
                return f"{whose} go up to {AtEvent(last, of_recorder)}" if last else f"{whose} are none"
            case AtPercent():
                return f"it got to {AtPercent(round(self._pct, 6))}"
            case AtPhase():
                kind, names = ("steps there", self._steps) if self._steps else ("phases", self._phases)
                return f"its {kind} are {', '.join(map(repr, names)) or 'none'}"
            case _ if self.side is Side.AFTER:
                return f"it begins at {shown(self._start, 'milliseconds')}"
            case _:
                return f"its last event is at {AtOffset(round(self._offset, 3))}"


def _name(names: dict[str, None], name: str) -> None:
    if name not in names and len(names) < _MOST_NAMED:
        names[name] = None


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
