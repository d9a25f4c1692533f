"""A process that appends batch after batch, and sends a batch again while the server is not available."""

from __future__ import annotations

from contextlib import AbstractContextManager
from multiprocessing.connection import Connection

from store.log import EventLog
from tests.store.making import records
from tests.store.worker import Worker, begin, working
from veritas.recording.log_retry import LogRetry


def persistent_appender(database: str, run: str, batches: int, size: int) -> AbstractContextManager[Worker]:
    """Return a process that appends *batches* batches of *size* events to a run, and sends the positions of each."""
    return working(append, database, run, batches, size)


def append(connection: Connection, database: str, run: str, batches: int, size: int) -> None:
    """Append, and send the positions."""
    retry = LogRetry(report=lambda sentence: None)
    with EventLog.open(database) as log:
        begin(connection)
        for first in range(1, batches * size + 1, size):
            batch = records(first, first + size - 1, run_id=run)
            connection.send(retry.call(lambda batch=batch: log.append(batch)))
