"""How many standard errors a difference must show before it counts, however often somebody looks.

Who looks every day at a test with a fixed limit will sooner or later see by chance what is not there. This bound holds
at all times at once: over the whole course of a rollout, the chance that a z-score ever passes it where there is no
difference is at most alpha. It is the normal mixture boundary of Robbins ("Statistical methods related to the law of
the iterated logarithm", Annals of Mathematical Statistics 41, 1970), which the sequential tests of feature-flag systems
use in the asymptotic form of Waudby-Smith et al. ("Time-uniform central limit theory and asymptotic confidence
sequences", Annals of Statistics 52, 2024).
"""

from __future__ import annotations

from math import inf, log, sqrt

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
