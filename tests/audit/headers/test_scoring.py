"""How outcomes become a score, and a score a grade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.headers import RESULTS, score
from veritas.audit.headers.observation import CheckResult, verdict
from veritas.audit.headers.scoring import GRADES, grade_of

OUTCOMES = st.tuples(
    *(st.sampled_from([verdict(test, result) for result in results]) for test, results in RESULTS.items())
)


def outcomes(*names: str) -> list[CheckResult]:
    """Return the outcomes of these names."""
    return [verdict(test, result) for test, results in RESULTS.items() for result in results if result in names]


@given(OUTCOMES)
def test_a_score_is_within_its_bounds(results: tuple[CheckResult, ...]) -> None:
    """It is never below 0, and above 100 only by what the outcomes can earn; every check passes or fails."""
    scored = score(results)
    assert 0 <= scored.score <= 100 + sum(max(0, result.modifier) for result in results)
    assert scored.grade in GRADES.values()
    assert scored.passed + scored.failed == len(results) == 12


@given(OUTCOMES)
def test_extra_credit_needs_an_a_without_it(results: tuple[CheckResult, ...]) -> None:
    """Whoever has lost more than ten points earns nothing on top."""
    lost = -sum(min(0, result.modifier) for result in results)
    earned = sum(max(0, result.modifier) for result in results)
    assert score(results).score == (100 - lost + earned if lost <= 10 else max(0, 100 - lost))


def test_known_scores() -> None:
    """A site with nothing wrong, a site at the border of extra credit, and one past it."""
    assert score([])[:2] == (100, "A+")
    good = ("csp-implemented-with-no-unsafe", "hsts-preloaded")
    assert score(outcomes(*good))[:2] == (110, "A+")
    assert score(outcomes(*good, "x-content-type-options-header-invalid", "referrer-policy-unsafe"))[:2] == (100, "A+")
    three = (*good, "x-content-type-options-header-invalid", "referrer-policy-unsafe", "corp-header-invalid")
    assert score(outcomes(*three))[:2] == (85, "A-")


@pytest.mark.parametrize(
    ("points", "grade"),
    [(0, "F"), (24, "F"), (25, "D-"), (39, "D"), (40, "D+"), (49, "C-"), (59, "C"), (64, "C+"), (69, "B-"), (79, "B"),
     (84, "B+"), (89, "A-"), (99, "A"), (100, "A+"), (145, "A+")],
)  # fmt: skip
def test_grades(points: int, grade: str) -> None:
    """Between two steps the lower one counts."""
    assert grade_of(points) == grade


def test_the_table_is_whole() -> None:
    """Twelve tests, no outcome in two of them, a sentence for each, and none that takes much passes."""
    names = [result for results in RESULTS.values() for result in results]
    assert len(RESULTS) == 12
    assert len(names) == len(set(names)) == 76
    for results in RESULTS.values():
        assert any(outcome.passes for outcome in results.values())
        for outcome in results.values():
            assert outcome.meaning.endswith(".")
            assert not outcome.passes or outcome.modifier >= -10
