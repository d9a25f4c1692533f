"""Whether as many runs got the queue as should have: where not, the draw is broken, and nothing can be compared."""

from __future__ import annotations

from math import inf, lgamma, log, log1p

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
