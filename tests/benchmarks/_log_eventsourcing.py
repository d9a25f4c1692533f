"""A baseline of the log: pyeventsourcing's recorders on an SQLite file.

Its pool opens every connection with WAL and leaves `synchronous` at SQLite's default; here each connection has FULL,
like the log's. A run is an aggregate, an event's number is its version, and the state is the event's 300 bytes
unchanged: nothing is serialised in the measured time. Aggregates have text as ids, so that no UUID is computed from a
name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.benchmarks._log_work import TYPES, Work, body, new_run

MISSING = (
    "The log is compared with pyeventsourcing, which is not installed; install the extra: `pip install -e '.[bench]'`."
)


@contextmanager
def recorder(path: Path, kind: str) -> Iterator[Any]:
    """Yield a recorder on a new file: the application's, which orders all events, or the aggregate's, which does not.

    Args:
        kind: `Application` or `Aggregate`.
    """
    try:
        from eventsourcing import sqlite
    except ImportError:
        sys.exit(MISSING)

    class DurablePool(sqlite.SQLiteConnectionPool):
        def _create_connection(self) -> sqlite.SQLiteConnection:
            connection = super()._create_connection()
            connection.cursor().execute("PRAGMA synchronous = FULL")
            return connection

    datastore = sqlite.SQLiteDatastore(str(path), originator_id_type="text")
    datastore.pool.close()
    datastore.pool = DurablePool(db_name=str(path))
    try:
        opened = getattr(sqlite, f"SQLite{kind}Recorder")(datastore)
        opened.create_table()
        yield opened
    finally:
        datastore.close()


def insert_events_work(recorder: Any, size: int, batches: int, run_id: str | None = None) -> Work:
    """Return work that inserts an aggregate's events in batches."""
    from eventsourcing.persistence import StoredEvent

    aggregate_id = run_id or new_run()
    event_batches = [
        [
            StoredEvent(aggregate_id, seq, TYPES[0], body(seq))
            for seq in range(1 + size * number, 1 + size * (number + 1))
        ]
        for number in range(batches)
    ]

    def work() -> int:
        for batch in event_batches:
            recorder.insert_events(batch)
        return size * batches

    return work
