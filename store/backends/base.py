"""The Database interface: what the SQLite and PostgreSQL backends have in common."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from store.body_encoding import decode_body, encode_body
from store.errors import DatabaseMissing, StoreError
from store.records import StoredEvent

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPICursor

LOCK_SECONDS = 30  # how long to wait for a log that another process has locked
PAGE_ROWS = 1000
PAGE_BYTES = 8_000_000  # of bodies; a page ends at the row that passes it

COLUMNS = ", ".join(StoredEvent._fields)
HASH = StoredEvent._fields.index("hash")

_SOURCE, _BODY = (StoredEvent._fields.index(name) - 1 for name in ("source", "body"))  # in a row without its position

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """The room that parts of a database take, in bytes.

    Attributes:
        free: What new events can fill; None if the database does not tell.
        tables: What some small tables take, with their indexes, by name.
    """

    free: int | None
    tables: dict[str, int]


def decoded_row(row: Row) -> Row:
    """Return an event's row as it was before it was stored, given with its encoding as the last value."""
    return (*row[: _BODY + 1], decode_body(row[_BODY + 1], row[-1]), *row[_BODY + 2 : -1])


def encoded_row(row: Row) -> Row:
    """Return an event's row, given without its position, as it is to be stored: its body encoded, and its encoding."""
    body, encoding = encode_body(row[_SOURCE], row[_BODY])
    if encoding is None:
        return (*row, None)
    return (*row[:_BODY], body, *row[_BODY + 1 :], encoding)


class RunBatch(NamedTuple):
    """Events to be appended to one run, if its last event is still the one that they follow.

    Attributes:
        run_id: The run.
        after: The position of its last event; 0 if there is none.
        previous: The hash of that event.
        version: The version of the fold that computed the row; None without a row.
        run_row: The run's row of the read model as a JSON object; None if it does not change.
        rows: The events, with their columns in the order of the table, without positions and attachments.
    """

    run_id: str
    after: int
    previous: bytes
    version: int | None
    run_row: str | None
    rows: Sequence[Row]


class Database(ABC):
    """A database that holds, or will hold, a log.

    Rows are read and written over the driver's own connections. On SQLite a transaction then costs 9 µs; through
    SQLAlchemy's `Connection` it costs 146 µs, and a commit takes 220 µs. SQLAlchemy changes tables.

    Attributes:
        address: The database's name in messages; it contains no password.
        location: The address that `store.backends.connect.find_database` can open in another process; it may contain a
            password.
        read_only: Whether the log can only be read.
        groups_commits: Whether `append` commits a batch together with those of other recorders.
    """

    backend: ClassVar[str]  # its name, `sqlite` or `postgresql`
    parameter: ClassVar[str]  # the driver's placeholder for a parameter

    address: str
    location: str
    read_only: bool = False
    groups_commits: bool = False

    def __init__(self) -> None:
        self._writing = threading.Lock()  # so that the threads of this process need not poll for the database's lock

    def sql(self, statement: str) -> str:
        """Return *statement*, whose parameters are written `?`, with the driver's placeholders."""
        return statement.replace("?", self.parameter)

    @cached_property
    @abstractmethod
    def engine(self) -> Engine:
        """The SQLAlchemy engine; a transaction that is begun on it holds the write lock (see `transaction`)."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[DBAPICursor]:
        """Yield a cursor for reading."""

    def row(self, query: str, parameters: Sequence[object] = ()) -> Any:
        """Return the first row of *query*, whose parameters are written `?`; None if there is no row."""
        with self.reading() as cursor:
            cursor.execute(self.sql(query), parameters)
            return cursor.fetchone()

    @abstractmethod
    def snapshot(self) -> AbstractContextManager[DBAPICursor]:
        """Yield a cursor for reading that sees the database as it was at one moment."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[DBAPICursor]:
        """Yield a cursor in a transaction that holds the log's write lock; commit it, or roll it back on an error."""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield an SQLAlchemy connection in a transaction that holds the log's write lock."""
        from sqlalchemy.exc import DBAPIError

        with self.errors(), self._writing:
            try:
                with self.engine.begin() as connection:
                    yield connection
            except DBAPIError as error:
                raise self.translate(error.orig or error) from error

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the driver's errors into the store's."""
        try:
            yield
        except self._driver_error as error:
            raise self.translate(error) from error

    @property
    @abstractmethod
    def _driver_error(self) -> type[Exception] | tuple[type[Exception], ...]:
        """The bases of the driver's errors."""

    @abstractmethod
    def prepare(self) -> None:
        """Make the database ready for writing; it is known to be a log or empty."""

    def require_present(self) -> None:  # noqa: B027 - the tables of a server that runs cannot be deleted unseen
        """Raise DatabaseLost if the database's file is no longer in its place; a server has none here."""

    @abstractmethod
    def tables(self) -> set[str]:
        """Return the names of the tables and views in the database."""

    @abstractmethod
    def catalogue(self) -> dict[str, str]:
        """Return the definition of each table, column, index and guard, by its name in a sentence."""

    @abstractmethod
    def size(self) -> int:
        """Return how many bytes the log takes in the database, indexes included."""

    def missing(self) -> DatabaseMissing:
        """Return the error for a database that holds no log yet."""
        return DatabaseMissing(f"There is no log at {self.address!r}; check the name; the first audit creates one.")

    @abstractmethod
    def page(
        self, cursor: DBAPICursor, where: str, parameters: Sequence[object], limit: int, order: str = "position"
    ) -> list[Row]:
        """Return the first events that match *where*, in the given order: as many as fit into a page."""

    @abstractmethod
    def insert(self, cursor: DBAPICursor, rows: Sequence[Row]) -> range:
        """Insert events, given without positions, and return their positions."""

    def append(self, batch: RunBatch) -> int | None:
        """Append a batch and commit it, without a cursor of `writing`, and return the position of its first event.

        Only a database that `groups_commits` does so. It returns None if it refuses the batch: nothing was written.
        """
        return None

    @abstractmethod
    def expunge(self, salts: Collection[bytes]) -> list[str]:
        """Remove the bytes that a redaction erased, with these salts, from the database's files.

        Returns:
            Sentences that say where the bytes may still be found.
        """

    @abstractmethod
    def free_space(self) -> list[str]:
        """Give the space of erased rows back, to the file system if that is possible.

        Returns:
            Sentences that say what was not given back.
        """

    @abstractmethod
    def room(self) -> Room:
        """Return the room that parts of the database take."""

    @abstractmethod
    def copy(self, target: Path | None) -> Path:
        """Copy the log to a new file, while other processes continue to record, and return the file's path.

        Args:
            target: The new file, or the directory for it; None for the log's directory.

        Raises:
            StoreFull: There is no space for the copy.
            StoreError: The file already exists, or the database must be copied by its own tools.
        """

    @abstractmethod
    def backup(self, label: str) -> Path | None:
        """Copy the database before a migration; return the copy's path, or None if only its operator can copy it."""

    @abstractmethod
    def translate(self, error: BaseException) -> StoreError:
        """Return the store's error for a driver's error."""

    def reset(self) -> None:
        """Close all connections, so that the next ones lead to what is in the database's place now.

        Raises:
            DatabaseMissing: Nothing is there; the connections stay as they are.
        """
        self.close()

    def close(self) -> None:
        """Close all connections."""
        if "engine" in vars(self):
            self.engine.dispose()
