"""A log in an SQLite file."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import cast

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import QueuePool

from store import database
from store.database import COLUMNS, PAGE_BYTES, Database, Row
from store.errors import (
    DatabaseDamaged,
    DatabaseMissing,
    DatabaseReadOnly,
    DatabaseUnreachable,
    InvalidRecord,
    NotAnEventLog,
    StoreError,
    StoreFull,
    StoreLocked,
)
from store.records import StoredEvent

_BODY = StoredEvent._fields.index("body")
_INSERTED = [name for name in StoredEvent._fields if name != "position"]
_VALUES = f"({', '.join('?' * len(_INSERTED))})"
_INSERT = f"INSERT INTO event ({', '.join(_INSERTED)}) VALUES {_VALUES}"
_GROUP = 25  # rows in one statement: 1.2 µs a row less than one by one, since guards and AUTOINCREMENT start up once
_INSERT_GROUP = _INSERT + f", {_VALUES}" * (_GROUP - 1)
_LARGEST_GROUP = 1_000_000  # bytes of bodies: SQLite keeps a copy of all that a statement is given


class SqliteDatabase(Database):
    """A log in an SQLite file.

    The position is the rowid with AUTOINCREMENT, which is given out under the one write lock that SQLite has: positions
    come in the order of commits, and without gaps, since a transaction that is rolled back gives its numbers back.
    A transaction begins with BEGIN IMMEDIATE, because one that reads first and then writes fails with SQLITE_BUSY,
    however long it would have been willing to wait.
    """

    parameter = "?"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.address = self.location = str(path)
        self.read_only = path.exists() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        self.engine = create_engine("sqlite+pysqlite://", creator=self._connect, poolclass=QueuePool)
        event.listen(self.engine, "begin", _begin)
        self._writer: sqlite3.Cursor | None = None  # kept, for the pool's overhead is a third of an append's

    def _connect(self) -> sqlite3.Connection:
        if not self.read_only:
            return self._open("rwc")
        try:
            return self._open("ro")
        except sqlite3.OperationalError as error:
            # In a directory that cannot be written to, SQLite cannot make the shared memory that WAL needs. Where
            # there is no WAL file either, nobody is writing, and the file can be read as it stands.
            unable = _primary_code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not unable or Path(f"{self.path}-wal").exists():
                raise
            return self._open("ro&immutable=1")

    def _open(self, mode: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode={mode}",
            uri=True,
            timeout=database.LOCK_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")  # macOS: without it, fsync does not reach the disk's platters
            connection.execute("SELECT count(*) FROM sqlite_master")  # opens the file, which is not done before
        except BaseException:
            connection.close()
            raise
        return connection

    @contextmanager
    def writing(self) -> Iterator[DBAPICursor]:
        """Give a cursor in a transaction that holds the log's write lock; commit it, or roll all of it back."""
        with self._writing:
            try:
                self._writer = cursor = self._writer or self._connect().cursor()
                try:
                    cursor.execute("BEGIN IMMEDIATE")
                    yield cast(DBAPICursor, cursor)
                    cursor.execute("COMMIT")
                except BaseException:
                    cursor.connection.rollback()
                    raise
            except sqlite3.Error as error:
                raise self.translate(error) from error

    def close(self) -> None:
        """Close all connections."""
        with self._writing:
            if self._writer is not None:
                self._writer.connection.close()
                self._writer = None
        super().close()

    def prepare(self) -> None:
        """Switch to write-ahead logging, so that readers and the writer do not wait for each other."""
        give_up = time.monotonic() + database.LOCK_SECONDS
        with self.reading() as cursor:
            while True:
                try:
                    cursor.execute("PRAGMA journal_mode = WAL")
                    return
                except sqlite3.OperationalError as error:
                    # The change of mode does not wait for another process that is making it too.
                    if _primary_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                        raise
                    time.sleep(0.01)

    def tables(self) -> set[str]:
        """Return the names of the tables that there are; none where there is no file."""
        if not self.path.exists():
            return set()
        with self.reading() as cursor:
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            )
            return {name for (name,) in cursor.fetchall()}

    def page(self, cursor: DBAPICursor, where: str, parameters: Sequence[object], limit: int) -> list[Row]:
        """Return the first events that *where* holds for; read row by row, so that a page ends where it is full."""
        cursor.execute(f"SELECT {COLUMNS} FROM event WHERE {where} ORDER BY position LIMIT ?", (*parameters, limit))
        rows: list[Row] = []
        size = 0
        for row in cast(sqlite3.Cursor, cursor):
            rows.append(row)
            try:
                size += len(row[_BODY])
            except TypeError:  # it is redacted; or, in a file that was tampered with, a number
                continue
            if size >= PAGE_BYTES:
                break
        return rows

    def insert(self, cursor: DBAPICursor, rows: Sequence[Row]) -> range:
        """Insert events, and return the positions that AUTOINCREMENT gave them."""
        for start in range(0, len(rows), _GROUP):
            group = rows[start : start + _GROUP]
            if len(group) == _GROUP and sum(len(row[_BODY - 1]) for row in group) <= _LARGEST_GROUP:
                cursor.execute(_INSERT_GROUP, tuple(chain.from_iterable(group)))
            else:
                cursor.executemany(_INSERT, group)
        cursor.execute("SELECT last_insert_rowid()")
        last = cursor.fetchall()[0][0]
        return range(last - len(rows) + 1, last + 1)

    def backup(self, label: str) -> Path:
        """Copy the file as it is at this moment, with *label* and the time in the copy's name."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        target = self.path.with_name(f"{self.path.name}.{label}.{stamp}.backup")
        unfinished = target.with_name(f"{target.name}.unfinished")
        try:
            with self.errors(), closing(self._open("ro")) as source, closing(sqlite3.connect(unfinished)) as copy:
                source.backup(copy)
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return target

    def translate(self, error: BaseException) -> StoreError:
        """Return the store's error for one of SQLite's."""
        where = f"The log {self.address!r}"
        match _primary_code(error):
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return StoreLocked(
                    f"{where} was locked by another process for {database.LOCK_SECONDS} s; try again when that is done."
                )
            case sqlite3.SQLITE_FULL:
                return StoreFull(f"{where} cannot grow, the disk is full; free some space and try again.")
            case sqlite3.SQLITE_READONLY:
                return self._refusal()
            case sqlite3.SQLITE_CANTOPEN:
                return self._unreachable()
            case sqlite3.SQLITE_NOTADB:
                return NotAnEventLog(f"{self.address!r} is not an SQLite database; choose another file.")
            case sqlite3.SQLITE_CORRUPT:
                return DatabaseDamaged(f"{where} is damaged ({error}); restore a backup.")
            case sqlite3.SQLITE_TOOBIG:
                return InvalidRecord(f"{where} cannot hold anything this large ({error}).")
            case _ if str(error).startswith("Could not decode to UTF-8"):
                return DatabaseDamaged(f"{where} holds text that is not UTF-8; `veritas verify` shows where.")
            case _:
                return StoreError(f"{where} gave an error: {error}.")

    def _refusal(self) -> DatabaseReadOnly:
        """Return the error for a log that cannot be written to."""
        return DatabaseReadOnly(
            f"The log {self.address!r} cannot be written to; make file and directory writable, or choose another."
        )

    def _unreachable(self) -> DatabaseUnreachable:
        parent = self.path.parent
        if self.path.is_dir():
            return DatabaseUnreachable(f"{self.address!r} is a directory; give the path of a file in it.")
        if not self.path.exists() and parent.is_dir() and os.access(parent, os.W_OK):
            return DatabaseMissing(f"There is no log at {self.address!r}; the first audit makes one.")
        return DatabaseUnreachable(
            f"The log {self.address!r} cannot be opened; check that {str(parent)!r} exists and can be written to."
        )


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _primary_code(error: BaseException) -> int | None:
    """Return SQLite's primary result code, without what an extended one adds."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
