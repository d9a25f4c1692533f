"""The score and its grade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.headers import OUTCOMES, score
from veritas.audit.headers.check_result import CheckResult
from veritas.audit.headers.scoring import GRADES, grade_of

ALL_RESULTS = {test: [CheckResult.of(test, name) for name in outcomes] for test, outcomes in OUTCOMES.items()}
RESULTS = st.tuples(*map(st.sampled_from, ALL_RESULTS.values()))


def named(*names: str) -> list[CheckResult]:
    """Return the results whose outcomes have these names."""
    return [result for results in ALL_RESULTS.values() for result in results if result.result in names]


@given(RESULTS)
def test_a_score_is_within_its_bounds(results: tuple[CheckResult, ...]) -> None:
    """A score is never below 0, and above 100 only by the extra credit; every test passes or fails."""
    scored = score(results)
    assert 0 <= scored.score <= 100 + sum(max(0, result.modifier) for result in results)
    assert scored.grade in GRADES.values()
    assert scored.passed + scored.failed == len(results) == 12


@given(RESULTS)
def test_extra_credit_needs_an_a_without_it(results: tuple[CheckResult, ...]) -> None:
    """A site that has lost more than ten points receives no extra credit."""
    lost = -sum(min(0, result.modifier) for result in results)
    earned = sum(max(0, result.modifier) for result in results)
    assert score(results).score == (100 - lost + earned if lost <= 10 else max(0, 100 - lost))


def test_known_results_have_known_scores() -> None:
    """The cases are a site without faults, a site at the limit of extra credit, and one below it."""
    assert score([])[:2] == (100, "A+")
    good = ("csp-implemented-with-no-unsafe", "hsts-preloaded")
    assert score(named(*good))[:2] == (110, "A+")
    assert score(named(*good, "x-content-type-options-header-invalid", "referrer-policy-unsafe"))[:2] == (
        100,
        "A+",
    )
    three = (*good, "x-content-type-options-header-invalid", "referrer-policy-unsafe", "corp-header-invalid")
    assert score(named(*three))[:2] == (85, "A-")


@pytest.mark.parametrize(
    ("points", "grade"),
    [(0, "F"), (24, "F"), (25, "D-"), (39, "D"), (40, "D+"), (49, "C-"), (59, "C"), (64, "C+"), (69, "B-"), (79, "B"),
     (84, "B+"), (89, "A-"), (99, "A"), (100, "A+"), (145, "A+")],
)  # fmt: skip
def test_each_grade_begins_at_its_score(points: int, grade: str) -> None:
    """Between two grades' scores the lower grade counts."""
    assert grade_of(points) == grade


def test_the_table_of_outcomes_is_complete() -> None:
    """It has twelve tests and 76 outcomes; each outcome has a meaning, and only failing ones have a title."""
    names = [name for outcomes in OUTCOMES.values() for name in outcomes]
    assert len(OUTCOMES) == 12
    assert len(names) == len(set(names)) == 76
    for outcomes in OUTCOMES.values():
        assert any(outcome.passes for outcome in outcomes.values())
        for outcome in outcomes.values():
            assert outcome.meaning.endswith(".")
            assert bool(outcome.title) is not outcome.passes
            assert not outcome.passes or outcome.modifier >= -10
