"""What pages cost that take as much as they can: the time and the memory of an audit, and how it ends.

`python -m tests.benchmarks hostile_pages [--only TEXT] [--size SHARE] [--show]`

Each page is audited by `veritas audit --tier quick_scan`. The exit status is 1 if an audit took longer than it may,
ended in another way than with a verdict or an error of the page, or left a process. Memory is the largest resident set
of the recording parent, of the audit's child, and the sum of the browser's processes, sampled.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.audit.conftest import Site
from tests.benchmarks._hostile_pages import PAGES
from tests.processes import Process, descendants, kill

TIMEOUT = 120  # seconds of the audit
MAX_SECONDS = TIMEOUT + 20
MAX_PARENT, MAX_CHILD = 250_000_000, 600_000_000  # bytes
_PAGE_SIZE = 4096


@dataclass
class Cost:
    """What the audit of a page took."""

    seconds: float = 0
    memory: dict[str, int] = field(default_factory=dict)
    exit_status: int = -1
    state: dict[str, object] = field(default_factory=dict)
    output: str = ""
    left: int = 0

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the cost."""
        if self.seconds > MAX_SECONDS:
            yield f"took {self.seconds:.0f} s"
        if self.exit_status not in (0, 1):
            yield f"exit status {self.exit_status}"
        if self.left:
            yield f"{self.left} processes left"
        for name, limit in (("parent", MAX_PARENT), ("child", MAX_CHILD)):
            if self.memory.get(name, 0) > limit:
                yield f"{name} of {self.memory[name] / 1e6:.0f} MB"


def main(argv: list[str]) -> int:
    """Audit the pages, and print a table; the exit status is 1 if one cost more than it may."""
    parser = argparse.ArgumentParser(prog="hostile_pages", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="only the pages with this in their names")
    parser.add_argument("--size", type=float, default=1.0, metavar="SHARE", help="of each page's full size")
    parser.add_argument("--show", action="store_true", help="print the output of each audit")
    options = parser.parse_args(argv)
    print(f"{'page':40} {'s':>6} {'parent':>7} {'child':>7} {'browser':>8}  end")
    is_broken = False
    for name in (name for name in PAGES if options.only in name):
        cost = audit(name, options.size)
        faults = list(cost.faults())
        is_broken = is_broken or bool(faults)
        memory = [f"{cost.memory.get(part, 0) / 1e6:.0f}" for part in ("parent", "child", "browser")]
        print(f"{name:40} {cost.seconds:6.1f} {memory[0]:>7} {memory[1]:>7} {memory[2]:>8}  {end_of(cost)}", flush=True)
        for fault in faults:
            print(f"    WRONG: {fault}", flush=True)
        if options.show:
            print(cost.output, flush=True)
    return int(is_broken)


def audit(name: str, size: float = 1.0) -> Cost:
    """Audit the page of that name, and return what it took."""
    with served(name, size) as url, tempfile.TemporaryDirectory() as directory:
        cost = Cost()
        command = [sys.executable, "-m", "veritas", "audit", url, "--tier", "quick_scan", "--timeout", str(TIMEOUT)]
        outcome = Path(directory) / "outcome.json"
        options = ["--db", f"{directory}/a.db", "-o", str(outcome)]
        started = time.monotonic()
        with (Path(directory) / "output").open("w+") as output:
            process = subprocess.Popen([*command, *options], stdout=output, stderr=output, stdin=subprocess.PIPE)
            known: set[Process] = set()
            while process.poll() is None and time.monotonic() - started < 2 * MAX_SECONDS:
                processes = descendants(process.pid)
                known.update(processes)
                for part, used in memory_of(process.pid, processes):
                    cost.memory[part] = max(cost.memory.get(part, 0), used)
                time.sleep(0.1)
            process.kill()
            cost.exit_status = process.wait()
            cost.seconds = time.monotonic() - started
            output.seek(0)
            cost.output = output.read()
        left = [process for process in known if process.lives]
        cost.left = len(left)
        kill(left)
        if outcome.exists():
            cost.state = json.loads(outcome.read_text())
        return cost


@contextmanager
def served(name: str, size: float) -> Iterator[str]:
    """Serve the page of that name, and yield its URL."""
    site = Site()
    try:
        yield PAGES[name](site, size)
    finally:
        site.close()


def memory_of(parent: int, processes: Iterable[Process]) -> Iterator[tuple[str, int]]:
    """Yield the bytes of the resident set of the parent, of the child, and of the browser's processes together."""
    browser = 0
    yield "parent", _resident(parent)
    for process in processes:
        if "veritas.recording.child" in process.line:
            yield "child", _resident(process.pid)
        elif "--type=" in process.line or "--remote-debugging-pipe" in process.line:
            browser += _resident(process.pid)
    yield "browser", browser


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_SIZE
    except (OSError, IndexError):
        return 0


def end_of(cost: Cost) -> str:
    """Return how the audit ended: its status, verdict, error, and the limits that it reached."""
    verdict = cost.state.get("verdict")
    level = verdict.get("risk_level") if isinstance(verdict, dict) else None
    limits = cost.state.get("limits")
    reached = sorted({str(limit["name"]) for limit in limits}) if isinstance(limits, list) else []
    parts = [str(cost.state.get("status")), str(level), str(cost.state.get("error") or "")[:120], ", ".join(reached)]
    return "; ".join(part for part in parts if part and part != "None")
