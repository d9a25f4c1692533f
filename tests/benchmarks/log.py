"""The speed of appending to the log, reading, verifying and listing, compared with the driver and pyeventsourcing.

`python -m tests.benchmarks log [--json] [--repetitions N] [--only FIGURES] [--large]`

Each figure is the median over repetitions. The log and its baselines are measured in turn on the same disk, and a ratio
is the median of the ratios of those turns, so that a machine that is busy now and then slows both. Events have 300
bytes, every commit is synchronised to the disk (`synchronous=FULL`), and all guarantees of the log are on: hashes,
guards, keys, and the read model, which is updated in the same transaction, as by the recorder.

* `append`: batches of 100, and one event per commit. The baselines are sqlite3, which inserts the event's columns,
  without hashes and guards, into a bare table, and into one that has the log's keys as well; and pyeventsourcing's
  recorders: the application's, which orders the events of all aggregates as the log does, and the aggregate's, which
  does not.
* `recorders`: eight processes that append to one SQLite file at once, all together, compared with one process.
* `postgresql`: batches of 100, compared with psycopg, which inserts the same columns into a bare table.
* `read`: a run of 10,000 events, as ProgressEvents, compared with pyeventsourcing, which selects the same rows and
  leaves their states as bytes.
* `verify`: a log of 200,000 events with one checkpoint: chain, artifacts, tree, and the read models.
* `list`: `veritas list` over 100,000 runs, as a process that writes to a pipe.
* `large`: the sum of the peak memory of the processes that verify 1,000,000 events; and the rate of appending to a log
  of 5,000,000 events, compared with an empty one. It takes minutes and 4 GB: `--large`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from store.log import EventLog
from store.proofs.signed_note import SigningKey
from tests.benchmarks._figure import Figure, Turns, compare, in_turn, measure
from tests.benchmarks._files import temporary_log, temporary_path
from tests.benchmarks._log_eventsourcing import insert_events_work, recorder
from tests.benchmarks._log_plain import KEYS, bare_table, column_types, insert_work
from tests.benchmarks._log_work import append_work, fill, fill_with_audits, new_run, rate
from tests.databases import postgresql_schema
from veritas.archive.archive import Archive
from veritas.config import child_environment
from veritas.events.attachment import stored_media_type
from veritas.projections.run_summary import read_model_check, runs_of

ROOT = Path(__file__).parents[2]
READ, VERIFIED, LISTED = 10_000, 200_000, 100_000
VERIFIED_LARGE, APPENDED_LARGE = 1_000_000, 5_000_000
AT_ONCE = 8
APPLICATION, AGGREGATE = "pyeventsourcing, application", "pyeventsourcing, aggregate"


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    return measure(
        argv,
        name="log",
        doc=__doc__,
        measures=MEASURES,
        repetitions=7,
        optional=("large", "--large", "measure large logs too, which takes minutes and 4 GB"),
    )


def append(repetitions: int) -> Iterator[Figure]:
    """Measure how many events per second one recorder appends."""
    for size, batches, bare_target, their_target in (
        (100, 100, ">= 0.5", ">= 0.9"),
        (1, 500, ">= 0.85", ">= 1.0"),
    ):
        what, turns = f"append, {size} a commit", append_rates(repetitions, size, batches)
        yield compare(what, "/s", turns, "log", "bare", "sqlite3, bare table", bare_target)
        yield compare(what, "/s", turns, "log", "keyed", "sqlite3, table with the log's keys", None)
        yield compare(what, "/s", turns, "log", "application", APPLICATION, their_target)
        yield compare(what, "/s", turns, "log", "aggregate", AGGREGATE, None)
        yield compare(what, "/s", turns, "log", "without row", "the log without its read model", None)


def append_rates(repetitions: int, size: int, batches: int) -> Turns:
    """Return how many events per second the log and each of its baselines append on SQLite."""
    with ExitStack() as stack:
        log, log_without_row = (stack.enter_context(temporary_log()) for _ in range(2))
        paths = (stack.enter_context(temporary_path()) for _ in range(4))
        bare, keyed = (stack.enter_context(bare_table(next(paths), *keys)) for keys in ((), KEYS))
        application, aggregate = (
            stack.enter_context(recorder(next(paths), kind)) for kind in ("Application", "Aggregate")
        )
        return in_turn(
            repetitions,
            {
                "log": lambda: rate(append_work(log, size, batches)),
                "bare": lambda: rate(insert_work(bare, size, batches)),
                "application": lambda: rate(insert_events_work(application, size, batches)),
                "keyed": lambda: rate(insert_work(keyed, size, batches)),
                "aggregate": lambda: rate(insert_events_work(aggregate, size, batches)),
                "without row": lambda: rate(append_work(log_without_row, size, batches, with_row=False)),
            },
        )


def recorders(repetitions: int) -> Iterator[Figure]:
    """Measure how many events per second several recorders append together."""
    with temporary_path() as alone, temporary_path() as shared:
        for file in (alone, shared):
            EventLog.open(file).close()
        turns = in_turn(
            repetitions,
            {"together": lambda: concurrent_rate(shared, AT_ONCE, 25), "alone": lambda: concurrent_rate(alone, 1, 200)},
        )
    yield compare(f"{AT_ONCE} recorders, together", "/s", turns, "together", "alone", "one recorder alone", ">= 0.7")


def concurrent_rate(file: Path, number: int, batches: int) -> float:
    """Return how many events per second *number* processes append to one log, each *batches* batches of 100."""
    children = [
        subprocess.Popen(
            child("append", file, new_run(), 100, batches),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(ROOT),
        )
        for _ in range(number)
    ]
    with ExitStack() as stack:
        pipes = [(stack.enter_context(process), process.stdin, process.stdout) for process in children]
        for _, _, out in pipes:
            assert out is not None and out.readline() == b"ready\n"
        start = time.perf_counter()
        for _, into, _ in pipes:
            assert into is not None
            into.write(b"\n")
            into.flush()
        for _, _, out in pipes:
            assert out is not None and out.readline() == b"done\n"
        return 100 * batches * number / (time.perf_counter() - start)


def postgresql(repetitions: int) -> Iterator[Figure]:
    """Measure how many events per second are appended on PostgreSQL."""
    with postgresql_schema() as address, EventLog.open(address) as log, psycopg.connect(address) as raw:
        raw.execute(f"CREATE TABLE bare (position BIGSERIAL PRIMARY KEY, {column_types('BYTEA')})")
        raw.commit()
        turns = in_turn(
            repetitions,
            {
                "log": lambda: rate(append_work(log, 100, 50)),
                "bare": lambda: rate(insert_work(raw, 100, 50)),
            },
        )
    what = "append, 100 a commit, PostgreSQL"
    yield compare(what, "/s", turns, "log", "bare", "psycopg executemany, bare table", ">= 0.5")


def read(repetitions: int) -> Iterator[Figure]:
    """Measure how many events per second are read as ProgressEvents."""
    run_id = new_run()
    with temporary_log() as log, temporary_path() as file, recorder(file, "Application") as theirs:
        fill(log, 2 * READ)
        append_work(log, 100, READ // 100, run_id=run_id)()
        insert_events_work(theirs, 100, READ // 100, run_id=run_id)()
        archive = Archive(log)
        turns = in_turn(
            repetitions,
            {
                "log": lambda: rate(lambda: sum(event.event.seq > 0 for event in archive.events(run_id))),
                "theirs": lambda: rate(lambda: len(theirs.select_events(run_id))),
            },
        )
    yield compare(f"read {READ:,}", "/s", turns, "log", "theirs", f"{APPLICATION}, bytes", ">= 1.0")


def verify(repetitions: int) -> Iterator[Figure]:
    """Measure how many events per second are verified."""

    def verified(**arguments: Any) -> int:
        verification = log.verify(media_type=stored_media_type, **arguments)
        assert verification.fault is None, verification.fault
        return verification.events

    with temporary_log() as log:
        fill(log, VERIFIED)
        log.checkpoint(SigningKey.generate())
        turns = in_turn(
            repetitions,
            {
                "whole": lambda: rate(lambda: verified(read_model=read_model_check(log))),
                "events": lambda: rate(verified),
            },
        )
    what = f"verify {VERIFIED:,}"
    yield Figure(what, statistics.median(turns["whole"]), "/s", target=">= 200000")
    yield compare(what, "/s", turns, "whole", "events", "without the read models", None)


def list_(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to list many runs."""
    with temporary_path() as file:
        with EventLog.open(file) as log:
            fill_with_audits(log, LISTED)
            runs_of(log).catch_up(lambda done, total: None)
        program = (sys.executable, "-m", "veritas", "list", "--db", str(file), "--format", "jsonl")
        turns = in_turn(
            repetitions,
            {
                "all": lambda: seconds(program, LISTED),
                "--limit 20": lambda: seconds((*program, "--limit", "20"), 20),
            },
        )
    for arguments, times in turns.items():
        yield Figure(f"list, {LISTED:,} runs, {arguments}", statistics.median(times), "s", target="<= 0.5")


