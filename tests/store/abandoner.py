"""A process that is killed during a transaction: its records are inserted, and never committed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from multiprocessing.connection import Connection

from store.backends.connect import find_database
from store.log import Record
from store.writer import Writer
from tests.store.worker import begin, working


def append_and_die(database: str, records: Sequence[Record]) -> None:
    """Let a process append, and kill it before it commits."""
    with working(abandon, database, records) as worker:
        worker.wait_until_ready()
        worker.go()
        assert len(next(worker.acknowledged())) == len(records)
        worker.kill()
        assert worker.join() == -9


def abandon(connection: Connection, database: str, records: Sequence[Record]) -> None:
    """Append in the worker process, send the positions without committing, and wait to be killed."""
    opened = find_database(database)
    begin(connection)
    with opened.writing() as cursor:
        connection.send(Writer(opened, clock=lambda: time.time_ns() // 1000).append_within(cursor, records))
        connection.recv()
