"""What a rollout's gate judges."""

from __future__ import annotations

from dataclasses import dataclass

from veritas.rollout.history import Change
from veritas.rollout.metrics import ModeMetrics, Population, Tally
from veritas.rollout.plan import Stage

OVER_QUEUE = ("queue", "validate")  # the modes whose losses and mismatches are the queue's


@dataclass(frozen=True)
class Evidence:
    """The runs since the stage in force began: how they ended, what was lost and mismatched, and their p95 latency.

    Whatever else `ModeMetrics` has is not read for this, and stands there as unknown.

    Attributes:
        rollout: The rollout's name.
        stage: Those whose modes the stage drew; nothing else can be compared fairly, and only within one stage, since
            the share is the same there all the time.
        next: The stage that it would go on to; None at the last one.
        others: Those that were decided otherwise, and those that were under way when the stage began. They compare
            nothing, but an event that one of them lost is lost.
        at: When it was read, in seconds since the epoch, UTC.
        position: The position of the rollout's last change; what follows holds while there is no other.
        before: The last stage before at which there were both modes, where at this one all audits get the queue.
        held: The hold that somebody recorded; None where nobody did, or the stage was changed since.
        lossy: The first runs over the queue that lost an event.
        mismatched: The first runs over both transports that told different things over them.
    """

    rollout: str
    stage: Population
    next: Stage | None
    others: tuple[Population, ...]
    at: float
    position: int = 0
    before: Population | None = None
    held: Change | None = None
    lossy: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()

    @property
    def over_queue(self) -> list[ModeMetrics]:
        """All runs over the queue since the stage began, alone or beside stdout."""
        return [population.mode(mode) for population in (self.stage, *self.others) for mode in OVER_QUEUE]

    @property
    def lost(self) -> Tally:
        """The events that they lost."""
        return sum((mode.lost for mode in self.over_queue), Tally())

    @property
    def differing(self) -> Tally:
        """The differences between their transports."""
        return sum((mode.mismatched for mode in self.over_queue), Tally())
