"""The input of a rollout's gate: the metrics that it judges."""

from __future__ import annotations

from dataclasses import dataclass

from veritas.rollout.history import Change
from veritas.rollout.metrics import ModeMetrics, Population, Tally
from veritas.rollout.plan import Stage

OVER_QUEUE = ("queue", "validate")  # the modes whose losses and mismatches are the queue's


@dataclass(frozen=True)
class GateInput:
    """The runs since the current stage began: how they ended, their losses and mismatches, and their p95 latency.

    The other metrics in `ModeMetrics` are not read, and count as unknown.

    Attributes:
        rollout: The rollout's name.
        stage: The runs whose modes the stage drew. Only these can be compared fairly, and only within one stage,
            because the share does not change within it.
        next: The next stage; None at the last one.
        others: The runs whose modes were decided in another way, and those in progress when the stage began. They are
            not compared, but their losses and mismatches count.
        at: When the input was read, in seconds since the epoch, UTC.
        position: The position of the rollout's last change; the decision is valid until the next change.
        before: If all audits get the queue at this stage, the last earlier stage that had both modes.
        held: The recorded hold; None if there is none, or if the rollout was changed after it.
        lossy: The first runs over the queue that lost an event.
        mismatched: The first runs whose two transports differ.
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
        """The metrics of all runs over the queue, alone or together with stdout, since the stage began."""
        return [population.mode(mode) for population in (self.stage, *self.others) for mode in OVER_QUEUE]

    @property
    def lost(self) -> Tally:
        """The events that these runs lost."""
        return sum((mode.lost for mode in self.over_queue), Tally())

    @property
    def differing(self) -> Tally:
        """The differences between their transports."""
        return sum((mode.mismatched for mode in self.over_queue), Tally())
