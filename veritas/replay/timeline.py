"""A recorded run as a stream of timed events.

    timed(scheduled(timeline(archive.events(run_id)), Schedule(idle_limit=2.0)), speed=2.0)

Each step is a small generator: `offsets` says when an event belongs, `once` leaves out repetitions, `merged` puts
several runs side by side, `scheduled` says when an event is due, `timed` waits until then; what comes out of it goes
into one of `veritas.replay.formats`.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING

from veritas.events.range_set import SequenceSet
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import AuditRequested, ObservationRedacted
from veritas.projections.audit_state import is_numbered

if TYPE_CHECKING:
    from veritas.events.recorded import TimedEvent

# An emitter's clock may leap by more than the system can sleep at once.
_LONGEST_SLEEP = 3600.0


class Offsets:
    """The distances of a run's events from its first one, in seconds, which never fall.

    An event was emitted before it was recorded: whatever an emitter's clock claims beyond that does not count. Only
    where a captured log was ingested are the emitter's moments all that there is; there its own distances hold, and
    the recorder's events stand where they are found.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._last = 0.0
        self._ingested = False
        self._emitters_zero: float | None = None

    def of(self, recorded: RecordedEvent) -> float:
        """Return the offset of the run's next event."""
        if recorded.event.type == ObservationRedacted.type and recorded.source == "recorder":
            return self._last  # done to the record, perhaps years later: no part of the run's pace
        moment = recorded.event.timestamp
        if self._start is None:
            self._start = min(moment, recorded.recorded_at)
            said = recorded.from_recorder
            self._ingested = isinstance(said, AuditRequested) and said.origin == "ingest"
        if not self._ingested:
            self._last = max(self._last, min(moment, recorded.recorded_at) - self._start)
        elif recorded.source != "recorder":
            if self._emitters_zero is None:
                self._emitters_zero = moment - self._last
            self._last = max(self._last, moment - self._emitters_zero)
        return self._last


def offsets(events: Iterable[RecordedEvent]) -> Iterator[TimedEvent]:
    """Pair each event of a run with its distance from the run's first event."""
    found = Offsets()
    for recorded in events:
        yield found.of(recorded), recorded


def once(events: Iterable[TimedEvent]) -> Iterator[TimedEvent]:
    """Pass on each event of the child once, however many transports delivered it."""
    seen = SequenceSet()
    for offset, recorded in events:
        if not is_numbered(recorded) or seen.add(recorded.seq):
            yield offset, recorded


def timeline(events: Iterable[RecordedEvent]) -> Iterator[TimedEvent]:
    """Return a run's events as they belong in a replay: each with its offset, each of the child's once."""
    return once(offsets(events))


def merged(timelines: Iterable[Iterable[TimedEvent]]) -> Iterator[TimedEvent]:
    """Put several runs side by side, as if all had begun at the same moment."""
    return heapq.merge(*timelines, key=itemgetter(0))


class Schedule:
    """When each event is due: recorded seconds after the replay's beginning, with pauses cut, which never fall."""

    def __init__(self, *, begin: float = 0.0, idle_limit: float = math.inf) -> None:
        """Make a schedule.

        Args:
            begin: The offset at which the replay begins; what comes before is due at once.
            idle_limit: The longest pause, in seconds; longer ones are cut to this, as asciinema does it.
        """
        self._due = 0.0
        self._reached = begin
        self._idle_limit = idle_limit

    def due(self, offset: float, *, shown: bool = True) -> float:
        """Return when the next event is due.

        Args:
            shown: Whether it is to be seen; only then does it end a pause.
        """
        due = self._due + min(max(offset - self._reached, 0.0), self._idle_limit)
        if shown:
            self._due, self._reached = due, max(offset, self._reached)
        return due


def scheduled(
    events: Iterable[TimedEvent],
    schedule: Schedule,
    shown: Callable[[RecordedEvent], bool] = lambda recorded: True,
) -> Iterator[tuple[float, TimedEvent]]:
    """Pair each event with when it is due."""
    for offset, recorded in events:
        yield schedule.due(offset, shown=shown(recorded)), (offset, recorded)


def timed(
    schedule: Iterable[tuple[float, TimedEvent]],
    *,
    speed: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[TimedEvent]:
    """Yield each event when its time has come.

    Every wait is until a deadline reckoned from the start, so that lateness does not add up. The start is when the
    last of what is due at once has come, however long it took to read.

    Args:
        schedule: Each event with when it is due; see `scheduled`.
        speed: How many recorded seconds pass in one.
        clock: Tells the time, in seconds.
        sleep: Waits for so many seconds.
    """
    started = clock()
    for due, event in schedule:
        if due == 0:
            started = clock()
        while (remaining := started + due / speed - clock()) > 0:
            sleep(min(remaining, _LONGEST_SLEEP))
        yield event
