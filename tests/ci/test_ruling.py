"""The rulings: what passes, what fails, and what nobody can say, which does not pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ci.runs import SUSPICIOUS, TRUSTED, finding, state_of
from tests.projections.recordings import INCONCLUSIVE, Recording, requested
from veritas.ci.baseline import WorseFinding
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


CART = "http://shop.test/cart"


@pytest.mark.parametrize("rule", ["finding:countdown_resets", "finding:severity>=high", "new-findings"])
@pytest.mark.parametrize(
    "state",
    [
        state_of(failed_pages={CART: "The page took too long."}),
        state_of(
            verdict={**TRUSTED, "not_examined": [{"what": "the page", "why": "The page took too long.", "url": CART}]}
        ),
        state_of(verdict=None, origin="record", failed_pages={CART: "The page took too long."}),
    ],
    ids=["not visited", "not examined", "of a program"],
)
def test_a_page_that_was_not_seen_could_have_the_finding(rule: str, state: AuditState) -> None:
    """So nobody can say that there is none; a finding on another page still fails."""
    ruled = ruling(rule, state, baseline="vrts_1.1")
    assert ruled.outcome == UNKNOWN
    assert ruled.why.endswith(f"1 page of the audit was not seen ({CART}: the page took too long).")
    found = state.copy()
    found.findings.append(finding())
    assert ruling(rule, found, new=found.findings, baseline="vrts_1.1").outcome == FAILED


def test_the_headers_of_the_first_page_are_known_whatever_was_not_seen() -> None:
    """The cookies are those of all pages."""
    state = state_of(failed_pages={CART: "The page took too long."})
    assert ruling("finding:csp-not-implemented", state).outcome == PASSED
    assert ruling("finding:cookies-without-secure-flag", state).outcome == UNKNOWN


def test_a_test_without_an_answer_could_have_found_something() -> None:
    gap = {"what": "the test strict-transport-security", "why": "The connection was reset.", "url": CART}
    state = state_of(verdict={**TRUSTED, "not_examined": [gap]})
    ruled = ruling("finding:hsts-not-implemented", state)
    assert ruled.outcome == UNKNOWN
    assert ruled.why == (
        "It is unknown whether there is such a finding: 1 test of the headers has no answer"
        " (strict-transport-security: the connection was reset)."
    )
    assert ruling("finding:csp-not-implemented", state).outcome == PASSED


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ("finding:severity>=low", UNKNOWN),
        ("finding:severity=medium", UNKNOWN),
        ("finding:severity>=high", PASSED),
        ("finding:severity=low", PASSED),
        ("new-findings", UNKNOWN),
        ("new-findings:severity>=high", PASSED),
    ],
)
def test_a_test_without_an_answer_matters_if_it_can_find_such_a_severity(rule: str, outcome: str) -> None:
    """What the test of HSTS finds is of medium severity."""
    gap = {"what": "the test strict-transport-security", "why": "The connection was reset.", "url": CART}
    assert ruling(rule, state_of(verdict={**TRUSTED, "not_examined": [gap]}), baseline="vrts_1.1").outcome == outcome


def test_a_page_that_was_visited_again_or_in_part_was_seen() -> None:
    """What is missing of a page lowers the verdict's coverage."""
    part = {**TRUSTED, "not_examined": [{"what": "frames", "why": "A frame is of another site.", "url": CART}]}
    state = state_of(verdict=part, pages=[CART], failed_pages={CART: "The tab crashed."})
    assert ruling("finding:countdown_resets", state).outcome == PASSED


def test_a_finding_that_became_worse_is_as_bad_as_a_new_one() -> None:
    """The reason says what changed; the rule may select what the finding is now."""
    state = state_of(finding(severity="high"))
    worse = [WorseFinding(state.findings[0], "its severity is high and was low")]
    ruled = ruling("new-findings", state, worse=worse, baseline="vrts_1.1")
    assert (ruled.outcome, ruled.findings) == (FAILED, (state.findings[0],))
    assert ruled.why == (
        "The audit has 1 worse finding since vrts_1.1 (Countdown restarts: its severity is high and was low)."
    )
    assert ruling("new-findings:severity>=critical", state, worse=worse, baseline="vrts_1.1").outcome == PASSED
    both = ruling("new-findings", state, new=[finding("made_up_number")], worse=worse, baseline="vrts_1.1")
    assert both.why.startswith("The audit has 1 new finding and 1 worse finding since vrts_1.1 (")


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
