"""The stages of a rollout: which share of the audits gets the queue, one after another."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from veritas.errors import BadPlan

BACK = "stdout"  # what the stage of a rollout is called that was rolled back

_STAGE = re.compile(r"(?:(?P<name>[^=,]+)=)?(?P<percent>\d+(?:\.\d+)?)%?\Z")


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: What people call it.
        share: The share of the audits that gets the queue, 0.0-1.0.
    """

    name: str
    share: float


@dataclass(frozen=True)
class Plan:
    """The stages of a rollout, in order; their shares grow."""

    stages: tuple[Stage, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read stages such as `10,25,50,75,100` or `canary=5,half=50,all=100`, in percent.

        Raises:
            BadPlan: It is no list of percentages that grow up to 100 at most.
        """
        stages = []
        for part in text.split(","):
            match = _STAGE.match(part.strip())
            if match is None:
                raise BadPlan(f"{part.strip()!r} is no stage; write a percentage such as '25', or 'half=50'.")
            share = float(match["percent"]) / 100
            stages.append(Stage((match["name"] or f"{share:.6%}".rstrip("0%").rstrip(".") + "%").strip(), share))
        shares, names = [stage.share for stage in stages], [stage.name for stage in stages]
        if shares != sorted(set(shares)) or not shares[0] > 0 or shares[-1] > 1:
            raise BadPlan(f"The stages {text!r} do not grow from above 0 up to 100 at most; put them in order.")
        if BACK in names:
            raise BadPlan(
                f"No stage can be called {BACK!r}, as a rollout's is that was rolled back; give another name."
            )
        if len(set(names)) < len(names):
            raise BadPlan(f"The stages {text!r} have two of one name; give each a name of its own.")
        return cls(tuple(stages))

    @classmethod
    def of(cls, stages: Iterable[Any]) -> Self:
        """Return the plan that an event's `stages` say; what is no stage is left out."""
        found = []
        for stage in stages:
            match stage:
                case {"name": str(name), "share": int() | float() as share}:
                    found.append(Stage(name, float(share)))
        return cls(tuple(found))

    def as_list(self) -> list[dict[str, Any]]:
        """Return the stages as JSON values."""
        return [asdict(stage) for stage in self.stages]

    def after(self, name: str) -> Stage | None:
        """Return the stage behind the one of this name; None where it is the last, or none of the plan's."""
        names = [stage.name for stage in self.stages]
        at = names.index(name) + 1 if name in names else len(names)
        return self.stages[at] if at < len(names) else None


DEFAULT_PLAN = Plan.parse("10,25,50,75,100")
