"""The alignment of two sequences: which item of one corresponds to which item of the other.

First, equal items are matched in order, as many as possible (a longest common subsequence, computed between the items
that occur once on either side). Equal items that remain have moved. Then, between two matches, items of the same kind
are matched. So a missing item is one difference, and does not make the items after it differ.

The result does not depend on which sequence is given first: it is always computed in the same order.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

Keys = Sequence[bytes]

# Pairs of items. Comparing each item with each takes one bit of memory a pair: 50 MB. Longer sequences without any item
# that occurs only once are matched by index.
_LARGEST = 400_000_000


@dataclass(frozen=True)
class Alignment:
    """The alignment of two sequences, as indices into the first and the second.

    Attributes:
        equal: Equal items, in order.
        moved: Equal items in another order.
        similar: Items of the same kind that are not equal.
        only_a: Items that only the first has.
        only_b: Items that only the second has.
    """

    equal: list[tuple[int, int]]
    moved: list[tuple[int, int]]
    similar: list[tuple[int, int]]
    only_a: list[int]
    only_b: list[int]

    def reversed(self) -> Alignment:
        """Return the alignment with the sides exchanged."""
        equal, moved, similar = ([(i, j) for j, i in pairs] for pairs in (self.equal, self.moved, self.similar))
        return Alignment(equal, moved, similar, self.only_b, self.only_a)


def align(a: Sequence[Keys], b: Sequence[Keys]) -> Alignment:
    """Align two sequences by their keys.

    Args:
        a: The first sequence's keys in levels: the first level identifies equal items, each further level items of the
            same kind, ever more coarsely.
        b: The second's, in as many levels.
    """
    if list(b[0]) < list(a[0]):
        return align(b, a).reversed()
    equal = list(_common(a[0], b[0], range(len(a[0])), range(len(b[0]))))
    left_a = _without(len(a[0]), {i for i, _ in equal})
    left_b = _without(len(b[0]), {j for _, j in equal})
    moved = list(_same(a[0], b[0], left_a, left_b))
    left_a = sorted(set(left_a) - {i for i, _ in moved})
    left_b = sorted(set(left_b) - {j for _, j in moved})
    similar: list[tuple[int, int]] = []
    for kinds_a, kinds_b in zip(a[1:], b[1:], strict=True):
        fixed = sorted([*equal, *similar])
        for gap_a, gap_b in _gaps(fixed, left_a, left_b):
            similar.extend(_common(kinds_a, kinds_b, gap_a, gap_b))
        left_a = sorted(set(left_a) - {i for i, _ in similar})
        left_b = sorted(set(left_b) - {j for _, j in similar})
    return Alignment(equal, moved, sorted(similar), left_a, left_b)


def _without(length: int, matched: set[int]) -> list[int]:
    return [index for index in range(length) if index not in matched]


def _same(a: Keys, b: Keys, left_a: Sequence[int], left_b: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Pair equal items among those left, in order."""
    indices: defaultdict[bytes, list[int]] = defaultdict(list)
    for j in reversed(left_b):
        indices[b[j]].append(j)
    for i in left_a:
        if indices.get(a[i]):
            yield i, indices[a[i]].pop()


def _gaps(
    fixed: Sequence[tuple[int, int]], left_a: Sequence[int], left_b: Sequence[int]
) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Yield the items left on either side between two matches, if both sides have any there."""
    by_gap: defaultdict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    before_a, before_b = [i for i, _ in fixed], [j for _, j in fixed]
    for i in left_a:
        by_gap[bisect_left(before_a, i)][0].append(i)
    for j in left_b:
        by_gap[bisect_left(before_b, j)][1].append(j)
    for _, (gap_a, gap_b) in sorted(by_gap.items()):
        if gap_a and gap_b:
            yield gap_a, gap_b


def _common(a: Keys, b: Keys, in_a: Sequence[int], in_b: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield a longest common subsequence of the items at these indices, in order."""
    start, end_a, end_b = 0, len(in_a), len(in_b)
    while start < min(end_a, end_b) and a[in_a[start]] == b[in_b[start]]:
        yield in_a[start], in_b[start]
        start += 1
    tail: list[tuple[int, int]] = []
    while start < min(end_a, end_b) and a[in_a[end_a - 1]] == b[in_b[end_b - 1]]:
        end_a, end_b = end_a - 1, end_b - 1
        tail.append((in_a[end_a], in_b[end_b]))
    if start < end_a and start < end_b:
        yield from _between_anchors(a, b, in_a[start:end_a], in_b[start:end_b])
    yield from reversed(tail)


def _between_anchors(a: Keys, b: Keys, in_a: Sequence[int], in_b: Sequence[int]) -> Iterator[tuple[int, int]]:
    at_a = at_b = 0
    anchors = _anchors(a, b, in_a, in_b)
    for i, j in [*anchors, (len(in_a), len(in_b))]:
        if anchors:
            yield from _common(a, b, in_a[at_a:i], in_b[at_b:j])
        else:
            yield from _longest(a, b, in_a, in_b)
        if i < len(in_a):
            yield in_a[i], in_b[j]
        at_a, at_b = i + 1, j + 1


def _anchors(a: Keys, b: Keys, in_a: Sequence[int], in_b: Sequence[int]) -> list[tuple[int, int]]:
    """Return the longest chain of items that occur exactly once on either side (patience sorting)."""
    counts_a, counts_b = Counter(a[i] for i in in_a), Counter(b[j] for j in in_b)
    where = {b[j]: at for at, j in enumerate(in_b) if counts_b[b[j]] == 1}
    unique = [(at, where[a[i]]) for at, i in enumerate(in_a) if counts_a[a[i]] == 1 and a[i] in where]
    tops: list[int] = []  # the smallest end of a chain of each length
    chains: list[tuple[int, int]] = []  # for each item: its index in `unique`, and the item before it in its chain
    ends: list[int] = []
    for number, (_, j) in enumerate(unique):
        length = bisect_left(tops, j)
        chains.append((number, ends[length - 1] if length else -1))
        if length == len(tops):
            tops.append(j)
            ends.append(number)
        else:
            tops[length], ends[length] = j, number
    chain: list[tuple[int, int]] = []
    at = ends[-1] if ends else -1
    while at >= 0:
        chain.append(unique[at])
        at = chains[at][1]
    return chain[::-1]


def _longest(a: Keys, b: Keys, in_a: Sequence[int], in_b: Sequence[int]) -> Iterator[tuple[int, int]]:
    if len(in_a) * len(in_b) > _LARGEST:
        yield from ((i, j) for i, j in zip(in_a, in_b, strict=False) if a[i] == b[j])
        return
    numbers: dict[bytes, int] = {}
    first = [numbers.setdefault(a[i], len(numbers)) for i in in_a]
    second = [numbers.setdefault(b[j], len(numbers)) for j in in_b]
    for block in LCSseq.opcodes(first, second).as_matching_blocks():
        yield from ((in_a[block.a + step], in_b[block.b + step]) for step in range(block.size))
