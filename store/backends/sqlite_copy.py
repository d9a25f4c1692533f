"""Copy an SQLite file that other processes write to, and search one for bytes that remain in it (data remanence)."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
import tempfile
from collections.abc import Collection
from contextlib import closing, suppress
from pathlib import Path

from store.errors import StoreError, StoreFull

if sys.platform != "win32":
    import fcntl

_TIME = r"[0-9]{8}T[0-9]{6}\.[0-9]{6}Z"  # in the name of a backup
_TOKEN = r"\.[a-z0-9_]{8}\.unfinished"  # after the name of a copy that is being made
_FOUND = 10  # the exit status of `_SEARCH` if it finds one of the byte strings

# A process that closes an SQLite file loses all its locks on the file, including SQLite's own, so another process
# searches it. That process reads the byte strings from stdin, because other users can read a process's arguments.
_SEARCH = f"""
import sys
wanted = [bytes.fromhex(text) for text in sys.stdin.read().split()]
longest, tail = max(map(len, wanted)), b""
with open(sys.argv[1], "rb") as file:
    while chunk := file.read(1 << 20):
        window = tail + chunk
        if any(part in window for part in wanted):
            sys.exit({_FOUND})
        tail = window[1 - longest:]
"""


def copy_file(source: sqlite3.Connection, target: Path) -> None:
    """Copy the database of *source* into a new file, which then is complete and on the disk, or does not exist.

    What a process that was killed left of a copy of the same name, or of another time, is removed first.

    Raises:
        StoreFull: There is no space for it.
        StoreError: The file already exists, or its directory does not exist.
    """
    if target.exists():
        raise StoreError(f"{str(target)!r} already exists; give another file, because a copy overwrites nothing.")
    if not target.parent.is_dir():
        raise StoreError(f"There is no directory {str(target.parent)!r} for the copy; create it, or give another file.")
    try:
        _remove_leftovers(target)
        handle, name = _begin(target)
    except OSError as error:
        where = str(target.parent)
        raise StoreError(
            f"{where!r} cannot be written to ({error.strerror}); give another name for the copy."
        ) from error
    try:
        # Without SQLite's own locks, because on some systems, and on NFS, they wait for the one that `_begin` took.
        with closing(sqlite3.connect(f"{Path(name).absolute().as_uri()}?nolock=1", uri=True)) as copy:
            copy.execute("PRAGMA fullfsync = ON")
            source.backup(copy)  # in one step: a commit between two steps would restart it
        Path(name).replace(target)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise StoreFull(
            f"There is no space for the copy {str(target)!r}; free some space or give another file."
        ) from error
    finally:
        _remove(Path(name))
        if handle is not None:
            os.close(handle)
    _sync_directory(target.parent)


def file_contains(path: Path, wanted: Collection[bytes]) -> bool:
    """Return whether a file contains one of the byte strings *wanted*, in a used or an unused part.

    Raises:
        OSError: It cannot be read.
    """
    import subprocess  # takes 3 ms, and only a redaction searches a file

    command = [sys.executable, "-I", "-S", "-c", _SEARCH, str(path)]
    text = " ".join(part.hex() for part in wanted)
    search = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if search.returncode not in (0, _FOUND):
        raise OSError(f"it cannot be searched: {''.join(search.stderr.splitlines()[-1:])}")
    return search.returncode == _FOUND


def _begin(target: Path) -> tuple[int | None, str]:
    """Make a file for a copy, and lock it, so that no other process takes it for a leftover.

    Where the file system has no locks, no process finds a leftover.

    Returns:
        The descriptor that has the lock, which is to be closed last, and the file's name. On Windows there is no
        descriptor, because an open file cannot be renamed there.
    """
    while True:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".unfinished")
        if sys.platform == "win32":
            os.close(handle)
            return None, name
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, name
        os.close(handle)  # another process removed it before it was locked


def _remove_leftovers(target: Path) -> None:
    """Remove what killed processes left of copies with the name of *target*, whatever time it has.

    Those that are being made are kept, and whatever cannot be opened, locked or removed. On Windows nothing is removed.
    """
    if sys.platform == "win32":
        return
    names = re.compile(_TIME.join(map(re.escape, re.split(_TIME, target.name))) + _TOKEN)
    for path in [path for path in target.parent.iterdir() if names.fullmatch(path.name)]:
        with suppress(OSError), os.fdopen(os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(path)


def _remove(unfinished: Path) -> None:
    for path in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
        path.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    """Make a new name in a directory survive a power loss; on Windows the file system does that itself."""
    if os.name != "nt":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
