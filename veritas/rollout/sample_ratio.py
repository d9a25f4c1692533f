"""Whether as many runs got the queue as should have: where not, the draw is broken, and nothing can be compared."""

from __future__ import annotations

from math import sqrt


def sample_ratio_z(queue: int, runs: int, share: float) -> float:
    """Return by how many standard errors the number of runs that got the queue is off, above (+) or below (-).

    It is the signed root of Pearson's chi-square over the two modes. Where *share* leaves nothing to chance, any run
    that got the other mode makes it infinite.

    Args:
        queue: How many got the queue.
        runs: How many there are in all.
        share: How many of them should have got it, 0.0-1.0.
    """
    off = queue - runs * share
    spread = sqrt(runs * share * (1 - share))
    if spread:
        return off / spread
    return 0.0 if not off else float("inf") if off > 0 else float("-inf")


def sample_ratio_p(queue: int, runs: int, share: float) -> float:
    """Return how likely a number as far off, or farther, is by chance: the exact binomial test, two-sided."""
    from scipy.stats import binomtest  # half a second to import

    return float(binomtest(queue, runs, share).pvalue) if runs else 1.0
