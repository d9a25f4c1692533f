"""The plan of a rollout: its stages, each with the share of the audits that gets the queue."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from veritas.errors import InvalidPlan

ROLLED_BACK = "stdout"  # the name of the stage after a rollback

_STAGE = re.compile(r"(?:(?P<name>[^=,]+)=)?(?P<percent>\d+(?:\.\d+)?)%?\Z")


@dataclass(frozen=True)
class Stage:
    """One stage of a rollout.

    Attributes:
        name: Its name, for people.
        share: The share of the audits that gets the queue, 0.0-1.0.
    """

    name: str
    share: float


@dataclass(frozen=True)
class Plan:
    """The stages of a rollout, in order of growing shares."""

    stages: tuple[Stage, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse stages such as `10,25,50,75,100` or `canary=5,half=50,all=100`, in percent.

        Raises:
            InvalidPlan: The text is not a list of percentages that grow to at most 100.
        """
        stages = []
        for part in text.split(","):
            match = _STAGE.match(part.strip())
            if match is None:
                raise InvalidPlan(f"Invalid stage {part.strip()!r}; write a percentage such as '25', or 'half=50'.")
            share = float(match["percent"]) / 100
            stages.append(Stage((match["name"] or f"{share:.6%}".rstrip("0%").rstrip(".") + "%").strip(), share))
        shares, names = [stage.share for stage in stages], [stage.name for stage in stages]
        for stage in stages:
            if not 0 < stage.share <= 1:
                raise InvalidPlan(f"Invalid stage {stage.name!r}; a percentage is more than 0 and at most 100.")
        if shares != sorted(set(shares)):
            raise InvalidPlan(f"The stages {text!r} do not grow; give each a larger percentage than the one before.")
        if ROLLED_BACK in names:
            raise InvalidPlan(
                f"A stage cannot have the name {ROLLED_BACK!r}, which means rolled back; give another name."
            )
        if len(set(names)) < len(names):
            raise InvalidPlan(f"Two of the stages {text!r} have the same name; give each its own name.")
        return cls(tuple(stages))

    @classmethod
    def of(cls, stages: Iterable[Any]) -> Self:
        """Return the plan recorded in an event's `stages`; invalid items are left out."""
        valid = []
        for stage in stages:
            match stage:
                case {"name": str(name), "share": int() | float() as share}:
                    valid.append(Stage(name, float(share)))
        return cls(tuple(valid))

    def as_list(self) -> list[dict[str, Any]]:
        """Return the stages as JSON values."""
        return [asdict(stage) for stage in self.stages]

    def after(self, name: str) -> Stage | None:
        """Return the stage after the one with this name; None if that is the last one, or not in the plan."""
        names = [stage.name for stage in self.stages]
        at = names.index(name) + 1 if name in names else len(names)
        return self.stages[at] if at < len(names) else None


DEFAULT_PLAN = Plan.parse("10,25,50,75,100")
