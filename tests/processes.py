"""The processes that a test started, read from /proc, and a wait for a condition."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Process:
    """A process, with the time of its start, which distinguishes it from a later one with the same number.

    It is the same process when it has got another parent, or runs another program.
    """

    pid: int
    parent: int = field(compare=False)
    started: str
    line: str = field(compare=False)

    @property
    def lives(self) -> bool:
        """Return whether it still runs; a zombie does not."""
        return _read(self.pid) == self


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Return soon after *condition* holds; fail after *seconds*."""
    pauses = _pauses(seconds)
    while not condition():
        time.sleep(next(pauses))


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Return soon after *condition* holds, and let other tasks run until then; fail after *seconds*."""
    pauses = _pauses(seconds)
    while not condition():
        await asyncio.sleep(next(pauses))


def _pauses(seconds: float) -> Iterator[float]:
    """Yield the pauses of a wait, each a tenth of what was waited: to look for processes takes nearly 10 ms."""
    start = time.monotonic()
    while (waited := time.monotonic() - start) < seconds:
        yield min(max(waited / 10, 0.01), 0.1)
    raise AssertionError(f"the condition did not hold within {seconds:g} s")


def descendants(pid: int | None = None) -> list[Process]:
    """Return the processes that *pid*, or by default this process, started, and their descendants."""
    children: dict[int, list[int]] = {}
    for each in psutil.pids():
        if status := _status(each):
            children.setdefault(int(status[1]), []).append(each)
    pids = [os.getpid() if pid is None else pid]
    for parent in pids:
        pids.extend(children.get(parent, ()))
    return [process for process in map(_read, pids[1:]) if process]


def as_found_last(seen: Iterable[Process], found: Iterable[Process]) -> set[Process]:
    """Return the processes of both, each as it is in *found* if it is there.

    A process has the command line of the one that started it until it runs its own program.
    """
    return {*found, *seen}  # a set keeps the first of two equal items


def kill(processes: Iterable[Process]) -> None:
    """Kill *processes*."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)


def _status(pid: int) -> list[str]:
    """Return the fields of a process's /proc/PID/stat from its state on; none if it is a zombie or has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].decode().split()
    except OSError:
        return []
    return [] if status[0] == "Z" else status


def _read(pid: int) -> Process | None:
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    status = _status(pid)
    return Process(pid, int(status[1]), status[19], line) if status else None
