"""A run's state at a point in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from veritas.archive.archive import Archive
from veritas.archive.integrity import Fault, find_fault
from veritas.archive.liveness import is_orphaned
from veritas.events.recorded import TimedEvent
from veritas.projections.audit_state import AuditState
from veritas.projections.state_diff import Change
from veritas.projections.state_json import StateJson, state_json
from veritas.replay.point_in_time import AtEvent, PointInTime
from veritas.replay.range import select_range
from veritas.replay.timeline import offsets


class Location(msgspec.Struct, frozen=True, kw_only=True):
    """The place of a state in its run and in the log.

    Attributes:
        moment: The point in time as it was given; null for now.
        offset: Seconds from the run's first event to the last event that counts in the state.
        event: The number of that event, with an `r` before a number of the recorder's.
        position: The position of that event in the log.
    """

    moment: str | None
    offset: float
    event: str
    position: int


class ShownState(StateJson, frozen=True, kw_only=True):
    """A run's state as `show --json` prints it.

    Attributes:
        fault: The first thing that is not as it was recorded; null if everything is.
        imported_from: The name of the log that the run was imported from; null if it was recorded here.
        at: The point in time that `--at` gave; left out without it.
    """

    fault: Fault | None
    imported_from: str | None
    at: Location | msgspec.UnsetType = msgspec.UNSET


class ShownChanges(msgspec.Struct, frozen=True, kw_only=True, rename={"start": "from", "end": "to"}):
    """The changes of a run's state as `show --diff-from --json` prints them.

    Attributes:
        run_id: The run.
        fault: The first thing that is not as it was recorded; null if everything is.
        start: The earlier state.
        end: The later state.
        changes: The changes from the earlier to the later state.
    """

    run_id: str
    fault: Fault | None
    start: Location
    end: Location
    changes: list[Change]


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

    def location(self) -> Location:
        """Return where in the run and in the log this state is."""
        return Location(
            moment=None if self.point is None else str(self.point),
            offset=round(self.offset, 6),
            event=str(self.event),
            position=self.state.position,
        )


def shown_state(archive: Archive, shown: StateAt) -> ShownState:
    """Return a state as JSON has it, with what is not as it was recorded, and where the run comes from.

    Raises:
        store.errors.StoreError: The log cannot be read.
    """
    run_id = shown.state.run_id
    imported = archive.provenance().get(run_id)
    return ShownState(
        **msgspec.structs.asdict(state_json(shown.state)),
        fault=find_fault(archive, run_id),
        imported_from=imported.origin if imported else None,
        at=msgspec.UNSET if shown.point is None else shown.location(),
    )


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
