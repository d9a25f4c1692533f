"""The Merkle tree of RFC 6962: its root, its compact range, and proofs about it.

Leaves are given by their hashes; an event's hash is a leaf hash (`store.proofs.hash_chain`). An inner node is
SHA-256(0x01 ‖ left ‖ right). The left subtree of a tree of n leaves has as many leaves as the largest power of two
below n. An inclusion proof shows that a leaf is in a tree, with one hash for each level above it; a consistency proof
shows that one tree is the beginning of another. They are created as in RFC 6962, section 2.1, and checked as in
RFC 9162, sections 2.1.3.2 and 2.1.4.2.

A tree that grows at its right end is represented by its compact range: the roots of its complete subtrees. To skip
leaves whose hashes are not known, append the roots of the subtrees that `cover` them.

A function that creates a proof needs `subtree_root(start, stop)`: the root of the tree over the leaves from *start* to
*stop*, without *stop*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()

SubtreeRoot = Callable[[int, int], bytes]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of the tree over the leaves with these hashes."""
    if not hashes:
        return EMPTY_ROOT
    level = hashes
    while len(level) > 1:
        paired = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            paired.append(level[-1])  # a node without a sibling moves up a level unchanged
        level = paired
    return level[0]


class CompactRange:
    """A tree that grows at its right end, stored as the roots of its complete subtrees.

    Attributes:
        size: How many leaves it has.
    """

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[tuple[int, bytes]] = []  # (number of leaves, root); each is smaller than the one before

    def append(self, hash: bytes, leaves: int = 1) -> None:
        """Append a leaf, or the root of a complete subtree of *leaves* leaves.

        Raises:
            ValueError: No complete subtree of that many leaves begins where the tree ends.
        """
        if leaves < 1 or leaves & (leaves - 1) or self.size % leaves:
            raise ValueError(f"{leaves} leaves are not a complete subtree after {self.size}")
        self.size += leaves
        while self._subtrees and self._subtrees[-1][0] == leaves:
            hash = node_hash(self._subtrees.pop()[1], hash)
            leaves *= 2
        self._subtrees.append((leaves, hash))

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        if not self._subtrees:
            return EMPTY_ROOT
        result = self._subtrees[-1][1]
        for _, left in reversed(self._subtrees[:-1]):
            result = node_hash(left, result)
        return result

    def append_subtrees(self, stop: int, roots: Sequence[bytes]) -> bool:
        """Append the roots of the subtrees that cover the leaves up to *stop*; return whether their number is right."""
        subtrees = list(cover(self.size, stop))
        if self.size > stop or len(subtrees) != len(roots):
            return False
        for (_, leaves), subtree_root in zip(subtrees, roots, strict=True):
            self.append(subtree_root, leaves)
        return True


def cover(start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield the complete subtrees over the leaves from *start* to *stop*, without *stop*: each as (start, leaves).

    Each subtree is as large as possible, and one of 2^k leaves starts at a multiple of 2^k, so there is only one cover,
    and the subtrees' roots suffice to describe it. With the roots of the covers of all gaps, anyone who has some leaves
    can build the tree from left to right (`CompactRange`), and gets its root only if every leaf is in its place: one
    inclusion proof for all of them, in which no hash occurs twice.
    """
    while start < stop:
        leaves = 1 << ((stop - start).bit_length() - 1)
        if start:
            leaves = min(leaves, start & -start)
        yield start, leaves
        start += leaves


def inclusion_proof(index: int, size: int, subtree_root: SubtreeRoot) -> list[bytes]:
    """Return the proof that leaf *index* is in the tree of *size* leaves.

    Raises:
        ValueError: The tree does not have that leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    start, stop = 0, size
    proof: list[bytes] = []
    while stop - start > 1:
        middle = start + _left_leaves(stop - start)
        if index < middle:
            proof.append(subtree_root(middle, stop))
            stop = middle
        else:
            proof.append(subtree_root(start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(first: int, second: int, subtree_root: SubtreeRoot) -> list[bytes]:
    """Return the proof that the tree of *first* leaves is the beginning of the tree of *second* leaves.

    Raises:
        ValueError: *first* is negative or larger than *second*.
    """
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {first} leaves does not begin one of {second}")
    if first in (0, second):
        return []
    start, stop = 0, second
    proof: list[bytes] = []
    while first != stop:
        middle = start + _left_leaves(stop - start)
        if first <= middle:
            proof.append(subtree_root(middle, stop))
            stop = middle
        else:
            proof.append(subtree_root(start, middle))
            start = middle
    if start:  # otherwise this is the first tree itself, and its root is known
        proof.append(subtree_root(start, stop))
    return proof[::-1]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that the tree of *size* leaves must have for *proof* to hold; None if it cannot hold.

    Args:
        leaf: The hash of leaf *index*.
    """
    if not 0 <= index < size:
        return None
    node, last, result = index, size - 1, leaf
    for hash in proof:
        if last == 0:
            return None
        if node % 2 or node == last:
            result = node_hash(hash, result)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, hash)
        node, last = node >> 1, last >> 1
    return result if last == 0 else None


def is_consistent(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bool:
    """Return whether *proof* shows that the tree with *first_root* is the beginning of the one with *second_root*.

    Args:
        first: How many leaves the first tree has.
        second: How many the second has.
    """
    if not 0 <= first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root and (first > 0 or first_root == EMPTY_ROOT)
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    hashes = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    if not hashes:
        return False
    node, last = first - 1, second - 1
    while node % 2:
        node, last = node >> 1, last >> 1
    old = new = hashes[0]
    for hash in hashes[1:]:
        if last == 0:
            return False
        if node % 2 or node == last:
            old, new = node_hash(hash, old), node_hash(hash, new)
            while node % 2 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, hash)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


def _left_leaves(size: int) -> int:
    """Return how many of *size* leaves (at least 2) are in the left subtree: the largest power of two below *size*."""
    return 1 << ((size - 1).bit_length() - 1)
