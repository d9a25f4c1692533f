"""The check of one audit: its rulings, with what the files for other programs say of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.ci.baseline import Baselines
from veritas.ci.rule import Rule
from veritas.ci.ruling import FAILED, PASSED, Ruling, rulings
from veritas.projections.audit_state import AuditState

# The names of the rulings on whether the records are as they were made.
RECORDED, BASELINE_RECORDED = "recorded", "baseline-recorded"


@dataclass(frozen=True)
class Check:
    """The check of one run.

    Attributes:
        state: The run's state.
        rulings: The ruling of each rule, after that on whether the audit completed.
        baseline: The run that it was compared with; None without one.
        new: The positions in `state.findings` of those that the baseline does not have; None without a baseline.
        worse: The positions of those that are worse than in the baseline.
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
    new: Sequence[Mapping[str, Any]] = state.findings if baseline is None else baseline.new_findings(state)
    worse = [] if baseline is None else baseline.worse_findings(state)
    made = rulings(rules, state, new=new, worse=worse, baseline=None if baseline is None else baseline.run_id)
    if fault is not None:
        made.append(Ruling(RECORDED, FAILED, f"The log is not as it was recorded: {fault}."))
    if baseline is not None and baseline.fault is not None:
        why = f"The baseline {baseline.run_id} is not as it was recorded: {baseline.fault}."
        made.append(Ruling(BASELINE_RECORDED, FAILED, why))
    for name, phase in state.phases.items():
        if name != "judge":
            phase.summary = {}
    return Check(
        state=state,
        rulings=tuple(made),
        baseline=None if baseline is None else baseline.run_id,
        new=None if baselines is None else _positions(state, new),
        worse=_positions(state, [each.finding for each in worse]),
    )


def _positions(state: AuditState, findings: Iterable[Mapping[str, Any]]) -> set[int]:
    """Return the positions of findings in `state.findings`."""
    ids = {id(finding) for finding in findings}
    return {at for at, each in enumerate(state.findings) if id(each) in ids}
