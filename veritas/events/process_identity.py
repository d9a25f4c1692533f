"""The identity of the process that records a run, by which others on its machine can check whether it still runs."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

import msgspec

_MACHINE_ID = Path("/etc/machine-id")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class ProcessIdentity(msgspec.Struct, frozen=True):
    """The properties that distinguish a process from all others, past ones included, as well as the system allows.

    Attributes:
        machine: A hash of the machine's id and name, so that the log does not contain them; empty if the machine does
            not have an id, because two machines can have the same name.
        boot: The id of the machine's current boot; empty if the system does not provide one.
        numbering: The namespace of the process ids: two containers can each have a process 7.
        pid: The process id.
        started: The time of its start, in the system's own unit; empty if the system does not provide it.
    """

    machine: str
    boot: str
    numbering: str
    pid: int
    started: str

    @classmethod
    def own(cls) -> ProcessIdentity:
        """Return the identity of this process."""
        return cls(_machine(), _read(_BOOT_ID), _numbering(), os.getpid(), _started(os.getpid()) or "")

    def is_here(self) -> bool:
        """Return whether the process belongs to this machine and container, so that `is_gone` is certain."""
        here = ProcessIdentity.own()
        return bool(self.machine) and (self.machine, self.boot, self.numbering) == (
            here.machine,
            here.boot,
            here.numbering,
        )

    def is_gone(self) -> bool:
        """Return whether the process has certainly ended; False on another machine or in another container."""
        here = ProcessIdentity.own()
        if not self.machine or self.machine != here.machine:
            return False
        if self.boot != here.boot:
            return bool(self.boot and here.boot)
        if self.numbering != here.numbering:
            return False
        if os.name != "posix":
            return False  # on Windows, os.kill(pid, 0) terminates the process
        if not _exists(self.pid):
            return True
        started = _started(self.pid)
        return bool(self.started) and started is not None and started != self.started


def _machine() -> str:
    machine_id = _read(_MACHINE_ID)
    if not machine_id:
        return ""
    hashed = f"veritas\0{machine_id}\0{platform.node()}"
    return hashlib.sha256(hashed.encode("utf-8", "replace")).hexdigest()[:16]


def _numbering() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    """Return when a process started, in clock ticks since the boot; empty for a zombie.

    None if that cannot be read: the process does not exist, or it is another user's and hidden.
    """
    state, *fields = _read(Path(f"/proc/{pid}/stat")).rpartition(") ")[2].split() or [""]
    return None if len(fields) < 19 else "" if state in "ZX" else fields[18]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # the process exists and is another user's
    return True


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
