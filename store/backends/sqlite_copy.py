"""Copy an SQLite file that other processes write to, and search one for bytes that remain in it (data remanence)."""

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

    Raises:
        StoreFull: There is no space for it.
        StoreError: The file already exists, or its directory does not exist.
    """
    if target.exists():
        raise StoreError(f"{str(target)!r} already exists; give another file, because a copy overwrites nothing.")
    if not target.parent.is_dir():
        raise StoreError(f"There is no directory {str(target.parent)!r} for the copy; create it, or give another file.")
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
            source.backup(copy)  # in one step: a commit between two steps would restart it
        Path(name).replace(target)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
            raise
        raise StoreFull(
            f"There is no space for the copy {str(target)!r}; free some space or give another file."
        ) from error
    finally:
        for temporary in (name, f"{name}-journal"):
            Path(temporary).unlink(missing_ok=True)
    _sync_directory(target.parent)


def file_contains(path: Path, wanted: Collection[bytes]) -> bool:
    """Return whether a file contains one of the byte strings *wanted*, in a used or an unused part.

    Raises:
        OSError: It cannot be read.
    """
    command = [sys.executable, "-I", "-S", "-c", _SEARCH, str(path)]
    text = " ".join(part.hex() for part in wanted)
    search = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if search.returncode not in (0, _FOUND):
        raise OSError(f"it cannot be searched: {''.join(search.stderr.splitlines()[-1:])}")
    return search.returncode == _FOUND


def _sync_directory(directory: Path) -> None:
    """Make a new name in a directory survive a power loss; on Windows the file system does that itself."""
    if os.name != "nt":
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
