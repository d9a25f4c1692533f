"""A run's state at any of its moments."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_abandoned
from veritas.events.recorded import TimedEvent
from veritas.projections.audit_state import AuditState
from veritas.replay.point_in_time import AtEvent, Moment
from veritas.replay.range import between
from veritas.replay.timeline import offsets


@dataclass(frozen=True)
class StateAt:
    """What the log told of a run when the run had got to a moment.

    Attributes:
        moment: The moment; None for now.
        state: The state.
        offset: Seconds from the run's first event to the last one that the state rests on.
        event: That event.
    """

    moment: Moment | None
    state: AuditState
    offset: float
    event: AtEvent

    def place(self) -> dict[str, Any]:
        """Return where that is, as JSON values."""
        return {
            "moment": None if self.moment is None else str(self.moment),
            "offset": round(self.offset, 6),
            "event": str(self.event),
            "position": self.state.position,
        }


def state_at(archive: Archive, run_id: str, moment: Moment | None = None) -> StateAt:
    """Return a run's state at *moment*, in one pass over the events up to there; None for now.

    Only now can a run have been abandoned: at every moment of its own it was running.

    Raises:
        MomentMissing: The run has no such moment.
    """
    state = AuditState()

    def folded() -> Iterator[TimedEvent]:
        timed = offsets(archive.events(run_id))
        for offset, recorded in between(timed, None, moment):
            state.apply(recorded)
            yield offset, recorded

    offset, last = deque(folded(), maxlen=1).pop()  # a run has at least one event, or it is none
    if moment is None and not state.ended and is_abandoned(archive, run_id):
        state.abandon()
    return StateAt(moment, state, offset, AtEvent(last.seq, of_recorder=last.source == "recorder"))
