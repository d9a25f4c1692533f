"""The judge: a pure function of what was recorded."""

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

LAW = settings(deadline=None, max_examples=60)

SEEN = Summaries(facts.scouted(), facts.security(100), facts.vision(), facts.graph(3))
WITHOUT_GRAPH = replace(SEEN, graph=None)


def finding(kind: str = "countdown_resets", severity: str = "high", **changes: Any) -> Finding:
    blank = Finding(
        phase="vision",
        kind=kind,
        title=kind.replace("_", " "),
        detail="It was seen.",
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


class TestLaws:
    """What holds for every record."""

    @LAW
    @given(summaries, findings, findings)
    def test_adding_findings_never_raises_the_score(self, summaries: Any, some: Any, more: Any) -> None:
        before, after = judge(summaries, some).trust_score, judge(summaries, some + more).trust_score
        assert (before is None) == (after is None)
        assert before is None or after is None or after <= before

    @LAW
    @given(summaries, findings, st.randoms())
    def test_the_order_of_findings_does_not_matter(self, summaries: Any, some: Any, random: Any) -> None:
        shuffled = list(some)
        random.shuffle(shuffled)
        assert judge(summaries, some) == judge(summaries, shuffled)

    @LAW
    @given(summaries, findings)
    def test_every_number_is_within_its_bounds(self, summaries: Any, some: Any) -> None:
        verdict = judge(summaries, some)
        assert verdict.trust_score is None or 0 <= verdict.trust_score <= 100
        assert all(signal.score is None or 0 <= signal.score <= 100 for signal in verdict.signals.values())
        assert 0 <= verdict.coverage <= 1
        assert sum(verdict.counts.values()) == sum(1 for one in some if one.severity in SEVERITIES)

    @LAW
    @given(summaries, findings)
    def test_used_weights_are_the_known_ones_and_sum_to_one(self, summaries: Any, some: Any) -> None:
        verdict = judge(summaries, some)
        used = [signal.used_weight for signal in verdict.signals.values()]
        assert math.isclose(sum(used), 1.0) or used == [0.0] * len(WEIGHTS)
        for signal in verdict.signals.values():
            assert (signal.score is None) == (signal.used_weight == 0)
            assert signal.score is None or math.isclose(signal.used_weight * verdict.coverage, signal.weight)

    @LAW
    @given(summaries, findings)
    def test_the_total_can_be_worked_out_again_from_the_verdict_alone(self, summaries: Any, some: Any) -> None:
        verdict = judge(summaries, some)
        for name, signal in verdict.signals.items():
            for penalty in signal.penalties:
                points = PENALTIES.get(penalty.severity, 0) * penalty.confidence * penalty.share
                assert penalty.points == pytest.approx(points, abs=0.0051)
            if signal.score is not None and name != "security":
                assert signal.score == pytest.approx(max(0, 100 - sum(one.points for one in signal.penalties)))
        if verdict.trust_score is not None:
            known = [signal for signal in verdict.signals.values() if signal.score is not None]
            mean = sum((signal.score or 0) * signal.weight for signal in known) / sum(signal.weight for signal in known)
            limit = verdict.capped_by.limit if verdict.capped_by else 100
            assert verdict.trust_score == pytest.approx(min(mean, limit), abs=0.501)

    @LAW
    @given(summaries, findings)
    def test_it_survives_the_log(self, summaries: Any, some: Any) -> None:
        verdict = judge(summaries, some)
        assert msgspec.convert(facts.as_json(verdict), Verdict) == verdict

    @LAW
    @given(summaries, findings)
    def test_the_risk_level_is_the_scores(self, summaries: Any, some: Any) -> None:
        verdict = judge(summaries, some)
        assert verdict.risk_level == risk_level(verdict.trust_score)

    @LAW
    @given(findings)
    def test_an_unknown_signal_is_left_out_whatever_was_found_for_it(self, some: Any) -> None:
        """Without caps, the score equals that of the same record with the unknown signal's findings taken away."""
        verdict = judge(WITHOUT_GRAPH, some)
        others = judge(WITHOUT_GRAPH, [one for one in some if one.signal != "graph"])
        assert verdict.weighted_score == others.weighted_score


class TestScore:
    """What a record is worth."""

    def test_nothing_found_and_everything_known_is_trusted(self) -> None:
        verdict = judge(SEEN, [])
        assert (verdict.trust_score, verdict.risk_level, verdict.coverage) == (100, "trusted", 1.0)

    def test_an_honest_shop_with_weak_headers_and_nobody_known_behind_it_is_probably_safe(self) -> None:
        headers = [finding("csp-not-implemented", "medium", signal="security"), finding("hsts", signal="security")]
        verdict = judge(replace(WITHOUT_GRAPH, security=facts.security(0)), headers)
        assert verdict.trust_score == 73
        assert verdict.risk_level == "probably_safe"

    def test_a_shop_with_five_dark_patterns_is_suspicious_however_well_it_is_protected(self) -> None:
        verdict = judge(SEEN, DARK_SHOP)
        assert verdict.weighted_score is not None and verdict.weighted_score > 80
        assert verdict.trust_score == 69
        assert verdict.risk_level == "suspicious"
        assert verdict.capped_by is not None and "preselected_extra" in verdict.capped_by.kinds

    def test_five_severe_dark_patterns_weigh_more_than_five_of_middling_weight(self) -> None:
        severe = [structs.replace(one, severity="high") for one in DARK_SHOP]
        assert judge(WITHOUT_GRAPH, severe).trust_score == 54

    def test_one_dark_pattern_beyond_doubt_keeps_a_page_from_being_trusted(self) -> None:
        verdict = judge(SEEN, [finding()])
        assert verdict.trust_score == 89
        assert judge(SEEN, [finding(confidence=0.6)]).trust_score == 99

    def test_the_same_pattern_on_many_pages_counts_once_for_the_cap(self) -> None:
        pages = [finding(url=f"https://shop.example.com/{number}") for number in range(9)]
        verdict = judge(SEEN, pages)
        assert verdict.capped_by is not None and verdict.capped_by.limit == 89

    @pytest.mark.parametrize(("kinds", "limit"), [(1, 39), (2, 19)])
    def test_critical_findings_cap_low(self, kinds: int, limit: int) -> None:
        verdict = judge(SEEN, [finding(f"kind{number}", "critical") for number in range(kinds)])
        assert verdict.trust_score == limit

    def test_headers_cap_nothing_and_leaks_do(self) -> None:
        headers = finding("cross-origin-resource-sharing-universal", "critical", signal="security", confidence=1)
        assert judge(SEEN, [headers]).trust_score == 90
        leak = finding("secrets_in_clear", "critical", signal="security", confidence=1)
        assert judge(SEEN, [leak]).trust_score == 39

    def test_repeats_count_a_half_a_quarter_and_so_on_the_gravest_first(self) -> None:
        some = [finding(severity="low", confidence=1), finding(confidence=1), finding(severity="medium", confidence=1)]
        assert [(one.severity, one.share, one.points) for one in penalties_of(some)] == [
            ("high", 1.0, 25.0),
            ("medium", 0.5, 6.0),
            ("low", 0.25, 1.0),
        ]

    def test_security_takes_the_lower_of_headers_and_findings(self) -> None:
        some = [finding("password_in_url", signal="security", confidence=1)]
        assert judge(SEEN, some).signals["security"].score == 75
        assert judge(replace(SEEN, security=facts.security(40)), some).signals["security"].score == 40
        assert judge(replace(SEEN, security=facts.security(130)), []).signals["security"].score == 100

    def test_halves_are_rounded_up(self) -> None:
        verdict = judge(SEEN, [finding(signal="visual", confidence=0.1)])
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
    def test_levels_begin_where_they_are_said_to(self, score: int | None, level: str) -> None:
        assert risk_level(score) == level
        assert all(risk_level(lowest) == name for name, lowest in RISK_LEVELS)


class TestUnknown:
    """What is not known is left out, and said."""

    def test_nothing_known_gives_no_score(self) -> None:
        verdict = judge(Summaries(), [])
        assert (verdict.trust_score, verdict.risk_level, verdict.coverage) == (None, "unknown", 0)
        assert verdict.narrative.startswith("Nothing is known of the page, so there is no score.")

    def test_a_page_that_nobody_examined_gets_no_score_for_a_good_certificate(self) -> None:
        verdict = judge(Summaries(graph=facts.graph(5)), [])
        assert (verdict.trust_score, verdict.risk_level) == (None, "unknown")
        assert verdict.signals["graph"].score == 100
        assert "The page itself could not be examined" in verdict.narrative

    def test_little_knowledge_earns_no_full_trust(self) -> None:
        verdict = judge(Summaries(security=facts.security(100), graph=facts.graph(5)), [])
        assert verdict.coverage == 0.45
        assert verdict.trust_score == COVERAGE_CAP
        assert verdict.capped_by is not None and "45%" in verdict.capped_by.why

    def test_an_error_page_says_nothing_of_the_site(self) -> None:
        verdict = judge(replace(SEEN, scout=facts.scouted(status=404)), [])
        assert {name for name, signal in verdict.signals.items() if signal.score is None} == {
            "visual",
            "structural",
            "temporal",
            "meta",
        }
        assert "error page (status 404)" in verdict.narrative

    def test_a_graph_without_an_answer_is_unknown(self) -> None:
        verdict = judge(replace(SEEN, graph=facts.graph(0)), [])
        assert verdict.signals["graph"].score is None
        assert verdict.signals["visual"].used_weight == pytest.approx(0.20 / 0.75)
        assert "Unknown: graph (no question about who is behind the page could be answered)" in verdict.narrative
        assert "75% of the evidence" in verdict.narrative

    def test_a_security_phase_without_a_score_is_unknown(self) -> None:
        seen = replace(SEEN, security=facts.security(None))
        assert judge(seen, []).signals["security"].score is None

    def test_grave_findings_of_a_phase_that_failed_later_still_cap(self) -> None:
        assert judge(replace(SEEN, vision=None), DARK_SHOP).trust_score == 69


class TestWords:
    """The narrative and the recommendations are made from the findings."""

    def test_the_gravest_are_named_with_their_pages(self) -> None:
        narrative = judge(SEEN, DARK_SHOP).narrative
        assert "There are 5 kinds of finding against it, above all: " in narrative
        assert "countdown resets (high, https://shop.example.com/)" in narrative
        assert "Averaged it would have" in narrative

    @LAW
    @given(summaries, findings)
    def test_it_has_two_to_five_sentences(self, summaries: Any, some: Any) -> None:
        narrative = judge(summaries, some).narrative
        assert 2 <= narrative.count(". ") + 1 <= 5
        assert narrative.endswith(".")

    def test_every_grave_finding_has_advice_for_both_sides(self) -> None:
        recommendations = judge(WITHOUT_GRAPH, DARK_SHOP).recommendations
        for one in DARK_SHOP:
            audiences = {advice.audience for advice in recommendations if one.kind in advice.because}
            assert audiences == {"consumer", "owner"}
        assert any("imprint" in advice.text for advice in recommendations)

    def test_nothing_found_and_nothing_unknown_needs_no_advice(self) -> None:
        assert judge(SEEN, [finding(severity="info")]).recommendations == ()


async def test_the_phase_returns_the_verdict_on_what_the_others_recorded() -> None:
    steps: list[tuple[str, float]] = []
    context = PhaseContext(
        phase="judge",
        url="https://shop.example.com/",
        tier=TIERS["quick_scan"],
        browser=None,  # the judge looks at no page
        emit=lambda step, pct, detail="", **fields: steps.append((step, pct)),
        summaries=SEEN,
        findings=list(DARK_SHOP),
    )
    assert await run(context) == judge(SEEN, DARK_SHOP)
    assert steps == [("weighing", 85)]
