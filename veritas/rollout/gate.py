"""The gate of a rollout: decides whether to advance, to hold or to roll back, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from veritas.rollout.gate_input import GateInput
from veritas.rollout.gate_rules import CANNOT_SAY, HOLD, ROLL_BACK, WAIT, Ruling, rulings
from veritas.rollout.thresholds import Thresholds

ADVANCE = "advance"
DECISIONS = (ADVANCE, HOLD, CANNOT_SAY, ROLL_BACK)


@dataclass(frozen=True)
class Verdict:
    """The gate's decision.

    Attributes:
        input: The input that was judged.
        thresholds: The thresholds of the rules.
        decision: `advance`, `hold`, `cannot say` or `roll back`.
        reason: The reason in a sentence.
        rulings: The ruling of each rule.
    """

    input: GateInput
    thresholds: Thresholds
    decision: str
    reason: str
    rulings: tuple[Ruling, ...]


def judge(input: GateInput, thresholds: Thresholds) -> Verdict:
    """Return the gate's decision.

    A rule that rolls back decides first; then a rule that cannot say anything; then a rule that holds or waits. The
    rollout advances only if all rules pass and there is a next stage.
    """
    results = rulings(input, thresholds)
    decision, reason = _decision(input, results)
    return Verdict(input, thresholds, decision, reason, tuple(results))


def _decision(input: GateInput, results: Sequence[Ruling]) -> tuple[str, str]:
    for decision in (ROLL_BACK, CANNOT_SAY, HOLD):
        if sentences := [ruling.sentence for ruling in results if ruling.outcome == decision]:
            return decision, " ".join(sentences)
    if waiting := [ruling.rule for ruling in results if ruling.outcome == WAIT]:
        return HOLD, f"Not proved yet: {', '.join(waiting)}."
    if input.next is None:
        return HOLD, f"All rules pass, and {input.stage.name} is the last stage."
    return ADVANCE, f"All rules pass at {input.stage.name}; the next stage is {input.next.name}."
