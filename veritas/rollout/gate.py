"""The gate of a rollout: whether to advance, to hold or to roll back, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from veritas.formatting import utc_text
from veritas.rollout.gate_input import Evidence
from veritas.rollout.gate_rules import CANNOT_SAY, HOLD, ROLL_BACK, WAIT, Ruling, rulings
from veritas.rollout.thresholds import Thresholds

ADVANCE = "advance"


@dataclass(frozen=True)
class Verdict:
    """What the gate says.

    Attributes:
        evidence: What was judged.
        thresholds: By which measure.
        decision: `advance`, `hold`, `cannot say` or `roll back`.
        reason: Why, in a sentence.
        rulings: What each rule says.
    """

    evidence: Evidence
    thresholds: Thresholds
    decision: str
    reason: str
    rulings: tuple[Ruling, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; `veritas/rollout/schemas/gate.schema.json` says what they mean."""
        stage, following = self.evidence.stage, self.evidence.next
        return {
            "rollout": self.evidence.rollout,
            "stage": stage.name,
            "share": stage.share,
            "next": following.name if following else None,
            "at": utc_text(self.evidence.at),
            "decision": self.decision,
            "reason": self.reason,
            "rules": [{**asdict(ruling), "numbers": dict(ruling.numbers)} for ruling in self.rulings],
            "thresholds": asdict(self.thresholds),
        }


def judge(evidence: Evidence, thresholds: Thresholds) -> Verdict:
    """Return what follows from the evidence.

    Any rule that rolls back decides; then one that says that nothing can be said; then one that waits or holds. Only
    where all pass, and there is a stage left, the rollout advances.
    """
    told = rulings(evidence, thresholds)
    decision, reason = _decision(evidence, told)
    return Verdict(evidence, thresholds, decision, reason, tuple(told))


def _decision(evidence: Evidence, told: Sequence[Ruling]) -> tuple[str, str]:
    for decision in (ROLL_BACK, CANNOT_SAY, HOLD):
        if found := [ruling.sentence for ruling in told if ruling.outcome == decision]:
            return decision, " ".join(found)
    if waiting := [ruling.rule for ruling in told if ruling.outcome == WAIT]:
        return HOLD, f"Not proved yet: {', '.join(waiting)}."
    if evidence.next is None:
        return HOLD, f"No rule objects, and {evidence.stage.name} is the last stage: nothing is left to advance to."
    return ADVANCE, f"All rules pass at {evidence.stage.name}; the next stage is {evidence.next.name}."
