"""Recorders that are killed at random moments while they append, and what the log promises whatever that hits."""

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
from tests.store.appender import appender
from tests.store.making import record
from tests.store.worker import Worker

LARGEST = 40  # events in a batch
SPARED = 6  # fewer batches than these are acknowledged before
MOMENT = 0.004  # seconds, about what a commit takes
AFTER = "after"  # the run of the recorder that goes on after each kill


@dataclass(frozen=True)
class LogKill:
    """When a recorder is killed: so many seconds after it has acknowledged so many batches."""

    spared: int
    after: float

    @classmethod
    def draw(cls, draw: random.Random) -> LogKill:
        """Return a random one."""
        return cls(draw.randrange(SPARED), draw.uniform(0, MOMENT))

    def carry_out(self, worker: Worker) -> list[int]:
        """Kill, and return the positions that were acknowledged."""
        acknowledged: list[int] = []
        said = worker.acknowledged()
        for _ in range(self.spared):
            acknowledged += next(said)
        time.sleep(self.after)  # the moment is what is random; nothing is waited for
        worker.kill()
        for positions in said:  # what it still said
            acknowledged += positions
        assert worker.join() == -9
        return acknowledged


class KilledRecorders:
    """A log on which so many recorders append at once, and are killed, again and again.

    Attributes:
        kills: How many there were.
        acknowledged: How many events the recorders acknowledged.
        unacknowledged: How many are there that were committed and never acknowledged.
    """

    def __init__(self, database: str, *, at_once: int) -> None:
        self.kills = self.acknowledged = self.unacknowledged = 0
        self._database = database
        self._runs = [f"run.{number}" for number in range(at_once)]
        self._seen = 0  # the position up to which everything was looked at
        self._numbers: Counter[str] = Counter()  # the last of each run

    def round(self, draw: random.Random, at_most: int) -> Iterator[str]:
        """Let all recorders append, kill them all, and yield each promise that does not hold afterwards."""
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
                said = dict(zip(workers, pool.map(LogKill.carry_out, kills, workers.values()), strict=True))
        self.kills += len(said)
        with EventLog.open(self._database) as log:
            # This waits for what a server may still do for those that were killed.
            goes_on = log.append([record(self._numbers[AFTER] + 1, run_id=AFTER)]) == [log.head()]
            events = list(log.read(after=self._seen))
            verification = log.verify()
        yield from self._broken(events, said, goes_on=goes_on)
        if verification.fault is not None:
            yield f"the log verifies: {verification.fault}"
        if verification.events != events[-1].position:
            yield "every event is verified"

    def _broken(self, events: list[StoredEvent], said: dict[str, list[int]], *, goes_on: bool) -> Iterator[str]:
        """Yield what does not hold for the events of one round."""
        if not goes_on:
            yield "the next recorder goes on behind all others"
        last = events[-1].position
        if [event.position for event in events] != list(range(self._seen + 1, last + 1)):
            yield "positions have no gap"
        self._seen = last
        by_run: dict[str, list[StoredEvent]] = {}
        for event in events:
            by_run.setdefault(event.run_id, []).append(event)
        for run, own in by_run.items():
            first = self._numbers[run] + 1
            if [event.seq for event in own] != list(range(first, first + len(own))):
                yield f"each number of {run} is there once, in order"
            self._numbers[run] = own[-1].seq
        for run, positions in said.items():
            own = by_run.get(run, [])
            self.acknowledged += len(positions)
            self.unacknowledged += len(own) - len(positions)
            if [event.position for event in own][: len(positions)] != positions:
                yield f"what {run} acknowledged is there, where it said"
            if not all(_is_whole(list(batch)) for _, batch in groupby(own, key=_batch_of)):
                yield f"each batch of {run} is there as a whole or not at all"


def _batch_of(event: StoredEvent) -> tuple[int, int]:
    """Return the number that an event's batch begins with, and how many events it has."""
    said = json.loads(event.body or b"{}")
    return said["batch"], said["size"]


def _is_whole(batch: list[StoredEvent]) -> bool:
    """Say whether all events of a batch are there, and nothing in between."""
    first, size = _batch_of(batch[0])
    start = batch[0].position
    numbers = [(event.seq, event.position) for event in batch]
    return numbers == [(first + at, start + at) for at in range(size)]
