"""Confidence intervals of proportions are the published ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.rollout.statistics import newcombe_interval, wilson_interval


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    trials = draw(st.integers(1, 100_000))
    return draw(st.integers(0, trials)), trials


@given(counts())
def test_wilson_agrees_with_scipy(count: tuple[int, int]) -> None:
    """The interval is the one that SciPy computes."""
    from scipy.stats import binomtest  # half a second to import, and most workers do not need it

    theirs = binomtest(*count).proportion_ci(0.95, method="wilson")
    assert wilson_interval(*count) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(
    ("one", "other", "interval"),
    [
        # Table II of Newcombe 1998, method 10
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombe_agrees_with_the_article(
    one: tuple[int, int], other: tuple[int, int], interval: tuple[float, float]
) -> None:
    """The interval is that of the article's examples."""
    assert newcombe_interval(*one, *other) == pytest.approx(interval, abs=6e-5)


def test_without_trials_the_interval_is_everything() -> None:
    assert wilson_interval(0, 0) == (0, 1)
    assert newcombe_interval(0, 0, 5, 5) == (-1, 1)


@given(counts(), counts())
def test_exchanging_the_proportions_negates_the_newcombe_interval(one: tuple[int, int], other: tuple[int, int]) -> None:
    """One less the other is the other less the one, with the sign changed."""
    low, high = newcombe_interval(*one, *other)
    assert newcombe_interval(*other, *one) == pytest.approx((-high, -low), abs=1e-12)
