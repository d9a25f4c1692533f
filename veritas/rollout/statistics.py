"""The statistics of a rollout: confidence intervals, always-valid bounds, and tests that compare two groups of runs.

A test with a fixed limit that is looked at every day will sooner or later show by chance an effect that does not exist.
So the gate's rules use bounds that hold at all times, over the whole course of a rollout: a confidence sequence for
comparisons, and a sequential test for the sample ratio.
"""

from __future__ import annotations

from math import inf, lgamma, log, log1p, sqrt

import numpy as np

from veritas.rollout.metrics import Values

Interval = tuple[float, float]

_Z95 = 1.959963984540054  # the standard normal distribution's 97.5% quantile
_PRIOR = 100.0  # runs; the weight of the alternative: at a share of a tenth its standard deviation is 3 points
TUNED_FOR = 500  # runs, as `effective_runs` counts them, at which the confidence-sequence bound is narrowest


def wilson_interval(successes: int, trials: int, *, z: float = _Z95) -> Interval:
    """Return the confidence interval of a proportion, after *successes* in *trials*.

    Without trials it is (0, 1). This is the score interval of Wilson, "Probable Inference, the Law of Succession, and
    Statistical Inference", JASA 22 (1927).

    Args:
        successes: From 0 to *trials*.
        trials: The number of trials.
        z: The width in standard errors; 1.96 is 95%.
    """
    if not trials:
        return 0.0, 1.0
    share, extra = successes / trials, z * z / trials
    middle = share + extra / 2
    reach = z * sqrt(share * (1 - share) / trials + extra / (4 * trials))
    # A share of 0 or 1 is itself an end of the interval; rounding would leave some 1e-17.
    low = 0.0 if not successes else (middle - reach) / (1 + extra)
    high = 1.0 if successes == trials else (middle + reach) / (1 + extra)
    return low, high


def newcombe_interval(
    successes: int, trials: int, other_successes: int, other_trials: int, *, z: float = _Z95
) -> Interval:
    """Return the confidence interval of the first proportion minus the second, both measured independently.

    It adds the squared distances of both Wilson intervals: method 10 of Newcombe, "Interval estimation for the
    difference between independent proportions", Statistics in Medicine 17 (1998).

    Args:
        successes: The first proportion's successes.
        trials: The first proportion's trials.
        other_successes: The second proportion's successes.
        other_trials: The second proportion's trials.
        z: The width in standard errors; 1.96 is 95%.
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


def confidence_sequence_bound(runs: float, alpha: float) -> float:
    """Return a one-sided bound on a z-score that holds at all times, however often the data is looked at.

    Over the whole course of a rollout, the probability that a z-score ever exceeds the bound without an effect is at
    most *alpha*. It is the normal mixture boundary of Robbins ("Statistical methods related to the law of the iterated
    logarithm", Annals of Mathematical Statistics 41, 1970), which the sequential tests of feature-flag systems use in
    the asymptotic form of Waudby-Smith et al. ("Time-uniform central limit theory and asymptotic confidence sequences",
    Annals of Statistics 52, 2024).

    Args:
        runs: The number of independent runs; for a comparison, see `effective_runs`.
        alpha: The probability of ever exceeding the bound if there is no effect, 0-0.5.
    """
    if runs <= 0:
        return inf
    both = 2 * alpha  # the sequence is two-sided, and each side has half of it
    rho = TUNED_FOR / (-2 * log(both) + log(1 - 2 * log(both)))
    return sqrt((1 + rho / runs) * log((runs + rho) / (rho * both**2)))


def effective_runs(one: int, other: int) -> float:
    """Return the effective number of runs in a comparison of two groups; it is below the size of the smaller group."""
    return one * other / (one + other) if one and other else 0.0


def mann_whitney_z(one: Values, other: Values) -> float:
    """Return by how many standard errors *one* tends to be greater (+) or smaller (-) than *other*.

    This is the normal approximation of Mann and Whitney's U with the usual correction for ties, and without one for
    continuity ("On a test of whether one of two random variables is stochastically larger than the other", Annals of
    Mathematical Statistics 18, 1947). It is 0 if a group is empty, or if all values are the same.
    """
    if not one.size or not other.size:
        return 0.0
    both = np.concatenate((one, other))
    _, indices, ties = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(ties) - (ties - 1) / 2)[indices]
    size = both.size
    u = ranks[: one.size].sum() - one.size * (one.size + 1) / 2
    tied = float((ties.astype(float) ** 3 - ties).sum()) / (size * (size - 1))
    spread = sqrt(one.size * other.size / 12 * (size + 1 - tied))
    return float(u - one.size * other.size / 2) / spread if spread else 0.0


def sample_ratio_evidence(queue: int, runs: int, share: float) -> float:
    """Return the log Bayes factor for a draw with another share than *share*.

    The other share has a beta distribution around *share*: a beta-binomial against a binomial. However often the data
    is looked at, and however small the share is, a fair draw exceeds log(1 / alpha) with a probability of at most
    alpha. This is the inequality of Ville ("Etude critique de la notion de collectif", 1939), which is exact, in the
    sequential test of Lindon and Malek ("Anytime-valid inference for multinomial count data", NeurIPS 2022). If *share*
    is 0 or 1, any run with the other mode makes the result infinite.

    Args:
        queue: The number of runs that got the queue.
        runs: The number of all runs.
        share: The share of the runs that should have got the queue, 0.0-1.0.
    """
    if not 0 < share < 1:
        return inf if queue != runs * share else 0.0
    one, other = _PRIOR * share, _PRIOR * (1 - share)
    alternative = _log_beta(one + queue, other + runs - queue) - _log_beta(one, other)
    return alternative - queue * log(share) - (runs - queue) * log1p(-share)


def sample_ratio_p(queue: int, runs: int, share: float) -> float:
    """Return the two-sided p-value of the exact binomial test: the probability of a number at least as far off."""
    from scipy.stats import binomtest  # half a second to import

    return float(binomtest(queue, runs, share).pvalue) if runs else 1.0


def _log_beta(one: float, other: float) -> float:
    return lgamma(one) + lgamma(other) - lgamma(one + other)
