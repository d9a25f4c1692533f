"""Recorders that are killed at random moments while they append, and the log's promises about that."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby

from store.log import EventLog, StoredEvent
from tests.processes import wait_until
from tests.store.appender import appender
from tests.store.making import record
from tests.store.raw import connections
from tests.store.worker import Worker

LARGEST = 40  # events in a batch
SPARED = 6  # fewer batches than this are acknowledged before the kill
MOMENT = 0.004  # seconds, about the time of a commit
AFTER = "after"  # the run of the recorder that appends after each kill


@dataclass(frozen=True)
class LogKill:
    """The moment at which a recorder is killed: some seconds after it has acknowledged some batches."""

    spared: int
    after: float

    @classmethod
    def draw(cls, draw: random.Random) -> LogKill:
        """Return a random one."""
        return cls(draw.randrange(SPARED), draw.uniform(0, MOMENT))

    def carry_out(self, worker: Worker) -> list[int]:
        """Kill the recorder, and return the positions that it acknowledged."""
        acknowledged: list[int] = []
        batches = worker.acknowledged()
        for _ in range(self.spared):
            acknowledged += next(batches)
        time.sleep(self.after)  # makes the moment random; it does not wait for anything
        worker.kill()
        for positions in batches:  # those that were sent before the kill
            acknowledged += positions
        assert worker.join() == -9
        return acknowledged


class KilledRecorders:
    """A log on which several recorders append at the same time and are killed, again and again.

    Attributes:
        kills: How many recorders were killed.
        acknowledged: How many events the recorders acknowledged.
        unacknowledged: How many committed events were never acknowledged.
    """

    def __init__(self, database: str, *, at_once: int) -> None:
        self.kills = self.acknowledged = self.unacknowledged = 0
        self._database = database
        self._runs = [f"run.{number}" for number in range(at_once)]
        self._seen = 0  # the position up to which everything was checked
        self._numbers: Counter[str] = Counter()  # the last number of each run

    def round(self, draw: random.Random, at_most: int) -> Iterator[str]:
        """Let all recorders append, kill them all, and yield each promise that is broken."""
        before = connections(self._database)
        with ExitStack() as stack:
            workers = {
                run: stack.enter_context(appender(self._database, run, most=LARGEST)) for run in self._runs[:at_most]
            }
            for worker in workers.values():
                worker.wait_until_ready()
            for worker in workers.values():
                worker.go()
            kills = [LogKill.draw(draw) for _ in workers]
            with ThreadPoolExecutor(len(workers)) as pool:
                acknowledged = dict(zip(workers, pool.map(LogKill.carry_out, kills, workers.values()), strict=True))
        self.kills += len(acknowledged)
        wait_until(lambda: connections(self._database) <= before)
        with EventLog.open(self._database) as log:
            appends = log.append([record(self._numbers[AFTER] + 1, run_id=AFTER)]) == [log.head()]
            events = list(log.read(after=self._seen))
            verification = log.verify()
        yield from self._broken(events, acknowledged, appends=appends)
        if verification.fault is not None:
            yield f"the log verifies: {verification.fault}"
        if verification.events != events[-1].position:
            yield "every event is verified"

    def _broken(self, events: list[StoredEvent], acknowledged: dict[str, list[int]], *, appends: bool) -> Iterator[str]:
        """Yield each promise that does not hold for the events of one round."""
        if not appends:
            yield "the next recorder appends after all others"
        last = events[-1].position
        if [event.position for event in events] != list(range(self._seen + 1, last + 1)):
            yield "positions have no gap"
        self._seen = last
        by_run: dict[str, list[StoredEvent]] = {}
        for event in events:
            by_run.setdefault(event.run_id, []).append(event)
        for run, of_run in by_run.items():
            first = self._numbers[run] + 1
            if [event.seq for event in of_run] != list(range(first, first + len(of_run))):
                yield f"each number of {run} is there once, in order"
            self._numbers[run] = of_run[-1].seq
        for run, positions in acknowledged.items():
            of_run = by_run.get(run, [])
            self.acknowledged += len(positions)
            self.unacknowledged += len(of_run) - len(positions)
            if [event.position for event in of_run][: len(positions)] != positions:
                yield f"the events that {run} acknowledged are at the acknowledged positions"
            if not all(_is_complete(list(batch)) for _, batch in groupby(of_run, key=_batch_of)):
                yield f"each batch of {run} is there completely or not at all"


def _batch_of(event: StoredEvent) -> tuple[int, int]:
    """Return the first number of an event's batch, and the batch's size."""
    body = json.loads(event.body or b"{}")
    return body["batch"], body["size"]


def _is_complete(batch: list[StoredEvent]) -> bool:
    """Return whether all events of a batch are there, with nothing in between."""
    first, size = _batch_of(batch[0])
    start = batch[0].position
    numbers = [(event.seq, event.position) for event in batch]
    return numbers == [(first + at, start + at) for at in range(size)]
