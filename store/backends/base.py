"""A database that holds, or is to hold, a log: what SQLite and PostgreSQL have in common."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy.engine import Connection, Engine
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

from store.errors import DatabaseMissing, StoreError
from store.records import StoredEvent

LOCK_SECONDS = 30  # how long to wait for a log that another process has locked
PAGE_ROWS = 1000
PAGE_BYTES = 8_000_000  # of bodies; a page ends at the row that passes it

COLUMNS = ", ".join(StoredEvent._fields)
HASH = StoredEvent._fields.index("hash")

Row = tuple[Any, ...]


class Database(ABC):
    """Where a log lives, and how to read it and write it there.

    Rows are read and written over the driver's own connections out of SQLAlchemy's pool: on SQLite a transaction costs
    9 µs so, and 146 µs through SQLAlchemy's `Connection`, which is much beside a commit of 220.

    Attributes:
        engine: The engine; a transaction that is begun on it holds the write lock (see `transaction`).
        address: What to call the database in messages; it has no password in it.
        location: What `store.backends.connect.find_database` finds it again by, in another process; a password may be
            in it.
        read_only: Whether the log can only be read.
    """

    parameter: ClassVar[str]  # how the driver spells a parameter

    engine: Engine
    address: str
    location: str
    read_only: bool = False

    def __init__(self) -> None:
        self._writing = threading.Lock()  # for this process, so that its threads need not poll for the database's

    def sql(self, statement: str) -> str:
        """Return *statement*, whose parameters are written `?`, as the driver takes it."""
        return statement.replace("?", self.parameter)

    @contextmanager
    def reading(self) -> Iterator[DBAPICursor]:
        """Give a cursor to read with."""
        with self.errors():
            connection = self.engine.raw_connection()
            try:
                yield connection.cursor()
            finally:
                connection.close()

    def row(self, query: str, parameters: Sequence[object] = ()) -> Any:
        """Return the first row that *query*, whose parameters are written `?`, finds; None where it finds none."""
        with self.reading() as cursor:
            cursor.execute(self.sql(query), parameters)
            return cursor.fetchone()

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[DBAPICursor]:
        """Give a cursor to read with that sees the database as it is at one moment."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[DBAPICursor]:
        """Give a cursor in a transaction that holds the log's write lock; commit it, or roll all of it back."""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give an SQLAlchemy connection in a transaction that holds the log's write lock."""
        with self.errors(), self._writing, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the driver raises into the store's own errors."""
        try:
            yield
        except self._driver_error as error:
            raise self.translate(error) from error
        except DBAPIError as error:
            raise self.translate(error.orig or error) from error

    @property
    def _driver_error(self) -> type[Exception]:
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error

    @abstractmethod
    def prepare(self) -> None:
        """Make the database ready to be written to, once it is known to be a log or empty."""

    @abstractmethod
    def tables(self) -> set[str]:
        """Return the names of the tables that there are."""

    def missing(self) -> DatabaseMissing:
        """Return the error for a database that holds no log yet."""
        return DatabaseMissing(f"There is no log at {self.address!r}; the first audit makes one.")

    @abstractmethod
    def page(
        self, cursor: DBAPICursor, where: str, parameters: Sequence[object], limit: int, order: str = "position"
    ) -> list[Row]:
        """Return the first events that *where* holds for, in an order: as many as fit into a page."""

    @abstractmethod
    def insert(self, cursor: DBAPICursor, rows: Sequence[Row]) -> range:
        """Insert events, given without their positions, and return the positions that they took."""

    @abstractmethod
    def expunge(self, salts: Collection[bytes]) -> list[str]:
        """See to it that what a redaction erased, with these salts, is in none of the database's files.

        Returns:
            Where it may still be found, in sentences.
        """

    @abstractmethod
    def copy(self, target: Path | None) -> Path:
        """Copy the log to a file that does not exist yet, while others go on recording, and return that.

        Args:
            target: The file, or a directory to make it in; None for the one that the log stands in.

        Raises:
            StoreFull: The copy has no room.
            StoreError: It exists already, or such a log is copied by other means.
        """

    @abstractmethod
    def backup(self, label: str) -> Path | None:
        """Copy the database beside itself, and return the copy's path; None where only its operator can."""

    @abstractmethod
    def translate(self, error: BaseException) -> StoreError:
        """Return the store's error for one of the driver's."""

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()
