"""The Merkle tree over a log's events: the nodes that the log stores, and a tree that grows from them.

Leaf i, counted from 0, is the hash of the event at position i + 1. The table `tree_node` stores the roots of complete
subtrees, up to the events that the last checkpoint covers: node k of level n is the root of the 256ⁿ leaves from
k · 256ⁿ on. So any root is computed from at most 255 hashes of each level, and a new checkpoint reads only the events
since the last one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from store.backends.base import Database
from store.errors import CheckpointRefused, ProofImpossible
from store.proofs.merkle import CompactRange, root

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

BLOCK = 256  # leaves under a node of level 1, and children of a node of each higher level

_INSERTED_AT_ONCE = 10_000  # nodes


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
    """The tree over a log's first events, to which the next events can be appended.

    Attributes:
        size: How many leaves it has.
    """

    def __init__(self) -> None:
        self.size = 0
        self._unfinished: list[list[bytes]] = [[]]  # of each level, the nodes whose parent is not complete yet
        self._range = CompactRange()  # grown by whole blocks, and by leaves only if a root within a block is needed

    def append(self, leaves: Sequence[bytes], block_root: bytes | None = None) -> list[Node]:
        """Append leaves, and return the nodes that this completes.

        Args:
            leaves: At most `room` leaves.
            block_root: The root of the block that they complete, if it is known.
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
        return [node, *self._add_to_parent(node)]

    def room(self) -> int:
        """Return how many leaves the unfinished block has room for."""
        return BLOCK - len(self._unfinished[0])

    def root(self) -> bytes:
        """Return the root of the tree as it is now."""
        self._catch_up()
        return self._range.root()

    def _catch_up(self) -> None:
        """Append the leaves of the unfinished block to the compact range."""
        missing = self.size - self._range.size
        for leaf in self._unfinished[0][-missing:] if missing else ():
            self._range.append(leaf)

    def _add_to_parent(self, node: Node) -> list[Node]:
        """Add a complete node to its parent, and return the nodes of higher levels that this completes."""
        if len(self._unfinished) == node.level:
            self._unfinished.append([])
        siblings = self._unfinished[node.level]
        siblings.append(node.hash)
        if len(siblings) < BLOCK:
            return []
        parent = Node(node.level + 1, node.number // BLOCK, root(siblings))
        siblings.clear()
        return [parent, *self._add_to_parent(parent)]


class StoredTree:
    """The nodes of the tree that a log's database stores."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def subtree_root(self, start: int, stop: int) -> bytes:
        """Return the root over the leaves from *start* to *stop*, without *stop*: a subtree of RFC 6962's tree.

        Raises:
            ProofImpossible: The log does not have all of them.
        """
        leaves, at = CompactRange(), start
        for level in range(_top(stop - start), -1, -1):
            span = _span(level)
            first, count = at // span, (stop - at) // span
            for hash in self.nodes(level, first, first + count):
                leaves.append(hash, span)
            at += count * span
        return leaves.root()

    def grown_to(self, size: int) -> GrowingTree:
        """Return the tree over the first *size* events, computed from the stored nodes and ready to grow.

        Raises:
            ProofImpossible: The log does not have that many events.
        """
        tree = GrowingTree()
        for level in range(_top(size), -1, -1):
            span = _span(level)
            first = size // (span * BLOCK) * BLOCK  # the nodes before it have complete parents
            hashes = self.nodes(level, first, size // span)
            while len(tree._unfinished) <= level:
                tree._unfinished.append([])
            tree._unfinished[level] = hashes
            for hash in hashes:
                tree._range.append(hash, span)
        tree.size = size
        return tree

    def nodes(self, level: int, first: int, stop: int) -> list[bytes]:
        """Return the hashes of nodes; a node that is not stored is computed from its children.

        Raises:
            ProofImpossible: The log does not have all of the events below them.
        """
        if level == 0:
            query = "SELECT hash FROM event WHERE position > ? AND position <= ? ORDER BY position"
            with self._database.reading() as cursor:
                cursor.execute(self._database.sql(query), (first, stop))
                hashes = [row[0] for row in cursor.fetchall()]
            if len(hashes) != stop - first or not all(isinstance(hash, bytes) for hash in hashes):
                raise ProofImpossible(f"The events from position {first + 1} to {stop} are not all in the log.")
            return hashes
        stored = self.stored(level, first, stop)
        return [
            stored.get(number) or root(self.nodes(level - 1, number * BLOCK, (number + 1) * BLOCK))
            for number in range(first, stop)
        ]

    def stored(self, level: int, first: int, stop: int) -> dict[int, bytes]:
        """Return the stored nodes of a level, by number."""
        with self._database.reading() as cursor:
            return _stored(self._database, cursor, level, first, stop)

    def store(self, cursor: DBAPICursor, nodes: Sequence[Node]) -> None:
        """Store nodes; *cursor* is in a transaction that holds the write lock.

        Raises:
            CheckpointRefused: A different node is stored in the place of one of them.
        """
        insert = self._database.sql("INSERT INTO tree_node (level, number, hash) VALUES (?, ?, ?)")
        for level in sorted({node.level for node in nodes}):
            siblings = [node for node in nodes if node.level == level]
            stored = _stored(self._database, cursor, level, siblings[0].number, siblings[-1].number + 1)
            for node in siblings:
                if stored.get(node.number, node.hash) != node.hash:
                    raise CheckpointRefused(
                        f"No checkpoint was signed: the stored tree over positions {node.first} to {node.last} does not"
                        " match their events; `veritas verify` shows what was changed."
                    )
            new = [node for node in siblings if node.number not in stored]
            for start in range(0, len(new), _INSERTED_AT_ONCE):
                cursor.executemany(insert, new[start : start + _INSERTED_AT_ONCE])


def _span(level: int) -> int:
    """Return how many leaves are under a node of a level."""
    return 1 << 8 * level


def _top(leaves: int) -> int:
    """Return the highest level whose nodes span at most that many leaves."""
    level = 0
    while _span(level + 1) <= leaves:
        level += 1
    return level


def _stored(database: Database, cursor: DBAPICursor, level: int, first: int, stop: int) -> dict[int, bytes]:
    query = "SELECT number, hash FROM tree_node WHERE level = ? AND number >= ? AND number < ?"
    cursor.execute(database.sql(query), (level, first, stop))
    return {number: hash for number, hash in cursor.fetchall() if isinstance(hash, bytes)}
