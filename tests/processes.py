"""The processes that a test started, read from /proc, and waiting for what they do."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process, with when it started, so that a later one of the same number is not taken for it."""

    pid: int
    parent: int
    started: str
    line: str

    @property
    def lives(self) -> bool:
        """Say whether it still runs; one that is dead and not yet buried does not."""
        return self in _all()


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Return as soon as *condition* holds; fail after *seconds*."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not come true within {seconds:g} s"
        time.sleep(0.01)


def descendants(pid: int | None = None) -> list[Process]:
    """Return the processes that *pid* started, and those that they did; None for this process."""
    found = [os.getpid() if pid is None else pid]
    everyone = _all()
    for parent in found:
        found.extend(process.pid for process in everyone if process.parent == parent)
    return [process for process in everyone if process.pid in found[1:]]


def kill(processes: Iterable[Process]) -> None:
    """Kill *processes* at once."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def _all() -> list[Process]:
    read = (_read(folder) for folder in Path("/proc").iterdir() if folder.name.isdigit())
    return [process for process in read if process]


def _read(folder: Path) -> Process | None:
    try:
        status = (folder / "stat").read_text().rpartition(")")[2].split()
        line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    return None if status[0] == "Z" else Process(int(folder.name), int(status[1]), status[19], line)
