"""The history of a rollout, from its ledger: its changes, and which stage was in force when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from veritas.core.mode_decision import StageInForce
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RolloutChanged
from veritas.rollout.plan import Plan, Stage

START, ADVANCE, HOLD, RELEASE, ROLLBACK = "start", "advance", "hold", "release", "rollback"
NO_ROLLOUT = "No rollout was started, so 10% of audits use the queue; `veritas rollout start` starts one."


@dataclass(frozen=True)
class Change:
    """One entry of the ledger.

    Attributes:
        position: Its position in the log.
        at: When it was recorded, in seconds since the epoch, UTC.
        event: The event, which records what was changed, by whom and why.
    """

    position: int
    at: float
    event: RolloutChanged


@dataclass(frozen=True)
class Span:
    """The time for which one stage was in force.

    Attributes:
        began: The change that began it.
        ended: The change that ended it; None while it is in force.
    """

    began: Change
    ended: Change | None

    @property
    def stage(self) -> Stage:
        """The stage."""
        return Stage(self.began.event.stage, self.began.event.share)


@dataclass(frozen=True)
class Rollout:
    """One rollout and its history.

    Attributes:
        name: Its name.
        changes: Its changes, first to last; at least one.
    """

    name: str
    changes: tuple[Change, ...]

    @property
    def last(self) -> Change:
        """The last change, which is in force."""
        return self.changes[-1]

    @property
    def plan(self) -> Plan:
        """Its stages."""
        return Plan.of(self.last.event.stages)

    @property
    def next(self) -> Stage | None:
        """The stage to advance to; the first one if it was rolled back, None at the last one."""
        if self.is_rolled_back:
            return next(iter(self.plan.stages), None)
        return self.plan.after(self.last.event.stage)

    @property
    def is_rolled_back(self) -> bool:
        """Whether it was rolled back, so that no audit gets the queue because of it."""
        return self.last.event.action == ROLLBACK

    @property
    def held(self) -> Change | None:
        """The recorded hold, if it is the last change."""
        return self.last if self.last.event.action == HOLD else None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The times for which each stage was in force, first to last."""
        began = [self.changes[0]]
        for change in self.changes[1:]:
            if change.event.stage != began[-1].event.stage:
                began.append(change)
        return tuple(Span(one, other) for one, other in zip_longest(began, began[1:]))

    @property
    def in_force(self) -> StageInForce:
        """The stage that decides the next audit."""
        return StageInForce(self.name, self.last.event.stage, self.last.event.share)


def rollouts_of(events: Iterable[RecordedEvent]) -> dict[str, Rollout]:
    """Return the rollouts recorded in the log's own events, in the order in which they were started."""
    changes: dict[str, list[Change]] = {}
    for change in _changes(events):
        changes.setdefault(change.event.rollout, []).append(change)
    return {name: Rollout(name, tuple(of_rollout)) for name, of_rollout in changes.items()}


def _changes(events: Iterable[RecordedEvent]) -> Iterator[Change]:
    for recorded in events:
        event = recorded.from_recorder
        if isinstance(event, RolloutChanged) and 0 <= event.share <= 1:
            yield Change(recorded.position, recorded.recorded_at, event)
