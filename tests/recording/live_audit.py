"""An audit of the demo's shop in processes of its own, each of which can be found and sent a signal."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tests.processes import Process, as_found_last, descendants, wait_until
from veritas.config import child_environment

TARGETS = {
    "child": "veritas.recording.child",
    "manager": "multiprocessing.spawn",
    "driver": "run-driver",
    "browser": "--remote-debugging-pipe",
    "renderer": "--type=renderer",
}


class LiveAudit:
    """An audit that runs, with its temporary files in a directory of its own.

    Attributes:
        parent: The process that records it.
        temporary: The directory of its temporary files.
    """

    def __init__(self, url: str, temporary: Path, database: Path, mode: str) -> None:
        self.temporary = temporary
        self._veritas = [sys.executable, "-m", "veritas", "--db", str(database)]
        self._seen: set[Process] = set()
        self.parent = subprocess.Popen(
            [*self._veritas, "audit", url, "--tier", "deep_forensic"],
            env=child_environment(TMPDIR=str(temporary), QUEUE_IPC_MODE=mode),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def find(self, target: str) -> int:
        """Return the id of one of its processes: `parent` or one of `TARGETS`; 0 if it does not run (yet)."""
        if target == "parent":
            return self.parent.pid
        self._seen = as_found_last(self._seen, descendants(self.parent.pid))
        found = (process for process in self.running if TARGETS[target] in process.line)
        # A renderer's command line has the switches of its browser.
        return next((each.pid for each in found if target == "renderer" or "--type=" not in each.line), 0)

    def wait_for_page(self) -> None:
        """Wait until its browser shows a page."""
        wait_until(lambda: self.find("renderer"))

    def signal(self, target: str, number: int) -> None:
        """Send a signal to a process that runs."""
        self.signal_all([target], number)

    def signal_all(self, targets: Iterable[str], number: int) -> None:
        """Send a signal to processes that run, after all of them were found: some end when another does."""
        found = {target: self.find(target) for target in targets}
        assert all(found.values()), f"not found: {found}"  # a signal to process 0 would reach the tests themselves
        for pid in found.values():
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def wait(self) -> None:
        """Wait until all its processes have ended."""
        self.parent.wait(60)
        wait_until(lambda: not self.running)

    @property
    def running(self) -> list[Process]:
        """Its processes that still run."""
        return [process for process in self._seen if process.lives]

    @property
    def left(self) -> list[Path]:
        """Its temporary files."""
        return list(self.temporary.iterdir())

    def run_next(self) -> None:
        """Record another program with the same directory for temporary files."""
        command = [*self._veritas, "record", "--", "true"]
        subprocess.run(command, env=child_environment(TMPDIR=str(self.temporary)), capture_output=True, check=True)
