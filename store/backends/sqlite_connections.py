"""SqliteConnections: the connections to an SQLite file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.backends import base
from store.backends.sqlite_files import OpenFiles

# SQLite's own pauses grow to 0.1 s, and the log is idle during them: eight recorders together then reached .39 of the
# rate of one.
_PAUSE_SECONDS = 0.001  # between two attempts to take a lock that another process holds

_MOST_IDLE = 5  # connections


class SqliteConnections:
    """The connections to an SQLite file: those for reading, which are used again, and the one for writing.

    Attributes:
        files: The files that the connections for reading have open; None before the first.
    """

    def __init__(self, path: Path, *, read_only: bool) -> None:
        self._path = path
        self._read_only = read_only
        self._writer: sqlite3.Cursor | None = None  # stays open: opening costs more than an append
        self._idle: list[sqlite3.Connection] = []  # for reading
        self._mode = "rwc"
        self._immutable = False
        self.files: OpenFiles | None = None

    def open(self) -> sqlite3.Connection:
        """Return a new connection."""
        if not self._read_only:
            connection = self._open(self._mode)
            self._mode = "rw"  # a file that is deleted later must not be created again, empty
            return connection
        try:
            return self._open("ro")
        except sqlite3.OperationalError as error:
            # In a directory that cannot be written to, SQLite cannot create the shared memory that WAL needs.
            # Without a WAL file, no process is writing, and the file can be read as it is.
            unable = primary_code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not unable or Path(f"{self._path}-wal").exists():
                raise
            self._immutable = True  # and the write-ahead log of a later writer is none of its files
            return self._open("ro&immutable=1")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Cursor]:
        """Yield a cursor of a connection that no other reader uses at the same time."""
        idle = self._idle
        try:
            connection = idle.pop()
        except IndexError:
            connection = self.open()
            self.files = self.files or OpenFiles(self._path, alone=self._immutable)
        cursor = connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()  # a query that was not read to its end would keep its snapshot of the log
            connection.rollback()
            if idle is self._idle and len(idle) < _MOST_IDLE:
                idle.append(connection)
            else:
                connection.close()

    def writer(self) -> sqlite3.Cursor:
        """Return the cursor for writing; the caller ensures that one thread uses it at a time."""
        if self._writer is None:
            cursor = self.open().cursor()
            cursor.execute("PRAGMA busy_timeout = 0")  # waiting is done by `execute_in_turn`
            self._writer = cursor
        return self._writer

    def close(self) -> None:
        """Close all connections; one that is being read from is closed by its reader."""
        if self._writer is not None:
            self._writer.connection.close()
            self._writer = None
        idle, self._idle = self._idle, []
        self.files = None
        for connection in idle:
            connection.close()

    def _open(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode={mode}",
            uri=True,
            timeout=base.LOCK_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            # Overwrite the bytes that a redaction erases, and the old copies of rows that SQLite moves.
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: without it, fsync does not reach the disk's platters
            connection.execute("SELECT count(*) FROM sqlite_master")  # the first query opens the file
        except BaseException:
            connection.close()
            raise
        return connection


def execute_in_turn(cursor: sqlite3.Cursor, statement: str) -> None:
    """Execute *statement* as soon as no other process holds the lock."""
    give_up = time.monotonic() + base.LOCK_SECONDS
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        time.sleep(_PAUSE_SECONDS)


def primary_code(error: BaseException) -> int | None:
    """Return SQLite's primary result code, which is the low byte of an extended one."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
