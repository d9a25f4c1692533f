"""How fast the log appends, reads, verifies and lists, beside the plain driver and beside pyeventsourcing.

`python -m tests.benchmarks log [--json] [--repetitions N] [--only FIGURES] [--large]`

Each figure is the median over repetitions, in which the log and what it is compared with take turns on the same disk. A
ratio is the median of the ratios of those turns, so that a machine that is busy now and then slows both. Events are of
300 bytes, every commit is on the disk (`synchronous=FULL`), and the log has all its guarantees on: hashes, guards,
keys, and the read model taken along in the same transaction, as the recorder has it.

* `append`: in batches of 100, and one event a commit. Beside it plain sqlite3 inserts the event's columns, without
  hashes and guards, into a bare table, and into one that has the log's keys as well; and so do pyeventsourcing's
  recorders: the application's, which keeps one order over all aggregates as the log does, and the aggregate's, which
  keeps none.
* `recorders`: eight processes at once on one SQLite file, all together, beside one alone.
* `postgresql`: batches of 100 beside psycopg inserting the same columns into a bare table.
* `read`: a run of 10,000 events, as ProgressEvents, beside pyeventsourcing's selecting the same rows, whose states
  stay bytes.
* `verify`: a log of 200,000 events with one checkpoint: chain, artifacts, tree, and the read models.
* `list`: `veritas list` over 100,000 runs, as a process that writes to a pipe.
* `large`: how much memory the processes that verify 1,000,000 events have at most, all together; and how fast a log of
  5,000,000 events appends, beside an empty one. It takes minutes and 4 GB: `--large`.
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
from tests.benchmarks._figure import Figure, Turns, compared, in_turn, measure
from tests.benchmarks._files import new_file, new_log
from tests.benchmarks._log_eventsourcing import recorder, recording
from tests.benchmarks._log_plain import KEYS, bare_table, inserting, typed
from tests.benchmarks._log_work import appending, fill, fill_with_audits, new_run, rate
from tests.databases import postgresql_schema
from veritas.archive.archive import Archive
from veritas.config import child_environment
from veritas.events.attachment import stored_media_type
from veritas.projections.run_summary import read_model_check, runs_of

ROOT = Path(__file__).parents[2]
READ, VERIFIED, LISTED = 10_000, 200_000, 100_000
MANY, MOST = 1_000_000, 5_000_000
AT_ONCE = 8
APPLICATION, AGGREGATE = "pyeventsourcing, application", "pyeventsourcing, aggregate"


def main(argv: list[str]) -> int:
    """Measure, and print what came of it."""
    return measure(
        argv,
        name="log",
        doc=__doc__,
        measures=MEASURES,
        repetitions=7,
        apart=("large", "--large", "measure large logs too, which takes minutes and 4 GB"),
    )


def append(repetitions: int) -> Iterator[Figure]:
    """Measure how many events a second are appended by one recorder."""
    for size, batches, raw, theirs in ((100, 100, ">= 0.5", ">= 0.9"), (1, 500, ">= 0.85", ">= 1.0")):
        what, turns = f"append, {size} a commit", appended(repetitions, size, batches)
        yield compared(what, "/s", turns, "log", "bare", "sqlite3, bare table", raw)
        yield compared(what, "/s", turns, "log", "keyed", "sqlite3, table with the log's keys", None)
        yield compared(what, "/s", turns, "log", "application", APPLICATION, theirs)
        yield compared(what, "/s", turns, "log", "aggregate", AGGREGATE, None)
        yield compared(what, "/s", turns, "log", "unfolded", "the log without its read model", None)


def appended(repetitions: int, size: int, batches: int) -> Turns:
    """Return how many events a second the log appends on SQLite, and everything that it is compared with."""
    with ExitStack() as stack:
        log, unfolded = (stack.enter_context(new_log()) for _ in range(2))
        bare, keyed = (stack.enter_context(bare_table(stack.enter_context(new_file()), *keys)) for keys in ((), KEYS))
        application, aggregate = (
            stack.enter_context(recorder(stack.enter_context(new_file()), kind))
            for kind in ("Application", "Aggregate")
        )
        return in_turn(
            repetitions,
            {
                "log": lambda: rate(appending(log, size, batches)),
                "bare": lambda: rate(inserting(bare, size, batches)),
                "application": lambda: rate(recording(application, size, batches)),
                "keyed": lambda: rate(inserting(keyed, size, batches)),
                "aggregate": lambda: rate(recording(aggregate, size, batches)),
                "unfolded": lambda: rate(appending(unfolded, size, batches, folded=False)),
            },
        )


def recorders(repetitions: int) -> Iterator[Figure]:
    """Measure how many events a second several recorders append together."""
    with new_file() as alone, new_file() as shared:
        for file in (alone, shared):
            EventLog.open(file).close()
        turns = in_turn(
            repetitions, {"together": lambda: processes(shared, AT_ONCE, 25), "alone": lambda: processes(alone, 1, 200)}
        )
    yield compared(f"{AT_ONCE} recorders, together", "/s", turns, "together", "alone", "one recorder alone", ">= 0.7")


def processes(file: Path, number: int, batches: int) -> float:
    """Return how many events a second so many processes append to one log, each so many batches of 100."""
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
    """Measure how many events a second are appended on PostgreSQL."""
    with postgresql_schema() as address, EventLog.open(address) as log, psycopg.connect(address) as raw:
        raw.execute(f"CREATE TABLE bare (position BIGSERIAL PRIMARY KEY, {typed('BYTEA')})")
        raw.commit()
        turns = in_turn(
            repetitions,
            {
                "log": lambda: rate(appending(log, 100, 50)),
                "bare": lambda: rate(inserting(raw, 100, 50)),
            },
        )
    what = "append, 100 a commit, PostgreSQL"
    yield compared(what, "/s", turns, "log", "bare", "psycopg executemany, bare table", ">= 0.5")


def read(repetitions: int) -> Iterator[Figure]:
    """Measure how many events a second are read as ProgressEvents."""
    run_id = new_run()
    with new_log() as log, new_file() as file, recorder(file, "Application") as theirs:
        fill(log, 2 * READ)
        appending(log, 100, READ // 100, run_id=run_id)()
        recording(theirs, 100, READ // 100, run_id=run_id)()
        archive = Archive(log)
        turns = in_turn(
            repetitions,
            {
                "log": lambda: rate(lambda: sum(event.event.seq > 0 for event in archive.events(run_id))),
                "theirs": lambda: rate(lambda: len(theirs.select_events(run_id))),
            },
        )
    yield compared(f"read {READ:,}", "/s", turns, "log", "theirs", f"{APPLICATION}, bytes", ">= 1.0")


def verify(repetitions: int) -> Iterator[Figure]:
    """Measure how many events a second are verified."""

    def verified(**arguments: Any) -> int:
        verification = log.verify(media_type=stored_media_type, **arguments)
        assert verification.fault is None, verification.fault
        return verification.events

    with new_log() as log:
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
    yield compared(what, "/s", turns, "whole", "events", "without the read models", None)


def list_(repetitions: int) -> Iterator[Figure]:
    """Measure how many seconds it takes to list many runs."""
    with new_file() as file:
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
    for which, taken in turns.items():
        yield Figure(f"list, {LISTED:,} runs, {which}", statistics.median(taken), "s", target="<= 0.5")


def seconds(program: tuple[str, ...], lines: int) -> float:
    """Return how many seconds a process takes, up to its end, to write so many lines into a pipe."""
    start = time.perf_counter()
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
    taken = time.perf_counter() - start
    assert done.stdout.count(b"\n") == lines
    return taken


def large(repetitions: int) -> Iterator[Figure]:
    """Measure what depends on how large the log is."""
    with new_log() as small, new_file() as file, EventLog.open(file) as log:
        fill(log, MANY)
        program = child("verify", file)
        done = subprocess.run(program, stdout=subprocess.PIPE, check=True, env=child_environment(ROOT))
        yield Figure(f"memory, verify {MANY:,}", float(done.stdout), "MB", target="<= 150")
        fill(log, MOST)
        turns: Turns = in_turn(
            repetitions,
            {"large": lambda: rate(appending(log, 100, 100)), "empty": lambda: rate(appending(small, 100, 100))},
        )
    yield compared(f"append, at {MOST:,}", "/s", turns, "large", "empty", "the empty log", ">= 0.8")


def child(*program: object) -> list[str]:
    """Return how to start one of the processes."""
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
