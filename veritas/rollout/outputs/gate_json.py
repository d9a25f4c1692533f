"""The JSON of `rollout gate`: an unknown value is null, and times are in seconds."""

from __future__ import annotations

from typing import Annotated

import msgspec

from veritas.events.json_schema import Share, Time
from veritas.formatting import iso_time
from veritas.rollout.gate import DECISIONS, Verdict
from veritas.rollout.gate_rules import OUTCOMES
from veritas.rollout.thresholds import Thresholds


class RulingJson(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one rule.

    Attributes:
        rule: The rule's name.
        outcome: The outcome.
        sentence: The reason.
        numbers: The numbers that it is based on; times in seconds, shares from 0 to 1.
        runs: The first of the runs that caused it.
    """

    rule: str
    outcome: Annotated[str, msgspec.Meta(extra_json_schema={"enum": OUTCOMES})]
    sentence: str
    numbers: dict[str, float | None]
    runs: list[str]


class GateJson(msgspec.Struct, frozen=True, kw_only=True):
    """The decision of a rollout's gate.

    Attributes:
        rollout: The rollout's name.
        stage: The stage in force.
        share: The share of the stage.
        next: The next stage; null at the last.
        at: When this was read (RFC 3339, UTC).
        decision: The decision; exit status 0, 1, 2 and 4.
        reason: The reason, in sentences.
        rules: The result of each rule.
        thresholds: The thresholds of the rules.
    """

    rollout: str
    stage: str
    share: Share | None
    next: str | None
    at: Time | None
    decision: Annotated[str, msgspec.Meta(extra_json_schema={"enum": DECISIONS})]
    reason: str
    rules: list[RulingJson]
    thresholds: Thresholds


def gate_json(verdict: Verdict) -> GateJson:
    """Return the JSON of `rollout gate`."""
    stage, following = verdict.input.stage, verdict.input.next
    return GateJson(
        rollout=verdict.input.rollout,
        stage=stage.name,
        share=stage.share,
        next=following.name if following else None,
        at=iso_time(verdict.input.at),
        decision=verdict.decision,
        reason=verdict.reason,
        rules=[
            RulingJson(
                rule=ruling.rule,
                outcome=ruling.outcome,
                sentence=ruling.sentence,
                numbers={name: None if number is None else float(number) for name, number in ruling.numbers.items()},
                runs=list(ruling.runs),
            )
            for ruling in verdict.rulings
        ],
        thresholds=verdict.thresholds,
    )
