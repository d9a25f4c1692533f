"""Which process records a run, written down so that others on its machine can tell later whether it is still there."""

from __future__ import annotations

import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path

_MACHINE_ID = Path("/etc/machine-id")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, told apart from every other one that ever was, as far as the system lets it be.

    Attributes:
        machine: A hash of the machine's id and name, which the log's readers need not know; empty where it has no id,
            for two machines may have one name.
        boot: The machine's time between two boots; empty where the system does not name it.
        numbering: What numbers the processes: two containers may each have a process 7.
        pid: Its number.
        started: When it started, in the system's own count; empty where the system does not say.
    """

    machine: str
    boot: str
    numbering: str
    pid: int
    started: str

    @classmethod
    def own(cls) -> ProcessIdentity:
        """Return this process's."""
        return cls(_machine(), _read(_BOOT_ID), _numbering(), os.getpid(), _started(os.getpid()) or "")

    def is_gone(self) -> bool:
        """Return whether it certainly runs no more. From another machine or container that cannot be told."""
        here = ProcessIdentity.own()
        if not self.machine or self.machine != here.machine:
            return False
        if self.boot != here.boot:
            return bool(self.boot and here.boot)
        if self.numbering != here.numbering:
            return False
        if os.name != "posix":
            return False  # to ask for a process there is to end it
        if not _exists(self.pid):
            return True
        started = _started(self.pid)
        return bool(self.started) and started is not None and started != self.started


def _machine() -> str:
    machine_id = _read(_MACHINE_ID)
    if not machine_id:
        return ""
    known = f"veritas\0{machine_id}\0{platform.node()}"
    return hashlib.sha256(known.encode("utf-8", "replace")).hexdigest()[:16]


def _numbering() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Return when a process started, in clock ticks since the boot; empty where it has ended and is not buried yet.

    None where that cannot be seen: there is no such process, or it is another user's and hidden.
    """
    state, *fields = _read(Path(f"/proc/{pid}/stat")).rpartition(") ")[2].split() or [""]
    return None if len(fields) < 19 else "" if state in "ZX" else fields[18]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # it is another user's
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
