"""The call that appends a batch on PostgreSQL, with its parameters in the binary format of the protocol.

A recorder spends more time on a small commit than the server does, most of it in Python. So the call is a prepared
statement of libpq's, whose parameters are encoded here. A cursor of psycopg, which finds out the type of each
parameter, and a pool that prepares a connection for each use take two thirds of the time together.
"""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from psycopg.errors import Error, error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format

from store.backends.base import RunBatch, encoded_row
from store.backends.postgresql_connections import is_alive

if TYPE_CHECKING:
    from store.backends.postgresql_connections import BoundedConnection

_MOST_IDLE = 5
# The role may append under the lock, and may not use `append_events` or its table, or they are gone.
_NO_GROUP_COMMIT = ("42501", "42704", "42883", "42P01")
_DURABILITY = "on"  # the value of `synchronous_commit` of all that commit in groups: one commits for the others

_INT4, _INT8, _LENGTH = struct.Struct(">i"), struct.Struct(">q"), struct.Struct(">i")
_INT4_ELEMENT, _INT8_ELEMENT = struct.Struct(">ii"), struct.Struct(">iq")  # of an array: its length, and the value
_HEAD = struct.Struct(">iiIii")  # dimensions, whether there are NULLs, type of the elements, their number, first index
_NULL = _LENGTH.pack(-1)
_JSONB_VERSION = b"\1"

# The types of values, and of arrays of them, which have the same numbers on every server.
_INTEGER, _BIGINT, _TEXT, _BYTEA, _JSONB = 23, 20, 25, 17, 3802
_INTEGERS, _BIGINTS, _TEXTS, _BYTEAS = 1007, 1016, 1009, 1001
_TYPES = (
    *(_TEXT, _BIGINT, _BYTEA, _INTEGER, _JSONB, _BIGINT),  # run_id to recorded_at
    *(_TEXTS, _BIGINTS, _TEXTS, _TEXTS, _TEXTS, _BIGINTS, _INTEGERS),  # source to schema_version
    *(_BYTEAS, _BYTEAS, _BYTEAS, _BYTEAS, _INTEGERS),  # salt to encoding
)
_FORMATS = [Format.BINARY] * len(_TYPES)
_NAME = b"append_events"
_CALL = b"CALL append_events(NULL, ROW(NULL, %s)::pending_append)" % b", ".join(
    b"$%d" % number for number in range(1, len(_TYPES) + 1)
)


class NotGrouped(Exception):
    """The recorder's batches cannot be committed with those of others."""


class AppendConnection:
    """A connection for the call, in autocommit mode, because the call commits; without a pooler, it is prepared."""

    def __init__(self, connection: BoundedConnection) -> None:
        self.connection = connection
        self._is_ready = self._is_prepared = False

    def append(self, batch: RunBatch) -> int | None:
        """Append a batch and commit it; see `store.group_commit`.

        Returns:
            The position of its first event; None if it was refused.

        Raises:
            NotGrouped: The recorder must append under the log's lock; nothing was written.
            psycopg.Error: The call failed.
        """
        try:
            if not self._is_ready:
                self._make_ready()
            if self._is_prepared:
                self.connection.pgconn.send_query_prepared(_NAME, _parameters(batch), _FORMATS, Format.BINARY)
            else:
                self.connection.pgconn.send_query_params(_CALL, _parameters(batch), _TYPES, _FORMATS, Format.BINARY)
            first = self._result()
        except Error as error:
            if error.sqlstate in _NO_GROUP_COMMIT:
                raise NotGrouped from error
            raise
        return None if first is None else int(_INT8.unpack(first)[0])

    def _make_ready(self) -> None:
        """Fix how durable a commit is, so that all of a group are as durable as each must be, and prepare the call.

        Through a pooler, the next call may reach another session of the server, so neither can be done.
        """
        ((durability,),) = self.connection.execute("SELECT current_setting('synchronous_commit')").fetchall()
        if durability != _DURABILITY:
            raise NotGrouped
        if self.connection.prepare_threshold is not None:
            self.connection.execute(f"SET synchronous_commit = '{_DURABILITY}'")
            self.connection.pgconn.send_prepare(_NAME, _CALL, _TYPES)
            self._result()
            self._is_prepared = True
        self._is_ready = True

    def _result(self) -> bytes | None:
        """Wait for the answer, and return its only value, if there is one."""
        (result,) = self.connection.wait(execute(self.connection.pgconn))
        if result.status not in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            raise error_from_result(result, encoding="utf-8")
        return result.get_value(0, 0) if result.ntuples else None


class AppendConnections:
    """Idle connections of a log, each for one thread at a time."""

    def __init__(self, connect: Callable[[], BoundedConnection]) -> None:
        self._connect = connect
        self._idle: deque[AppendConnection] = deque()

    def append(self, batch: RunBatch) -> int | None:
        """Append a batch; see `AppendConnection.append`. After an error, its connection is not used again."""
        chosen = self._take()
        try:
            first = chosen.append(batch)
        except BaseException:
            chosen.connection.close()
            raise
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(chosen)
        else:
            chosen.connection.close()
        return first

    def _take(self) -> AppendConnection:
        while True:
            try:
                idle = self._idle.pop()
            except IndexError:
                return AppendConnection(self._connect())
            if is_alive(idle.connection):
                return idle
            idle.connection.close()

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().connection.close()


def _parameters(batch: RunBatch) -> Sequence[bytes | None]:
    columns = list(zip(*map(encoded_row, batch.rows), strict=True))
    _, sources, seqs, types, phases, steps, emitted, recorded, versions, _ = columns[:10]
    salts, bodies, body_hashes, hashes, encodings = columns[10:]
    return (
        batch.run_id.encode(),
        _INT8.pack(batch.after),
        batch.previous,
        None if batch.version is None else _INT4.pack(batch.version),
        None if batch.run_row is None else _JSONB_VERSION + batch.run_row.encode(),
        _INT8.pack(recorded[0]),
        _texts(sources),
        _bigints(seqs),
        _texts(types),
        _texts(phases),
        _texts(steps),
        _bigints(emitted),
        _integers(versions),
        _byteas(salts),
        _byteas(bodies),
        _byteas(body_hashes),
        _byteas(hashes),
        _integers(encodings),
    )


def _texts(values: Iterable[str]) -> bytes:
    return _array(_TEXT, [_LENGTH.pack(len(value)) + value for value in map(str.encode, values)])


def _byteas(values: Iterable[bytes]) -> bytes:
    return _array(_BYTEA, [_LENGTH.pack(len(value)) + value for value in values])


def _bigints(values: Iterable[int | None]) -> bytes:
    return _array(_BIGINT, [_NULL if value is None else _INT8_ELEMENT.pack(8, value) for value in values])


def _integers(values: Iterable[int | None]) -> bytes:
    return _array(_INTEGER, [_NULL if value is None else _INT4_ELEMENT.pack(4, value) for value in values])


def _array(element: int, elements: Sequence[bytes]) -> bytes:
    return _head(element, len(elements), _NULL in elements) + b"".join(elements)


@lru_cache
def _head(element: int, number: int, has_nulls: bool) -> bytes:
    return _HEAD.pack(1, has_nulls, element, number, 1)
