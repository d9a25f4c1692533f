"""How many audits this machine can do at once: a core and about a gigabyte each."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

_BYTES_A_JOB = 1_000_000_000  # a browser with a heavy page, its driver, and the process that drives it
_CGROUP = Path("/sys/fs/cgroup")  # of the container that this process is in, if it is in one


def default_jobs() -> int:
    """Return how many audits to do at once; at least 1."""
    return max(1, min(_cores(), free_memory() // _BYTES_A_JOB))


def free_memory() -> int:
    """Return the bytes of memory that processes may still take, as the system and the container have it."""
    limit, used = _read(_CGROUP / "memory.max").strip(), _read(_CGROUP / "memory.current").strip()
    available: int = psutil.virtual_memory().available
    return min(available, max(0, int(limit) - int(used))) if limit.isdigit() and used.isdigit() else available


def _cores() -> int:
    """Return the number of cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read(_CGROUP / "cpu.max").strip().partition(" ")
    if quota.isdigit() and period.isdigit() and int(period):
        cores = min(cores, max(1, int(quota) // int(period)))
    return cores


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
