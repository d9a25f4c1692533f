"""Record and StoredEvent: the rows that are written to the log and read from it, and the types of their columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, get_args, get_type_hints

import msgspec

from store.artifacts import Attachment

ColumnTypes = tuple[frozenset[type], ...]  # for each column, the types that its values may have

BIGINT_MIN, BIGINT_MAX = -(2**63), 2**63 - 1
INTEGER_MIN, INTEGER_MAX = -(2**31), 2**31 - 1
REDACTION = ("recorder", "observation_redacted")  # source and type of the event that names a redacted observation
ARCHIVAL = ("recorder", "run_archived")  # of the event after which the bodies of a run, not the recorder's, are erased
ERASURES = (REDACTION, ARCHIVAL)
DAMAGED = "(damaged)"  # replaces a value that should be text and is not


class Record(NamedTuple):
    """One observation to be written to the log.

    Attributes:
        run_id: The run that it belongs to.
        source: How it arrived, such as `queue`, `stdout` or `recorder`.
        seq: The emitter's number for it; (run_id, source, seq) names the observation.
        type: The event's type.
        phase: The event's phase, or an empty string.
        step: The event's step, or an empty string.
        emitted_at: When it was emitted, in microseconds since the epoch, UTC; None if unknown.
        body: The bytes as they were received, with the attachment replaced by its hash.
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
    """One row of the log, with its fields in the order of the table's columns.

    It is a named tuple because a frozen dataclass of fifteen fields takes ten times as long to create (2.8 µs against
    0.27 µs), which is more than SQLite needs to read the row.
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


class _ObservationName(msgspec.Struct):
    source: str
    seq: int


class _RedactionBody(msgspec.Struct):
    observation: _ObservationName


def column_types(row: type) -> ColumnTypes:
    """Return the types that each field of the named tuple *row* may have."""
    return tuple(frozenset(get_args(hint) or (hint,)) for hint in get_type_hints(row).values())


_NULL = type(None)
EVENT_TYPES = column_types(StoredEvent)
_NEUTRAL: dict[type, object] = {int: 0, str: DAMAGED, bytes: b""}


def rows_match(types: ColumnTypes, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Return whether every value has a type of its column; checked by column, which is twice as fast as by row."""
    return columns_match(types, (map(itemgetter(at), rows) for at in range(len(types))))


def columns_match(types: ColumnTypes, columns: Iterable[Iterable[Any]]) -> bool:
    """Return whether every value has a type of its column, for values that are given by column."""
    return all(allowed.issuperset(map(type, column)) for allowed, column in zip(types, columns, strict=True))


def events_of(rows: Sequence[tuple[Any, ...]]) -> list[StoredEvent]:
    """Return rows of the table as events to be shown or folded; every value has the type that its field declares.

    In a database that was tampered with, a value can have another type. Then the event counts as damaged: the value is
    replaced by None or by a neutral value, and salt and body become None. `store.verify.chain` finds out what was
    changed; it reads the rows as they are.
    """
    return list(map(StoredEvent._make if rows_match(EVENT_TYPES, rows) else _event_of, rows))


def redacted_observation(body: bytes | None) -> tuple[str, int] | None:
    """Return the observation, as (source, seq), that the body of a redaction event names; None if it names none."""
    try:
        observation = msgspec.json.decode(body or b"", type=_RedactionBody).observation
    except (ValueError, TypeError, RecursionError):
        return None
    return observation.source, observation.seq


def _event_of(row: tuple[Any, ...]) -> StoredEvent:
    event = StoredEvent._make(map(_as_declared, row, EVENT_TYPES))
    if event == row:
        return event
    # Without a time the event would seem to be from 1970, and a replay would wait decades for the next one.
    return event._replace(
        recorded_at=event.recorded_at or event.emitted_at or 0, schema_version=1, salt=None, body=None
    )


def _as_declared(value: object, types: frozenset[type]) -> object:
    if type(value) in types:
        return value
    return None if _NULL in types else _NEUTRAL[next(iter(types))]
