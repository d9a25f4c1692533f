"""PostgresDatabase: a log in a PostgreSQL database."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sqlalchemy import create_engine, event
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.pool import PoolProxiedConnection

from store.backends import base
from store.backends.base import COLUMNS, PAGE_BYTES, Database, Room, Row, RunBatch, decoded_row, encoded_row
from store.errors import (
    DatabaseDamaged,
    DatabaseReadOnly,
    DatabaseUnavailable,
    DatabaseUnreachable,
    InvalidRecord,
    StoreError,
    StoreFull,
    StoreLocked,
)
from store.missing_tables import TABLES, missing_tables
from store.records import StoredEvent

if TYPE_CHECKING:
    from psycopg import Cursor
    from psycopg.errors import Diagnostic

    from store.backends.append_call import AppendConnections
    from store.backends.postgresql_connections import BoundedConnection

LOCK_KEY = int.from_bytes(b"eventlog")  # of the advisory lock under which positions are assigned

_BODY = StoredEvent._fields.index("body")
_NO_TABLE = re.compile(r'relation "(\w+)" does not exist')
_REFUSED_PARAMETER = re.compile(r"unsupported startup parameter: (\w+)")  # PgBouncer
_TYPES = (
    *("int8", "text", "text", "int8", "text", "text", "text", "int8", "int8", "int4"),  # position to schema_version
    *("bytea", "bytea", "bytea", "bytea", "bytea", "int4"),  # artifact to hash, encoding
)
# Classes of errors that may pass: connection, resources, timeouts, conflicts, the operator, the system.
_TEMPORARY = ("08", "53", "25P", "40", "57", "58")
# In the transaction that holds the log's lock: the server ends it if its client is gone.
_LIMITS = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
_PASSWORDS = ("password", "sslpassword")  # parameters of a URL's query that hold secrets


def public_address(url: URL) -> str:
    """Return a URL without its secrets."""
    public = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return public.difference_update_query(_PASSWORDS).render_as_string()


class PostgresDatabase(Database):
    """A log in a PostgreSQL database, in the first schema of the connection's search path.

    A position is one more than the last, and is assigned under an advisory lock that lasts until the transaction ends.
    So positions follow the order of commits, and have no gaps. A sequence would assign them in the order of requests,
    which differs from the order of commits: position 7 could appear after a reader has seen position 8.
    """

    backend = "postgresql"
    parameter = "%s"

    def __init__(self, url: URL) -> None:
        super().__init__()
        self.address = public_address(url)
        self.location = url.render_as_string(hide_password=False)
        limits = {"lock_timeout": f"{base.LOCK_SECONDS}s", **_LIMITS}
        settings = ", ".join(f"set_config('{name}', '{value}', true)" for name, value in limits.items())
        self._lock = f"SELECT {settings}, pg_advisory_xact_lock({LOCK_KEY})"
        self.groups_commits = True
        self._url = url

    @cached_property
    def engine(self) -> Engine:
        """The SQLAlchemy engine, whose pool lends the connections."""
        try:
            from store.backends.postgresql_connections import ANSWER_SECONDS, connect, require_alive

            engine = create_engine(
                self._url.set(drivername="postgresql+psycopg"),
                isolation_level="READ COMMITTED",  # under the lock, each statement must see the last commit
                connect_args={"client_encoding": "utf8"},
                max_overflow=-1,  # recorders wait for the log's lock in the server, each with a connection
            )
        except ModuleNotFoundError as error:
            raise DatabaseUnreachable(
                f"{self.address!r} needs psycopg, which is not installed: pip install 'psycopg[binary]'."
            ) from error

        def set_limit(connection: BoundedConnection | None, record: object) -> None:
            if connection is not None:  # it was not invalidated
                connection.answer_seconds = ANSWER_SECONDS

        event.listen(engine, "do_connect", lambda dialect, record, args, parameters: connect(parameters))
        event.listen(engine, "checkin", set_limit)
        event.listen(engine, "checkout", lambda connection, record, proxied: require_alive(connection))
        event.listen(engine, "begin", self._begin)
        return engine

    @property
    def _driver_error(self) -> type[Exception]:
        """The base of psycopg's errors."""
        error: type[Exception] = self.engine.dialect.loaded_dbapi.Error
        return error

    def connect(self) -> BoundedConnection:
        """Connect apart from the pool; each statement is committed."""
        from store.backends.postgresql_connections import connect

        _, parameters = self.engine.dialect.create_connect_args(self._url.set(drivername="postgresql+psycopg"))
        return connect({**parameters, "client_encoding": "utf8", "autocommit": True})

    def _begin(self, connection: Connection) -> None:
        """Take the lock in a transaction of SQLAlchemy's, whose statements change tables and may take long."""
        cast("BoundedConnection", connection.connection.driver_connection).answer_seconds = None
        connection.exec_driver_sql(self._lock)

    @contextmanager
    def reading(self) -> Iterator[DBAPICursor]:
        """Yield a cursor for reading."""
        with self.errors(), self._connection() as connection:
            yield connection.cursor()

    @contextmanager
    def snapshot(self) -> Iterator[DBAPICursor]:
        """Yield a cursor for reading that sees the database as it was at one moment."""
        with self.reading() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield cursor

    @contextmanager
    def writing(self) -> Iterator[DBAPICursor]:
        """Yield a cursor in a transaction that holds the log's write lock; commit it, or roll it back on an error."""
        with self.errors(), self._writing, self._connection() as connection:
            cursor = connection.cursor()
            cursor.execute(self._lock)
            yield cursor
            connection.commit()

    @contextmanager
    def _connection(self) -> Iterator[PoolProxiedConnection]:
        """Yield a connection of the pool, and roll back what was not committed; after an error, it is not used again.

        After an error the connection may be lost, or lead to a server that has become a standby; the next one leads to
        the server that takes its place.
        """
        connection = self.engine.raw_connection()
        try:
            try:
                yield connection
            except self._driver_error:
                raise
            except BaseException:
                connection.rollback()
                raise
            connection.rollback()
        except self._driver_error:
            connection.invalidate()
            raise
        finally:
            connection.close()

    def prepare(self) -> None:
        """Do nothing: the server is ready."""

    def tables(self) -> set[str]:
        """Return the names of the tables and views in the database."""
        with self.reading() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
                " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
            )
            return {name for (name,) in cursor.fetchall()}

    def catalogue(self) -> dict[str, str]:
        """Return the definition of each table, column, index and guard; see `store.catalogue`."""
        from store.catalogue.postgresql import catalogue_in

        with self.reading() as cursor:
            return catalogue_in(cursor)

    def size(self) -> int:
        """Return how many bytes the log's tables take, with their indexes and what is stored beside them."""
        (size,) = self.row(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = to_regnamespace(current_schema()::text)"
        )
        return int(size)

    def page(
        self, cursor: DBAPICursor, where: str, parameters: Sequence[object], limit: int, order: str = "position"
    ) -> list[Row]:
        """Return the first events that match *where*; the server limits the page, because libpq reads all rows."""
        cast("Cursor", cursor).execute(
            f"SELECT {COLUMNS}, encoding FROM ("
            f"SELECT *, sum(coalesce(octet_length(body), 0)) OVER (ORDER BY {order}) AS size FROM ("
            f"SELECT * FROM event WHERE {self.sql(where)} ORDER BY {order} LIMIT %s) AS event) AS event"
            f" WHERE size - coalesce(octet_length(body), 0) < {PAGE_BYTES} ORDER BY {order}",
            (*parameters, limit),
            binary=True,
        )
        rows: list[Row] = []
        size = 0
        for encoded in cursor.fetchall():
            row = encoded[:-1] if encoded[-1] is None else decoded_row(encoded)
            rows.append(row)
            size += len(row[_BODY] or b"")
            if size >= PAGE_BYTES:  # decoded; what the server sent may be a tenth of it
                break
        return rows

    def insert(self, cursor: DBAPICursor, rows: Sequence[Row]) -> range:
        """Insert events after the last one, and return their positions.

        COPY takes 13 µs a row, and executemany 52 µs, because the guard on the order of positions runs once for each
        statement.
        """
        cursor.execute("SELECT coalesce(max(position), 0) FROM event")
        last = cursor.fetchall()[0][0]
        positions = range(last + 1, last + 1 + len(rows))
        copying = cast("Cursor", cursor).copy(f"COPY event ({COLUMNS}, encoding) FROM STDIN (FORMAT BINARY)")
        with copying as copy:
            copy.set_types(_TYPES)
            for position, row in zip(positions, rows, strict=True):
                copy.write_row((position, *encoded_row(row)))
        return positions

    def append(self, batch: RunBatch) -> int | None:
        """Append a batch in one call, which commits it with those of others that wait; see `store.group_commit`."""
        from store.backends.append_call import NotGrouped

        with self.errors():
            try:
                return self._appending.append(batch)
            except NotGrouped:
                self.groups_commits = False
        return None

    @cached_property
    def _appending(self) -> AppendConnections:
        """The connections for `append`, apart from the pool, which takes as long to lend one as the call takes."""
        from store.backends.append_call import AppendConnections

        return AppendConnections(self.connect)

    def close(self) -> None:
        """Close all connections."""
        if "_appending" in vars(self):
            self._appending.close()
        super().close()

    def expunge(self, salts: Collection[bytes]) -> list[str]:
        """Remove batches that wait or were left, and run VACUUM, which frees the space of the old rows.

        A recorder whose batch is removed appends it by itself.
        """
        remains = ["The server's backups, and its write-ahead log if that is archived, still hold it."]
        try:
            with self.writing() as cursor:
                cursor.execute("DELETE FROM pending_append")
        except StoreError as error:
            remains.insert(0, f"The table 'pending_append' may hold it, and could not be emptied: {error}")
        if refusals := self._vacuum():
            old = f"The old rows stay in the server's files until a role that may VACUUM them does so ({refusals[0]})."
            remains.insert(0, old)
        return remains

    def free_space(self) -> list[str]:
        """Run VACUUM, after which new rows fill the space of the erased ones; the files keep most of their size."""
        return [f"The server refused to VACUUM the log ({refusal})." for refusal in self._vacuum()]

    def _vacuum(self) -> list[str]:
        """Run VACUUM, and return why the server refused it; it reports a refusal only as a notice."""
        refusals: list[str] = []

        def add_refusal(notice: Diagnostic) -> None:
            refusals.append(notice.message_primary or "the server gave no reason")

        try:
            with self.reading() as cursor:
                connection = cast("Cursor", cursor).connection
                connection.rollback()
                connection.autocommit = True
                cast("BoundedConnection", connection).answer_seconds = None
                connection.add_notice_handler(add_refusal)
                try:
                    cursor.execute("VACUUM event, artifact, run, pending_append")
                finally:
                    connection.remove_notice_handler(add_refusal)
                    connection.autocommit = False
        except StoreError as error:
            refusals.append(str(error))
        return refusals

    def room(self) -> Room:
        """Return the room that tables take with their indexes; the server does not tell what is free."""
        with self.reading() as cursor:
            cursor.execute(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
                " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname = ANY(%s)",
                (list(TABLES),),
            )
            tables: dict[str, int] = dict(cursor.fetchall())
        return Room(None, tables)

    def copy(self, target: Path | None) -> Path:
        """Raise a StoreError that gives the `pg_dump` command for it."""
        file = str(target or "veritas.dump")
        command = ["pg_dump", "--format=custom", f"--file={file}", f"--dbname={self.address}"]
        raise StoreError(f"A log on PostgreSQL is copied with the server's own program: {shlex.join(command)}")

    def backup(self, label: str) -> None:
        """Return None: the server's operator makes backups, with `pg_dump`."""

    def translate(self, error: BaseException) -> StoreError:
        """Return the store's error for an error of PostgreSQL."""
        where = f"The log {self.address!r}"
        lines = str(error).strip().splitlines()
        reason = lines[0].rstrip(".") if lines else type(error).__name__
        match getattr(error, "sqlstate", None):
            case "55P03":
                return StoreLocked(f"{where} was locked by another process for {base.LOCK_SECONDS} s; try again later.")
            case "53100":
                return StoreFull(f"{where} cannot grow, the server's disk is full; free some space and try again.")
            case "42501":
                return DatabaseReadOnly(
                    f"{where} cannot be written to ({reason}); use a role that may, or another database."
                )
            case "42P01" if (lost := _NO_TABLE.search(reason)) is not None:
                return missing_tables(self.address, {lost[1]})
            case "XX001" | "XX002":
                return DatabaseDamaged(f"{where} is damaged ({reason}); restore a backup.")
            case "54000":
                return InvalidRecord(f"{where} cannot hold this record ({reason}).")
            case "25006":
                return DatabaseUnavailable(
                    f"{where} cannot be written to ({reason}); connect to the primary server, for example with"
                    " target_session_attrs=read-write."
                )
            case str(state) if state.startswith(("08", "57P", "53300")):
                return self._unavailable(reason)
            case str(state) if state.startswith(_TEMPORARY):
                return DatabaseUnavailable(f"{where} cannot be used at the moment ({reason}); try again later.")
            case None if (refused := _REFUSED_PARAMETER.search(reason)) is not None:
                return DatabaseUnreachable(
                    f"The pooler at {self.address!r} does not pass on the parameter {refused[1]!r}; leave it out of the"
                    " address, or connect to the server itself."
                )
            case str(state) if not state.startswith(("28", "3D")):
                return StoreError(f"{where} gave an error: {reason}.")
            case _:
                return self._unavailable(reason)

    def _unavailable(self, reason: str) -> DatabaseUnavailable:
        return DatabaseUnavailable(
            f"{self.address!r} cannot be reached: {reason}; check the address, the server and the password."
        )
