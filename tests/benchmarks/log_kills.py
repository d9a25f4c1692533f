"""The promises of the log that are broken when recorders are killed while they append.

Each kill is a `kill -9` of a process, at some time in the transactions of its first batches. Some logs have one
recorder, others several at once; after every round of kills, each log is checked, and events are appended to it again.
The seed is printed; the same seed draws the same kills, but they do not hit the same instruction.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

from tests.benchmarks._kills import Outcome, run_kills
from tests.databases import postgresql_schema, postgresql_server
from tests.store.log_kill import KilledRecorders

AT_ONCE = 4  # logs
KILLS = 24  # on one log
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
LOGS = ((SQLITE, 1), (SQLITE, 4), (SQLITE, 1), (SQLITE, 4), (POSTGRESQL, 1), (SQLITE, 4), (SQLITE, 1), (POSTGRESQL, 4))


def main(argv: list[str]) -> int:
    """Carry out the kills and print the outcome; the exit status is 1 if a promise was broken."""
    about = (__doc__ or "").splitlines()[0]
    return run_kills(argv, prog="log_kills", about=about, count=1000, carry_out=outcomes)


def outcomes(seed: int, count: int) -> Iterator[Outcome]:
    """Yield the outcome of each log's share of *count* kills."""
    postgresql_server()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(lambda shared: kill_on_one_log(seed, *shared), shares(count))


def shares(count: int) -> Iterator[tuple[int, str, int, int]]:
    """Yield each log's number, its backend, its number of recorders at once, and its number of kills."""
    for number, (backend, at_once) in enumerate(cycle(LOGS)):
        if count <= 0:
            return
        yield number, backend, at_once, min(count, KILLS)
        count -= KILLS


def kill_on_one_log(seed: int, number: int, backend: str, at_once: int, count: int) -> Outcome:
    """Kill *count* recorders that append to a temporary log."""
    what = f"{backend}, {at_once} at once"
    broken: list[str] = []
    draw = random.Random(f"{seed}.{number}")
    with new_database(backend) as database:
        recorders = KilledRecorders(database, at_once=at_once)
        while recorders.kills < count:
            for promise in recorders.round(draw, count - recorders.kills):
                broken.append(f"{seed}.{number} {what}, kill {recorders.kills}: {promise}")
    # An unacknowledged event was committed, but the recorder was killed before it could report the commit.
    events = {"acknowledged": recorders.acknowledged, "unacknowledged": recorders.unacknowledged}
    return Outcome(what, recorders.kills, events, broken)


@contextmanager
def new_database(backend: str) -> Iterator[str]:
    """Yield the address of an empty database."""
    if backend == POSTGRESQL:
        with postgresql_schema() as address:
            yield address
    else:
        with tempfile.TemporaryDirectory() as directory:
            yield str(Path(directory, "log.db"))
