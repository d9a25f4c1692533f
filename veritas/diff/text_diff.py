"""The comparison of two texts: line by line, and within lines word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rapidfuzz.distance import LCSseq, MatchingBlock

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
# Pairs of words or lines. Comparing each with each takes one bit a pair: 5 MB. In longer texts, all that is between the
# common beginning and the common end counts as different.
_LARGEST = 40_000_000
_LONGEST_IN_WORDS = 500_000  # characters: a million words are lists of 100 MB
_LEAST_SHARED = 2  # characters: a shorter common part between two changes is joined with them


@dataclass(frozen=True)
class Piece:
    """A part of two texts.

    Attributes:
        before: The part of the first text.
        after: The corresponding part of the second, which may be equal or empty.
    """

    before: str
    after: str

    @property
    def same(self) -> bool:
        """Whether both texts have the same part."""
        return self.before == self.after


def pieces(before: str, after: str) -> list[Piece]:
    """Split two texts into alternating equal and different pieces; compare words, or characters if they are long."""
    joined: list[Piece] = []
    in_words = max(len(before), len(after)) <= _LONGEST_IN_WORDS
    for piece in _pieces(*(_WORDS.findall(text) if in_words else text for text in (before, after))):
        if joined and (joined[-1].same == piece.same or (piece.same and len(piece.before) < _LEAST_SHARED)):
            last = joined.pop()
            joined.append(Piece(last.before + piece.before, last.after + piece.after))
        else:
            joined.append(piece)
    return joined


def changed_lines(before: str, after: str) -> list[list[Piece]]:
    """Return the blocks of lines that differ: each line with the line that replaced it, "" if there is none."""
    return [
        [Piece(old, new) for old, new in zip_longest(part_old, part_new, fillvalue="")]
        for part_old, part_new in _parts(before.split("\n"), after.split("\n"))
    ]


def excerpt(text: str, other: str, *, around: int, longest: int) -> str:
    """Return the part of *text* in which it differs from *other*.

    Args:
        text: The text.
        other: The text to compare it with.
        around: How many characters before and after the part to include.
        longest: The maximum length in characters; a longer part is cut at its end.
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
    """Yield the blocks in which two sequences differ, in order; with *shared* the common blocks as well."""
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
    """Return the blocks that both sequences have, in order; the last one is empty and at the end of both."""
    if len(old) * len(new) > _LARGEST:
        return [MatchingBlock(len(old), len(new), 0)]
    return LCSseq.opcodes(old, new).as_matching_blocks()


def _shared(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the common beginning of two sequences."""
    length = min(len(a), len(b))
    return next((index for index in range(length) if a[index] != b[index]), length)
