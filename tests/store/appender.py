"""A process that appends batch after batch, and sends the positions of each as soon as it is committed."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from multiprocessing.connection import Connection

from store.log import Attachment, EventLog, Record
from tests.store.making import record
from tests.store.worker import Worker, begin, working

ATTACHED_EVERY = 10


def appender(
    database: str, run: str, *, batches: int | None = None, size: int = 1, most: int | None = None
) -> AbstractContextManager[Worker]:
    """Return a process that appends.

    Args:
        batches: How many batches; None for endless appending until the process is killed.
        size: How many events a batch has.
        most: The largest number of events in a batch, if the sizes vary; *size* is then the smallest.
    """
    return working(append, database, run, batches, size, size if most is None else most)


def append(connection: Connection, database: str, run: str, batches: int | None, least: int, most: int) -> None:
    """Append after the run's last event, and send the positions."""
    with EventLog.open(database) as log:
        last = log.last(run)
        begin(connection)
        for batch in itertools.islice(batches_of(run, last.seq + 1 if last else 1, least, most), batches):
            connection.send(log.append(batch))


def batches_of(run: str, first: int, least: int, most: int) -> Iterator[list[Record]]:
    """Yield the batches of a run from the number *first* on; each event states its batch and the batch's size.

    Every tenth event has its own attachment.
    """
    draw = random.Random(f"{run} {first}")
    while True:
        size = draw.randint(least, most)
        yield [
            record(
                seq,
                f'{{"seq":{seq},"batch":{first},"size":{size}}}'.encode(),
                run_id=run,
                artifact=None if seq % ATTACHED_EVERY else Attachment(f"{run} {seq}".encode(), "text/plain"),
            )
            for seq in range(first, first + size)
        ]
        first += size