def seconds(program: tuple[str, ...], lines: int) -> float:
    """Return how many seconds a process takes until its end, and check that it writes so many lines to a pipe."""
    start = time.perf_counter()
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    taken = time.perf_counter() - start
    assert done.stdout.count(b"\n") == lines
    return taken


def large(repetitions: int) -> Iterator[Figure]:
    """Measure the memory and the rate that may depend on the size of the log."""
    with temporary_log() as small, temporary_path() as file, EventLog.open(file) as log:
        fill(log, VERIFIED_LARGE)
        program = child("verify", file)
        done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
        yield Figure(f"memory, verify {VERIFIED_LARGE:,}", float(done.stdout), "MB", target="<= 150")
        fill(log, APPENDED_LARGE)
        turns: Turns = in_turn(
            repetitions,
            {"large": lambda: rate(append_work(log, 100, 100)), "empty": lambda: rate(append_work(small, 100, 100))},
        )
    yield compare(f"append, at {APPENDED_LARGE:,}", "/s", turns, "large", "empty", "the empty log", ">= 0.8")


def child(*program: object) -> list[str]:
    """Return the command that starts one of the child programs."""
    return [sys.executable, "-P", "-m", "tests.benchmarks._log_child", *map(str, program)]


MEASURES: dict[str, Callable[[int], Iterator[Figure]]] = {
    "append": append,
    "recorders": recorders,
    "postgresql": postgresql,
    "read": read,
    "verify": verify,
    "list": list_,
    "large": large,
}
