"""What fills the gaps between some leaves of a Merkle tree, so that its root can be computed from them.

A gap from one leaf up to another is covered by complete subtrees, each as large as it can be: a subtree of 2^k leaves
begins at a multiple of 2^k. That leaves one way to cover it, of which only the subtrees' roots have to be told (a
compact range, as transparency logs call it). With the roots of all gaps, whoever has the leaves builds the tree from
left to right (`store.merkle.CompactRange`), and comes to its root only if every leaf is in its place: one inclusion
proof for all of them, with no hash in it twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from store.merkle import CompactRange


def cover(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the complete subtrees from leaf *start* up to, and without, *stop*: each as (first leaf, leaves)."""
    while start < stop:
        leaves = 1 << ((stop - start).bit_length() - 1)
        if start:
            leaves = min(leaves, start & -start)
        yield start, leaves
        start += leaves


def append_gap(tree: CompactRange, stop: int, roots: Sequence[bytes]) -> bool:
    """Fill the gap between *tree*'s end and leaf *stop*; return whether these are as many roots as that takes."""
    subtrees = list(cover(tree.size, stop))
    if tree.size > stop or len(subtrees) != len(roots):
        return False
    for (_, leaves), root in zip(subtrees, roots, strict=True):
        tree.append(root, leaves)
    return True
