"""Tampering operations: changes that an attacker with access to the database can make, some of them skilled."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

from store.log import Attachment
from store.proofs.hash_chain import FIRST_PREVIOUS, body_hash, event_hash
from store.proofs.merkle import root
from store.proofs.signed_note import Checkpoint, SigningKey
from store.proofs.stored_tree import BLOCK
from tests.store.making import PNG, RUN, record
from tests.store.target_log import COVERED, GIF, HEAD, HELD, Rows, TargetLog

SALT = b"sixteen bytes it"

# The row that is tampered with in each table: an event with an attachment, in the middle of a run.
ROW = {
    "event": "position = 5",
    "artifact": f"size = {len(PNG.data)}",
    "tree_node": "level = 1 AND number = 0",
    "checkpoint": f"size = {HELD}",
    "run": f"run_id = '{RUN}'",
    "read_model": "name = 'run'",
}


def flip(value: Any) -> Any:
    """Return *value* with one bit changed."""
    if isinstance(value, int):
        return value ^ 1 << 20
    if isinstance(value, float):
        return struct.unpack("<d", flip(struct.pack("<d", value)))[0]
    if isinstance(value, str):
        return value[:-1] + chr(ord(value[-1]) ^ 1)
    return value[:-1] + bytes([value[-1] ^ 1])


def flipping(table: str, column: str) -> Callable[[TargetLog], None]:
    """Return an operation that flips a bit of a column of the table's row."""

    def do(target: TargetLog) -> None:
        value = target.raw.execute(f"SELECT {column} FROM {table} WHERE {ROW[table]}").fetchone()[0]
        changed = GIF.sha256 if (table, column) == ("event", "artifact") else flip(value)
        target.raw.execute(f"UPDATE {table} SET {column} = ? WHERE {ROW[table]}", changed)

    return do


def nulling(table: str, column: str) -> Callable[[TargetLog], None]:
    """Return an operation that sets a column of the row to NULL."""
    return lambda target: target.raw.execute(f"UPDATE {table} SET {column} = NULL WHERE {ROW[table]}")


def deleting(table: str, where: str) -> Callable[[TargetLog], None]:
    """Return an operation that deletes rows."""
    return lambda target: target.raw.execute(f"DELETE FROM {table} WHERE {where}")


def swapping(table: str, column: str, first: str, second: str) -> Callable[[TargetLog], None]:
    """Return an operation that swaps a column of two rows."""

    def swap(target: TargetLog) -> None:
        one, two = (
            target.raw.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0] for where in (first, second)
        )
        target.raw.execute(f"UPDATE {table} SET {column} = ? WHERE {first}", two)
        target.raw.execute(f"UPDATE {table} SET {column} = ? WHERE {second}", one)

    return swap


def swap_events(target: TargetLog) -> None:
    """Swap two events of a run."""
    for old, new in ((7, 1000), (11, 7), (1000, 11)):
        target.raw.execute("UPDATE event SET position = ? WHERE position = ?", new, old)


def forged(position: int, previous: bytes, seq: int) -> tuple[Any, ...]:
    """Return an event that was never recorded, whose hash follows from *previous*."""
    digest = body_hash(SALT, b'{"forged":1}')
    envelope = (RUN, "queue", seq, "progress", "", "", None, 5, 1, None)
    return (position, *envelope, SALT, b'{"forged":1}', digest, event_hash(previous, *envelope, digest))


def insert_event(target: TargetLog) -> None:
    """Insert an event that was never recorded, whose hash follows from the one before it."""
    rows = target.rows("event")
    moved = [(row[0] + 1, *row[1:]) for row in rows[6:]]
    target.replace("event", [*rows[:6], forged(7, rows[4][14], 9999), *moved])


def append_event(target: TargetLog) -> None:
    """Append such an event."""
    rows = target.rows("event")
    target.replace("event", [*rows, forged(HEAD + 1, rows[HEAD - 2][14], 9999)])


