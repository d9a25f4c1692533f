"""The Merkle tree over a log's events: kept as far as checkpoints have covered it, grown from there.

Leaf i, counted from 0, is the hash of the event at position i + 1. The table `tree_node` has the roots of complete
subtrees: node k of level n is the root of the 256ⁿ leaves from k · 256ⁿ on. So whatever root is asked for is made of at
most 255 hashes a level, and a new checkpoint reads what is new and nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy.engine.interfaces import DBAPICursor

from store.backends.base import Database
from store.errors import CheckpointRefused, ProofImpossible
from store.proofs.merkle import CompactRange, root

BLOCK = 256  # leaves under a node of level 1, and nodes under one of each level above

_INSERTED_AT_ONCE = 10_000


class Node(NamedTuple):
    """One row of `tree_node`."""

    level: int
    number: int
    hash: bytes

    @property
    def first(self) -> int:
        """The position of its first event."""
        return self.number * _span(self.level) + 1

    @property
    def last(self) -> int:
        """The position of its last event."""
        return (self.number + 1) * _span(self.level)


class GrowingTree:
    """The tree over a log's first events, on its way to become the tree over more of them.

    Attributes:
        size: How many leaves it has.
    """

    def __init__(self) -> None:
        self.size = 0
        self._unfinished: list[list[bytes]] = [[]]  # on each level, what stands behind the last complete node above
        self._range = CompactRange()  # grown in whole blocks; by leaves only where a root is asked for within one

    def append(self, leaves: Sequence[bytes], block_root: bytes | None = None) -> list[Node]:
        """Append leaves, and return the nodes that they complete.

        Args:
            leaves: No more than the unfinished block still takes.
            block_root: The root of the block that they complete, where it is known.
        """
        block = self._unfinished[0]
        block += leaves
        self.size += len(leaves)
        if len(block) < BLOCK:
            return []
        node = Node(1, self.size // BLOCK - 1, block_root or root(block))
        if self._range.size == self.size - BLOCK:
            self._range.append(node.hash, BLOCK)
        else:
            self._catch_up()
        block.clear()
        return [node, *self._rise(node)]

    def room(self) -> int:
        """Return how many leaves the unfinished block still takes."""
        return BLOCK - len(self._unfinished[0])

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        self._catch_up()
        return self._range.root()

    def _catch_up(self) -> None:
        behind = self.size - self._range.size
        for leaf in self._unfinished[0][-behind:] if behind else ():
            self._range.append(leaf)

    def _rise(self, node: Node) -> list[Node]:
        """Put a complete node under the one above it, and return those that are complete so."""
        if len(self._unfinished) == node.level:
            self._unfinished.append([])
        siblings = self._unfinished[node.level]
        siblings.append(node.hash)
        if len(siblings) < BLOCK:
            return []
        above = Node(node.level + 1, node.number // BLOCK, root(siblings))
        siblings.clear()
        return [above, *self._rise(above)]


class KeptTree:
    """The tree in a log's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def subtree_root(self, start: int, stop: int) -> bytes:
        """Return the root over the leaves from *start* up to, and without, *stop*, a subtree of RFC 6962's tree.

        Raises:
            ProofImpossible: The log has not all of them.
        """
        grown, at = CompactRange(), start
        for level in range(_top(stop - start), -1, -1):
            span = _span(level)
            first, count = at // span, (stop - at) // span
            for hash in self.nodes(level, first, first + count):
                grown.append(hash, span)
            at += count * span
        return grown.root()

    def grown_to(self, size: int) -> GrowingTree:
        """Return the tree over the first *size* events, made of the kept nodes, ready to grow.

        Raises:
            ProofImpossible: The log has not that many events.
        """
        tree = GrowingTree()
        for level in range(_top(size), -1, -1):
            span = _span(level)
            above = size // (span * BLOCK) * BLOCK  # those before it are under complete nodes of the level above
            hashes = self.nodes(level, above, size // span)
            while len(tree._unfinished) <= level:
                tree._unfinished.append([])
            tree._unfinished[level] = hashes
            for hash in hashes:
                tree._range.append(hash, span)
        tree.size = size
        return tree

    def nodes(self, level: int, first: int, stop: int) -> list[bytes]:
        """Return the hashes of nodes; those that are not kept are made of what is below them.

        Raises:
            ProofImpossible: The log has not all of the events below them.
        """
        if level == 0:
            query = "SELECT hash FROM event WHERE position > ? AND position <= ? ORDER BY position"
            with self._database.reading() as cursor:
                cursor.execute(self._database.sql(query), (first, stop))
                hashes = [row[0] for row in cursor.fetchall()]
            if len(hashes) != stop - first or not all(isinstance(hash, bytes) for hash in hashes):
                raise ProofImpossible(f"The events from position {first + 1} to {stop} are not all in the log.")
            return hashes
        kept = self.kept(level, first, stop)
        return [
            kept.get(number) or root(self.nodes(level - 1, number * BLOCK, (number + 1) * BLOCK))
            for number in range(first, stop)
        ]

    def kept(self, level: int, first: int, stop: int) -> dict[int, bytes]:
        """Return the kept nodes of a level, by number."""
        with self._database.reading() as cursor:
            return _kept(self._database, cursor, level, first, stop)

    def keep(self, cursor: DBAPICursor, nodes: Sequence[Node]) -> None:
        """Keep nodes; *cursor* is in a transaction that holds the write lock.

        Raises:
            CheckpointRefused: One of them is kept already, and is another.
        """
        insert = self._database.sql("INSERT INTO tree_node (level, number, hash) VALUES (?, ?, ?)")
        for level in sorted({node.level for node in nodes}):
            own = [node for node in nodes if node.level == level]
            kept = _kept(self._database, cursor, level, own[0].number, own[-1].number + 1)
            for node in own:
                if kept.get(node.number, node.hash) != node.hash:
                    raise CheckpointRefused(
                        f"No checkpoint was signed: the tree kept for positions {node.first} to {node.last} is not that"
                        " of their events; `veritas verify` shows what was changed."
                    )
            new = [node for node in own if node.number not in kept]
            for start in range(0, len(new), _INSERTED_AT_ONCE):
                cursor.executemany(insert, new[start : start + _INSERTED_AT_ONCE])


def _span(level: int) -> int:
    """Return how many leaves are under a node of a level."""
    return 1 << 8 * level


def _top(leaves: int) -> int:
    """Return the highest level of which a node fits into that many leaves."""
    level = 0
    while _span(level + 1) <= leaves:
        level += 1
    return level


def _kept(database: Database, cursor: DBAPICursor, level: int, first: int, stop: int) -> dict[int, bytes]:
    query = "SELECT number, hash FROM tree_node WHERE level = ? AND number >= ? AND number < ?"
    cursor.execute(database.sql(query), (level, first, stop))
    return {number: hash for number, hash in cursor.fetchall() if isinstance(hash, bytes)}
