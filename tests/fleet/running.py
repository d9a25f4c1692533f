"""Workers in processes of their own, which can be killed, stopped and continued."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from tests.processes import wait_until

OF_TESTS = ("-m", "tests.fleet.worker", "1")  # which takes others for gone soon
REAL = ("-m", "veritas", "worker")


class RunningWorker:
    """A worker's process.

    Attributes:
        said: The sentences that it has written.
        process: The process.
    """

    def __init__(self, database: str, command: Sequence[str]) -> None:
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, "VERITAS_DB": database},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.wait_for("takes")

    @property
    def name(self) -> str:
        """The worker's name in the log."""
        return self.said[0].split("'")[1]

    def wait_for(self, text: str) -> None:
        """Wait until it says something."""
        with suppress(AssertionError):
            wait_until(lambda: any(text in line for line in self.said) or self.process.poll() is not None)
        assert any(text in line for line in self.said), self.said

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Let it finish what it does; return its exit status."""
        self.signal(signal.SIGTERM)
        return self.process.wait(90)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line.rstrip())


@contextmanager
def workers(database: str, *commands: Sequence[str]) -> Iterator[list[RunningWorker]]:
    """Start workers, and kill those that are left."""
    running = [RunningWorker(database, command) for command in commands]
    try:
        yield running
    finally:
        for worker in running:
            with suppress(ProcessLookupError):
                worker.process.kill()
            worker.process.wait()
