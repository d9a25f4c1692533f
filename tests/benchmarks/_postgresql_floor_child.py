"""A client of the benchmark `postgresql` that only inserts: `python _postgresql_floor_child.py DATABASE KIND`.

It inserts rows as a recorder's, which are encoded before the measurement begins, into a table with the columns and
indexes of `event`, without guards, read model and any wait for others' positions, by libpq's shortest call. *KIND* is

* `alone`: each batch is a transaction;
* `locked`: each batch is a transaction, under one lock for all clients, which the same call takes;
* `joined`: each transaction has a batch of each of the runs that the command names: one client commits for all.

It obeys the commands of `_postgresql_child`; *RUN* may be several runs with commas.
"""

from __future__ import annotations

import os
import struct
import sys
from itertools import chain

import psycopg
from psycopg.pq import ExecStatus

from store.backends.base import encoded_row
from store.log import Record
from tests.benchmarks._log_work import NOW, batches_of

# Each column's type, its OID, and how a value is encoded.
TEXT, BIGINT, INTEGER, BYTES = 25, 20, 23, 17
TYPES = (TEXT, TEXT, BIGINT, TEXT, TEXT, TEXT, BIGINT, BIGINT, INTEGER, BYTES, BYTES, BYTES, BYTES, BYTES, INTEGER)
COLUMNS = (
    "run_id, source, seq, type, phase, step, emitted_at, recorded_at, schema_version, artifact, salt, body, body_hash,"
    " hash, encoding"
)
TABLES = """
CREATE SEQUENCE next_position CACHE 100;
CREATE TABLE event (
  position BIGINT DEFAULT nextval('next_position') PRIMARY KEY, run_id TEXT COLLATE "C" NOT NULL, source TEXT NOT NULL,
  seq BIGINT NOT NULL, type TEXT NOT NULL, phase TEXT NOT NULL, step TEXT NOT NULL, emitted_at BIGINT,
  recorded_at BIGINT NOT NULL, schema_version INTEGER NOT NULL, artifact BYTEA, salt BYTEA, body BYTEA,
  body_hash BYTEA NOT NULL, hash BYTEA NOT NULL, encoding INTEGER, UNIQUE (run_id, source, seq)
);
CREATE INDEX ON event (run_id, position);
"""
LOCK = "WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock(1))"


def main(database: str, kind: str) -> None:
    """Carry out the commands on standard input."""
    with psycopg.connect(database, autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('event')").fetchone() == (None,):
            connection.execute(TABLES)
        print("ready", flush=True)
        calls: list[tuple[bytes, list[bytes | None]]] = []
        for line in sys.stdin:
            if line.strip():
                runs, size, batches = line.split()
                of_runs = [batches_of(run, int(size), int(batches)) for run in runs.split(",")]
                calls = [_call(connection, list(chain(*at_once)), kind) for at_once in zip(*of_runs, strict=True)]
                print("ready", flush=True)
            else:
                for name, parameters in calls:
                    result = connection.pgconn.exec_prepared(name, parameters, [1] * len(parameters))
                    assert result.status == ExecStatus.COMMAND_OK, result.error_message
                print("done", flush=True)


def _call(
    connection: psycopg.Connection[tuple[object, ...]], records: list[Record], kind: str
) -> tuple[bytes, list[bytes | None]]:
    """Return the name of a prepared statement that inserts *records*, and its parameters."""
    name = f"insert_{len(records)}".encode()
    if not connection.execute("SELECT FROM pg_prepared_statements WHERE name = %s", [name.decode()]).fetchall():
        numbers = iter(range(1, len(TYPES) * len(records) + 1))
        rows = ", ".join(f"({', '.join(f'${next(numbers)}' for _ in TYPES)})" for _ in records)
        statement = f"INSERT INTO event ({COLUMNS}) "
        statement += f"{LOCK} SELECT row.* FROM lock, (VALUES {rows}) AS row" if kind == "locked" else f"VALUES {rows}"
        result = connection.pgconn.prepare(name, statement.encode(), TYPES * len(records))
        assert result.status == ExecStatus.COMMAND_OK, result.error_message
    return name, [parameter for record in records for parameter in _parameters(record)]


def _parameters(record: Record) -> list[bytes | None]:
    row = (*record[:7], NOW * 1_000_000, record.schema_version, None, os.urandom(16), record.body)
    stored = encoded_row((*row, os.urandom(32), os.urandom(32)))
    return [_encoded(kind, value) for kind, value in zip(TYPES, stored, strict=True)]


def _encoded(kind: int, value: object) -> bytes | None:
    match value:
        case str():
            return value.encode()
        case int():
            return struct.pack(">q" if kind == BIGINT else ">i", value)
        case bytes():
            return value
        case _:
            return None


if __name__ == "__main__":
    main(*sys.argv[1:])
