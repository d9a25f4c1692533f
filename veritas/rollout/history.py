"""A rollout as its ledger has it: what was done to it, and which stage was in force when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

from veritas.core.rollout import StageInForce
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RolloutChanged
from veritas.rollout.plan import Plan, Stage

START, ADVANCE, HOLD, RELEASE, ROLLBACK = "start", "advance", "hold", "release", "rollback"


@dataclass(frozen=True)
class Change:
    """One entry of the ledger.

    Attributes:
        position: Its place in the log.
        at: When it was recorded, in seconds since the epoch, UTC.
        said: What was changed, by whom and why.
    """

    position: int
    at: float
    said: RolloutChanged


@dataclass(frozen=True)
class Span:
    """The time for which one stage was in force.

    Attributes:
        began: The change with which it began.
        ended: The one that ended it; None while it is in force.
    """

    began: Change
    ended: Change | None

    @property
    def stage(self) -> Stage:
        """The stage."""
        return Stage(self.began.said.stage, self.began.said.share)


@dataclass(frozen=True)
class Rollout:
    """One rollout as the ledger has it.

    Attributes:
        name: Its name.
        changes: All that was done to it, first to last; at least one.
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
        return Plan.of(self.last.said.stages)

    @property
    def next(self) -> Stage | None:
        """The stage to which it advances; the first one where it was rolled back."""
        if self.is_rolled_back:
            return next(iter(self.plan.stages), None)
        return self.plan.after(self.last.said.stage)

    @property
    def is_rolled_back(self) -> bool:
        """Whether no audit gets the queue by it."""
        return self.last.said.action == ROLLBACK

    @property
    def held(self) -> Change | None:
        """The hold that somebody recorded, while nothing was changed since."""
        return self.last if self.last.said.action == HOLD else None

    @property
    def spans(self) -> tuple[Span, ...]:
        """Which stage was in force from when to when, first to last."""
        began = [self.changes[0]]
        for change in self.changes[1:]:
            if change.said.stage != began[-1].said.stage:
                began.append(change)
        return tuple(Span(one, other) for one, other in zip_longest(began, began[1:]))

    @property
    def in_force(self) -> StageInForce:
        """What decides the next audit."""
        return StageInForce(self.name, self.last.said.stage, self.last.said.share)


def rollouts_of(events: Iterable[RecordedEvent]) -> dict[str, Rollout]:
    """Return the rollouts that the log's own events tell of, in the order in which they were started."""
    changes: dict[str, list[Change]] = {}
    for change in _changes(events):
        changes.setdefault(change.said.rollout, []).append(change)
    return {name: Rollout(name, tuple(done)) for name, done in changes.items()}


def _changes(events: Iterable[RecordedEvent]) -> Iterator[Change]:
    for recorded in events:
        said = recorded.from_recorder
        if isinstance(said, RolloutChanged) and 0 <= said.share <= 1:
            yield Change(recorded.position, recorded.recorded_at, said)
