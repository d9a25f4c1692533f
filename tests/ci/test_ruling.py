"""The rulings: what passes, what fails, and what nobody can say, which does not pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ci.runs import SUSPICIOUS, TRUSTED, finding, state_of
from tests.projections.recordings import INCONCLUSIVE, Recording, requested
from veritas.ci.baseline import FindingChanges
from veritas.ci.rule import Rule
from veritas.ci.ruling import FAILED, PASSED, UNKNOWN, Ruling, rulings
from veritas.events.recorder_events import EventsDropped, RunFinished
from veritas.projections.audit_state import AuditState


def ruling(rule: str, state: AuditState, **fields: Any) -> Ruling:
    """Return the ruling of one rule."""
    _, ruled = rulings([Rule.parse(rule)], state, **fields)
    return ruled


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ("risk>=suspicious", FAILED),
        ("risk>=high_risk", PASSED),
        ("risk=suspicious", FAILED),
        ("risk=trusted", PASSED),
        ("score<70", FAILED),
        ("score<44", PASSED),
        ("score<=44", FAILED),
        ("finding:countdown_resets", FAILED),
        ("finding:preselected_extra", PASSED),
        ("finding:severity>=high", FAILED),
        ("finding:severity>=critical", PASSED),
        ("finding:severity=medium", PASSED),
    ],
)
def test_a_completed_audit_passes_or_fails(rule: str, outcome: str) -> None:
    assert ruling(rule, state_of(finding(), verdict=SUSPICIOUS)).outcome == outcome


def test_the_findings_that_break_a_rule_are_named_the_most_severe_first() -> None:
    """So that a build's log shows what to fix."""
    mild, severe = finding("urgency_claim", severity="low"), finding(severity="critical")
    ruled = ruling("finding:severity>=low", state_of(mild, severe))
    assert [each["kind"] for each in ruled.findings] == ["countdown_resets", "urgency_claim"]
    assert ruled.why == "The audit has 2 findings."


@pytest.mark.parametrize("rule", ["risk>=likely_fraudulent", "score<1", "finding:severity>=critical", "new-findings"])
@pytest.mark.parametrize(
    "state",
    [
        state_of(verdict=INCONCLUSIVE),
        state_of(verdict={"trust_score": None, "risk_level": "unknown"}),
        state_of(verdict=None),
        state_of(status="failed", error="The child process was killed by SIGKILL."),
        state_of(verdict=TRUSTED, status="interrupted"),
    ],
    ids=["inconclusive", "unknown", "without a verdict", "failed", "interrupted"],
)
def test_unknown_is_never_good(rule: str, state: AuditState) -> None:
    """However mild the rule is."""
    ruled = ruling(rule, state, baseline="vrts_1.1")
    assert ruled.outcome == UNKNOWN
    assert "unknown" in ruled.why


def test_a_finding_is_absent_only_if_its_phase_looked_for_it() -> None:
    state = state_of(broken=("vision",))
    assert ruling("finding:countdown_resets", state).outcome == UNKNOWN
    assert "did not complete vision" in ruling("finding:countdown_resets", state).why
    assert ruling("finding:csp-not-implemented", state).outcome == PASSED
    assert ruling("finding:severity>=high", state).outcome == UNKNOWN


def test_a_finding_is_absent_only_if_every_page_was_visited() -> None:
    """It may be on the one that could not be visited; the first page's headers are known all the same."""
    state = state_of()
    state.pages.append({"url": "http://shop.test/cart", "title": None, "status": None, "error": "It took too long."})
    ruled = ruling("finding:countdown_resets", state)
    assert ruled.outcome == UNKNOWN
    assert "1 page could not be visited, such as 'http://shop.test/cart'" in ruled.why
    assert ruling("finding:csp-not-implemented", state).outcome == PASSED


def test_a_finding_that_is_more_severe_than_in_the_baseline_is_not_passed() -> None:
    state = state_of(finding(severity="high"))
    ruled = ruling("new-findings", state, changes=FindingChanges([], state.findings), baseline="vrts_1.1")
    assert (ruled.outcome, ruled.why) == (FAILED, "The audit has 1 worse finding since vrts_1.1.")


def test_a_finding_of_an_inconclusive_audit_still_fails() -> None:
    assert ruling("finding:countdown_resets", state_of(finding(), verdict=INCONCLUSIVE)).outcome == FAILED


def test_a_severity_that_is_not_known_counts_as_severe() -> None:
    state = state_of(finding(severity="catastrophic"))
    assert ruling("finding:severity>=critical", state).outcome == FAILED
    assert ruling("finding:severity=critical", state).outcome == PASSED


def test_a_risk_level_that_is_not_known_does_not_pass() -> None:
    """A recorded program may call it anything."""
    state = state_of(verdict={"trust_score": 99, "risk_level": "splendid"})
    assert ruling("risk>=suspicious", state).outcome == UNKNOWN


def test_a_program_is_judged_by_the_phases_that_it_has() -> None:
    """It has no vision, and needs no verdict."""
    state = state_of(verdict=None, origin="record", url=None, command=["pipeline"])
    assert ruling("finding:severity>=high", state).outcome == PASSED
    broken = state_of(verdict=None, broken=("graph",), origin="record")
    assert ruling("finding:severity>=high", broken).outcome == UNKNOWN


def test_a_program_that_reported_nothing_is_unknown() -> None:
    run = Recording("vrts_1.1")
    run.recorder(requested(url=None, origin="record", command=["true"]))
    run.recorder(RunFinished(status="completed", effective_mode="stdout"))
    assert ruling("finding:severity>=low", AuditState.of(run.events)).outcome == UNKNOWN


def test_lost_events_may_have_been_findings() -> None:
    state = state_of()
    assert ruling("finding:severity>=low", state).outcome == PASSED
    state.drops.append(EventsDropped.of([(3, 3)]))
    assert ruling("finding:severity>=low", state).outcome == UNKNOWN


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_an_audit_that_did_not_complete_fails_without_any_rule(status: str) -> None:
    (ruled,) = rulings([], state_of(status=status, error="The browser ended."))
    assert (ruled.rule, ruled.outcome) == ("completes", FAILED)
    assert ruled.why == f"The audit is not completed but {status}: the browser ended."


def test_an_audit_that_still_runs_does_not_pass() -> None:
    state = AuditState.of([])
    assert [each.outcome for each in rulings([Rule.parse("score<1")], state)] == [FAILED, UNKNOWN]
