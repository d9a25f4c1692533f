"""A log's checkpoints: those that it keeps, and the signing of a new one.

A checkpoint is signed over events that were checked, and over a tree that begins with the one that was signed before.
So it commits to each event as it was when a checkpoint first covered it: whoever changes one later cannot have a newer
checkpoint say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy.engine.interfaces import DBAPICursor

from store.artifact_check import ArtifactCheck
from store.chain_check import ChainCheck
from store.database import HASH, Database
from store.errors import CheckpointRefused, InvalidCheckpoint, ProofImpossible
from store.note import Checkpoint, SigningKey, open_note
from store.tree import GrowingTree, KeptTree, Node

_PAGE = 500
_BEHIND_ALL_KEYS = b"\xff" * 33


class StoredCheckpoint(NamedTuple):
    """A checkpoint that the log keeps; its fields in the order of the table's columns.

    Attributes:
        size: How many events it covers.
        public_key: The key that signed it.
        note: The signed note.
    """

    size: int
    public_key: bytes
    note: bytes


def log_origin(database: Database) -> str | None:
    """Return a log's name, which its first event gives it; None where the log is empty."""
    row = database.row("SELECT hash FROM event WHERE position = 1")
    return None if row is None or not isinstance(row[0], bytes) else f"veritas/log/{row[0][:8].hex()}"


def stored_checkpoints(database: Database, *, after: int = 0, until: int | None = None) -> Iterator[StoredCheckpoint]:
    """Yield the checkpoints that cover more than *after* events, and no more than *until*, the smallest first."""
    last: tuple[int, bytes] = (after, _BEHIND_ALL_KEYS)
    limit = "" if until is None else f" AND size <= {until}"
    query = database.sql(
        "SELECT size, public_key, note FROM checkpoint WHERE (size > ? OR size = ? AND public_key > ?)"
        f"{limit} ORDER BY size, public_key LIMIT {_PAGE}"
    )
    while True:
        with database.reading() as cursor:
            cursor.execute(query, (last[0], *last))
            rows = [StoredCheckpoint._make(row) for row in cursor.fetchall()]
        yield from rows
        if len(rows) < _PAGE:
            return
        last = rows[-1][:2]


