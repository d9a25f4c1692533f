"""How fast the log appends, reads and verifies, beside the plain driver doing the same.

Each figure is the median over repetitions, in which the log and what it is compared with take turns on the same disk. A
ratio is the median of the ratios of those turns, so that a machine that is busy now and then slows both.

Plain sqlite3 inserts the event's columns, without hashes and guards, with `synchronous=FULL`: into a bare table, and
into one that has the log's keys as well. Events have bodies of 300 bytes.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from store.log import EventLog, Record
from tests.databases import postgresql_schema

RUN = "vrts_00000000000000aa.1"
BODY = b'{"detail":"' + b"x" * 287 + b'"}'
NOW = 1_700_000_000_000_000
READ, VERIFIED = 10_000, 100_000
COLUMNS = "run_id, source, seq, type, phase, step, emitted_at, recorded_at, schema_version, artifact, salt, body"
KEYS = ("CREATE UNIQUE INDEX key ON bare (run_id, source, seq)", "CREATE INDEX run ON bare (run_id, position)")

Work = Callable[[], int]  # does it, and returns with how many events
Preparation = Callable[[], Work]

_numbers = count(1)


@dataclass(frozen=True)
class Figure:
    """One line of the table: events a second, and the log's share of what it is compared with."""

    what: str
    log: float
    beside: str | None = None
    other: float | None = None
    ratio: float | None = None

    def __str__(self) -> str:
        text = f"{self.what:36}{self.log:>10,.0f}/s"
        return text if self.beside is None else f"{text}{self.ratio:>8.2f} of {self.other:>10,.0f}/s  {self.beside}"


def main(argv: list[str]) -> int:
    """Measure, and print a table, or with --json the figures."""
    parser = argparse.ArgumentParser(prog="log", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--repetitions", type=int, default=7, metavar="N", help="of each measurement (default: 7)")
    parser.add_argument("--postgresql", action="store_true", help="measure on a PostgreSQL server too")
    arguments = parser.parse_args(argv)
    figures: list[Figure] = []
    for figure in measure(arguments.repetitions, postgresql=arguments.postgresql):
        figures.append(figure)
        if not arguments.json:
            print(figure, flush=True)
    if arguments.json:
        json.dump([asdict(figure) for figure in figures], sys.stdout, indent=1)
        print()
    return 0


def measure(repetitions: int, *, postgresql: bool) -> Iterator[Figure]:
    """Measure everything."""
    for size, batches in ((100, 100), (1, 500)):
        for keys, table in (((), "sqlite3, bare table"), (KEYS, "sqlite3, table with the log's keys")):
            with new_file() as ours, new_file() as theirs, EventLog.open(ours) as log, bare_table(theirs, *keys) as raw:
                yield compare(
                    f"append, {size} a commit",
                    appending(log, size, batches),
                    table,
                    inserting(raw, size, batches),
                    repetitions,
                )
    with new_file() as file, EventLog.open(file) as log:
        appending(log, 1_000, READ // 1_000)()()
        with closing(sqlite3.connect(file)) as raw:
            yield compare(f"read {READ:,}", reading(log), "sqlite3, the same columns", selecting(raw), repetitions)
        appending(log, 1_000, (VERIFIED - READ) // 1_000)()()
        yield alone(f"verify {VERIFIED:,}", verifying(log), repetitions)
    if postgresql:
        with postgresql_schema() as address, EventLog.open(address) as log, psycopg.connect(address) as connection:
            connection.execute(f"CREATE TABLE bare (position BIGSERIAL PRIMARY KEY, {typed('BYTEA')})")
            for size, batches in ((100, 30), (1, 200)):
                theirs_there = inserting(connection, size, batches)
                yield compare(
                    f"append, {size} a commit, PostgreSQL",
                    appending(log, size, batches),
                    "psycopg executemany, bare table",
                    theirs_there,
                    repetitions,
                )
            yield alone("verify, PostgreSQL", verifying(log), repetitions)


def compare(what: str, ours: Preparation, beside: str, theirs: Preparation, repetitions: int) -> Figure:
    """Measure two things in turn."""
    turns = [(rate(ours), rate(theirs)) for _ in range(repetitions)]
    ratio = statistics.median(own / other for own, other in turns)
    own, other = (statistics.median(rates) for rates in zip(*turns, strict=True))
    return Figure(what, own, beside, other, ratio)


def alone(what: str, ours: Preparation, repetitions: int) -> Figure:
    """Measure one thing."""
    return Figure(what, statistics.median(rate(ours) for _ in range(repetitions)))


def rate(prepare: Preparation) -> float:
    """Return how many events a second something deals with, once it is prepared."""
    work = prepare()
    start = time.perf_counter()
    events = work()
    return events / (time.perf_counter() - start)


def appending(log: EventLog, size: int, batches: int) -> Preparation:
    """Append so many batches to the log."""

    def prepare() -> Work:
        made = [
            [Record(RUN, "queue", next(_numbers), "progress", "scout", "navigating", NOW, BODY) for _ in range(size)]
            for _ in range(batches)
        ]

        def work() -> int:
            for batch in made:
                log.append(batch)
            return size * batches

        return work

    return prepare


def inserting(connection: Any, size: int, batches: int) -> Preparation:
    """Insert the same columns with the driver alone."""
    sign = "?" if isinstance(connection, sqlite3.Connection) else "%s"
    statement = f"INSERT INTO bare ({COLUMNS}) VALUES ({', '.join([sign] * 12)})"

    def prepare() -> Work:
        constant = ("progress", "scout", "navigating", NOW, NOW, 1, None, bytes(16), BODY)
        made = [[(RUN, "queue", next(_numbers), *constant) for _ in range(size)] for _ in range(batches)]

        def work() -> int:
            for batch in made:
                connection.cursor().executemany(statement, batch)
                connection.commit()
            return size * batches

        return work

    return prepare


def reading(log: EventLog) -> Preparation:
    """Read the log."""
    return lambda: lambda: sum(1 for _ in log.read(limit=READ))


def selecting(connection: sqlite3.Connection) -> Preparation:
    """Read the log's rows with the driver alone."""
    return lambda: lambda: len(connection.execute("SELECT * FROM event ORDER BY position LIMIT ?", (READ,)).fetchall())


def verifying(log: EventLog) -> Preparation:
    """Verify the log."""
    return lambda: lambda: log.verify().events


@contextmanager
def new_file() -> Iterator[Path]:
    """Give a place for a database."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory, "log.db")


@contextmanager
def bare_table(path: Path, *keys: str) -> Iterator[sqlite3.Connection]:
    """Give a connection to a file with a table of the event's columns, and with *keys* or without."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"CREATE TABLE bare (position INTEGER PRIMARY KEY AUTOINCREMENT, {typed('BLOB')})")
        for key in keys:
            connection.execute(key)
        connection.commit()
        yield connection


def typed(binary: str) -> str:
    """Return the event's columns with their types."""
    kinds = {"seq": "BIGINT", "emitted_at": "BIGINT", "recorded_at": "BIGINT", "schema_version": "INTEGER"}
    kinds |= dict.fromkeys(("artifact", "salt", "body"), binary)
    return ", ".join(f"{column} {kinds.get(column, 'TEXT')}" for column in COLUMNS.split(", "))
