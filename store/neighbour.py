"""The Neighbour: tables of another purpose in a schema of their own, in the PostgreSQL database that has the log.

They are not part of the log: nothing proves them, and the log's schema is compared without them. They share its server,
so that a user of the log needs no second address and no second password.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from store.errors import StoreError

if TYPE_CHECKING:
    from store.backends.postgresql import PostgresDatabase
    from store.backends.postgresql_connections import BoundedConnection

_LONGEST_NAME = 63  # bytes of a PostgreSQL name
_MOST_IDLE = 4  # connections that are kept


class Neighbour:
    """Connections to such a schema. Any number of threads may use one object.

    The schema is called `veritas_` and the suffix if the log is in `public`; else it has the name of the log's schema
    and the suffix, so that two logs in one database do not share it.

    Attributes:
        address: The log's address, without a password.
    """

    def __init__(self, database: PostgresDatabase, suffix: str) -> None:
        """Prepare to connect; nothing is connected yet.

        Args:
            database: The log's database.
            suffix: The end of the schema's name.
        """
        self.address = database.address
        self._database = database
        self._suffix = suffix
        self._schema: str | None = None
        self._idle: list[BoundedConnection] = []
        self._lock = threading.Lock()

    @property
    def schema(self) -> str:
        """The schema's name.

        Raises:
            StoreError: The database cannot be read, or its schema's name is too long.
        """
        if self._schema is None:
            with self._database.reading() as cursor:
                cursor.execute("SELECT current_schema()")
                (log_schema,) = cursor.fetchall()[0]
            name = f"{'veritas' if log_schema in (None, 'public') else log_schema}_{self._suffix}"
            if len(name.encode()) > _LONGEST_NAME:
                raise StoreError(f"The log's schema {log_schema!r} has too long a name for a neighbour; rename it.")
            self._schema = name
        return self._schema

    @contextmanager
    def transaction(self, *, is_long: bool = False) -> Iterator[BoundedConnection]:
        """Yield a connection in a transaction; commit it, or roll it back on an error.

        Args:
            is_long: Whether a statement may take longer than a server that answers otherwise does.

        Raises:
            StoreError: The database cannot be used; see `StoreError.is_temporary`.
        """
        with self._database.errors():
            connection = self._take()
            limit = connection.answer_seconds
            try:
                connection.answer_seconds = None if is_long else limit
                with connection.transaction():
                    # For each transaction, because a pooler may give the next one another session of the server.
                    connection.execute("SELECT set_config('search_path', %s, true)", (f'"{self.schema}"',))
                    yield connection
                connection.answer_seconds = limit
            except BaseException:
                connection.close()
                raise
            self._give_back(connection)

    def connect(self) -> BoundedConnection:
        """Return a new connection with the log's search path, which commits each statement; the caller closes it."""
        with self._database.errors():
            return self._database.connect()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> BoundedConnection:
        while True:
            with self._lock:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._database.connect()
            with suppress(Exception):  # the server closed it meanwhile, or was restarted
                connection.execute("SELECT 1")
                return connection
            connection.close()

    def _give_back(self, connection: BoundedConnection) -> None:
        with self._lock:
            if not connection.closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(connection)
                return
        connection.close()
