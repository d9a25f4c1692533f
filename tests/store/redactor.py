"""A process that redacts one event of the queue after another, and sends each number as soon as it is done."""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection

from store.errors import ObservationMissing
from store.log import EventLog, Observation
from tests.store.making import redaction_records
from tests.store.worker import Worker, begin, working


def redactor(database: str, run: str) -> AbstractContextManager[Worker]:
    """Return a process that redacts a run's events from the first to the last."""
    return working(redact, database, run)


def redact(connection: Connection, database: str, run: str) -> None:
    """Redact, and send each number."""
    with EventLog.open(database) as log:
        begin(connection)
        for seq in itertools.count(1):
            try:
                log.redact(run, [Observation("queue", seq)], redaction_records(run))
            except ObservationMissing:
                return
            connection.send([seq])
