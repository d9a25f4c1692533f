"""The present state of a rollout on its page: the stage in force, the gate's decision, and the changes so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from veritas.formatting import utc_time
from veritas.report.chips import Chip
from veritas.rollout.gate import ADVANCE, Verdict
from veritas.rollout.gate_rules import CANNOT_SAY, HOLD, LIMITS, PASS, ROLL_BACK, WAIT, Ruling
from veritas.rollout.history import Change, Rollout
from veritas.rollout.thresholds import Thresholds

_TONES = {ADVANCE: "good", PASS: "good", WAIT: "note", HOLD: "fair", CANNOT_SAY: "fair", ROLL_BACK: "bad"}


@dataclass(frozen=True)
class Step:
    """One stage of the plan.

    Attributes:
        name: Its name.
        share: The share of the audits that gets the queue there; None if that is its name.
        in_force: Whether it is the stage in force.
    """

    name: str
    share: str | None
    in_force: bool


@dataclass(frozen=True)
class RuleRow:
    """The ruling of one rule of the gate.

    Attributes:
        rule: The rule.
        outcome: Its outcome.
        sentence: The reason.
        observed: The numbers that it is based on, by name; empty if it is based on none.
        thresholds: The numbers that they are compared with, by name.
        runs: The first of the runs that caused the outcome.
    """

    rule: str
    outcome: Chip
    sentence: str
    observed: Sequence[tuple[str, str]]
    thresholds: Sequence[tuple[str, str]]
    runs: Sequence[str]


@dataclass(frozen=True)
class ThresholdRow:
    """One threshold of the gate's rules."""

    name: str
    value: str
    description: str


@dataclass(frozen=True)
class GateView:
    """The gate's decision.

    Attributes:
        decision: The decision.
        reason: The reason.
        rules: The ruling of every rule.
        thresholds: The thresholds of the rules.
    """

    decision: Chip
    reason: str
    rules: Sequence[RuleRow]
    thresholds: Sequence[ThresholdRow]


@dataclass(frozen=True)
class ChangeRow:
    """One change of the rollout."""

    at: str | None
    action: str
    stage: str
    by: str
    reason: str


@dataclass(frozen=True)
class Standing:
    """The present state of a rollout.

    Attributes:
        stage: The stage in force.
        share: The share of the audits that gets the queue.
        since: When the stage began.
        held: Who holds the rollout, since when and why; None if it is not held.
        rolled_back: Who rolled it back, when and why; None if it is not rolled back.
        next: The next stage, or how there is one again.
        steps: The stages of the plan.
        gate: The gate's decision; None if the rollout was rolled back, so that there is nothing to judge.
        changes: The changes so far, the last one first.
    """

    stage: str
    share: str
    since: str | None
    held: str | None
    rolled_back: str | None
    next: str
    steps: Sequence[Step]
    gate: GateView | None
    changes: Sequence[ChangeRow]


def standing_of(rollout: Rollout, verdict: Verdict | None) -> Standing:
    """Return the present state of a rollout; *verdict* is the gate's decision, None if it cannot be judged."""
    last = rollout.last.event
    audits = "the audits" if last.tier is None else f"the {last.tier} audits"
    return Standing(
        stage=last.stage,
        share=f"{percent(last.share)} of {audits} get the queue",
        since=utc_time(rollout.spans[-1].began.at),
        held=_decided(rollout.held) if rollout.held else None,
        rolled_back=_decided(rollout.last) if rollout.is_rolled_back else None,
        next=_next(rollout),
        steps=[
            Step(
                stage.name,
                None if percent(stage.share) == stage.name else percent(stage.share),
                stage.name == last.stage,
            )
            for stage in rollout.plan.stages
        ],
        gate=None if verdict is None else _gate(verdict),
        changes=[change_row(change) for change in reversed(rollout.changes)],
    )


def _next(rollout: Rollout) -> str:
    following = rollout.next
    if following is None:
        return "none, this is the last stage"
    if rollout.is_rolled_back:
        return f"{following.name}, when `veritas rollout start` starts it again"
    return following.name


def _gate(verdict: Verdict) -> GateView:
    return GateView(
        decision=_chip(verdict.decision),
        reason=verdict.reason,
        rules=[_rule(ruling) for ruling in verdict.rulings],
        thresholds=list(_thresholds(verdict.thresholds)),
    )


def _rule(ruling: Ruling) -> RuleRow:
    numbers = [(name, name.replace("_", " "), _number(number)) for name, number in ruling.numbers.items()]
    observed = [(shown, number) for name, shown, number in numbers if name not in LIMITS]
    if not numbers and ruling.outcome in (WAIT, CANNOT_SAY):
        observed = [("", "unknown")]
    thresholds = [(shown, number) for name, shown, number in numbers if name in LIMITS]
    return RuleRow(ruling.rule, _chip(ruling.outcome), ruling.sentence, observed, thresholds, ruling.runs)


def _thresholds(thresholds: Thresholds) -> Iterator[ThresholdRow]:
    for field in fields(thresholds):
        yield ThresholdRow(field.name, f"{getattr(thresholds, field.name):g}", field.metadata["description"])


def _number(number: float | None) -> str:
    if number is None:
        return "unknown"
    return f"{number:,}" if isinstance(number, int) else f"{number:.4g}"


def _chip(outcome: str) -> Chip:
    return Chip(outcome, _TONES.get(outcome, ""))


def change_row(change: Change) -> ChangeRow:
    """Return a change of a rollout as it is shown."""
    event = change.event
    return ChangeRow(utc_time(change.at), event.action, event.stage, event.by, event.reason)


def _decided(change: Change) -> str:
    return f"by {change.event.by} at {utc_time(change.at)}: {change.event.reason}"


def percent(share: float) -> str:
    """Return a share as a percentage with up to four digits."""
    return f"{100 * share:.4g}%"
