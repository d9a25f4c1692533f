"""A recorded run as a stream of timed events.

    timed(scheduled(timeline(archive.events(run_id)), Schedule(idle_limit=2.0)), speed=2.0)

Each step is a small generator: `offsets` computes each event's offset, `deduplicated` drops repeated deliveries,
`merged` puts several runs side by side, `scheduled` computes when an event is due, `timed` waits until then. The result
is the input of one of `veritas.replay.formats`.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter

from veritas.events.range_set import RangeSet
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.events.recorder_events import AuditRequested, ObservationRedacted, RunArchived
from veritas.projections.audit_state import is_numbered

_LONGEST_SLEEP = 3600.0  # seconds; an emitter's clock may jump by more than the system can sleep in one call


class Offsets:
    """The offsets of a run's events: seconds since the run's first event, which never decrease.

    An event was emitted before it was recorded, so an emitter's timestamp counts at most as the time of recording. An
    ingested log has only the emitter's timestamps: its offsets are the distances between them, and the recorder's
    events have the offset of the event before them.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._last = 0.0
        self._ingested = False
        self._emitters_zero: float | None = None

    def of(self, recorded: RecordedEvent) -> float:
        """Return the offset of the run's next event."""
        if recorded.event.type in (ObservationRedacted.type, RunArchived.type) and recorded.source == "recorder":
            return self._last  # it may be years later and does not belong to the run's pace
        timestamp = recorded.event.timestamp
        if self._start is None:
            self._start = min(timestamp, recorded.recorded_at)
            request = recorded.from_recorder
            self._ingested = isinstance(request, AuditRequested) and request.origin == "ingest"
        if not self._ingested:
            self._last = max(self._last, min(timestamp, recorded.recorded_at) - self._start)
        elif recorded.source != "recorder":
            if self._emitters_zero is None:
                self._emitters_zero = timestamp - self._last
            self._last = max(self._last, timestamp - self._emitters_zero)
        return self._last


def offsets(events: Iterable[RecordedEvent]) -> Iterator[TimedEvent]:
    """Pair each event of a run with its offset."""
    run = Offsets()
    for recorded in events:
        yield run.of(recorded), recorded


def deduplicated(events: Iterable[TimedEvent]) -> Iterator[TimedEvent]:
    """Yield each event of the child once, even if several transports delivered it."""
    seen = RangeSet()
    for offset, recorded in events:
        if not is_numbered(recorded) or seen.add(recorded.seq):
            yield offset, recorded


def timeline(events: Iterable[RecordedEvent]) -> Iterator[TimedEvent]:
    """Return a run's events for a replay: each with its offset, each of the child's once."""
    return deduplicated(offsets(events))


def merged(timelines: Iterable[Iterable[TimedEvent]]) -> Iterator[TimedEvent]:
    """Merge several runs side by side, as if all had begun at the same time."""
    return heapq.merge(*timelines, key=itemgetter(0))


class Schedule:
    """The due times of events: recorded seconds since the replay's beginning, with long pauses cut.

    They never decrease.
    """

    def __init__(self, *, begin: float = 0.0, idle_limit: float = math.inf) -> None:
        """Create a schedule.

        Args:
            begin: The offset at which the replay begins; earlier events are due at once.
            idle_limit: The longest pause, in seconds; longer ones are cut to this, as asciinema does.
        """
        self._due = 0.0
        self._reached = begin
        self._idle_limit = idle_limit

    def due(self, offset: float, *, shown: bool = True) -> float:
        """Return when the next event is due.

        Args:
            shown: Whether the event is shown; only an event that is shown ends a pause.
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
    """Pair each event with its due time."""
    for offset, recorded in events:
        yield schedule.due(offset, shown=shown(recorded)), (offset, recorded)


def timed(
    schedule: Iterable[tuple[float, TimedEvent]],
    *,
    speed: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[TimedEvent]:
    """Yield each event when it is due.

    Every wait ends at a deadline computed from the start, so that delays do not add up. The start is when the last of
    the events that are due at once has been read.

    Args:
        schedule: Each event with its due time; see `scheduled`.
        speed: How many recorded seconds pass in one second.
        clock: Returns the time, in seconds.
        sleep: Waits for this many seconds.
    """
    started = clock()
    for due, event in schedule:
        if due == 0:
            started = clock()
        while (remaining := started + due / speed - clock()) > 0:
            sleep(min(remaining, _LONGEST_SLEEP))
        yield event
