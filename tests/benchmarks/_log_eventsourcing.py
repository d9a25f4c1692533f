"""What the log is compared with: pyeventsourcing's recorders on an SQLite file.

Its pool opens every connection with WAL and leaves `synchronous` to how SQLite was built; here each has FULL, like the
log's own. A run is an aggregate, an event's number its version, and the state is the event's 300 bytes as they are,
with nothing serialised in the measured time. Aggregates are named by text, so that no UUID is made of a name.
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
    """Give a recorder on a new file: the application's, which keeps one order over all, or the aggregate's.

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
        made = getattr(sqlite, f"SQLite{kind}Recorder")(datastore)
        made.create_table()
        yield made
    finally:
        datastore.close()


def recording(recorder: Any, size: int, batches: int, run_id: str | None = None) -> Work:
    """Insert an aggregate's events in batches."""
    from eventsourcing.persistence import StoredEvent

    name = run_id or new_run()
    made = [
        [StoredEvent(name, seq, TYPES[0], body(seq)) for seq in range(1 + size * number, 1 + size * (number + 1))]
        for number in range(batches)
    ]

    def work() -> int:
        for batch in made:
            recorder.insert_events(batch)
        return size * batches

    return work
