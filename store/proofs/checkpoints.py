"""A log's checkpoints: read the stored ones, and sign a new one.

Before a checkpoint is signed, the events since the key's last checkpoint are verified, and the tree is compared with
that checkpoint and with all later ones. So a checkpoint commits to each event as it was when a checkpoint first covered
it; if an event is changed later, no newer checkpoint can be signed over the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from store.backends.base import HASH, Database
from store.errors import CheckpointRefused, InvalidCheckpoint, ProofImpossible
from store.proofs.signed_note import Checkpoint, SigningKey, open_signed_note
from store.proofs.stored_tree import GrowingTree, Node, StoredTree
from store.verify.artifacts import ArtifactCheck
from store.verify.chain import ChainCheck

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

_PAGE = 500  # checkpoints in one query
_AFTER_ALL_KEYS = b"\xff" * 33


class StoredCheckpoint(NamedTuple):
    """A checkpoint that the log stores, with its fields in the order of the table's columns.

    Attributes:
        size: How many events it covers.
        public_key: The key that signed it.
        note: The signed note.
    """

    size: int
    public_key: bytes
    note: bytes


def log_origin(database: Database) -> str | None:
    """Return a log's name, which is derived from its first event; None if the log is empty."""
    row = database.row("SELECT hash FROM event WHERE position = 1")
    return None if row is None or not isinstance(row[0], bytes) else f"veritas/log/{row[0][:8].hex()}"


def stored_checkpoints(database: Database, *, after: int = 0, until: int | None = None) -> Iterator[StoredCheckpoint]:
    """Yield the checkpoints that cover more than *after* and at most *until* events, the smallest first."""
    last: tuple[int, bytes] = (after, _AFTER_ALL_KEYS)
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


def last_checkpoint(database: Database, public_key: bytes) -> StoredCheckpoint | None:
    """Return a key's last checkpoint; the holder of the key has verified the events that it covers."""
    query = "SELECT size, public_key, note FROM checkpoint WHERE public_key = ? ORDER BY size DESC LIMIT 1"
    row = database.row(query, (public_key,))
    return None if row is None else StoredCheckpoint._make(row)


class _Draft(NamedTuple):
    """A checkpoint that can be signed.

    Attributes:
        checkpoint: The checkpoint.
        nodes: The nodes of the tree that it adds.
        start: How many events the key's last checkpoint covers.
        compared: How many later checkpoints of other keys it was compared with.
    """

    checkpoint: Checkpoint
    nodes: list[Node]
    start: int
    compared: int


