"""What is done to a log by whoever can write to its database, with as much skill as it takes."""

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
from tests.store.target_log import COVERED, GIF, HEAD, HELD, Rows, Victim

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


def flipping(table: str, column: str) -> Callable[[Victim], None]:
    """Flip a bit of a column of the row."""

    def do(victim: Victim) -> None:
        value = victim.raw.execute(f"SELECT {column} FROM {table} WHERE {ROW[table]}").fetchone()[0]
        changed = GIF.sha256 if (table, column) == ("event", "artifact") else flip(value)
        victim.raw.execute(f"UPDATE {table} SET {column} = ? WHERE {ROW[table]}", changed)

    return do


def nulling(table: str, column: str) -> Callable[[Victim], None]:
    """Null a column of the row."""
    return lambda victim: victim.raw.execute(f"UPDATE {table} SET {column} = NULL WHERE {ROW[table]}")


def deleting(table: str, where: str) -> Callable[[Victim], None]:
    """Delete rows."""
    return lambda victim: victim.raw.execute(f"DELETE FROM {table} WHERE {where}")


def swapping(table: str, column: str, first: str, second: str) -> Callable[[Victim], None]:
    """Swap a column of two rows."""

    def swap(victim: Victim) -> None:
        one, two = (
            victim.raw.execute(f"SELECT {column} FROM {table} WHERE {where}").fetchone()[0] for where in (first, second)
        )
        victim.raw.execute(f"UPDATE {table} SET {column} = ? WHERE {first}", two)
        victim.raw.execute(f"UPDATE {table} SET {column} = ? WHERE {second}", one)

    return swap


def swap_events(victim: Victim) -> None:
    """Let two events of a run change places."""
    for old, new in ((7, 1000), (11, 7), (1000, 11)):
        victim.raw.execute("UPDATE event SET position = ? WHERE position = ?", new, old)


def forged(position: int, previous: bytes, seq: int) -> tuple[Any, ...]:
    """Return an event that nobody recorded, chained behind *previous*."""
    digest = body_hash(SALT, b'{"forged":1}')
    envelope = (RUN, "queue", seq, "progress", "", "", None, 5, 1, None)
    return (position, *envelope, SALT, b'{"forged":1}', digest, event_hash(previous, envelope, digest))


def insert_event(victim: Victim) -> None:
    """Insert an event that nobody recorded, chained behind the one before it."""
    rows = victim.rows("event")
    moved = [(row[0] + 1, *row[1:]) for row in rows[6:]]
    victim.put("event", [*rows[:6], forged(7, rows[4][14], 9999), *moved])


def append_event(victim: Victim) -> None:
    """Append such an event."""
    rows = victim.rows("event")
    victim.put("event", [*rows, forged(HEAD + 1, rows[HEAD - 2][14], 9999)])


def redact(victim: Victim) -> None:
    """Take a body away as a redaction does, with the event that says so."""
    body = json.dumps({"observation": {"source": "queue", "seq": 7}}).encode()
    victim.log.append([record(1, body, source="recorder", type="observation_redacted")])
    victim.raw.execute("UPDATE event SET salt = NULL, body = NULL WHERE position = 7")


def insert_artifact(victim: Victim) -> None:
    """Insert an artifact that no event has."""
    row = (Attachment(b"forged", "").sha256, "image/png", 6, b"forged", 5)
    victim.put("artifact", [*victim.rows("artifact"), row])


def insert_node(victim: Victim) -> None:
    """Insert a node behind those that checkpoints left."""
    victim.raw.execute("INSERT INTO tree_node (level, number, hash) VALUES (1, 2, ?)", b"x" * 32)


def insert_run(victim: Victim) -> None:
    """Insert a row of a run that there is not."""
    victim.raw.execute(
        "INSERT INTO run (run_id, audit_id, position, status, findings) VALUES ('x.1', 'x', 9, 'completed', 0)"
    )


def insert_checkpoint(victim: Victim, *, true: bool) -> None:
    """Insert a checkpoint by a key of one's own, of these events or of others."""
    leaves = [row[14] for row in victim.rows("event")]
    forged = Checkpoint(victim.log.origin() or "", 400, root(leaves[:400]) if true else b"x" * 32)
    row = (400, victim.thief.public_key, victim.thief.sign(forged))
    victim.raw.execute("INSERT INTO checkpoint (size, public_key, note) VALUES (?, ?, ?)", *row)


def cut(victim: Victim, last: int, *, fold: bool = True, traces: bool = False) -> None:
    """Cut off the events behind *last*.

    Args:
        fold: Whether the read models are made to fit.
        traces: Whether all else that tells of them is removed as well.
    """
    victim.raw.execute("DELETE FROM event WHERE position > ?", last)
    if fold:
        victim.fold()
    if traces:
        victim.raw.execute("DELETE FROM checkpoint WHERE size > ?", last)
        victim.raw.execute("DELETE FROM tree_node WHERE (number + 1) * 256 > ?", last)


def old_copy(victim: Victim, *, goes_on: bool = False) -> None:
    """Put everything back to what it was at the older checkpoint, and perhaps go on from there."""
    victim.put_back(victim.old)
    if goes_on:
        victim.log.append([record(number, b"other") for number in range(HELD + 1, HEAD + 1)])


def rewrite(
    victim: Victim, position: int, *, tree: bool = False, signed_by: SigningKey | None = None, alone: bool = False
) -> None:
    """Forge the body of an event and hash anew what follows: its run, the tree, the checkpoints.

    Args:
        tree: Whether the kept tree is made anew.
        signed_by: Who signs the checkpoints anew, in the place of those that there were.
        alone: Whether only the event itself is hashed anew.
    """
    last: dict[str, bytes] = {}
    rows: Rows = []
    for row in victim.rows("event"):
        salt, body, digest, own = row[11:]
        if row[0] == position:
            body = b'{"forged":1}'
            digest = body_hash(salt, body)
        if row[0] == position or not alone:
            own = event_hash(last.get(row[1], FIRST_PREVIOUS), row[1:11], digest)
        last[row[1]] = own
        rows.append((*row[:11], salt, body, digest, own))
    victim.put("event", rows)
    leaves = [row[14] for row in rows]
    if tree:
        whole = range(COVERED // BLOCK)
        victim.put("tree_node", [(1, n, root(leaves[n * BLOCK : (n + 1) * BLOCK])) for n in whole])
    if signed_by is not None:
        origin = victim.log.origin() or ""
        notes = [(size, signed_by.sign(Checkpoint(origin, size, root(leaves[:size])))) for size in (HELD, COVERED)]
        victim.put("checkpoint", [(size, signed_by.public_key, note) for size, note in notes])
