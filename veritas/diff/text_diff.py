"""Where two texts differ: line by line, and within lines word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rapidfuzz.distance import LCSseq, MatchingBlock

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Comparing each word or line with each takes a bit a pair: 5 MB. What is longer differs throughout, but for its ends.
_LARGEST = 40_000_000
_LONGEST_IN_WORDS = 500_000  # characters: a million words are lists of 100 MB
_LEAST_SHARED = 2  # characters: what is shared and shorter, between two changes, belongs to them


@dataclass(frozen=True)
class Piece:
    """A part of two texts.

    Attributes:
        before: What the first has there.
        after: What the second has there: the same, or something else, or nothing.
    """

    before: str
    after: str

    @property
    def same(self) -> bool:
        """Whether it is a part that both have."""
        return self.before == self.after


def pieces(before: str, after: str) -> list[Piece]:
    """Return two texts as parts that are the same and parts that differ by turns, as words where they are not long."""
    found: list[Piece] = []
    in_words = max(len(before), len(after)) <= _LONGEST_IN_WORDS
    for piece in _pieces(*(_WORDS.findall(text) if in_words else text for text in (before, after))):
        if found and (found[-1].same == piece.same or (piece.same and len(piece.before) < _LEAST_SHARED)):
            last = found.pop()
            found.append(Piece(last.before + piece.before, last.after + piece.after))
        else:
            found.append(piece)
    return found


def changed_lines(before: str, after: str) -> list[list[Piece]]:
    """Return where the lines differ, stretch by stretch: each line with the one that took its place, "" for none."""
    return [
        [Piece(old, new) for old, new in zip_longest(part_old, part_new, fillvalue="")]
        for part_old, part_new in _parts(before.split("\n"), after.split("\n"))
    ]


def excerpt(text: str, other: str, *, around: int, longest: int) -> str:
    """Return the part of *text* in which it differs from *other*.

    Args:
        text: The text.
        other: What it is held against.
        around: How many characters before and behind the part come with it.
        longest: Of how many characters at most; of a longer part, the beginning.
    """
    start = _shared(text, other)
    end = _shared(text[start:][::-1], other[start:][::-1])
    begin, stop = max(0, start - around), min(len(text), len(text) - end + around)
    stop = min(stop, begin + longest)
    return ("…" if begin else "") + text[begin:stop] + ("…" if stop < len(text) else "")


def _pieces(before: Sequence[str], after: Sequence[str]) -> Iterator[Piece]:
    at = 0
    for part_before, part_after in _parts(before, after, shared=True):
        yield Piece("".join(part_before), "".join(part_after))
        at += len(part_before)


def _parts(
    before: Sequence[str], after: Sequence[str], *, shared: bool = False
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Yield the stretches in which two sequences differ; with *shared* those that both have as well, in order."""
    start = _shared(before, after)
    end = _shared(before[start:][::-1], after[start:][::-1])
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if shared and start:
        yield before[:start], after[:start]
    at_old = at_new = 0
    for block in _matching(old, new):
        if at_old < block.a or at_new < block.b:
            yield old[at_old : block.a], new[at_new : block.b]
        at_old, at_new = block.a + block.size, block.b + block.size
        if shared and block.size:
            yield old[block.a : at_old], new[block.b : at_new]
    if shared and end:
        yield before[len(before) - end :], after[len(after) - end :]


def _matching(old: Sequence[str], new: Sequence[str]) -> Sequence[MatchingBlock]:
    """Return the stretches that both have, in order; the last one is empty, at either end."""
    if len(old) * len(new) > _LARGEST:
        return [MatchingBlock(len(old), len(new), 0)]
    return LCSseq.opcodes(old, new).as_matching_blocks()


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """Return how many items two sequences begin with that are the same."""
    length = min(len(a), len(b))
    return next((place for place in range(length) if a[place] != b[place]), length)
