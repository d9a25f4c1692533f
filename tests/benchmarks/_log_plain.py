"""A baseline of the log: the driver alone, which inserts the event's columns without hashes and guards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks._log_work import NOW, TYPES, Work, body, new_run

COLUMNS = "run_id, source, seq, type, phase, step, emitted_at, recorded_at, schema_version, artifact, salt, body"
KEYS = ("CREATE UNIQUE INDEX key ON bare (run_id, source, seq)", "CREATE INDEX run ON bare (run_id, position)")


def insert_work(connection: Any, size: int, batches: int) -> Work:
    """Return work that inserts a run in batches, each with one `executemany` and one commit."""
    placeholder = "?" if isinstance(connection, sqlite3.Connection) else "%s"
    statement = f"INSERT INTO bare ({COLUMNS}) VALUES ({', '.join([placeholder] * 12)})"
    run_id = new_run()
    times = (NOW * 1_000_000, NOW * 1_000_000)
    row_batches = [
        [(run_id, "queue", seq, *TYPES, *times, 1, None, bytes(16), body(seq)) for seq in range(first, first + size)]
        for first in range(1, 1 + size * batches, size)
    ]

    def work() -> int:
        for batch in row_batches:
            connection.cursor().executemany(statement, batch)
            connection.commit()
        return size * batches

    return work


@contextmanager
def bare_table(path: Path, *keys: str) -> Iterator[sqlite3.Connection]:
    """Yield a connection to a database that has a table with the event's columns, and the indexes *keys*."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"CREATE TABLE bare (position INTEGER PRIMARY KEY AUTOINCREMENT, {column_types('BLOB')})")
        for key in keys:
            connection.execute(key)
        connection.commit()
        yield connection


def column_types(binary: str) -> str:
    """Return the event's columns with their types."""
    kinds = {"seq": "BIGINT", "emitted_at": "BIGINT", "recorded_at": "BIGINT", "schema_version": "INTEGER"}
    kinds |= dict.fromkeys(("artifact", "salt", "body"), binary)
    return ", ".join(f"{column} {kinds.get(column, 'TEXT')}" for column in COLUMNS.split(", "))