class CheckpointSigner:
    """Signs checkpoints of a log, with one key."""

    def __init__(self, database: Database, key: SigningKey) -> None:
        self._database = database
        self._key = key
        self._tree = StoredTree(database)

    def sign(self) -> StoredCheckpoint:
        """Sign a checkpoint of the log as it is now, and store it; see `EventLog.checkpoint`.

        The events are checked without the write lock, so that other processes can append meanwhile. The lock is only
        held to write the result; if another process has signed a checkpoint in the meantime, the check is repeated.
        """
        while True:
            signed = self._attempt()
            if signed is not None:
                return signed

    def check(self) -> None:
        """Check that `sign` would sign a checkpoint now, without signing one.

        Raises:
            CheckpointRefused: It would not.
        """
        self._draft(last_checkpoint(self._database, self._key.public_key))

    def _attempt(self) -> StoredCheckpoint | None:
        """Sign and store a checkpoint; return None if another one was signed meanwhile."""
        last = last_checkpoint(self._database, self._key.public_key)
        draft = self._draft(last)
        if last is not None and last.size == draft.checkpoint.size:
            return last
        signed = StoredCheckpoint(draft.checkpoint.size, self._key.public_key, self._key.sign(draft.checkpoint))
        with self._database.writing() as cursor:
            if self._signed_since(cursor, draft.start) != (draft.compared, 0):
                return None
            self._tree.store(cursor, draft.nodes)
            insert = self._database.sql("INSERT INTO checkpoint (size, public_key, note) VALUES (?, ?, ?)")
            cursor.execute(insert, signed)
        return signed

    def _draft(self, last: StoredCheckpoint | None) -> _Draft:
        """Verify the log and return the checkpoint of it as it is now, given the key's *last* one."""
        origin = log_origin(self._database)
        if origin is None:
            raise CheckpointRefused(f"The log {self._database.address!r} has no first event; there is nothing to sign.")
        start = 0 if last is None else _size_of(last.size)
        largest = _size_of(self._database.row("SELECT coalesce(max(size), 0) FROM checkpoint")[0])
        head = self._database.row("SELECT coalesce(max(position), 0) FROM event")[0]
        if largest > head:
            raise _refused(f"a checkpoint covers {largest} events, and the log has {head}")
        tree = self._begin(last, origin)
        others = _OtherCheckpoints(stored_checkpoints(self._database, after=start))
        nodes = self._grow(tree, head, others, origin)
        return _Draft(Checkpoint(origin, head, tree.root()), nodes, start, others.compared)

    def _begin(self, last: StoredCheckpoint | None, origin: str) -> GrowingTree:
        """Return the tree over the events that the last checkpoint covers, checked against that checkpoint."""
        if last is None:
            return GrowingTree()
        try:
            checkpoint, signer = open_signed_note(last.note, [self._key.public_key])
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

    def _grow(self, tree: GrowingTree, head: int, others: _OtherCheckpoints, origin: str) -> list[Node]:
        """Check the events up to *head*, grow the tree over them, and return the nodes that this completes."""
        check = ChainCheck(self._database, ArtifactCheck(self._database, None), after=tree.size)
        nodes: list[Node] = []
        for page in check.pages(head):
            leaves = [row[HASH] for row in page]
            while leaves:
                stop = head if others.size is None else min(others.size, head)
                count = min(tree.room(), stop - tree.size)
                nodes += tree.append(leaves[:count])
                leaves = leaves[count:]
                while others.size == tree.size:
                    others.compare(tree, origin)
        if check.fault is not None:
            raise _refused(f"position {check.fault.position}: {check.fault.what}: {check.fault.detail}")
        if tree.size != head:
            raise _refused(f"position {tree.size + 1}: missing")
        return nodes

    def _signed_since(self, cursor: DBAPICursor, after: int) -> tuple[int, int]:
        """Return how many checkpoints cover more than *after* events, and how many of those this key signed."""
        query = "SELECT count(*), count(CASE WHEN public_key = ? THEN 1 END) FROM checkpoint WHERE size > ?"
        cursor.execute(self._database.sql(query), (self._key.public_key, after))
        total, by_this_key = cursor.fetchall()[0]
        return total, by_this_key


class _OtherCheckpoints:
    """The checkpoints of other keys, by size; they are read one at a time, because there can be one for each run.

    Attributes:
        compared: How many were compared with the tree.
        size: How many events the next one covers; None after the last.
    """

    def __init__(self, stored: Iterator[StoredCheckpoint]) -> None:
        self.compared = 0
        self.size: int | None = None
        self._stored = stored
        self._step()

    def compare(self, tree: GrowingTree, origin: str) -> None:
        """Compare the next checkpoint with the tree, so that two histories are never signed; then step to the next.

        Raises:
            CheckpointRefused: It is of a different history.
        """
        assert self._next is not None  # the caller has compared its size with the tree's
        try:
            checkpoint, _ = open_signed_note(self._next.note, [])
        except (InvalidCheckpoint, TypeError, AttributeError) as error:
            raise _refused(f"the checkpoint of {self.size} events is damaged") from error
        if checkpoint != Checkpoint(origin, tree.size, tree.root()):
            raise _refused(f"its first {self.size} events are not those that the checkpoint of them covers")
        self.compared += 1
        self._step()

    def _step(self) -> None:
        self._next = next(self._stored, None)
        self.size = None if self._next is None else _size_of(self._next.size)


def _size_of(size: object) -> int:
    """Return the number of events that a stored checkpoint covers.

    Raises:
        CheckpointRefused: It is not an integer; SQLite accepts any value in any column.
    """
    if type(size) is not int:
        raise _refused(f"a checkpoint covers {size!r:.60} events")
    return size


def _refused(fault: str) -> CheckpointRefused:
    return CheckpointRefused(
        f"No checkpoint was signed, because the log was changed: {fault}; `veritas verify` shows more."
    )
