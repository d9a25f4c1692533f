"""A run's state at a point in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_orphaned
from veritas.events.recorded import TimedEvent
from veritas.projections.audit_state import AuditState
from veritas.replay.point_in_time import AtEvent, PointInTime
from veritas.replay.range import select_range
from veritas.replay.timeline import offsets


@dataclass(frozen=True)
class StateAt:
    """A run's state at a point in time, as the log has it.

    Attributes:
        point: The point in time; None for now.
        state: The state.
        offset: Seconds from the run's first event to the last event that counts in the state.
        event: That last event.
    """

    point: PointInTime | None
    state: AuditState
    offset: float
    event: AtEvent

    def location(self) -> dict[str, Any]:
        """Return where in the run and in the log this state is, as JSON values."""
        return {
            "moment": None if self.point is None else str(self.point),
            "offset": round(self.offset, 6),
            "event": str(self.event),
            "position": self.state.position,
        }


def state_at(archive: Archive, run_id: str, point: PointInTime | None = None) -> StateAt:
    """Return a run's state at *point*, in one pass over the events up to there; None means now.

    Only the state now can be "abandoned": at every point in time within a run it was running.

    Raises:
        PointInTimeNotFound: The run does not have this point in time.
    """
    state = AuditState()

    def folded() -> Iterator[TimedEvent]:
        timed = offsets(archive.events(run_id))
        for offset, recorded in select_range(timed, None, point):
            state.apply(recorded)
            yield offset, recorded

    offset, last = deque(folded(), maxlen=1).pop()  # a run has at least one event
    if point is None and not state.ended and is_orphaned(archive, run_id):
        state.mark_abandoned()
    return StateAt(point, state, offset, AtEvent(last.seq, of_recorder=last.source == "recorder"))
