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
from veritas.audit.judge import COVERAGE_CAP, PENALTIES, WEIGHTS, judge, penalties_of, run
from veritas.audit.phase import TIERS, PhaseContext, Summaries
from veritas.audit.verdict import RISK_LEVELS, Verdict, risk_level

PROPERTY = settings(deadline=None, max_examples=60)

EXAMINED = Summaries(facts.scouted(), facts.security(100), facts.vision(), facts.graph(3))
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
summaries = st.builds(
    Summaries,
    scout=st.none() | st.builds(lambda status: facts.scouted(status=status), st.sampled_from([200, 404, 503])),
    security=st.none() | st.builds(facts.security, st.none() | st.integers(0, 135)),
    vision=st.none() | st.builds(facts.vision, st.sampled_from([0, 1, 3])),
    graph=st.none() | st.builds(facts.graph, st.integers(0, 9)),
)


class TestProperties:
    """Properties that hold for every record."""

    @PROPERTY
    @given(summaries, findings, findings)
    def test_adding_findings_never_raises_the_score(self, summaries: Any, first: Any, more: Any) -> None:
        before, after = judge(summaries, first).trust_score, judge(summaries, first + more).trust_score
        assert (before is None) == (after is None)
        assert before is None or after is None or after <= before

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
    def test_used_weights_are_the_known_ones_and_sum_to_one(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        used = [signal.used_weight for signal in verdict.signals.values()]
        assert math.isclose(sum(used), 1.0) or used == [0.0] * len(WEIGHTS)
        for signal in verdict.signals.values():
            assert (signal.score is None) == (signal.used_weight == 0)
            assert signal.score is None or math.isclose(signal.used_weight * verdict.coverage, signal.weight)

    @PROPERTY
    @given(summaries, findings)
    def test_the_score_can_be_recalculated_from_the_verdict_alone(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        for name, signal in verdict.signals.items():
            for penalty in signal.penalties:
                points = PENALTIES.get(penalty.severity, 0) * penalty.confidence * penalty.share
                assert penalty.points == pytest.approx(points, abs=0.0051)
            if signal.score is not None and name != "security":
                assert signal.score == pytest.approx(max(0, 100 - sum(penalty.points for penalty in signal.penalties)))
        if verdict.trust_score is not None:
            known = [signal for signal in verdict.signals.values() if signal.score is not None]
            mean = sum((signal.score or 0) * signal.weight for signal in known) / sum(signal.weight for signal in known)
            limit = verdict.capped_by.limit if verdict.capped_by else 100
            assert verdict.trust_score == pytest.approx(min(mean, limit), abs=0.501)

    @PROPERTY
    @given(summaries, findings)
    def test_a_verdict_is_unchanged_after_the_log(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        assert msgspec.convert(facts.as_json(verdict), Verdict) == verdict

    @PROPERTY
    @given(summaries, findings)
    def test_the_risk_level_depends_on_the_score(self, summaries: Any, given: Any) -> None:
        verdict = judge(summaries, given)
        assert verdict.risk_level == risk_level(verdict.trust_score)

    @PROPERTY
    @given(findings)
    def test_the_findings_of_an_unknown_signal_are_ignored(self, given: Any) -> None:
        """Without caps, the score equals that of the same record without the unknown signal's findings."""
        verdict = judge(WITHOUT_GRAPH, given)
        others = judge(WITHOUT_GRAPH, [finding for finding in given if finding.signal != "graph"])
        assert verdict.weighted_score == others.weighted_score


class TestScore:
    """Scores of typical records."""

    def test_a_page_without_findings_is_trusted(self) -> None:
        verdict = judge(EXAMINED, [])
        assert (verdict.trust_score, verdict.risk_level, verdict.coverage) == (100, "trusted", 1.0)

    def test_an_honest_shop_with_weak_headers_and_an_unknown_owner_is_probably_safe(self) -> None:
        headers = [finding("csp-not-implemented", "medium", signal="security"), finding("hsts", signal="security")]
        verdict = judge(replace(WITHOUT_GRAPH, security=facts.security(0)), headers)
        assert verdict.trust_score == 73
        assert verdict.risk_level == "probably_safe"

    def test_a_well_protected_shop_with_five_dark_patterns_is_suspicious(self) -> None:
        verdict = judge(EXAMINED, DARK_SHOP)
        assert verdict.weighted_score is not None and verdict.weighted_score > 80
        assert verdict.trust_score == 69
        assert verdict.risk_level == "suspicious"
        assert verdict.capped_by is not None and "preselected_extra" in verdict.capped_by.kinds

    def test_severe_dark_patterns_cost_more_than_medium_ones(self) -> None:
        severe = [structs.replace(finding, severity="high") for finding in DARK_SHOP]
        assert judge(WITHOUT_GRAPH, severe).trust_score == 54

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
    """Unknown signals are left out of the score, and named."""

    def test_without_any_summary_there_is_no_score(self) -> None:
        verdict = judge(Summaries(), [])
        assert (verdict.trust_score, verdict.risk_level, verdict.coverage) == (None, "unknown", 0)
        assert verdict.narrative.startswith("Nothing is known about the page, so it has no score.")

    def test_an_unexamined_page_has_no_score_despite_a_good_certificate(self) -> None:
        verdict = judge(Summaries(graph=facts.graph(5)), [])
        assert (verdict.trust_score, verdict.risk_level) == (None, "unknown")
        assert verdict.signals["graph"].score == 100
        assert "The page itself could not be examined" in verdict.narrative

    def test_a_mostly_unknown_page_is_not_fully_trusted(self) -> None:
        verdict = judge(Summaries(security=facts.security(100), graph=facts.graph(5)), [])
        assert verdict.coverage == 0.45
        assert verdict.trust_score == COVERAGE_CAP
        assert verdict.capped_by is not None and "45%" in verdict.capped_by.why

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
        assert verdict.signals["visual"].used_weight == pytest.approx(0.20 / 0.75)
        assert "Unknown: graph (no check of who runs the site could be answered)" in verdict.narrative
        assert "75% of the evidence" in verdict.narrative

    def test_without_a_score_the_security_signal_is_unknown(self) -> None:
        summaries = replace(EXAMINED, security=facts.security(None))
        assert judge(summaries, []).signals["security"].score is None

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
