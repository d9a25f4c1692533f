"""What a rollout's gate judges."""

from __future__ import annotations

from dataclasses import dataclass

from veritas.rollout.metrics import Population
from veritas.rollout.plan import Stage


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
    """

    rollout: str
    stage: Population
    next: Stage | None
    others: tuple[Population, ...]
    at: float
