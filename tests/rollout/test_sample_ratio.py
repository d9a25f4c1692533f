import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from veritas.rollout.sample_ratio import sample_ratio_p, sample_ratio_z


@given(runs=st.integers(1, 1_000_000), queue=st.floats(0, 1), share=st.floats(0.01, 0.99))
def test_it_is_pearsons_chi_square(runs: int, queue: float, share: float) -> None:
    """Squared, it is what SciPy makes of the two modes' counts."""
    got = round(queue * runs)
    theirs = chisquare([got, runs - got], [runs * share, runs * (1 - share)])
    assert sample_ratio_z(got, runs, share) ** 2 == pytest.approx(theirs.statistic, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("queue", "share", "off"), [(10, 1.0, 0), (9, 1.0, -math.inf), (0, 0.0, 0), (1, 0.0, math.inf)]
)
def test_where_nothing_is_left_to_chance(queue: int, share: float, off: float) -> None:
    """A single run in the other mode is more than any chance."""
    assert sample_ratio_z(queue, 10, share) == off
    assert (sample_ratio_p(queue, 10, share) < 1e-9) == bool(off)


def test_a_fair_draw_is_likely_and_an_unfair_one_is_not() -> None:
    assert sample_ratio_p(0, 0, 0.5) == 1
    assert sample_ratio_p(50, 100, 0.5) == pytest.approx(1)
    assert sample_ratio_p(80, 100, 0.5) < 1e-8
