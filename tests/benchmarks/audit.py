"""The times that a user waits: for help, for the demo, for a quick scan, and for the recording of an audit.

`python -m tests.benchmarks audit [--json] [--rounds N] [--only NAME]`

Each figure is a median of wall times in seconds. The timed commands have their bytecode, as after an installation. With
PYTHONDONTWRITEBYTECODE set, they would compile the sources each time, which takes a third of a second of a scan.

* `recording_overhead`: by how much recording lengthens an audit, as a share of its time without.
* `guard_overhead`: by how much the egress guard lengthens a quick scan, as a share of its time without: of the crooked
  shop, in pairs, by the orchestrator alone. Without the guard the browser connects directly.
* `tee_cost`: the time of an audit over both transports, divided by the time of one over the queue.
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
from veritas.config import Settings
from veritas.recording.audit_options import AuditOptions
from veritas.recording.child_input import ChildInput

TARGETS = {
    "help": 0.2,
    "quick_scan": 4.0,
    "quick_scan_shop": 4.0,
    "demo": 25.0,
    "recording_overhead": 0.10,
    "tee_cost": 1.05,
    "guard_overhead": 0.05,
}


def main(argv: list[str]) -> int:
    """Run the measurements, and print a table or JSON."""
    parser = argparse.ArgumentParser(prog="audit", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="repetitions (default: %(default)s)")
    parser.add_argument("--only", choices=TARGETS, help="run only this measurement")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as directory, serve_shops() as shops, _plain_page() as page:
        environment = _bytecode_environment(f"{directory}/bytecode")
        rounds, log, crooked = options.rounds, f"{directory}/a.db", shops.crooked
        measures: dict[str, Callable[[], float]] = {
            "help": lambda: _median(rounds, environment, _veritas("--help")),
            "quick_scan": lambda: _median(rounds, environment, _quick_scan(log, page)),
            "quick_scan_shop": lambda: _median(rounds, environment, _quick_scan(log, crooked)),
            "demo": lambda: _median(min(rounds, 3), environment, _veritas("demo", "--db", f"{directory}/b.db")),
            "recording_overhead": lambda: _overhead(rounds, environment, crooked, Path(directory) / "c.db"),
            "tee_cost": lambda: _tee_cost(rounds, environment, crooked, Path(directory) / "d.db"),
            "guard_overhead": lambda: _guard_overhead(rounds, environment, crooked, Path(directory) / "e.py"),
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
    """Return by how much recording lengthens an audit, as a share of its time without; measured in pairs.

    Without recording, the child process runs alone, and its events are discarded. With recording, the audit runner
    starts the same child, whose events go over the queue into a log on disk. Neither includes the command line.
    """
    child = [sys.executable, "-P", "-m", "veritas.recording.child", "--ipc", "stdout"]
    given = ChildInput(url, "standard_audit", AuditOptions(), Settings(), "00" * 32).encode()
    ratios = []
    for _ in range(1 + rounds):
        alone = _timed(child, environment, given)
        ratios.append(_recording_time("queue", environment, url, database) / alone - 1)
    return statistics.median(ratios[1:])  # the first pair writes the bytecode


def _tee_cost(rounds: int, environment: dict[str, str], url: str, database: Path) -> float:
    """Return the time of an audit over both transports and their comparison, divided by that of one over the queue."""
    ratios = []
    _recording_time("validate", environment, url, database)  # writes the bytecode
    for turn in range(rounds):  # the order alternates, because the first has the colder caches
        modes = ("queue", "validate") if turn % 2 else ("validate", "queue")
        times = {mode: _recording_time(mode, environment, url, database) for mode in modes}
        ratios.append(times["validate"] / times["queue"])
    return statistics.median(ratios)


def _guard_overhead(rounds: int, environment: dict[str, str], url: str, script: Path) -> float:
    """Return by how much the egress guard lengthens a quick scan, as a share of its time without it."""
    script.write_text(_GUARD_SCRIPT)
    root = str(Path(__file__).parents[2])
    ratios = []
    for turn in range(1 + rounds):  # the order alternates, because the first has the colder caches
        times = {}
        for mode in ("direct", "guarded") if turn % 2 else ("guarded", "direct"):
            command = [sys.executable, str(script), url, mode]
            run = subprocess.run(
                command, env=environment | {"PYTHONPATH": root}, capture_output=True, text=True, check=True
            )
            times[mode] = float(run.stdout)
        ratios.append(times["guarded"] / times["direct"] - 1)
    return statistics.median(ratios[1:])  # the first pair writes the bytecode


_GUARD_SCRIPT = """
import asyncio, sys, time
from veritas.audit.browser import browser
from veritas.core.orchestrator import VeritasOrchestrator

class Discarding:
    def send(self, body, *, wait=False):
        pass

    def close(self, emitted):
        pass

if __name__ == "__main__":
    if sys.argv[2] == "direct":
        browser.guard_flags = lambda port: ("--no-proxy-server",)
    started = time.perf_counter()
    outcome = asyncio.run(VeritasOrchestrator(sender=Discarding()).audit(sys.argv[1], "quick_scan"))
    print(time.perf_counter() - started)
    assert outcome["status"] == "completed", outcome
"""


def _recording_time(mode: str, environment: dict[str, str], url: str, database: Path) -> float:
    """Return the wall time of a recorded audit, in a new process."""
    script = database.with_suffix(".py")
    script.write_text(_RECORDING_SCRIPT)
    command = [sys.executable, str(script), url, str(database), mode]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


_RECORDING_SCRIPT = """
import asyncio, sys, time
from veritas.recording.audit_runner import AuditRunner
from veritas.core.mode_decision import Decision
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
    """Serve one page with a few lines and a link, and yield its address."""
    body = b"<!doctype html><title>Plain</title><h1>A page</h1><p>of a few lines, with <a href=/more>a link</a>."
    with serving(lambda path: body, "text/html") as url:
        yield f"{url}/"


def _quick_scan(database: str, url: str) -> list[str]:
    return _veritas("--tier", "quick_scan", "--db", database, url)


def _veritas(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "veritas", *arguments]


def _bytecode_environment(directory: str) -> dict[str, str]:
    """Return this process's environment, changed so that bytecode is written to *directory*."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return environment | {"PYTHONPYCACHEPREFIX": directory}


def _median(rounds: int, environment: dict[str, str], command: list[str]) -> float:
    _timed(command, environment)  # writes the bytecode
    return statistics.median(_timed(command, environment) for _ in range(rounds))


def _timed(command: list[str], environment: dict[str, str], given: bytes = b"") -> float:
    """Run a command, and return its wall time; its standard input gets *given*, and is open until it has ended."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None and process.stdin is not None  # both are pipes
    process.stdin.write(given)
    process.stdin.flush()
    errors = process.stderr.read()
    assert process.wait() == 0, errors.decode()
    process.stdin.close()
    process.stderr.close()
    return time.perf_counter() - started
