"""How long a user waits: for help, for the demo, for a quick scan, and for the recording of an audit.

`python -m tests.benchmarks audit [--json] [--rounds N] [--only NAME]`; wall time in seconds, medians. What is timed
has its bytecode, as after an installation: to compile the sources, which it otherwise does each time where
PYTHONDONTWRITEBYTECODE is set, takes a third of a second of a scan.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import serving
from veritas.cli.demo.server import serve_shops

TARGETS = {
    "help": 0.2,
    "quick_scan": 4.0,
    "quick_scan_shop": 4.0,
    "demo": 25.0,
    "recording_overhead": 0.10,
    "tee_cost": 1.05,
}


def main(arguments: list[str]) -> int:
    """Measure and print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks audit")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=TARGETS)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as directory, serve_shops() as shops, _plain_page() as page:
        environment = _with_bytecode(f"{directory}/bytecode")
        rounds, log, crooked = options.rounds, f"{directory}/a.db", shops.crooked
        measures: dict[str, Callable[[], float]] = {
            "help": lambda: _median(rounds, environment, _veritas("--help")),
            "quick_scan": lambda: _median(rounds, environment, _quick_scan(log, page)),
            "quick_scan_shop": lambda: _median(rounds, environment, _quick_scan(log, crooked)),
            "demo": lambda: _median(min(rounds, 3), environment, _veritas("demo", "--db", f"{directory}/b.db")),
            "recording_overhead": lambda: _overhead(rounds, environment, crooked, Path(directory) / "c.db"),
            "tee_cost": lambda: _tee_cost(rounds, environment, crooked, Path(directory) / "d.db"),
        }
        chosen = {name: measure for name, measure in measures.items() if options.only in (None, name)}
        results = {name: {"measured": round(measure(), 3), "target": TARGETS[name]} for name, measure in chosen.items()}
    if options.json:
        print(json.dumps(results, indent=2))
        return 0
    print(f"{'':20} {'measured':>9} {'target':>8}")
    for name, result in results.items():
        print(f"{name:20} {result['measured']:9.3f} {'<= ' + format(result['target'], 'g'):>8}")
    return 0


def _overhead(rounds: int, environment: dict[str, str], url: str, database: Path) -> float:
    """Return by which share an audit is longer with its record than without, in pairs one after the other.

    Without: the child process alone, its events thrown away. With: the same child under the audit runner, its events
    over the queue into a log on disk. Both without the command line around them.
    """
    child = [
        sys.executable,
        "-P",
        "-m",
        "veritas.recording.child",
        "--tier",
        "standard_audit",
        "--ipc",
        "stdout",
        "--",
        url,
    ]
    ratios = []
    for _ in range(1 + rounds):
        alone = _timed(child, environment)
        ratios.append(_recorded("queue", environment, url, database) / alone - 1)
    return statistics.median(ratios[1:])  # the first leaves the bytecode behind


def _tee_cost(rounds: int, environment: dict[str, str], url: str, database: Path) -> float:
    """Return how many times as long an audit over both transports takes as one over the queue, comparison included."""
    ratios = []
    _recorded("validate", environment, url, database)  # which leaves the bytecode behind
    for turn in range(rounds):  # whichever is first has the colder caches
        modes = ("queue", "validate") if turn % 2 else ("validate", "queue")
        took = {mode: _recorded(mode, environment, url, database) for mode in modes}
        ratios.append(took["validate"] / took["queue"])
    return statistics.median(ratios)


def _recorded(mode: str, environment: dict[str, str], url: str, database: Path) -> float:
    """Return the wall time of an audit that is recorded, in a process of its own."""
    script = database.with_suffix(".py")
    script.write_text(_RECORDED)
    command = [sys.executable, str(script), url, str(database), mode]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


_RECORDED = """
import asyncio, sys, time
from veritas.recording.audit_runner import AuditRunner
from veritas.core.rollout import Decision
from veritas.archive.archive import Archive
from veritas.recording.run import new_audit_id

if __name__ == "__main__":
    with Archive.open(sys.argv[2]) as archive:
        decision = Decision(sys.argv[3], "STATIC", "benchmark")
        started = time.perf_counter()
        runner = AuditRunner(new_audit_id(), sys.argv[1], archive=archive, decision=decision)
        outcome = asyncio.run(runner.run(lambda message: None))
        print(time.perf_counter() - started)
        assert outcome.ok, outcome
"""


@contextmanager
def _plain_page() -> Iterator[str]:
    """Serve one page with a few lines and a link, and give its address."""
    body = b"<!doctype html><title>Plain</title><h1>A page</h1><p>of a few lines, with <a href=/more>a link</a>."
    with serving(lambda path: body, "text/html") as url:
        yield f"{url}/"


def _quick_scan(database: str, url: str) -> list[str]:
    return _veritas("--tier", "quick_scan", "--db", database, url)


def _veritas(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "veritas", *arguments]


def _with_bytecode(directory: str) -> dict[str, str]:
    """Return this process's environment, but bytecode is written, and kept in *directory*."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": directory}


def _median(rounds: int, environment: dict[str, str], command: list[str]) -> float:
    _timed(command, environment)  # which leaves the bytecode behind
    return statistics.median(_timed(command, environment) for _ in range(rounds))


def _timed(command: list[str], environment: dict[str, str]) -> float:
    """Return a command's wall time; its standard input stays open until it has ended."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None and process.stdin is not None  # both are pipes
    said = process.stderr.read()
    assert process.wait() == 0, said.decode()
    process.stdin.close()
    process.stderr.close()
    return time.perf_counter() - started
