"""What is put into the log, and what is read from it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from store.artifacts import Attachment

BIGINT_MIN, BIGINT_MAX = -(2**63), 2**63 - 1
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
REDACTION = ("recorder", "observation_redacted")  # source and type of the event that names what was erased


class Record(NamedTuple):
    """One observation on its way into the log.

    Attributes:
        run_id: The run that it belongs to.
        source: How it arrived, such as `queue`, `stdout` or `recorder`.
        seq: The emitter's number for it; (run_id, source, seq) names the observation.
        type: The event's type.
        phase: The event's phase, or nothing.
        step: The event's step, or nothing.
        emitted_at: When it was emitted, in microseconds since the epoch, UTC; None where that is not known.
        body: The bytes as they were received, with the attachment's hash in its place.
        artifact: The event's attachment.
        schema_version: The version of the body's form.
    """

    run_id: str
    source: str
    seq: int
    type: str
    phase: str
    step: str
    emitted_at: int | None
    body: bytes
    artifact: Attachment | None = None
    schema_version: int = 1


class StoredEvent(NamedTuple):
    """One row of the log, its fields in the order of the table's columns.

    A named tuple, because a frozen dataclass of fifteen fields takes ten times as long to make (2.8 µs against 0.27),
    which is more than it takes SQLite to read the row.
    """

    position: int
    run_id: str
    source: str
    seq: int
    type: str
    phase: str
    step: str
    emitted_at: int | None
    recorded_at: int
    schema_version: int
    artifact: bytes | None
    salt: bytes | None
    body: bytes | None
    body_hash: bytes
    hash: bytes


class _Named(msgspec.Struct):
    source: str
    seq: int


class _Redaction(msgspec.Struct):
    observation: _Named


def named_by(redaction: bytes | None) -> tuple[str, int] | None:
    """Return the observation, as (source, seq), that the body of a redaction names; None where it names none."""
    try:
        named = msgspec.json.decode(redaction or b"", type=_Redaction).observation
    except (ValueError, TypeError, RecursionError):
        return None
    return named.source, named.seq
