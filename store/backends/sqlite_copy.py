"""Copying an SQLite file that others are writing to."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Collection
from contextlib import closing
from pathlib import Path

from store.errors import StoreError, StoreFull


def copy_file(source: sqlite3.Connection, target: Path) -> None:
    """Copy the database of *source* into a new file, which is there whole and on the disk, or not at all.

    Raises:
        StoreFull: There is no room for it.
        StoreError: It exists already, or there is no directory for it.
    """
    if target.exists():
        raise StoreError(f"{str(target)!r} exists already; give another file, for a copy overwrites nothing.")
    if not target.parent.is_dir():
        raise StoreError(f"There is no directory {str(target.parent)!r} for the copy; make it, or give another file.")
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f"{target.name}.", suffix=".unfinished")
    except OSError as error:
        where = str(target.parent)
        raise StoreError(
            f"{where!r} cannot be written to ({error.strerror}); give another name for the copy."
        ) from error
    os.close(handle)
    try:
        with closing(sqlite3.connect(name)) as copy:
            copy.execute("PRAGMA fullfsync = ON")
            source.backup(copy)  # in one step: between two, every commit would make it begin anew
        Path(name).replace(target)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise StoreFull(f"There is no room for the copy {str(target)!r}; free some or give another file.") from error
    finally:
        for left in (name, f"{name}-journal"):
            Path(left).unlink(missing_ok=True)
    _sync_directory(target.parent)


def _sync_directory(directory: Path) -> None:
    """See to it that a name in a directory survives a power loss; on Windows that is the file system's affair."""
    if os.name != "nt":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


# A process that closes an SQLite file loses all locks that it has on it, SQLite's own among them: so another one looks.
# What for it is told over its stdin, for everyone may read its arguments.
_LOOK = """
import sys
wanted = [bytes.fromhex(text) for text in sys.stdin.read().split()]
longest, tail = max(map(len, wanted)), b""
with open(sys.argv[1], "rb") as file:
    while chunk := file.read(1 << 20):
        seen = tail + chunk
        if any(part in seen for part in wanted):
            sys.exit(10)
        tail = seen[1 - longest:]
"""
_FOUND = 10


def holds(path: Path, wanted: Collection[bytes]) -> bool:
    """Tell whether one of *wanted* stands anywhere in a file, used or not.

    Raises:
        OSError: It cannot be read.
    """
    command = [sys.executable, "-I", "-S", "-c", _LOOK, str(path)]
    told = " ".join(part.hex() for part in wanted)
    done = subprocess.run(command, input=told, capture_output=True, text=True, check=False)
    if done.returncode not in (0, _FOUND):
        raise OSError(f"it cannot be searched: {''.join(done.stderr.splitlines()[-1:])}")
    return done.returncode == _FOUND
