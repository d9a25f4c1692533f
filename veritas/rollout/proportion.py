"""Proportions of few runs: how sure they are, and how sure it is that two of them differ."""

from __future__ import annotations

from math import sqrt

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
