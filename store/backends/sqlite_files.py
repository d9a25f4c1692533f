"""OpenFiles: the files of an SQLite log that is open, to notice that they were deleted, replaced or truncated.

SQLite itself goes on without an error: it has the deleted files open, and all that it commits disappears with them. If
only the write-ahead log or the shared memory is deleted, other processes create new ones, and overwrite what it writes.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_Identity = tuple[int, int] | None  # device and inode; None if the file does not exist


class OpenFiles:
    """A log's file, its write-ahead log and its shared memory, as they are while a connection has them open.

    As long as it has, SQLite neither removes nor replaces them; only another program can.
    """

    def __init__(self, path: Path, *, alone: bool = False) -> None:
        """Note the files at *path*, which a connection has just opened.

        Args:
            path: The log's file.
            alone: Whether the connection has only this one open, so that the others may come and go.
        """
        self._path = str(path)
        self._others = {} if alone else {f"{path}-wal": "write-ahead log", f"{path}-shm": "shared memory"}
        self._identities = {name: _identity(name) for name in (self._path, *self._others)}
        self._size = 0
        self._shrunk = False

    def change(self) -> str | None:
        """Return what has happened to the files, as a clause about the log; None if they are in place.

        It takes 8 µs, of the 200 or more of a commit. A file that has become smaller is not a change, because VACUUM
        does that too; see `has_shrunk`.
        """
        identities = self._identities
        try:
            status = os.stat(self._path)  # noqa: PTH116 - a Path takes twice as long
        except OSError:
            return "was deleted or moved"
        if (status.st_dev, status.st_ino) != identities[self._path]:
            return "was replaced by another file"
        for name, what in self._others.items():
            known, now = identities[name], _identity(name)
            if known is None:
                identities[name] = now
            elif now != known:
                return f"has lost its {what}, {Path(name).name!r},"
        self._shrunk = status.st_size < self._size
        self._size = status.st_size
        return None

    def has_shrunk(self) -> bool:
        """Return whether the log's file was smaller at the last call of `change` than at the one before."""
        return self._shrunk

    def spare_replacement(self) -> None:
        """If another file has replaced the log, remove the log's other files: SQLite would write them over that file.

        Files that came with the replacement are kept. A connection that still has the log open keeps what it has.
        """
        if _identity(self._path) in (None, self._identities[self._path]):
            return  # if a log is only moved, its write-ahead log belongs to it
        for name in self._others:
            if (identity := _identity(name)) is not None and identity == self._identities[name]:
                with suppress(OSError):
                    Path(name).unlink()


def _identity(name: str) -> _Identity:
    try:
        status = os.stat(name)  # noqa: PTH116 - a Path takes twice as long
    except OSError:
        return None
    return status.st_dev, status.st_ino
