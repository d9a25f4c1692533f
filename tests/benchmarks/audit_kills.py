"""What is left of real audits, with a real browser, whose processes are killed at random times.

Each kill hits one or two of the recorder, the child, the manager, the browser's driver and the browser; a browser may
be stopped before, so that it does not end by itself. The seed is printed; the same seed draws the same kills.
"""

from __future__ import annotations

import contextlib
import random
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks._kills import Outcome, run_kills
from tests.processes import kill, wait_until
from tests.recording.live_audit import LiveAudit
from veritas.archive.archive import Archive
from veritas.cli.demo.server import serve_shops

LATEST = 6.0  # seconds after the start
TARGETS = ("parent", "child", "manager", "driver", "browser")


@dataclass(frozen=True)
class AuditKill:
    """One or two processes of an audit that are killed.

    Attributes:
        mode: The mode of the run.
        targets: The processes.
        stops_browser: Whether the browser is stopped before.
        after: The seconds after the start.
    """

    mode: str
    targets: tuple[str, ...]
    stops_browser: bool
    after: float

    @classmethod
    def draw(cls, draw: random.Random) -> AuditKill:
        """Return a random kill."""
        targets = draw.sample(TARGETS, draw.choice((1, 1, 2)))
        mode = draw.choice(("queue", "stdout", "validate"))
        return cls(mode, tuple(targets), draw.random() < 0.2, draw.uniform(0.3, LATEST))

    def carry_out(self, url: str, directory: Path) -> list[str]:
        """Carry it out, and return the promises of the design that were broken."""
        (temporary := directory / "t").mkdir()
        audit = LiveAudit(url, temporary, directory / "log.db", self.mode)
        time.sleep(self.after)  # the random time itself; this does not wait for anything
        if self.stops_browser and audit.find("browser"):
            audit.signal("browser", signal.SIGSTOP)
        audit.signal_all(filter(audit.find, self.targets), signal.SIGKILL)
        broken = []
        try:
            audit.parent.wait(120)
            wait_until(lambda: not audit.running, 30)
        except Exception:
            broken.append(f"processes are left: {[process.line[:80] for process in audit.running]}")
        if {"parent", "child"} <= set(self.targets):
            audit.run_next()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not audit.left, 10)
        if audit.left:
            broken.append(f"files are left: {sorted(map(str, temporary.rglob('*')))[:5]}")
        audit.parent.kill()
        kill(audit.running)
        if (directory / "log.db").exists():
            with Archive.open(directory / "log.db") as archive:
                if fault := archive.log.verify().fault:
                    broken.append(f"the log is not sound: {fault}")
        return broken


def main(argv: list[str]) -> int:
    """Carry out the kills and print the outcome; the exit status is 1 if a promise was broken."""
    about = (__doc__ or "").splitlines()[0]
    return run_kills(argv, prog="audit_kills", about=about, count=100, carry_out=outcomes)


def outcomes(seed: int, count: int) -> Iterator[Outcome]:
    """Yield the outcomes of *count* kills."""
    with serve_shops() as shops:
        for number in range(count):
            drawn = AuditKill.draw(random.Random(f"{seed}.{number}"))
            with tempfile.TemporaryDirectory(dir="/tmp", ignore_cleanup_errors=True) as directory:
                broken = drawn.carry_out(shops.crooked, Path(directory))
            yield Outcome(
                f"{' and '.join(drawn.targets)}, {drawn.mode}",
                kills=1,
                events={},
                broken=[f"{seed}.{number} {drawn}: {promise}" for promise in broken],
            )
