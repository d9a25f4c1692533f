"""A set of sequence numbers whose size in memory grows with the gaps between them, not with their count."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator


class RangeSet:
    """A set of integers, stored as disjoint ranges in ascending order."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []

    def add(self, number: int) -> bool:
        """Add *number*; return whether it is new."""
        firsts, lasts = self._firsts, self._lasts
        at = bisect_right(firsts, number)  # only the range before `at` can contain it
        if at and number <= lasts[at - 1]:
            return False
        joins_left = at > 0 and lasts[at - 1] == number - 1
        joins_right = at < len(firsts) and firsts[at] == number + 1
        if joins_left and joins_right:
            lasts[at - 1] = lasts.pop(at)
            del firsts[at]
        elif joins_left:
            lasts[at - 1] = number
        elif joins_right:
            firsts[at] = number
        else:
            firsts.insert(at, number)
            lasts.insert(at, number)
        return True

    def add_all(self, first: int, last: int) -> bool:
        """Add the numbers from *first* to *last*; return whether any of them is new."""
        firsts, lasts = self._firsts, self._lasts
        begin = bisect_left(lasts, first - 1)  # the first range that they touch,
        end = bisect_right(firsts, last + 1)  # and the one after the last that they touch
        if begin < end:
            if firsts[begin] <= first and last <= lasts[begin]:
                return False
            first, last = min(first, firsts[begin]), max(last, lasts[end - 1])
        firsts[begin:end], lasts[begin:end] = [first], [last]
        return True

    def copy(self) -> RangeSet:
        """Return a set of the same numbers that changes independently."""
        copied = RangeSet()
        copied._firsts, copied._lasts = [*self._firsts], [*self._lasts]
        return copied

    @property
    def last(self) -> int:
        """The greatest number; 0 if the set is empty."""
        return self._lasts[-1] if self._lasts else 0

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._firsts, number)
        return at > 0 and number <= self._lasts[at - 1]

    def ranges(self) -> Iterator[tuple[int, int]]:
        """Yield the ranges of consecutive numbers as (first, last), ascending."""
        return zip(self._firsts, self._lasts, strict=True)


def missing_ranges(sets: Iterable[RangeSet], end: int) -> list[tuple[int, int]]:
    """Return the ranges (first, last) of the numbers from 1 to *end* that none of the sets has."""
    missing: list[tuple[int, int]] = []
    expected = 1
    for first, last in heapq.merge(*(numbers.ranges() for numbers in sets)):
        if first > expected:
            missing.append((expected, min(first - 1, end)))
        expected = max(expected, last + 1)
        if expected > end:
            break
    if expected <= end:
        missing.append((expected, end))
    return [(first, last) for first, last in missing if first <= last]
