"""A quantile sketch: percentiles of many times in little memory, each with a relative error of at most 1%.

The sketch counts the times in buckets whose bounds grow by a constant factor, so that the middle of a bucket is within
1% of every time in it: DDSketch (Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
Relative-Error Guarantees", VLDB 2019).
"""

from __future__ import annotations

from collections import Counter
from math import ceil, log

RELATIVE_ERROR = 0.01

_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_BUCKETS_PER_E = 1 / log(_GROWTH)
_SMALLEST = 1e-6  # seconds; a shorter time counts as this long


class QuantileSketch:
    """The times added so far, in seconds.

    Attributes:
        count: How many times were added.
        longest: The longest of them, exactly.
    """

    def __init__(self) -> None:
        self.count = 0
        self.longest = 0.0
        self._buckets: Counter[int] = Counter()

    def add(self, seconds: float) -> None:
        """Add a time; ignore a negative one."""
        if seconds < 0:
            return
        self.count += 1
        self.longest = max(self.longest, seconds)
        self._buckets[ceil(log(max(seconds, _SMALLEST)) * _BUCKETS_PER_E)] += 1

    def percentile(self, percent: float) -> float | None:
        """Return the time that so many percent of the times do not exceed (nearest rank); None before any."""
        rank, passed = ceil(percent / 100 * self.count), 0
        for bucket in sorted(self._buckets):
            passed += self._buckets[bucket]
            if passed >= rank:
                return float(min(2 * _GROWTH**bucket / (_GROWTH + 1), self.longest))
        return None
