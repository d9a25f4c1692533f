"""The ruling of each rule on one audit: whether the audit passed, failed, or showed too little to say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.audit.unexamined import PAGE
from veritas.ci.baseline import WorseFinding
from veritas.ci.rule import FINDING, NEW_FINDINGS, RISK, RISKS, SCORE, Rule
from veritas.events.json import as_items, as_mapping, as_text
from veritas.events.recorder_events import COMPLETED, RECORDER
from veritas.formatting import count, short_number
from veritas.projections.audit_state import AuditState
from veritas.projections.findings import by_severity, title_of

PASSED, FAILED, UNKNOWN = "passed", "failed", "unknown"
OUTCOMES = (PASSED, FAILED, UNKNOWN)

_MOST_NAMED = 3  # pages, or changes, of a reason

# What every audit has to do, whatever the rules.
COMPLETES = "completes"


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
    rules: Iterable[Rule],
    state: AuditState,
    *,
    new: Sequence[Mapping[str, Any]] = (),
    worse: Sequence[WorseFinding] = (),
    baseline: str | None = None,
) -> list[Ruling]:
    """Return the ruling of every rule, after the one on whether the audit completed.

    Args:
        rules: The rules.
        state: The state of the audit's run.
        new: Its findings that the baseline does not have.
        worse: Its findings that are worse than in the baseline.
        baseline: The baseline's run; None if there is none, so that every finding is new.
    """
    judge = _Judge(state, new, worse, baseline)
    return [judge.completion(), *map(judge.ruling, rules)]


class _Judge:
    def __init__(
        self,
        state: AuditState,
        new: Sequence[Mapping[str, Any]],
        worse: Sequence[WorseFinding],
        baseline: str | None,
    ) -> None:
        self._state = state
        self._new = new
        self._worse = worse
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
        return self._ruling_on(rule, found, f"The audit has {count(len(found), 'finding')}.")

    def _new_findings(self, rule: Rule) -> Ruling:
        new = [finding for finding in self._new if rule.selector.matches(finding)]
        worse = [each for each in self._worse if rule.selector.matches(each.finding)]
        since = f" since {self._baseline}" if self._baseline else ", because there is no earlier audit to compare with"
        counts = [count(len(new), "new finding")] if new or not worse else []
        if worse:
            counts.append(count(len(worse), "worse finding"))
        changes = [f"{title_of(each.finding)}: {each.change}" for each in worse]
        changed = f" ({_some(changes)})" if changes else ""
        why = f"The audit has {' and '.join(counts)}{since}{changed}."
        return self._ruling_on(rule, [*new, *(each.finding for each in worse)], why, since if self._baseline else "")

    def _ruling_on(self, rule: Rule, found: Sequence[Mapping[str, Any]], why: str, since: str = "") -> Ruling:
        if found:
            return Ruling(rule.text, FAILED, why, tuple(by_severity(found)))
        if (unknown := self._unseen(rule)) is not None:
            return Ruling(rule.text, UNKNOWN, unknown)
        return Ruling(rule.text, PASSED, f"The audit has no such finding{since}.")

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
        if missing and state.status == COMPLETED:
            return f"It is unknown whether there is such a finding: the audit did not complete {' and '.join(missing)}."
        if is_audit or state.status != COMPLETED:
            unknown = self._without_verdict("number of such findings")
            if unknown is not None:
                return unknown
        if unanswered := self._unanswered(rule.selector.tests):
            without = f"{count(len(unanswered), 'test')} of the headers {'has' if len(unanswered) == 1 else 'have'}"
            return f"It is unknown whether there is such a finding: {without} no answer ({_some(unanswered)})."
        if (pages := unseen_pages(state)) and not rule.selector.is_of_first_page:
            unseen = f"{count(len(pages), 'page')} of the audit {'was' if len(pages) == 1 else 'were'} not seen"
            reasons = [f"{url}: {_lower(why.rstrip('.'))}" if why else url for url, why in pages.items()]
            return f"It is unknown whether there is such a finding: {unseen} ({_some(reasons)})."
        return None

    def _unanswered(self, tests: Collection[str]) -> list[str]:
        """Return those of some tests of the headers that have no answer, each with the reason."""
        gaps = map(as_mapping, as_items(as_mapping(self._state.verdict).get("not_examined")))
        reasons = {as_text(gap.get("what")): as_text(gap.get("why")) or "no reason is known" for gap in gaps}
        named = ((test, reasons.get(f"the test {test}")) for test in sorted(tests))
        return [f"{test}: {_lower(why.rstrip('.'))}" for test, why in named if why is not None]

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


def unseen_pages(state: AuditState) -> dict[str, str]:
    """Return the pages that an audit went to and did not see, each with the reason, which is empty if none is known.

    They could have any finding. Pages beyond the number of the tier and dead links are not among them.
    """
    gaps = map(as_mapping, as_items(as_mapping(state.verdict).get("not_examined")))
    unseen = {as_text(gap.get("url")): as_text(gap.get("why")) for gap in gaps if gap.get("what") == PAGE}
    loaded = {page["url"] for page in state.pages if page.get("error") is None}
    failed = {page["url"]: as_text(page.get("error")) for page in state.pages if page["url"] not in loaded}
    return {url: why or "" for url, why in (failed | unseen).items() if url}


def _some(texts: Sequence[str]) -> str:
    more = len(texts) - _MOST_NAMED
    return "; ".join([*texts[:_MOST_NAMED], *([f"and {more:,} more"] if more > 0 else [])])


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
