"""Whether the values of one group are greater than those of another, whatever their distribution."""

from __future__ import annotations

from math import sqrt

import numpy as np

from veritas.rollout.metrics import Values


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
