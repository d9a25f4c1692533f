"""The entries of the ledger as they were read for one change, and whether a rollout can be changed."""

from __future__ import annotations

from dataclasses import dataclass

from veritas.errors import RolloutChangedMeanwhile, UsageError
from veritas.rollout.history import Rollout


@dataclass(frozen=True)
class Entries:
    """The ledger's entries as they were read for one change.

    Attributes:
        name: The name of the rollout to change.
        rollout: The rollout, if it exists.
        others: The other rollouts.
        number: The number of the event that records the change.
    """

    name: str
    rollout: Rollout | None
    others: tuple[Rollout, ...]
    number: int

    def running(self, judged: int | None = None, from_stage: str | None = None) -> Rollout:
        """Return the rollout; it must not have been rolled back, nor changed after the position that was judged.

        With *from_stage* it must be at that stage.
        """
        if self.rollout is None:
            raise UsageError(
                f"There is no rollout {self.name!r}; `veritas rollout status` lists the rollouts, and"
                " `veritas rollout start` starts one."
            )
        if self.rollout.is_rolled_back:
            raise UsageError(f"The rollout {self.name!r} was rolled back; `veritas rollout start` starts it again.")
        if judged is not None and self.rollout.last.position != judged:
            last = self.rollout.last.event
            raise RolloutChangedMeanwhile(
                f"The rollout {self.name!r} was changed since it was judged ({last.action} by {last.by}), so nothing"
                " was changed; look at it again."
            )
        stage = self.rollout.last.event.stage
        if from_stage is not None and from_stage != stage:
            raise RolloutChangedMeanwhile(
                f"The rollout {self.name!r} is at the stage {stage!r}, not at {from_stage!r}, so nothing was changed;"
                " `veritas rollout history` shows who changed it."
            )
        return self.rollout