def redact(target: TargetLog) -> None:
    """Erase a body as a redaction does, with the event that names it."""
    body = json.dumps({"observation": {"source": "queue", "seq": 7}}).encode()
    target.log.append([record(1, body, source="recorder", type="observation_redacted")])
    target.raw.execute("UPDATE event SET salt = NULL, body = NULL WHERE position = 7")


def insert_artifact(target: TargetLog) -> None:
    """Insert an artifact that no event has."""
    row = (Attachment(b"forged", "").sha256, "image/png", 6, b"forged", 5)
    target.replace("artifact", [*target.rows("artifact"), row])


def insert_node(target: TargetLog) -> None:
    """Insert a node after those of the checkpoints."""
    target.raw.execute("INSERT INTO tree_node (level, number, hash) VALUES (1, 2, ?)", b"x" * 32)


def insert_run(target: TargetLog) -> None:
    """Insert a row for a run that does not exist."""
    target.raw.execute(
        "INSERT INTO run (run_id, audit_id, position, status, findings) VALUES ('x.1', 'x', 9, 'completed', 0)"
    )


def insert_checkpoint(target: TargetLog, *, true: bool) -> None:
    """Insert a checkpoint by an untrusted key, over these events or over others."""
    leaves = [row[14] for row in target.rows("event")]
    forged = Checkpoint(target.log.origin() or "", 400, root(leaves[:400]) if true else b"x" * 32)
    row = (400, target.other_key.public_key, target.other_key.sign(forged))
    target.raw.execute("INSERT INTO checkpoint (size, public_key, note) VALUES (?, ?, ?)", *row)


def cut(target: TargetLog, last: int, *, fold: bool = True, traces: bool = False) -> None:
    """Remove the events after *last*.

    Args:
        fold: Whether the read models are rebuilt.
        traces: Whether everything else that reveals the events is removed as well.
    """
    target.raw.execute("DELETE FROM event WHERE position > ?", last)
    target.raw.lower_counter()
    if fold:
        target.fold()
    if traces:
        target.raw.execute("DELETE FROM checkpoint WHERE size > ?", last)
        target.raw.execute("DELETE FROM tree_node WHERE (number + 1) * 256 > ?", last)


def restore_old_copy(target: TargetLog, *, goes_on: bool = False) -> None:
    """Restore the state at the older checkpoint, and perhaps continue from there."""
    target.restore(target.old)
    if goes_on:
        target.log.append([record(number, b"other") for number in range(HELD + 1, HEAD + 1)])


def rewrite(
    target: TargetLog, position: int, *, tree: bool = False, signed_by: SigningKey | None = None, alone: bool = False
) -> None:
    """Forge the body of an event, and recompute the hashes that depend on it: its run, the tree, the checkpoints.

    Args:
        tree: Whether the stored tree is recomputed.
        signed_by: The key for new checkpoints that replace the existing ones.
        alone: Whether only the event's own hash is recomputed.
    """
    last: dict[str, bytes] = {}
    rows: Rows = []
    for row in target.rows("event"):
        salt, body, digest, hash = row[11:15]
        if row[0] == position:
            body = b'{"forged":1}'
            digest = body_hash(salt, body)
        if row[0] == position or not alone:
            hash = event_hash(last.get(row[1], FIRST_PREVIOUS), *row[1:11], digest)
        last[row[1]] = hash
        rows.append((*row[:11], salt, body, digest, hash, None if row[0] == position else row[15]))
    target.replace("event", rows)
    leaves = [row[14] for row in rows]
    if tree:
        whole = range(COVERED // BLOCK)
        target.replace("tree_node", [(1, n, root(leaves[n * BLOCK : (n + 1) * BLOCK])) for n in whole])
    if signed_by is not None:
        origin = target.log.origin() or ""
        notes = [(size, signed_by.sign(Checkpoint(origin, size, root(leaves[:size])))) for size in (HELD, COVERED)]
        target.replace("checkpoint", [(size, signed_by.public_key, note) for size, note in notes])
