"""What is put into the log, and what is read from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec

from store.artifacts import Attachment

Types = tuple[frozenset[type], ...]  # of each column


def types_of(row: type) -> Types:
    """Return which types the fields of a named tuple may have."""
    return tuple(frozenset(get_args(hint) or (hint,)) for hint in get_type_hints(row).values())


def are_of(types: Types, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Tell whether every value is of its column's type; by columns, which takes half as long as to look at each row."""
    return columns_are_of(types, (map(itemgetter(at), rows) for at in range(len(types))))


def columns_are_of(types: Types, columns: Iterable[Iterable[Any]]) -> bool:
    """Tell the same of values that come in columns."""
    return all(of.issuperset(map(type, column)) for of, column in zip(types, columns, strict=True))


BIGINT_MIN, BIGINT_MAX = -(2**63), 2**63 - 1
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
REDACTION = ("recorder", "observation_redacted")  # source and type of the event that names what was erased
DAMAGED = "(damaged)"  # what stands for a text that is none any more


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


_NULL = type(None)
_TYPES = types_of(StoredEvent)
_NEUTRAL: dict[type, object] = {int: 0, str: DAMAGED, bytes: b""}


def events_of(rows: Sequence[tuple[Any, ...]]) -> list[StoredEvent]:
    """Return rows of the table as events to be shown or folded, every value of the type that its field says.

    In a file that was tampered with, a row can have a value of another type. It counts as damaged then: in the value's
    place stands a neutral one, or none where there need not be any, and the body counts as gone. To find out what was
    done to it is the business of `store.verify.chain`, which takes the rows as they are.
    """
    return list(map(StoredEvent._make if are_of(_TYPES, rows) else _event_of, rows))


def _event_of(row: tuple[Any, ...]) -> StoredEvent:
    event = StoredEvent._make(map(_as_declared, row, _TYPES))
    if event == row:
        return event
    # Without a time it would have been recorded in 1970, and a replay would wait for what follows.
    return event._replace(
        recorded_at=event.recorded_at or event.emitted_at or 0, schema_version=1, salt=None, body=None
    )


def _as_declared(value: object, types: frozenset[type]) -> object:
    if type(value) in types:
        return value
    return None if _NULL in types else _NEUTRAL[next(iter(types))]


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
