"""The check of one audit: its rulings, with what the files for other programs say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.ci.baseline import Baselines, FindingChanges
from veritas.ci.rule import Rule
from veritas.ci.ruling import FAILED, PASSED, Ruling, rulings
from veritas.projections.audit_state import AuditState

RECORDED = "recorded"  # the name of the ruling on whether the record is as it was made


@dataclass(frozen=True)
class Check:
    """The check of one run.

    Attributes:
        state: The run's state.
        rulings: The ruling of each rule, after that on whether the audit completed.
        baseline: The run that it was compared with; None without one.
        new: The positions in `state.findings` of those that the baseline does not have; None without a baseline.
        worse: The positions in `state.findings` of those that are more severe than in the baseline.
    """

    state: AuditState
    rulings: Sequence[Ruling]
    baseline: str | None = None
    new: Collection[int] | None = None
    worse: Collection[int] = ()

    @property
    def passed(self) -> bool:
        """Whether the audit passes every rule; what is unknown does not pass."""
        return all(ruling.outcome == PASSED for ruling in self.rulings)

    @property
    def name(self) -> str:
        """The audited URL or, of a program without one, the audit's id."""
        return (self.state.request.url if self.state.request else None) or self.state.audit_id


def check(
    state: AuditState, rules: Sequence[Rule], *, baselines: Baselines | None = None, fault: str | None = None
) -> Check:
    """Check a run.

    Args:
        state: The run's state. The check keeps it without the phases' summaries, which are large, except the verdict.
        rules: The rules.
        baselines: Where its baseline is found; None for none.
        fault: In what its record is not as it was made; None if it is.

    Raises:
        UsageError: The baseline does not exist, or cannot be one.
    """
    baseline = None if baselines is None else baselines.of(state)
    changes = FindingChanges(state.findings, []) if baseline is None else baseline.compare(state)
    made = rulings(rules, state, changes=changes, baseline=None if baseline is None else baseline.run_id)
    for each in (fault, None if baseline is None else baseline.fault):
        if each is not None:
            made.append(Ruling(RECORDED, FAILED, f"The log is not as it was recorded: {each}."))
    for name, phase in state.phases.items():
        if name != "judge":
            phase.summary = {}
    return Check(
        state=state,
        rulings=tuple(made),
        baseline=None if baseline is None else baseline.run_id,
        new=None if baselines is None else _positions(changes.new, state),
        worse=_positions(changes.worse, state),
    )


def _positions(findings: Iterable[Mapping[str, Any]], state: AuditState) -> set[int]:
    ids = {id(finding) for finding in findings}
    return {at for at, each in enumerate(state.findings) if id(each) in ids}
