"""The ruling of each rule on one audit: whether the audit passed, failed, or showed too little to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.ci.baseline import FindingChanges
from veritas.ci.rule import FINDING, NEW_FINDINGS, RISK, RISKS, SCORE, Rule
from veritas.events.json import as_mapping, as_text
from veritas.events.recorder_events import COMPLETED, RECORDER
from veritas.formatting import count, short_number
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import by_severity

PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"
OUTCOMES = (PASSED, FAILED, UNKNOWN)

# What every audit has to do, whatever the rules.
COMPLETES = "completes"

NO_CHANGES = FindingChanges([], [])
_PHASE_OF_ONE_PAGE = "security"  # it examines the first page alone


@dataclass(frozen=True)
class Ruling:
    """The result of one rule.

    Attributes:
        rule: The rule as it was given, or `completes`.
        outcome: `passed`, `failed`, or `unknown` if the audit saw too little to say; only `passed` is good.
        why: The reason, in a sentence.
        findings: The findings that broke the rule, the most severe first.
    """

    rule: str
    outcome: str
    why: str
    findings: tuple[Mapping[str, Any], ...] = ()


def rulings(
    rules: Iterable[Rule], state: AuditState, *, changes: FindingChanges = NO_CHANGES, baseline: str | None = None
) -> list[Ruling]:
    """Return the ruling of every rule, after the one on whether the audit completed.

    Args:
        rules: The rules.
        state: The state of the audit's run.
        changes: Its findings that the baseline does not have, and those that have become more severe.
        baseline: The baseline's run; None if there is none, so that every finding is new.
    """
    judge = _Judge(state, changes, baseline)
    return [judge.completion(), *map(judge.ruling, rules)]


class _Judge:
    def __init__(self, state: AuditState, changes: FindingChanges, baseline: str | None) -> None:
        self._state = state
        self._changes = changes
        self._baseline = baseline

    def completion(self) -> Ruling:
        """Judge whether the audit came to its end."""
        state = self._state
        if state.status == COMPLETED:
            return Ruling(COMPLETES, PASSED, "The audit completed.")
        return Ruling(COMPLETES, FAILED, f"{self._status()}.")

    def ruling(self, rule: Rule) -> Ruling:
        """Judge by one rule."""
        judged = {RISK: self._risk, SCORE: self._score, FINDING: self._findings, NEW_FINDINGS: self._new_findings}
        return judged[rule.subject](rule)

    def _risk(self, rule: Rule) -> Ruling:
        level = self._state.risk_level
        if level in rule.risks:
            return Ruling(rule.text, FAILED, f"The risk is {level}.")
        if (unknown := self._without_verdict("risk")) is not None:
            return Ruling(rule.text, UNKNOWN, unknown)
        return Ruling(rule.text, PASSED, f"The risk is {level}.")

    def _score(self, rule: Rule) -> Ruling:
        score = self._state.trust_score
        if score is not None and (score < rule.below or (rule.inclusive and score == rule.below)):
            return Ruling(rule.text, FAILED, f"The score is {short_number(score)}.")
        if (unknown := self._without_verdict("score")) is not None or score is None:
            return Ruling(rule.text, UNKNOWN, unknown or "The audit has no score.")
        return Ruling(rule.text, PASSED, f"The score is {short_number(score)}.")

    def _findings(self, rule: Rule) -> Ruling:
        found = [finding for finding in self._state.findings if rule.selector.matches(finding)]
        return self._ruling_on(rule, found, count(len(found), "finding"))

    def _new_findings(self, rule: Rule) -> Ruling:
        new = [finding for finding in self._changes.new if rule.selector.matches(finding)]
        worse = [finding for finding in self._changes.worse if rule.selector.matches(finding)]
        since = f" since {self._baseline}" if self._baseline else ", because there is no earlier audit to compare with"
        numbers = [count(len(found), noun) for found, noun in ((new, "new finding"), (worse, "worse finding")) if found]
        return self._ruling_on(rule, [*new, *worse], " and ".join(numbers), since)

    def _ruling_on(self, rule: Rule, found: Sequence[Mapping[str, Any]], number: str, since: str = "") -> Ruling:
        if found:
            ranked = tuple(by_severity(found))
            return Ruling(rule.text, FAILED, f"The audit has {number}{since}.", ranked)
        if (unknown := self._unseen(rule)) is not None:
            return Ruling(rule.text, UNKNOWN, unknown)
        return Ruling(rule.text, PASSED, f"The audit has no such finding{since if self._baseline else ''}.")

    def _without_verdict(self, noun: str) -> str | None:
        """Return why the verdict says nothing; None if it does."""
        state = self._state
        if state.status != COMPLETED:
            return f"The {noun} is unknown, because the audit did not complete."
        if state.risk_level in RISKS:
            return None
        if state.risk_level is None:
            return f"The {noun} is unknown: the audit has no verdict."
        why = as_text(as_mapping(state.verdict).get("inconclusive_because"))
        return f"The {noun} is unknown: the audit is {state.risk_level}{f': {_lower(why)}' if why else '.'}"

    def _unseen(self, rule: Rule) -> str | None:
        """Return why there could be findings that the audit does not have; None if it looked for them."""
        state = self._state
        if state.status == COMPLETED and (lost := self._lost()) is not None:
            return f"It is unknown whether there is such a finding: {lost}."
        is_audit = state.request is None or state.request.origin == "audit"
        wanted = rule.selector.phases if is_audit else state.phases  # of a program, whatever it has
        missing = [name for name in wanted if name not in state.phases or state.phases[name].status != COMPLETED]
        failed = [page for page in state.pages if page.get("error")]
        if failed and set(wanted) - {_PHASE_OF_ONE_PAGE} and state.status == COMPLETED:
            pages = f"{count(len(failed), 'page')} could not be visited, such as {failed[0]['url']!r}"
            return f"It is unknown whether there is such a finding: {pages}."
        if missing and state.status == COMPLETED:
            return f"It is unknown whether there is such a finding: the audit did not complete {' and '.join(missing)}."
        if is_audit or state.status != COMPLETED:
            return self._without_verdict("number of such findings")
        return None

    def _lost(self) -> str | None:
        """Return why the log may have had a finding that it does not have; None if it has all."""
        state = self._state
        if state.archived is not None:
            return "the audit was archived; import its bundle, and check that log"
        if any(each["observation"]["source"] != RECORDER for each in state.redactions):
            return "events of the audit were redacted"
        if state.drops:
            return "events of the audit were lost"
        if not state.phases and not state.findings:
            return "the audit reported no phase and no finding"
        return None

    def _status(self) -> str:
        error = f": {_lower(self._state.error.rstrip('.'))}" if self._state.error else ""
        return f"The audit is not completed but {self._state.status}{error}"


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
