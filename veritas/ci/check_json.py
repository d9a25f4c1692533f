"""The JSON of `veritas check`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from veritas.ci.check import Check
from veritas.ci.ruling import OUTCOMES, Ruling

Outcome = Annotated[str, msgspec.Meta(extra_json_schema={"enum": OUTCOMES})]


class RulingJson(msgspec.Struct, frozen=True):
    """The result of one rule.

    Attributes:
        rule: The rule as it was given; `completes`, `recorded` or `baseline-recorded` for what every
            audit has to pass.
        outcome: `passed`, `failed`, or `unknown` if the audit saw too little to say.
        why: The reason, in a sentence.
        findings: The findings that broke the rule, as the log has them, the most severe first.
    """

    rule: str
    outcome: Outcome
    why: str
    findings: list[dict[str, Any]]


class AuditCheckJson(msgspec.Struct, frozen=True):
    """The check of one audit.

    Attributes:
        audit_id: The audit.
        run_id: The run of it that was checked.
        url: The audited URL; null for a program without one.
        status: How the run ended, or that it did not.
        trust_score: 0-100; null without one.
        risk_level: The risk in words; null without a verdict.
        baseline: The run that it was compared with; null without one.
        passed: Whether it passed every rule.
        rules: The result of each rule.
    """

    audit_id: str
    run_id: str
    url: str | None
    status: str
    trust_score: float | None
    risk_level: str | None
    baseline: str | None
    passed: bool
    rules: list[RulingJson]


class ChecksJson(msgspec.Struct, frozen=True):
    """The checks of audits.

    Attributes:
        passed: Whether all of them passed every rule.
        audits: The audits, in the order in which they were given.
    """

    passed: bool
    audits: list[AuditCheckJson]


def checks_json(checks: Sequence[Check]) -> ChecksJson:
    """Return the checks in the form that is written."""
    return ChecksJson(all(check.passed for check in checks), [_check(check) for check in checks])


def _check(check: Check) -> AuditCheckJson:
    state = check.state
    return AuditCheckJson(
        audit_id=state.audit_id,
        run_id=state.run_id,
        url=state.request.url if state.request else None,
        status=state.status,
        trust_score=state.trust_score,
        risk_level=state.risk_level,
        baseline=check.baseline,
        passed=check.passed,
        rules=[_ruling(ruling) for ruling in check.rulings],
    )


def _ruling(ruling: Ruling) -> RulingJson:
    return RulingJson(ruling.rule, ruling.outcome, ruling.why, [dict(finding) for finding in ruling.findings])
