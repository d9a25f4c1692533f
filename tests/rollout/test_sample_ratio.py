"""The fairness of a draw is tested exactly, and by a test that may be repeated after every audit."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.rollout.statistics import sample_ratio_evidence, sample_ratio_p


@given(runs=st.integers(1, 100_000), queue=st.floats(0, 1), share=st.floats(0.001, 0.999))
def test_it_is_a_beta_binomial_against_a_binomial(runs: int, queue: float, share: float) -> None:
    """As computed with SciPy, with a prior worth a hundred runs."""
    from scipy.stats import betabinom, binom  # half a second to import, and most workers do not need it

    got = round(queue * runs)
    theirs = betabinom.logpmf(got, runs, 100 * share, 100 * (1 - share)) - binom.logpmf(got, runs, share)
    if math.isfinite(theirs):
        assert sample_ratio_evidence(got, runs, share) == pytest.approx(theirs, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("share", [0.001, 0.1])
def test_a_fair_draw_is_called_broken_as_rarely_as_promised(share: float) -> None:
    """With a look after every audit, for any share; a normal test would do so far more often."""
    draws, runs, alpha = 300, 1_000, 0.02
    counts = (np.random.default_rng(7).random((draws, runs)) < share).cumsum(axis=1)
    looks = np.arange(1, runs + 1)
    evidence = {
        (queue, at): sample_ratio_evidence(queue, at, share)
        for queue, at in {(int(queue), int(at)) for row in counts for queue, at in zip(row, looks, strict=True)}
    }
    broken = [
        any(evidence[int(queue), int(at)] > -math.log(alpha) for queue, at in zip(row, looks, strict=True))
        for row in counts
    ]
    assert np.mean(broken) <= alpha
    z = np.abs(counts - looks * share) / np.sqrt(looks * share * (1 - share))
    assert (z > NormalDist().inv_cdf(1 - alpha / 2)).any(axis=1).mean() > 3 * alpha


def test_a_broken_draw_is_found() -> None:
    assert sample_ratio_evidence(150, 1_000, 0.1) > -math.log(0.001)
    assert sample_ratio_evidence(50, 1_000, 0.1) > -math.log(0.001)
    assert sample_ratio_evidence(105, 1_000, 0.1) < 0


@pytest.mark.parametrize(("queue", "share", "broken"), [(10, 1.0, 0), (9, 1.0, 1), (0, 0.0, 0), (1, 0.0, 1)])
def test_with_a_share_of_0_or_1_any_other_mode_is_a_broken_draw(queue: int, share: float, broken: int) -> None:
    """A single run in the other mode is more than any chance."""
    assert sample_ratio_evidence(queue, 10, share) == (math.inf if broken else 0)
    assert (sample_ratio_p(queue, 10, share) < 1e-9) == bool(broken)


def test_a_fair_draw_is_likely_and_an_unfair_one_is_not() -> None:
    assert sample_ratio_p(0, 0, 0.5) == 1
    assert sample_ratio_p(50, 100, 0.5) == pytest.approx(1)
    assert sample_ratio_p(80, 100, 0.5) < 1e-8
