"""Proportions of few runs: how sure they are, and how sure it is that two of them differ."""

from __future__ import annotations

from math import inf, lgamma, log, log1p, sqrt

import numpy as np

from veritas.rollout.metrics import Values

Interval = tuple[float, float]

_Z95 = 1.959963984540054  # the standard normal distribution's 97.5% quantile


def wilson_interval(successes: int, trials: int, *, z: float = _Z95) -> Interval:
    """Return the interval in which a proportion lies, after so many *successes* in so many *trials*.

    Of no trials it is (0, 1): nothing is known. The score interval of Wilson, "Probable Inference, the Law of
    Succession, and Statistical Inference", JASA 22 (1927).

    Args:
        successes: 0 up to *trials*.
        trials: How many.
        z: How many standard errors wide; 1.96 are 95%.
    """
    if not trials:
        return 0.0, 1.0
    share, extra = successes / trials, z * z / trials
    middle = share + extra / 2
    reach = z * sqrt(share * (1 - share) / trials + extra / (4 * trials))
    # At the ends the interval ends there exactly; rounding would leave some 1e-17.
    low = 0.0 if not successes else (middle - reach) / (1 + extra)
    high = 1.0 if successes == trials else (middle + reach) / (1 + extra)
    return low, high


def newcombe_interval(
    successes: int, trials: int, other_successes: int, other_trials: int, *, z: float = _Z95
) -> Interval:
    """Return the interval in which a proportion less another one lies, both measured independently.

    It squares and adds the reach of both Wilson intervals: method 10 of Newcombe, "Interval estimation for the
    difference between independent proportions", Statistics in Medicine 17 (1998).

    Args:
        successes: Of the first proportion.
        trials: Of the first.
        other_successes: Of the second.
        other_trials: Of the second.
        z: How many standard errors wide; 1.96 are 95%.
    """
    if not trials or not other_trials:
        return -1.0, 1.0
    share, other = successes / trials, other_successes / other_trials
    low, high = wilson_interval(successes, trials, z=z)
    other_low, other_high = wilson_interval(other_successes, other_trials, z=z)
    difference = share - other
    return (
        difference - sqrt((share - low) ** 2 + (other_high - other) ** 2),
        difference + sqrt((high - share) ** 2 + (other - other_low) ** 2),
    )


TUNED_FOR = 500  # runs, as `effective_runs` counts them: where the bound is narrowest


def boundary(runs: float, alpha: float) -> float:
    """Return the bound on a z-score, one-sided.

    Args:
        runs: How many independent runs it rests on; of a comparison, see `effective_runs`.
        alpha: The chance of ever passing it where there is nothing, 0-0.5.
    """
    if runs <= 0:
        return inf
    both = 2 * alpha  # the boundary is two-sided, and one side has half of it
    rho = TUNED_FOR / (-2 * log(both) + log(1 - 2 * log(both)))
    return sqrt((1 + rho / runs) * log((runs + rho) / (rho * both**2)))


def effective_runs(one: int, other: int) -> float:
    """Return how many runs the comparison of two groups is worth: many of one do not make up for few of the other."""
    return one * other / (one + other) if one and other else 0.0


def mann_whitney_z(one: Values, other: Values) -> float:
    """Return by how many standard errors *one* tends to be greater (+) or smaller (-) than *other*.

    The normal approximation of Mann and Whitney's U with the usual correction for ties, and without one for continuity
    ("On a test of whether one of two random variables is stochastically larger than the other", Annals of Mathematical
    Statistics 18, 1947). 0 where a group is empty, or all values are the same.
    """
    if not one.size or not other.size:
        return 0.0
    both = np.concatenate((one, other))
    _, places, ties = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[places]
    size = both.size
    u = ranks[: one.size].sum() - one.size * (one.size + 1) / 2
    tied = float((ties.astype(float) ** 3 - ties).sum()) / (size * (size - 1))
    spread = sqrt(one.size * other.size / 12 * (size + 1 - tied))
    return float(u - one.size * other.size / 2) / spread if spread else 0.0


_PRIOR = 100.0  # runs that the alternative is worth: at a share of a tenth its standard deviation is 3 points


def sample_ratio_evidence(queue: int, runs: int, share: float) -> float:
    """Return the logarithm of how much more likely these runs are by a draw of another share than by that one.

    The other share is drawn from a beta distribution about the right one: a beta-binomial against a binomial. However
    often somebody looks, and however small the share is, a fair draw passes log(1 / alpha) with a chance of alpha at
    most: the inequality of Ville ("Etude critique de la notion de collectif", 1939), which is exact, in the sequential
    test of Lindon and Malek ("Anytime-valid inference for multinomial count data", NeurIPS 2022). Where *share* leaves
    nothing to chance, any run that got the other mode makes it infinite.

    Args:
        queue: How many got the queue.
        runs: How many there are in all.
        share: How many of them should have got it, 0.0-1.0.
    """
    if not 0 < share < 1:
        return inf if queue != runs * share else 0.0
    one, other = _PRIOR * share, _PRIOR * (1 - share)
    alternative = _log_beta(one + queue, other + runs - queue) - _log_beta(one, other)
    return alternative - queue * log(share) - (runs - queue) * log1p(-share)


def sample_ratio_p(queue: int, runs: int, share: float) -> float:
    """Return how likely a number as far off, or farther, is by chance: the exact binomial test, two-sided."""
    from scipy.stats import binomtest  # half a second to import

    return float(binomtest(queue, runs, share).pvalue) if runs else 1.0


def _log_beta(one: float, other: float) -> float:
    return lgamma(one) + lgamma(other) - lgamma(one + other)
