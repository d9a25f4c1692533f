"""A recorded run as a stream of timed events.

    timed(archive.events(run_id), speed=2.0)

Each step is a small generator: `offsets` says when an event belongs, `timed` waits until then; what comes out of
it goes into one of `veritas.formats`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

from veritas.core.recorded import RecordedEvent
from veritas.core.recorder_events import AuditRequested, ObservationRedacted
from veritas.core.sequence import SequenceSet
from veritas.projections.audit_state import is_numbered

# An emitter's clock may leap by more than the system can sleep at once.
_LONGEST_SLEEP = 3600.0


def offsets(events: Iterable[RecordedEvent]) -> Iterator[tuple[float, RecordedEvent]]:
    """Pair each event of a run with its distance from the run's first event, in seconds, which never falls.

    An event was emitted before it was recorded: whatever an emitter's clock claims beyond that does not count. Only
    where a captured log was ingested are the emitter's moments all that there is; there its own distances hold, and
    the recorder's events stand where they are found.
    """
    start: float | None = None
    offset = 0.0
    ingested = False
    emitters_zero: float | None = None
    for recorded in events:
        if recorded.event.type == ObservationRedacted.type and recorded.source == "recorder":
            yield offset, recorded  # done to the record, perhaps years later: no part of the run's pace
            continue
        moment = recorded.event.timestamp
        if start is None:
            start = min(moment, recorded.recorded_at)
            said = recorded.from_recorder
            ingested = isinstance(said, AuditRequested) and said.origin == "ingest"
        if not ingested:
            offset = max(offset, min(moment, recorded.recorded_at) - start)
        elif recorded.source != "recorder":
            if emitters_zero is None:
                emitters_zero = moment - offset
            offset = max(offset, moment - emitters_zero)
        yield offset, recorded


def once(events: Iterable[tuple[float, RecordedEvent]]) -> Iterator[tuple[float, RecordedEvent]]:
    """Pass on each event of the child once, however many transports delivered it."""
    seen = SequenceSet()
    for offset, recorded in events:
        if not is_numbered(recorded) or seen.add(recorded.seq):
            yield offset, recorded


def timed(
    events: Iterable[RecordedEvent],
    *,
    speed: float = 1.0,
    wait: bool = True,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[tuple[float, RecordedEvent]]:
    """Yield (offset, event) of a run when its time has come, each of the child's events once.

    Every wait is until a deadline reckoned from the start, so that lateness does not add up.

    Args:
        events: One run's events in the order of their positions.
        speed: How many recorded seconds pass in one.
        wait: Whether to wait at all.
        clock: Tells the time, in seconds.
        sleep: Waits for so many seconds.
    """
    started: float | None = None
    for offset, recorded in once(offsets(events)):
        if wait:
            if started is None:
                started = clock()
            while (remaining := started + offset / speed - clock()) > 0:
                sleep(min(remaining, _LONGEST_SLEEP))
        yield offset, recorded
