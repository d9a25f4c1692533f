"""Temporary directories that are gone after any end of the processes that use them, `kill -9` included.

Each process that uses one holds a lock on the directory itself, which the system releases when the process ends. What
is left of processes that were all killed is removed when the next such directory is made: it is held by no one. The
sticky bit, which has no effect on a directory that only its owner can use, distinguishes these directories from those
that a user has made.
"""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PREFIX = "veritas-"

_MODE = 0o1700  # the sticky bit marks it as ours

_LONGEST_BASE = (
    45  # Chromium adds `/veritas-XXXXXXXX/org.chromium.Chromium.XXXXXX/SingletonSocket`, of 107 bytes in all
)
_REMOVAL_TIMEOUT = 2.0  # seconds


@dataclass
class HeldDirectory:
    """A temporary directory that this process uses.

    Attributes:
        path: Its path.
        lock: The descriptor that locks it; None on Windows, where nothing is locked, and after the removal.
    """

    path: str
    lock: int | None

    @classmethod
    def make(cls) -> HeldDirectory:
        """Make a directory with mode 0700 and a short path, and remove those that no process holds any more.

        Raises:
            OSError: It cannot be made.
        """
        base = tempfile.gettempdir()
        if sys.platform != "win32" and len(os.fsencode(base)) > _LONGEST_BASE:
            base = "/tmp"
        _remove_abandoned(Path(base))
        while True:
            path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
            path.chmod(_MODE)
            held = cls.hold(str(path))
            if held is not None:
                return held  # otherwise another process took it for abandoned before it was locked, and removed it

    @classmethod
    def hold(cls, path: str) -> HeldDirectory | None:
        """Use the directory *path* as well; return None if it does not exist any more."""
        if sys.platform == "win32":
            return cls(path, None)
        import fcntl

        try:
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            return None
        with suppress(OSError):  # where a file system has no locks, nothing is taken for abandoned either
            fcntl.flock(lock, fcntl.LOCK_SH)
        if not Path(path).is_dir():
            os.close(lock)
            return None
        return cls(path, lock)

    def remove(self) -> None:
        """Remove it and everything in it; a second call does nothing."""
        remove_directory(self.path)
        lock, self.lock = self.lock, None
        if lock is not None:
            os.close(lock)


@contextmanager
def scratch_directory() -> Iterator[str]:
    """Make a temporary directory with mode 0700 and a short path, and remove it when the block ends.

    Raises:
        OSError: It cannot be made.
    """
    held = HeldDirectory.make()
    try:
        yield held.path
    finally:
        remove_scratch(held.path)
        held.remove()


def remove_scratch(directory: str | None) -> None:
    """Remove a scratch directory, after killing the processes that use it as their directory for temporary files."""
    if directory is not None:
        _kill_users(directory)
        remove_directory(directory)


def remove_directory(directory: str | None) -> None:
    """Remove *directory* and everything in it, if it exists.

    A process that is being killed may still write to it, so removal is tried again for `_REMOVAL_TIMEOUT`; what is left
    then stays.
    """
    deadline = time.monotonic() + _REMOVAL_TIMEOUT
    while directory is not None and Path(directory).is_dir():
        shutil.rmtree(directory, ignore_errors=True)
        if time.monotonic() > deadline:
            return
        time.sleep(0.01)


def _remove_abandoned(base: Path) -> None:
    """Remove this user's scratch directories in *base* that no process holds."""
    if sys.platform == "win32":
        return
    import fcntl

    for path in base.glob(f"{PREFIX}*"):
        with suppress(OSError):  # it is not ours, or was removed meanwhile
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                status = os.fstat(lock)
                if status.st_uid == os.geteuid() and stat.S_IMODE(status.st_mode) == _MODE:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises an error while it is held
                    remove_scratch(str(path))
            finally:
                os.close(lock)


def _kill_users(directory: str) -> None:
    """Kill the processes whose temporary directory is *directory*, if there is anything in it.

    A browser is in no process group of ours, and may go on for a while, or for ever, after its driver was killed.
    """
    with suppress(OSError):
        if not any(os.scandir(directory)):
            return
    mark = os.fsencode(f"TMPDIR={directory}")
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is another user's
            if mark not in (process / "environ").read_bytes().split(b"\0"):
                continue
            pid = int(process.name)
            if os.getpgid(pid) == pid != os.getpgrp():  # a browser, whose processes hide their environment
                os.killpg(pid, signal.SIGKILL)
            elif pid != os.getpid():
                os.kill(pid, signal.SIGKILL)
