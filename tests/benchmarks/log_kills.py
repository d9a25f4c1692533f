"""Recorders killed while they append to a log, and how many of the log's promises that broke.

Each kill is a `kill -9` of a process, somewhere in the transactions of its first batches. Some logs have one recorder,
others several at once; each log is looked at after every round of kills, and recorded to again. The seed is printed;
the same seed draws the same kills, though not to the same instruction.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

from tests.databases import postgresql_schema, postgresql_server
from tests.store.log_kill import KilledRecorders

AT_ONCE = 4  # logs
KILLS = 24  # on one log
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
LOGS = ((SQLITE, 1), (SQLITE, 4), (SQLITE, 1), (SQLITE, 4), (POSTGRESQL, 1), (SQLITE, 4), (SQLITE, 1), (POSTGRESQL, 4))


@dataclass
class Outcome:
    """What came of the kills on one log."""

    what: str
    kills: int = 0
    acknowledged: int = 0
    unacknowledged: int = 0
    broken: list[str] = field(default_factory=list)


def main(argv: list[str]) -> int:
    """Kill, and print a table, or with --json the figures; the status is 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="log_kills", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--count", type=int, default=1000, metavar="N", help="how many kills (default: 1000)")
    parser.add_argument("--seed", type=int, help="draw the same kills again")
    arguments = parser.parse_args(argv)
    seed = arguments.seed if arguments.seed is not None else time.time_ns() % 1_000_000_007
    print(f"seed {seed}", file=sys.stderr, flush=True)
    postgresql_server()
    hit: Counter[str] = Counter()
    acknowledged = unacknowledged = 0
    broken: list[str] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for outcome in pool.map(lambda shared: kill_on_one_log(seed, *shared), shares(arguments.count)):
            hit[outcome.what] += outcome.kills
            acknowledged += outcome.acknowledged
            unacknowledged += outcome.unacknowledged
            broken += outcome.broken
            for promise in outcome.broken:
                print(promise, file=sys.stderr, flush=True)
    figures = {
        "seed": seed,
        "kills": hit.total(),
        "acknowledged": acknowledged,
        "unacknowledged": unacknowledged,
        "broken": broken,
        "hit": dict(sorted(hit.items())),
    }
    if arguments.json:
        json.dump(figures, sys.stdout, indent=1)
        print()
    else:
        for what, times in sorted(hit.items()):
            print(f"{what:44}{times:>8}")
        print(f"{'kills':44}{hit.total():>8}")
        print(f"{'events that were acknowledged':44}{acknowledged:>8}")
        print(f"{'events committed and not yet acknowledged':44}{unacknowledged:>8}")
        print(f"{'promises broken':44}{len(broken):>8}")
    return 1 if broken else 0


def shares(count: int) -> Iterator[tuple[int, str, int, int]]:
    """Yield a log's number, where it is, how many record to it at once, and how many are killed on it."""
    for number, (backend, at_once) in enumerate(cycle(LOGS)):
        if count <= 0:
            return
        yield number, backend, at_once, min(count, KILLS)
        count -= KILLS


def kill_on_one_log(seed: int, number: int, backend: str, at_once: int, count: int) -> Outcome:
    """Kill so many recorders on a log that goes afterwards."""
    outcome = Outcome(f"{backend}, {at_once} at once")
    draw = random.Random(f"{seed}.{number}")
    with new_database(backend) as database:
        recorders = KilledRecorders(database, at_once=at_once)
        while recorders.kills < count:
            for promise in recorders.round(draw, count - recorders.kills):
                outcome.broken.append(f"{seed}.{number} {outcome.what}, kill {recorders.kills}: {promise}")
    outcome.kills, outcome.acknowledged = recorders.kills, recorders.acknowledged
    outcome.unacknowledged = recorders.unacknowledged
    return outcome


@contextmanager
def new_database(backend: str) -> Iterator[str]:
    """Give the address of an empty database."""
    if backend == POSTGRESQL:
        with postgresql_schema() as address:
            yield address
    else:
        with tempfile.TemporaryDirectory() as directory:
            yield str(Path(directory, "log.db"))
