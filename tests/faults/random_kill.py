"""One kill at a random time, and the promises of the design that must hold nevertheless."""

from __future__ import annotations

import random
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from tests.faults.fault import Fault
from tests.faults.running import LONGEST_END, Result, Run
from tests.processes import wait_until

BURST = 8_000
LATEST = 1.5  # seconds after the child's start
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP)


@dataclass(frozen=True)
class Kill:
    """A process, the signal that it gets, and when.

    Attributes:
        mode: The mode of the run.
        target: `child`, `manager` or `recorder`.
        signal: The signal; a child that is stopped is killed a moment later.
        after: The seconds after the child was found.
    """

    mode: str
    target: str
    signal: signal.Signals
    after: float

    @classmethod
    def draw(cls, draw: random.Random) -> Kill:
        """Return a random kill."""
        mode = draw.choice(("queue", "stdout", "validate"))
        target = draw.choice(("child", "recorder") if mode == "stdout" else ("child", "manager", "recorder"))
        sent = signal.SIGKILL if target == "recorder" else draw.choice(SIGNALS)
        return cls(mode, target, sent, draw.uniform(0, LATEST))

    def carry_out(self, directory: Path) -> Result | None:
        """Run, kill, and return the result; None if the run was over before."""
        run = Run(directory, self.mode, Fault(burst=BURST, wait_every=250))
        wait_until(lambda: run.find("child") or not run.running)
        time.sleep(self.after)  # the random time itself; this does not wait for anything
        hit = run.kill(self.target, self.signal)
        if hit and self.target == "child" and self.signal == signal.SIGSTOP:
            run.kill("child", signal.SIGKILL)
        result = run.end()
        return result if hit else None

    def broken_promises(self, result: Result) -> list[str]:
        """Return the promises of the design that do not hold for *result*."""
        last, confirmed = max(result.recorded, default=0), result.account.confirmed
        complete = result.account.closed is not None and self.target != "recorder"
        promises = {
            "the log is sound": result.damaged is None,
            "no process or temporary file is left": not result.left,
            "every confirmed event is in the log": self.mode == "stdout" or last >= confirmed,
            "the recorded numbers have no gap": result.recorded == set(range(1, last + 1)),
            "each number counts once": result.state.emitted == len(result.recorded),
            "each source has each number once, in order": all(
                numbers == sorted(set(numbers)) for numbers in map(result.numbers, ("queue", "stdout"))
            ),
            "every event of a child that reported its count is in the log": not complete
            or last == result.account.closed,
            "the run's end is in the log": self.target == "recorder" or bool(result.own("run_finished")),
            "a lost manager fails no run": self.target != "manager" or result.report.get("status") == "completed",
            "it ended in time": result.seconds < LONGEST_END,
            "the parent stayed small": result.report.get("memory", 0) < 150 * 1024 * 1024,
        }
        return [promise for promise, held in promises.items() if not held]
