"""The judge, a pure function of the recorded summaries and findings."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from tests.audit import facts
from veritas.audit.finding import SEVERITIES, SIGNALS, Finding
from veritas.audit.headers import OUTCOMES, CheckResult, score
from veritas.audit.headers.probe import ENCRYPTION_TESTS
from veritas.audit.judge import COVERAGE_CAP, PENALTIES, judge, penalties_of, run
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.summaries import FailedPage, SecuritySummary
from veritas.audit.tier import TIERS
from veritas.audit.unexamined import Unexamined
from veritas.audit.verdict import RISK_LEVELS, Verdict, risk_level

PROPERTY = settings(deadline=None, max_examples=60)

PAGE = facts.page(text="Copper kettles for every kitchen", text_length=32)
EXAMINED = Summaries(facts.scouted(PAGE), facts.security(100), facts.vision(), facts.graph(3))
WITHOUT_GRAPH = replace(EXAMINED, graph=None)


def finding(kind: str = "countdown_resets", severity: str = "high", **changes: Any) -> Finding:
    blank = Finding(
        phase="vision",
        kind=kind,
        title=kind.replace("_", " "),
        detail="It was observed.",
        severity=severity,
        confidence=0.9,
        signal="temporal",
        url="https://shop.example.com/",
    )
    return structs.replace(blank, **changes)


DARK_SHOP = [
    finding("countdown_resets", signal="temporal", taxonomy={"mathur2019": "Urgency: Countdown Timer"}),
    finding("preselected_extra", signal="structural", taxonomy={"mathur2019": "Sneaking: Sneak into Basket"}),
    finding("confirmshaming", "medium", signal="visual", taxonomy={"mathur2019": "Misdirection: Confirmshaming"}),
    finding("buried_cancel", "medium", signal="visual", taxonomy={"mathur2019": "Obstruction: Hard to Cancel"}),
    finding("false_scarcity", "medium", signal="meta", taxonomy={"mathur2019": "Scarcity: Low-stock Message"}),
]

findings = st.lists(
    st.builds(
        finding,
        kind=st.sampled_from(
            ["countdown_resets", "confirmshaming", "csp-not-implemented", "host_mixed_scripts", "odd"]
        ),
        severity=st.sampled_from([*SEVERITIES, "unheard-of"]),
        confidence=st.one_of(st.floats(-1, 2), st.just(math.nan), st.sampled_from([0.69, 0.7, 1.0])),
        signal=st.sampled_from([*SIGNALS, "unheard-of"]),
        url=st.sampled_from(["https://a.example.com/", "https://b.example.com/"]),
    ),
    max_size=8,
)
PHASES = ("scout", "security", "vision", "graph")
TEXTS = ["", "Loading…", "Copper kettles for every kitchen"]
scouted_pages = st.lists(
    st.builds(
        lambda number, status, text, complete: facts.page(
            f"{facts.URL}{number or ''}", status=status, text=text, text_length=len(text), complete=complete
        ),
        st.integers(0, 3),
        st.sampled_from([200, 200, 404, 503]),
        st.sampled_from(TEXTS),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda page: page.url,
)
unexamined = st.builds(
    Unexamined,
    url=st.sampled_from([facts.URL, f"{facts.URL}1", "https://elsewhere.example.com/"]),
    what=st.sampled_from(["the page", "the rest of the page", "frames", "texts", "contrast"]),
    why=st.just("It could not be examined."),
    signal=st.sampled_from(["", *SIGNALS, "unheard-of"]),
    count=st.integers(1, 30),
)
outcomes = {
    test: [
        CheckResult(test, name, outcome.passes, outcome.modifier, outcome.meaning) for name, outcome in results.items()
    ]
    for test, results in OUTCOMES.items()
}


def secured(checks: list[CheckResult], unknown: list[str], *, loopback: bool = False) -> SecuritySummary:
    local = {"reason": "the site is on this machine", "applies": False}
    tests = [
        {"test": test} | (local if loopback and test in ENCRYPTION_TESTS else {"reason": "the server did not answer"})
        for test in unknown
    ]
    own = {"checks": [msgspec.to_builtins(check) for check in checks], "unknown": tests, "loopback": loopback}
    return facts.security(score(checks).score if checks else None, **own)


secured_sites = st.builds(
    lambda checks, known, loopback: secured(list(checks[:known]), list(OUTCOMES)[known:], loopback=loopback),
    st.tuples(*(st.sampled_from(results) for results in outcomes.values())),
    st.integers(0, len(OUTCOMES)),
    st.booleans(),
)
summaries = st.builds(
    Summaries,
    scout=st.none() | scouted_pages.map(lambda pages: facts.scouted(*pages)),
    security=st.none() | st.builds(facts.security, st.none() | st.integers(0, 135)) | secured_sites,
    vision=st.none()
    | st.builds(
        lambda pages, unknown: facts.vision(pages, unknown=[msgspec.to_builtins(item) for item in unknown]),
        st.sampled_from([0, 1, 3]),
        st.lists(unexamined, max_size=3),
    ),
    graph=st.none()
    | st.builds(lambda answers, rest: facts.graph(answers, unanswered=rest), st.integers(0, 4), st.integers(0, 4)),
)


def without(summaries: Summaries, data: st.DataObject) -> Summaries:
    """Return *summaries* with less evidence: without a phase, a page or an answer, or with one more gap."""
    less = []
    for phase in PHASES:
        if getattr(summaries, phase) is not None:
            less.append(replace(summaries, **{phase: None}))
    scout, vision, security, graph = summaries.scout, summaries.vision, summaries.security, summaries.graph
    for page in scout.pages[1:] if scout else ():
        failed = FailedPage(page.url, "It did not answer.")
        rest = [other for other in scout.pages if other is not page] if scout else []
        changed = structs.replace(scout, pages=rest, failed_pages=[failed]) if scout else None
        less.append(replace(summaries, scout=changed))
    if vision:
        less += [
            replace(
                summaries, vision=structs.replace(vision, pages=[other for other in vision.pages if other is not page])
            )
            for page in (vision.pages if scout else ())
        ]
        gap = data.draw(unexamined)
        less.append(replace(summaries, vision=structs.replace(vision, unknown=[*vision.unknown, gap])))
    if graph and graph.answered:
        fewer = structs.replace(graph, answered=graph.answered - 1, unanswered=graph.unanswered + 1)
        less.append(replace(summaries, graph=fewer))
    for check in security.checks if security else ():
        rest = [other for other in security.checks if other is not check] if security else []
        unknown = [*(test.test for test in security.unknown), check.test] if security else []
        less.append(replace(summaries, security=secured(rest, unknown, loopback=bool(security and security.loopback))))
    return data.draw(st.sampled_from(less)) if less else summaries


def safety(verdict: Verdict) -> int:
    """Return how safe the verdict calls the page; a page that is not judged is neither safe nor suspicious."""
    levels = ["likely_fraudulent", "high_risk", "suspicious", "inconclusive", "probably_safe", "trusted"]
    return levels.index("inconclusive" if verdict.risk_level == "unknown" else verdict.risk_level)


class TestProperties:
    """Properties that hold for every record."""

    @PROPERTY
    @given(summaries, findings, findings)
    def test_adding_findings_never_makes_a_page_safer(self, summaries: Any, first: Any, more: Any) -> None:
        before, after = judge(summaries, first), judge(summaries, first + more)
        assert safety(after) <= safety(before)
        if before.trust_score is not None and after.trust_score is not None:
            assert after.trust_score <= before.trust_score

    @settings(PROPERTY, max_examples=200)
    @given(summaries, findings, st.data())
    def test_taking_evidence_away_never_makes_a_page_safer(self, summaries: Any, given: Any, data: Any) -> None:
        """Neither a lost phase, page or answer nor a further gap."""
        less = without(summaries, data)
        before, after = judge(summaries, given), judge(less, given)
        assert safety(after) <= safety(before)
        if all((getattr(less, phase) is None) == (getattr(summaries, phase) is None) for phase in PHASES):
            assert after.coverage <= before.coverage

    @PROPERTY
    @given(summaries, findings, st.randoms())
    def test_the_order_of_findings_does_not_matter(self, summaries: Any, given: Any, random: Any) -> None:
        shuffled = list(given)
        random.shuffle(shuffled)
        assert judge(summaries, given) == judge(summaries, shuffled)

    @PROPERTY
    @given(summaries, findings)
    def test_every_number_is_within_its_bounds(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        assert verdict.trust_score is None or 0 <= verdict.trust_score <= 100
        assert all(signal.score is None or 0 <= signal.score <= 100 for signal in verdict.signals.values())
        assert 0 <= verdict.coverage <= 1
        assert sum(verdict.counts.values()) == sum(1 for finding in given if finding.severity in SEVERITIES)

    @PROPERTY
    @given(summaries, findings)
    def test_used_weights_follow_the_shares_and_sum_to_the_coverage(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        applies = [signal.weight for signal in verdict.signals.values() if signal.examined is not None]
        used = sum(signal.used_weight for signal in verdict.signals.values())
        assert verdict.coverage == pytest.approx(used / sum(applies), abs=0.001)
        for signal in verdict.signals.values():
            assert (signal.score is None) == (not signal.examined)
            assert signal.used_weight == pytest.approx(signal.weight * (signal.examined or 0), abs=0.0001)

    @PROPERTY
    @given(summaries, findings)
    def test_the_score_can_be_recalculated_from_the_verdict_alone(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        lost = 0.0
        for name, signal in verdict.signals.items():
            for penalty in signal.penalties:
                points = PENALTIES.get(penalty.severity, 0) * penalty.confidence * penalty.share
                assert penalty.points == pytest.approx(points, abs=0.0051)
            cost = min(100, sum(penalty.points for penalty in signal.penalties))
            if signal.score is not None and name != "security":
                assert signal.score == pytest.approx(100 - cost)
            if name == "security":
                cost = 100 if signal.score is None else 100 - signal.score
            lost += signal.weight * cost
        if verdict.trust_score is not None:
            limit = verdict.capped_by.limit if verdict.capped_by else 100
            known = 1 - (0 if verdict.signals["graph"].examined else verdict.signals["graph"].weight)
            points = max(0, 100 - lost / known)
            assert verdict.weighted_score == pytest.approx(points, abs=0.001)
            assert verdict.trust_score == pytest.approx(min(points, limit), abs=0.501)

    @PROPERTY
    @given(summaries, findings)
    def test_a_verdict_is_unchanged_after_the_log(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        assert msgspec.convert(facts.as_json(verdict), Verdict) == verdict

    @PROPERTY
    @given(summaries, findings)
    def test_the_risk_level_depends_on_the_score(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        if verdict.trust_score is None:
            assert verdict.risk_level in ("inconclusive", "unknown")
        else:
            assert verdict.risk_level == risk_level(verdict.trust_score)
        assert (verdict.inconclusive_because is not None) == (verdict.risk_level == "inconclusive")


class TestScore:
    """Scores of typical records."""

    def test_a_page_without_findings_is_trusted(self) -> None:
        verdict = judge(EXAMINED, [])
        assert (verdict.trust_score, verdict.risk_level, verdict.coverage) == (100, "trusted", 1.0)

    def test_an_honest_shop_with_weak_headers_is_probably_safe(self) -> None:
        headers = [finding("csp-not-implemented", "medium", signal="security"), finding("hsts", signal="security")]
        verdict = judge(replace(EXAMINED, security=facts.security(0)), headers)
        assert verdict.trust_score == 80
        assert verdict.risk_level == "probably_safe"

    def test_a_well_protected_shop_with_five_dark_patterns_is_suspicious(self) -> None:
        verdict = judge(EXAMINED, DARK_SHOP)
        assert verdict.weighted_score is not None and verdict.weighted_score > 80
        assert verdict.trust_score == 69
        assert verdict.risk_level == "suspicious"
        assert verdict.capped_by is not None and "preselected_extra" in verdict.capped_by.kinds

    def test_severe_dark_patterns_cost_more_than_medium_ones(self) -> None:
        severe = [structs.replace(finding, severity="high") for finding in DARK_SHOP]
        assert judge(EXAMINED, severe).trust_score == 54

    def test_a_page_with_one_certain_dark_pattern_is_not_trusted(self) -> None:
        verdict = judge(EXAMINED, [finding()])
        assert verdict.trust_score == 89
        assert judge(EXAMINED, [finding(confidence=0.6)]).trust_score == 99

    def test_a_pattern_on_many_pages_counts_once_for_the_cap(self) -> None:
        pages = [finding(url=f"https://shop.example.com/{number}") for number in range(9)]
        verdict = judge(EXAMINED, pages)
        assert verdict.capped_by is not None and verdict.capped_by.limit == 89

    @pytest.mark.parametrize(("kinds", "limit"), [(1, 39), (2, 19)])
    def test_critical_findings_have_low_caps(self, kinds: int, limit: int) -> None:
        verdict = judge(EXAMINED, [finding(f"kind{number}", "critical") for number in range(kinds)])
        assert verdict.trust_score == limit

    def test_leaks_cause_a_cap_but_headers_do_not(self) -> None:
        headers = finding("cross-origin-resource-sharing-universal", "critical", signal="security", confidence=1)
        assert judge(EXAMINED, [headers]).trust_score == 90
        leak = finding("secrets_in_clear", "critical", signal="security", confidence=1)
        assert judge(EXAMINED, [leak]).trust_score == 39

    def test_repeated_findings_cost_a_half_a_quarter_and_so_on_the_most_severe_first(self) -> None:
        repeated = [
            finding(severity="low", confidence=1),
            finding(confidence=1),
            finding(severity="medium", confidence=1),
        ]
        assert [(penalty.severity, penalty.share, penalty.points) for penalty in penalties_of(repeated)] == [
            ("high", 1.0, 25.0),
            ("medium", 0.5, 6.0),
            ("low", 0.25, 1.0),
        ]

    def test_security_has_the_lower_score_of_headers_and_findings(self) -> None:
        given = [finding("password_in_url", signal="security", confidence=1)]
        assert judge(EXAMINED, given).signals["security"].score == 75
        assert judge(replace(EXAMINED, security=facts.security(40)), given).signals["security"].score == 40
        assert judge(replace(EXAMINED, security=facts.security(130)), []).signals["security"].score == 100

    def test_halves_are_rounded_up(self) -> None:
        verdict = judge(EXAMINED, [finding(signal="visual", confidence=0.1)])
        assert (verdict.weighted_score, verdict.trust_score) == (99.5, 100)

    @pytest.mark.parametrize(
        ("score", "level"),
        [
            (100, "trusted"),
            (90, "trusted"),
            (89, "probably_safe"),
            (70, "probably_safe"),
            (69, "suspicious"),
            (40, "suspicious"),
            (39, "high_risk"),
            (20, "high_risk"),
            (19, "likely_fraudulent"),
            (0, "likely_fraudulent"),
            (None, "unknown"),
        ],
    )
    def test_each_level_begins_at_its_lowest_score(self, score: int | None, level: str) -> None:
        assert risk_level(score) == level
        assert all(risk_level(lowest) == name for name, lowest in RISK_LEVELS)


class TestUnknown:
    """What was not examined costs no points, but the page is not called safe without it."""

    def test_without_any_summary_there_is_no_score(self) -> None:
        verdict = judge(Summaries(), [])
        assert (verdict.trust_score, verdict.risk_level, verdict.coverage) == (None, "unknown", 0)
        assert verdict.narrative.startswith("Nothing is known about the page, so it has no score.")

    def test_an_unexamined_page_has_no_score_despite_a_good_certificate(self) -> None:
        verdict = judge(Summaries(graph=facts.graph(5)), [])
        assert (verdict.trust_score, verdict.risk_level) == (None, "unknown")
        assert verdict.signals["graph"].score == 100
        assert "The page itself could not be examined" in verdict.narrative

    @pytest.mark.parametrize("phase", PHASES)
    def test_without_a_phase_the_verdict_is_inconclusive(self, phase: str) -> None:
        verdict = judge(replace(EXAMINED, **{phase: None}), [])
        assert (verdict.trust_score, verdict.weighted_score, verdict.risk_level) == (None, None, "inconclusive")
        assert verdict.narrative.startswith("The verdict is inconclusive, because ")
        assert verdict.not_examined[0].url == facts.URL

    def test_a_partly_examined_page_is_not_fully_trusted(self) -> None:
        """The rest of the page and three contrasts could not be examined."""
        gaps = [
            {"url": facts.URL, "what": "the rest of the page", "why": "It has too many elements."},
            {"url": facts.URL, "what": "contrast", "why": "It is on an image.", "signal": "visual", "count": 3},
        ]
        verdict = judge(replace(EXAMINED, vision=facts.vision(unknown=gaps)), [])
        assert verdict.coverage == pytest.approx(1 - 0.55 * 0.3 - 0.2 * 0.7 * 0.375)
        assert verdict.trust_score == COVERAGE_CAP
        assert verdict.capped_by is not None and "78%" in verdict.capped_by.why

    def test_a_page_in_a_language_that_is_not_read_is_inconclusive(self) -> None:
        """What is read is unknown, and so is half of what is measured on words."""
        gap = {"url": facts.URL, "what": "texts", "why": "The page is in 'et'.", "signal": "meta", "count": 10}
        verdict = judge(replace(EXAMINED, vision=facts.vision(unknown=[gap])), [])
        assert verdict.risk_level == "inconclusive"
        assert {name: signal.examined for name, signal in verdict.signals.items()} == {
            "visual": 0.5,
            "structural": 0.5,
            "temporal": 1.0,
            "graph": 1.0,
            "meta": 0.0,
            "security": 1.0,
        }
        assert "not examined: texts (10)." in verdict.narrative

    @pytest.mark.parametrize(("severity", "level"), [("critical", "high_risk"), ("high", "inconclusive")])
    def test_a_critical_finding_makes_an_inconclusive_page_a_high_risk(self, severity: str, level: str) -> None:
        verdict = judge(replace(EXAMINED, graph=None), [finding(severity=severity)])
        assert verdict.risk_level == level

    def test_a_blank_page_is_called_blank(self) -> None:
        """Unless it has texts when it is examined, later than by the scout."""
        blank = facts.scouted(facts.page())
        verdict = judge(replace(EXAMINED, scout=blank, vision=facts.vision(pages=1)), [])
        assert verdict.risk_level == "trusted"
        empty = structs.replace(facts.vision().pages[0], texts=0)
        verdict = judge(replace(EXAMINED, scout=blank, vision=structs.replace(facts.vision(), pages=[empty])), [])
        assert (verdict.trust_score, verdict.risk_level) == (None, "inconclusive")
        assert verdict.inconclusive_because == "The page is blank: the server's answer has no text."

    def test_on_an_error_page_the_dark_pattern_signals_are_unknown(self) -> None:
        verdict = judge(replace(EXAMINED, scout=facts.scouted(status=404)), [])
        assert {name for name, signal in verdict.signals.items() if signal.score is None} == {
            "visual",
            "structural",
            "temporal",
            "meta",
        }
        assert "error page (status 404)" in verdict.narrative

    def test_without_an_answer_the_graph_signal_is_unknown(self) -> None:
        verdict = judge(replace(EXAMINED, graph=facts.graph(0)), [])
        assert verdict.signals["graph"].score is None
        assert verdict.coverage == 0.75
        assert "Unknown: graph (no check of who runs the site could be answered)" in verdict.narrative

    def test_the_graph_signal_does_not_apply_to_a_host_that_is_not_public(self) -> None:
        host = {"name": "a", "shown": "a", "kind": "local", "registrable": None, "platform": None, "public": False}
        verdict = judge(replace(EXAMINED, graph=facts.graph(0, host=host, requested_host=host)), [])
        assert (verdict.risk_level, verdict.coverage) == ("trusted", 1.0)
        assert verdict.signals["graph"].examined is None

    def test_without_a_score_the_security_signal_is_unknown(self) -> None:
        summaries = replace(EXAMINED, security=facts.security(None))
        assert judge(summaries, []).signals["security"].score is None

    def test_a_test_without_an_answer_counts_as_failed(self) -> None:
        passed = [next(check for check in results if check.passed) for results in outcomes.values()]
        unknown = secured(passed[1:], ["content-security-policy"])
        verdict = judge(replace(EXAMINED, security=unknown), [])
        assert verdict.signals["security"].score == 75
        assert verdict.signals["security"].examined == pytest.approx(11 / 12, abs=0.0001)
        assert "the test content-security-policy" in [item.what for item in verdict.not_examined]

    def test_severe_findings_of_a_failed_phase_still_cause_a_cap(self) -> None:
        assert judge(replace(EXAMINED, vision=None), DARK_SHOP).trust_score == 69


class TestTexts:
    """The narrative and the recommendations are derived from the findings."""

    def test_the_most_severe_findings_are_named_with_their_pages(self) -> None:
        narrative = judge(EXAMINED, DARK_SHOP).narrative
        assert "There are 5 kinds of finding, the most severe first: " in narrative
        assert "countdown resets (high, https://shop.example.com/)" in narrative
        assert "Without a limit the score would be" in narrative

    @PROPERTY
    @given(summaries, findings)
    def test_the_narrative_has_two_to_five_sentences(self, summaries: Any, given: Any) -> None:
        narrative = judge(summaries, given).narrative
        assert 2 <= narrative.count(". ") + 1 <= 5
        assert narrative.endswith(".")

    def test_every_severe_finding_has_a_recommendation_for_both_audiences(self) -> None:
        recommendations = judge(WITHOUT_GRAPH, DARK_SHOP).recommendations
        for found in DARK_SHOP:
            audiences = {advice.audience for advice in recommendations if found.kind in advice.because}
            assert audiences == {"consumer", "owner"}
        assert any("imprint" in advice.text for advice in recommendations)

    def test_without_findings_or_unknown_signals_there_are_no_recommendations(self) -> None:
        assert judge(EXAMINED, [finding(severity="info")]).recommendations == ()


def test_findings_of_a_phase_that_failed_later_count_in_full() -> None:
    """The page stays suspicious, and it is said that the search did not end, not that there was none."""
    page = facts.page(text="Copper kettles", text_length=14)
    summaries = Summaries(facts.scouted(page), facts.security(100), None, facts.graph(2))
    found = [finding("sneaked_item"), finding("forced_signup", signal="structural"), finding("countdown_resets")]
    verdict = judge(summaries, found)
    assert verdict.risk_level == "suspicious"
    assert verdict.signals["structural"].penalties
    assert verdict.signals["structural"].why == "The search for dark patterns did not end."
    assert judge(summaries, []).risk_level == "inconclusive"


async def test_the_phase_returns_the_verdict_on_the_other_phases() -> None:
    steps: list[tuple[str, float]] = []
    context = PhaseContext(
        phase="judge",
        url="https://shop.example.com/",
        tier=TIERS["quick_scan"],
        browser=None,  # the judge does not visit pages
        emit=lambda step, pct, detail="", **fields: steps.append((step, pct)),
        summaries=EXAMINED,
        findings=list(DARK_SHOP),
    )
    assert await run(context) == judge(EXAMINED, DARK_SHOP)
    assert steps == [("weighing", 85)]
