"""SqliteDatabase: a log in an SQLite file."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import cached_property
from glob import escape
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

from store.backends import base
from store.backends.base import COLUMNS, PAGE_BYTES, Database, Room, Row, decoded_row, encoded_row
from store.backends.sqlite_connections import SqliteConnections, execute_in_turn, primary_code
from store.backends.sqlite_copy import copy_file, file_contains
from store.backends.sqlite_files import OpenFiles
from store.errors import (
    DatabaseDamaged,
    DatabaseLost,
    DatabaseMissing,
    DatabaseReadOnly,
    DatabaseUnreachable,
    InvalidRecord,
    NotAnEventLog,
    StoreError,
    StoreFull,
    StoreLocked,
)
from store.missing_tables import missing_tables
from store.records import StoredEvent

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPICursor

_BODY = StoredEvent._fields.index("body")
_INSERTED = [*(name for name in StoredEvent._fields if name != "position"), "encoding"]
_VALUES = f"({', '.join('?' * len(_INSERTED))})"
_INSERT = f"INSERT INTO event ({', '.join(_INSERTED)}) VALUES {_VALUES}"
_GROUP = 25  # rows in one statement: saves 1.2 µs a row, because guards and AUTOINCREMENT are set up only once
_INSERT_GROUP = _INSERT + f", {_VALUES}" * (_GROUP - 1)
_ERRORS = (sqlite3.Error, UnicodeDecodeError)
_NO_TABLE = re.compile(r"no such table: (?:main\.)?(\w+)")
_SMALL_TABLES = ("run", "read_model", "tree_node", "checkpoint")  # beside the events and attachments
_LARGEST_GROUP = 1_000_000  # bytes of bodies: SQLite keeps a copy of a statement's parameters


class SqliteDatabase(Database):
    """A log in an SQLite file.

    The position is the rowid with AUTOINCREMENT. SQLite assigns it under its one write lock, so that positions follow
    the order of commits; a transaction that is rolled back returns its numbers, so that there are no gaps. A
    transaction begins with BEGIN IMMEDIATE, because one that reads first and then writes fails with SQLITE_BUSY,
    whatever its timeout.
    """

    backend = "sqlite"
    parameter = "?"

    def __init__(self, path: Path) -> None:
        super().__init__()
        # SQLite too follows links, and keeps its other files next to the real one. (`Path.resolve` fails at a loop.)
        self.path = Path(os.path.realpath(path))
        self.address = self.location = str(path)
        self.read_only = self.path.exists() and not all(os.access(p, os.W_OK) for p in (self.path, self.path.parent))
        self._connections = SqliteConnections(self.path, read_only=self.read_only)
        self._files: OpenFiles | None = None  # of the connection for writing
        self._lost: tuple[str, Path | None] | None = None  # the error's message and the copy

    @cached_property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, for changing tables; a command that only reads need not import it."""
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import NullPool

        engine = create_engine("sqlite+pysqlite://", creator=lambda: self._connections.open(), poolclass=NullPool)
        event.listen(engine, "begin", _begin)
        return engine

    @property
    def _driver_error(self) -> tuple[type[Exception], ...]:
        """The base of SQLite's errors, and the error for a message that quotes a name which is not UTF-8."""
        return _ERRORS

    def only_read(self) -> None:
        """Open no more connections that can write."""
        self.close()
        self.read_only = True
        self._connections = SqliteConnections(self.path, read_only=True)

    @contextmanager
    def reading(self) -> Iterator[DBAPICursor]:
        """Yield a cursor for reading, of a connection that no other reader uses at the same time."""
        with self.errors(), self._connections.reading() as cursor:
            yield cast("DBAPICursor", cursor)

    @contextmanager
    def snapshot(self) -> Iterator[DBAPICursor]:
        """Yield a cursor for reading that sees the database as it was at one moment."""
        with self.reading() as cursor:
            cursor.execute("BEGIN")
            yield cursor  # `reading` rolls back

    @contextmanager
    def writing(self) -> Iterator[DBAPICursor]:
        """Yield a cursor in a transaction that holds the log's write lock; commit it, or roll it back on an error."""
        with self._writing:
            try:
                self._require_not_lost()
                cursor = self._connections.writer()
                try:
                    execute_in_turn(cursor, "BEGIN IMMEDIATE")
                    self._files = self._files or OpenFiles(self.path)  # the transaction has opened all of them
                    yield cast("DBAPICursor", cursor)
                    execute_in_turn(cursor, "COMMIT")
                except BaseException:
                    cursor.connection.rollback()
                    raise
                self._require_files(cursor.connection)
            except _ERRORS as error:
                raise self.translate(error) from error

    def require_present(self) -> None:
        """Raise DatabaseLost if the log's file is no longer the one that this object has written to, or read."""
        with self._writing:
            self._require_not_lost()
            if self._files is not None:
                self._require_files(self._connections.writer().connection)
            elif (files := self._connections.files) is not None and (change := self._change_of(files)) is not None:
                raise DatabaseLost(f"The log {self.address!r} {change} while it was open; open it again.")

    def _require_not_lost(self) -> None:
        if self._lost is not None:
            message, copy = self._lost
            raise DatabaseLost(message, copy=copy)

    def _require_files(self, connection: sqlite3.Connection) -> None:
        """Raise DatabaseLost if what was just committed is not in the log's file; copy what its connection still has.

        The copy has all events, the last ones included.
        """
        assert self._files is not None
        if (change := self._change_of(self._files)) is not None:
            copy, result = self._rescue(connection)
            if copy is not None:
                self._files.spare_replacement()
            self._lost = f"The log {self.address!r} {change} while it was open; {result}.", copy
            self._require_not_lost()

    def _change_of(self, files: OpenFiles) -> str | None:
        """Return what has happened to the log's files, as a clause about the log; None if they are in place."""
        change = files.change()
        if change is None and files.has_shrunk() and not self._is_whole():
            return "was truncated"
        return change

    def _is_whole(self) -> bool:
        """Return whether another connection can read every page of the log."""
        with self.reading() as cursor:  # the writer's has pages in memory that the file may have lost
            try:
                cursor.execute("PRAGMA quick_check(1)")
                return bool(cursor.fetchall() == [("ok",)])
            except _ERRORS:
                return False

    def _rescue(self, connection: sqlite3.Connection) -> tuple[Path | None, str]:
        """Copy the log as the connection of a deleted file has it; return the copy, and a clause about it."""
        error: Exception | None = None
        near = next(parent for parent in self.path.parents if parent.exists())
        for directory in (near, Path(tempfile.gettempdir())):
            copy = directory / self._backup_name()
            try:
                copy_file(connection, copy)
            except (StoreError, sqlite3.Error, OSError) as failure:
                error = error or failure
            else:
                return copy, f"all that was recorded in it is in the copy {str(copy)!r}"
        return None, f"it could not be copied ({str(error).rstrip('.')}), and what was recorded last is lost"

    def reset(self) -> None:
        """Close all connections, so that the next ones lead to the file that is in its place now."""
        with self._writing:
            if not self.path.exists():
                raise self.missing()
            for files in (self._files, self._connections.files):
                if files is not None:
                    files.spare_replacement()
            self._lost = None
        self.close()

    def close(self) -> None:
        """Close all connections."""
        with self._writing:
            self._connections.close()
            self._files = None
        super().close()

    def prepare(self) -> None:
        """Switch to write-ahead logging, so that readers and the writer do not wait for each other."""
        with self.reading() as cursor:  # SQLite itself does not wait while another process switches
            execute_in_turn(cast(sqlite3.Cursor, cursor), "PRAGMA journal_mode = WAL")

    def tables(self) -> set[str]:
        """Return the names of the tables and views in the database; an empty set if the file does not exist."""
        if not self.path.exists():
            return set()
        with self.reading() as cursor:
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
                " AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            )
            return {name for (name,) in cursor.fetchall()}

    def catalogue(self) -> dict[str, str]:
        """Return the definition of each table, column, index and guard; see `store.catalogue`."""
        from store.catalogue.sqlite import OBJECTS, catalogue_of

        with self.reading() as cursor:
            cursor.execute(OBJECTS)
            return catalogue_of(cursor.fetchall())

    def size(self) -> int:
        """Return how many bytes the log's file has once its journal is in it."""
        pages, bytes_each = self.row("SELECT page_count, page_size FROM pragma_page_count, pragma_page_size")
        return int(pages * bytes_each)

    def page(
        self, cursor: DBAPICursor, where: str, parameters: Sequence[object], limit: int, order: str = "position"
    ) -> list[Row]:
        """Return the first events that match *where*; they are read row by row until the page is full."""
        cursor.execute(
            f"SELECT {COLUMNS}, encoding FROM event WHERE {where} ORDER BY {order} LIMIT ?", (*parameters, limit)
        )
        rows: list[Row] = []
        size = 0
        for encoded in cast(sqlite3.Cursor, cursor):
            row = encoded[:-1] if encoded[-1] is None else decoded_row(encoded)
            rows.append(row)
            try:
                size += len(row[_BODY])
            except TypeError:  # the body is redacted, or a number in a file that was tampered with
                continue
            if size >= PAGE_BYTES:
                break
        return rows

    def insert(self, cursor: DBAPICursor, rows: Sequence[Row]) -> range:
        """Insert events, and return the positions that AUTOINCREMENT assigned."""
        for start in range(0, len(rows), _GROUP):
            group = [encoded_row(row) for row in rows[start : start + _GROUP]]
            if len(group) == _GROUP and sum(len(row[_BODY - 1] or b"") for row in group) <= _LARGEST_GROUP:
                cursor.execute(_INSERT_GROUP, tuple(chain.from_iterable(group)))
            else:
                cursor.executemany(_INSERT, group)
        cursor.execute("SELECT last_insert_rowid()")
        last = cursor.fetchall()[0][0]
        return range(last - len(rows) + 1, last + 1)

    def expunge(self, salts: Collection[bytes]) -> list[str]:
        """Checkpoint and truncate the write-ahead log, which holds the pages as they were.

        If the log was begun by a program without `secure_delete`, an old copy of a row can remain in an unused part of
        a page (data remanence). The row's salt, which is unique and next to the body, shows that; then VACUUM rewrites
        the file.
        """
        remains = [f"The copy {str(copy)!r} still holds it." for copy in self.copies()]
        try:
            with closing(self._connections.open()) as connection:
                if not _truncate_wal(connection):
                    remains.append(
                        f"Another program is reading the log, so {self.path.name + '-wal'!r} still holds it; the file"
                        " is removed when the last program closes the log."
                    )
                elif salts and file_contains(self.path, salts):
                    connection.execute("VACUUM")
                    _truncate_wal(connection)
        except (sqlite3.Error, OSError) as error:
            remains.append(
                f"Unused parts of {self.address!r} may still hold it ({error}); `sqlite3 {shlex.quote(self.address)}"
                " VACUUM` empties them."
            )
        return remains

    def free_space(self) -> list[str]:
        """Rewrite the file without its unused pages; meanwhile, other programs wait to write to it."""
        try:
            with closing(self._connections.open()) as connection:
                connection.execute("VACUUM")
                _truncate_wal(connection)
        except (sqlite3.Error, OSError) as error:
            return [
                f"The file {self.address!r} keeps its size ({error}), and new events fill the space; `sqlite3"
                f" {shlex.quote(self.address)} VACUUM` gives it back."
            ]
        return []

    def room(self) -> Room:
        """Return the room that parts of the file take."""
        with self.reading() as cursor:
            page, unused = (_pragma(cursor, name) for name in ("page_size", "freelist_count"))
            tables: dict[str, int] = {}
            cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE tbl_name IN (?, ?, ?, ?)", _SMALL_TABLES)
            try:
                for name, table in cursor.fetchall():
                    cursor.execute("SELECT pgsize FROM dbstat WHERE name = ? AND aggregate = TRUE", (name,))
                    tables[table] = tables.get(table, 0) + sum(size for (size,) in cursor.fetchall())
            except sqlite3.OperationalError:  # this SQLite was built without dbstat
                tables = {}
            return Room(unused * page, tables)

    def copies(self) -> list[Path]:
        """Return the backups in this log's directory, and those next to a link that it was opened by, oldest first."""
        names = (Path(self.address), self.path)  # older versions put a backup next to the link
        found = (copy for name in names for copy in name.parent.glob(f"{escape(name.name)}.*.backup"))
        return sorted({copy.resolve() for copy in found}, key=lambda copy: copy.name.split(".")[-3:])

    def copy(self, target: Path | None) -> Path:
        """Copy the file as it is at one moment; others can write meanwhile, and later commits are not in the copy."""
        if target is None or target.is_dir():
            target = (target or self.path.parent) / self._backup_name()
        with self.errors(), closing(self._connections.open()) as source:
            copy_file(source, target)
        return target

    def backup(self, label: str) -> Path:
        """Copy the file into its directory; *label* and the time become part of the copy's name."""
        return self.copy(self.path.with_name(self._backup_name(f".{label}")))

    def _backup_name(self, label: str = "") -> str:
        return f"{self.path.name}{label}.{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}.backup"

    def translate(self, error: BaseException) -> StoreError:
        """Return the store's error for an error of SQLite."""
        where = f"The log {self.address!r}"
        match primary_code(error):
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return StoreLocked(f"{where} was locked by another process for {base.LOCK_SECONDS} s; try again later.")
            case sqlite3.SQLITE_FULL:
                return StoreFull(f"{where} cannot grow, the disk is full; free some space and try again.")
            case sqlite3.SQLITE_READONLY:
                return self._refusal()
            case sqlite3.SQLITE_CANTOPEN:
                return self._unreachable()
            case _ if self.path.is_dir():
                return self._unreachable()
            case _ if isinstance(error, UnicodeDecodeError):
                return DatabaseDamaged(f"{where} is damaged, a name in its schema is not text; restore a backup.")
            case sqlite3.SQLITE_NOTADB:
                return NotAnEventLog(f"{self.address!r} is not an SQLite database; choose another file.")
            case sqlite3.SQLITE_CORRUPT:
                return DatabaseDamaged(f"{where} is damaged ({error}); restore a backup.")
            case sqlite3.SQLITE_TOOBIG:
                return InvalidRecord(f"{where} cannot hold anything this large ({error}).")
            case sqlite3.SQLITE_ERROR if (lost := _NO_TABLE.search(str(error))) is not None:
                return missing_tables(self.address, {lost[1]})
            case _ if str(error).startswith("Could not decode to UTF-8"):
                return DatabaseDamaged(f"{where} holds text that is not UTF-8; `veritas verify` shows where.")
            case _:
                return StoreError(f"{where} gave an error: {error}.")

    def missing(self) -> DatabaseMissing:
        """Return the error for a file that does not hold a log yet."""
        if self.path.exists():
            return DatabaseMissing(f"{self.address!r} is an empty file; the first audit creates a log in it.")
        return super().missing()

    def creation_obstacle(self, *, creates_directory: bool) -> tuple[str, str] | None:
        """Return the reason why no log can be created here, and the remedy; None if one can be created.

        Args:
            creates_directory: Whether the file's directory is created with the log if it does not exist.
        """
        parent = self.path.parent
        if not parent.exists() and creates_directory:
            parent = next(above for above in parent.parents if above.exists())
        if not parent.is_dir():
            return f"there is no directory {str(parent)!r} for it", "create it, or choose another log with --db"
        if self.path.exists() and not os.access(self.path, os.W_OK):
            return f"{str(self.path)!r} cannot be written to", "make it writable, or choose another log with --db"
        if not os.access(parent, os.W_OK | os.X_OK):
            return f"{str(parent)!r} cannot be written to", "make it writable, or choose another log with --db"
        return None

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
            return self.missing()
        if self.path.exists() and not os.access(self.path, os.R_OK):
            return DatabaseUnreachable(
                f"This user cannot read the log {self.address!r}; change its permissions, or choose another log."
            )
        if self.read_only and Path(f"{self.path}-wal").exists():
            return DatabaseUnreachable(
                f"The log {self.address!r} is in use, and meanwhile only users who may write to it can read it; make"
                " file and directory writable, or try again later."
            )
        return DatabaseUnreachable(
            f"The log {self.address!r} cannot be opened; check that {str(parent)!r} exists and can be written to."
        )


def _truncate_wal(connection: sqlite3.Connection) -> bool:
    """Move the whole write-ahead log into the file; return whether it is empty now, which a reader can prevent."""
    busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy


def _pragma(cursor: DBAPICursor, name: str) -> int:
    cursor.execute(f"PRAGMA {name}")
    value: int = cursor.fetchall()[0][0]
    return value


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
