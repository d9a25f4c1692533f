"""The call that appends a batch on PostgreSQL, with its events as arrays in the binary format of the protocol.

Arrays that psycopg encodes from lists take several times as long as these, which have elements of a few known types.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, cast

from psycopg.adapt import Dumper
from psycopg.pq import Format

from store.backends.base import RunBatch, encoded_row

if TYPE_CHECKING:
    from psycopg import Connection, Cursor
    from sqlalchemy.engine.interfaces import DBAPICursor


_INT4, _INT8, _LENGTH = struct.Struct(">i"), struct.Struct(">q"), struct.Struct(">i")
_HEAD = struct.Struct(">iiIii")  # dimensions, whether there are NULLs, type of the elements, their number, first index
_NULL = _LENGTH.pack(-1)


class _Array(bytes):
    """An array that is encoded already."""

    oid: ClassVar[int]  # of its type
    element: ClassVar[int]  # of its elements' type

    @classmethod
    def of(cls, values: Iterable[bytes | None]) -> _Array:
        """Encode an array of encoded values."""
        elements = [_NULL if value is None else _LENGTH.pack(len(value)) + value for value in values]
        return cls(_HEAD.pack(1, _NULL in elements, cls.element, len(elements), 1) + b"".join(elements))


class _Texts(_Array):
    oid, element = 1009, 25


class _Bigints(_Array):
    oid, element = 1016, 20


class _Integers(_Array):
    oid, element = 1007, 23


class _Byteas(_Array):
    oid, element = 1001, 17


def _dumper(kind: type[_Array]) -> type[Dumper]:
    class ArrayDumper(Dumper):
        oid = kind.oid
        format = Format.BINARY

        def dump(self, obj: Any) -> bytes:
            return cast(bytes, obj)

    return ArrayDumper


_DUMPERS = {kind: _dumper(kind) for kind in (_Texts, _Bigints, _Integers, _Byteas)}
_CALL = (
    "CALL append_events(NULL, ROW(NULL, %s::text, %s::bigint, %s::bytea, %s::integer, %s::jsonb, %s::bigint,"
    f"{', '.join(['%s'] * 12)})::pending_append)"
)


def prepare_connection(connection: Connection[Any]) -> None:
    """Let a connection take the arrays as parameters."""
    for kind, dumper in _DUMPERS.items():
        connection.adapters.register_dumper(kind, dumper)


def append_batch(cursor: DBAPICursor, batch: RunBatch) -> int | None:
    """Append a batch and commit it; see `store.group_commit`. The connection must be in autocommit mode.

    Returns:
        The position of its first event; None if it was refused.
    """
    columns = list(zip(*map(encoded_row, batch.rows), strict=True))
    _, sources, seqs, types, phases, steps, emitted, recorded, versions, _ = columns[:10]
    salts, bodies, body_hashes, hashes, encodings = columns[10:]
    cast("Cursor", cursor).execute(
        _CALL,
        (
            *(batch.run_id, batch.after, batch.previous, batch.version, batch.run_row, recorded[0]),
            _Texts.of(map(str.encode, sources)),
            _Bigints.of(map(_INT8.pack, seqs)),
            _Texts.of(map(str.encode, types)),
            _Texts.of(map(str.encode, phases)),
            _Texts.of(map(str.encode, steps)),
            _Bigints.of(None if time is None else _INT8.pack(time) for time in emitted),
            _Integers.of(map(_INT4.pack, versions)),
            _Byteas.of(salts),
            _Byteas.of(bodies),
            _Byteas.of(body_hashes),
            _Byteas.of(hashes),
            _Integers.of(None if encoding is None else _INT4.pack(encoding) for encoding in encodings),
        ),
    )
    first: int | None = cursor.fetchall()[0][0]
    return first
