"""A reference verifier, written from the docstring of `store.proofs.hash_chain` alone, without the store."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence

ZERO = b"\x00" * 32


def column(value: str | int | bytes | None) -> bytes:
    """Return one column of the envelope."""
    if value is None:
        return b"\xff" * 8
    if isinstance(value, str):
        value = value.encode("utf-8")
    if isinstance(value, int):
        value = b"%d" % value
    return struct.pack(">Q", len(value)) + value


def first_wrong(rows: Iterable[Sequence[object]]) -> int | None:
    """Return the first position whose hashes do not hold, of rows in the order of the table's columns."""
    heads: dict[object, bytes] = {}
    for position, run_id, *rest, salt, body, body_hash, event_hash in rows:
        envelope = b"".join(column(value) for value in (run_id, *rest))
        if body is not None and hashlib.sha256(salt + body).digest() != body_hash:
            return position
        if hashlib.sha256(b"\x00" + heads.get(run_id, ZERO) + envelope + body_hash).digest() != event_hash:
            return position
        heads[run_id] = event_hash
    return None