class CheckpointSigner:
    """Signs checkpoints of a log, with one key."""

    def __init__(self, database: Database, key: SigningKey) -> None:
        self._database = database
        self._key = key
        self._tree = KeptTree(database)

    def sign(self) -> StoredCheckpoint:
        """Sign a checkpoint of the log as it is, and keep it; see `EventLog.checkpoint`.

        The events are checked while others go on to append. Only what the checks found is written under the lock, and
        where another process signed in the meantime, its checkpoint is checked first.
        """
        while True:
            made = self._attempt()
            if made is not None:
                return made

    def _attempt(self) -> StoredCheckpoint | None:
        """Sign a checkpoint; None where another was signed meanwhile."""
        origin = log_origin(self._database)
        if origin is None:
            raise CheckpointRefused(
                f"The log {self._database.address!r} has no first event, and so there is nothing to sign."
            )
        last = self._last()
        start = 0 if last is None else _size_of(last)
        others = list(stored_checkpoints(self._database, after=start))
        if any(checkpoint.public_key == self._key.public_key for checkpoint in others):
            return None  # signed by another process with this key since we looked
        head = self._database.row("SELECT coalesce(max(position), 0) FROM event")[0]
        for checkpoint in (last, *others):
            if checkpoint is not None and _size_of(checkpoint) > head:
                raise _refused(f"a checkpoint covers {checkpoint.size} events, and the log has {head}")
        tree = self._begin(last, origin)
        if last is not None and start == head:
            return last
        nodes = self._grow(tree, head, list(others), origin)
        signed = Checkpoint(origin, head, tree.root())
        made = StoredCheckpoint(head, self._key.public_key, self._key.sign(signed))
        with self._database.writing() as cursor:
            if self._names(cursor, start) != {checkpoint[:2] for checkpoint in others}:
                return None
            self._tree.keep(cursor, nodes)
            insert = self._database.sql("INSERT INTO checkpoint (size, public_key, note) VALUES (?, ?, ?)")
            cursor.execute(insert, made)
        return made

    def _last(self) -> StoredCheckpoint | None:
        """Return the last checkpoint by this key: what it covers has been checked, by whoever has the key."""
        query = "SELECT size, public_key, note FROM checkpoint WHERE public_key = ? ORDER BY size DESC LIMIT 1"
        row = self._database.row(query, (self._key.public_key,))
        return None if row is None else StoredCheckpoint._make(row)

    def _begin(self, last: StoredCheckpoint | None, origin: str) -> GrowingTree:
        """Return the tree that the last checkpoint was signed over."""
        if last is None:
            return GrowingTree()
        try:
            checkpoint, signer = open_note(last.note, [self._key.public_key])
        except (InvalidCheckpoint, TypeError, AttributeError) as error:
            raise _refused(f"the checkpoint of {last.size} events is damaged") from error
        if signer is None or (checkpoint.origin, checkpoint.size) != (origin, last.size):
            raise _refused(f"the checkpoint of {last.size} events is of another log, or damaged")
        try:
            tree = self._tree.grown_to(last.size)
        except ProofImpossible as error:
            raise _refused("events that a checkpoint covers are gone") from error
        if tree.root() != checkpoint.root:
            raise _refused(f"its first {last.size} events are not those that the checkpoint of them covers")
        return tree

    def _grow(self, tree: GrowingTree, head: int, others: list[StoredCheckpoint], origin: str) -> list[Node]:
        """Grow the tree over the events up to *head*, having checked them, and return the nodes that are complete."""
        check = ChainCheck(self._database, ArtifactCheck(self._database, None), after=tree.size)
        nodes: list[Node] = []
        for page in check.pages(head):
            leaves = [row[HASH] for row in page]
            while leaves:
                stop = others[0].size if others else head
                count = min(tree.room(), stop - tree.size)
                nodes += tree.append(leaves[:count])
                leaves = leaves[count:]
                while others and others[0].size == tree.size:
                    _compare(others.pop(0), tree, origin)
        if check.fault is not None:
            raise _refused(f"position {check.fault.position}: {check.fault.what}: {check.fault.detail}")
        if tree.size != head:
            raise _refused(f"position {tree.size + 1}: missing")
        return nodes

    def _names(self, cursor: DBAPICursor, after: int) -> set[tuple[int, bytes]]:
        query = "SELECT size, public_key FROM checkpoint WHERE size > ?"
        cursor.execute(self._database.sql(query), (after,))
        return {(size, public_key) for size, public_key in cursor.fetchall()}


def _size_of(stored: StoredCheckpoint) -> int:
    """Return how many events a kept checkpoint covers.

    Raises:
        CheckpointRefused: That is no number, for SQLite takes any value in any column.
    """
    if type(stored.size) is not int:
        raise _refused(f"a checkpoint covers {stored.size!r:.60} events")
    return stored.size


def _compare(stored: StoredCheckpoint, tree: GrowingTree, origin: str) -> None:
    """Hold a checkpoint of another key to the tree: nobody is to sign two histories.

    Raises:
        CheckpointRefused: It is of another.
    """
    try:
        checkpoint, _ = open_note(stored.note, [])
    except (InvalidCheckpoint, TypeError, AttributeError) as error:
        raise _refused(f"the checkpoint of {stored.size} events is damaged") from error
    if checkpoint != Checkpoint(origin, tree.size, tree.root()):
        raise _refused(f"its first {stored.size} events are not those that the checkpoint of them covers")


def _refused(fault: str) -> CheckpointRefused:
    return CheckpointRefused(
        f"No checkpoint was signed, for the log is not as it was recorded: {fault}; `veritas verify` shows more."
    )
