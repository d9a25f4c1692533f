"""The fleet's database: the schema of its tables in the log's PostgreSQL database, which `veritas fleet setup` creates.

The tables of the jobs are procrastinate's, unchanged; ours are beside them. procrastinate does not record which of its
migrations a database has, so we do, in a table of our own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, Self, cast

import psycopg
from procrastinate.exceptions import ConnectorException
from procrastinate.schema import SchemaManager
from psycopg.rows import dict_row

from store.neighbour import Neighbour
from veritas.archive.archive import Archive
from veritas.errors import FleetNotReady, UsageError

_SETUP_LOCK = int.from_bytes(b"fleetdb")  # of the advisory lock of a setup
_APPLIED = """
CREATE TABLE fleet_migration (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
COMMENT ON TABLE fleet_migration IS 'The migrations that this schema has.';
COMMENT ON COLUMN fleet_migration.name IS 'The migration; those of procrastinate have its name before theirs.';
COMMENT ON COLUMN fleet_migration.applied_at IS 'When it was applied.';
"""


_OF_PROCRASTINATE = "procrastinate "


class FleetDatabase:
    """The fleet's tables; a context manager that closes its connections."""

    def __init__(self, tables: Neighbour) -> None:
        self.tables = tables

    @classmethod
    def of(cls, archive: Archive) -> Self:
        """Return the tables beside a log, which may not exist yet.

        Raises:
            UsageError: The log is not on PostgreSQL.
        """
        tables = archive.log.neighbour("fleet")
        if tables is None:
            raise needs_postgresql(archive.log.describe())
        return cls(tables)

    @contextmanager
    def transaction(self, *, is_long: bool = False) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        """Yield a connection whose rows are dictionaries, in a transaction.

        Args:
            is_long: Whether a statement may take minutes.

        Raises:
            store.errors.StoreError: The database cannot be used.
        """
        with self.tables.transaction(is_long=is_long) as connection:
            connection.row_factory = dict_row
            try:
                yield cast("psycopg.Connection[dict[str, Any]]", connection)
            except ConnectorException as error:  # procrastinate's, for an error of psycopg
                raise (error.__cause__ or error) from None

    def missing_migrations(self) -> list[str] | None:
        """Return the migrations that the database lacks; None if it does not have the fleet's tables at all."""
        with self.transaction() as connection:
            return _missing_in(connection)

    def require_ready(self) -> Self:
        """Check that the tables exist and are of this version.

        Raises:
            FleetNotReady: They are not.
        """
        missing = self.missing_migrations()
        if missing is None:
            raise FleetNotReady(
                f"The log {self.tables.address!r} has no fleet yet; create it by `veritas fleet setup`."
            )
        if missing:
            raise FleetNotReady(
                f"The fleet's tables in {self.tables.schema!r} are of an older version; stop its workers, and upgrade"
                " them by `veritas fleet setup`."
            )
        return self

    def set_up(self) -> list[str]:
        """Create or upgrade the tables, in one transaction; return the names of the migrations that were applied.

        Raises:
            store.errors.StoreError: The database cannot be changed.
        """
        migrations = _migrations()
        with self.transaction(is_long=True) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SETUP_LOCK,))
            schema = psycopg.sql.Identifier(self.tables.schema)
            connection.execute(psycopg.sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
            missing = _missing_in(connection)
            if missing is None:
                connection.execute(_APPLIED)
                connection.execute(SchemaManager.get_schema())
            for name in migrations if missing is None else missing:
                if missing is not None or not name.startswith(_OF_PROCRASTINATE):
                    connection.execute(migrations[name])
                connection.execute("INSERT INTO fleet_migration (name) VALUES (%s)", (name,))
        return list(migrations) if missing is None else missing

    def close(self) -> None:
        """Close the connections."""
        self.tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def needs_postgresql(address: str) -> UsageError:
    """Return the error for a log that is not on PostgreSQL."""
    return UsageError(
        f"A fleet needs a log on PostgreSQL, and {address!r} is an SQLite file; give one by --db"
        " postgresql://USER@HOST/NAME, or audit a list on this machine with `veritas audit --from FILE`."
    )


def _missing_in(connection: psycopg.Connection[dict[str, Any]]) -> list[str] | None:
    row = connection.execute("SELECT to_regclass('fleet_migration') AS found").fetchone()
    if row is None or row["found"] is None:
        return None
    applied = {each["name"] for each in connection.execute("SELECT name FROM fleet_migration")}
    return [name for name in _migrations() if name not in applied]


def _migrations() -> dict[str, str]:
    """Return all migrations by their names, in order: procrastinate's, then ours."""
    theirs = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    ours = sorted((each for each in files("veritas.fleet.migrations").iterdir() if each.name.endswith(".sql")), key=str)
    return {
        **{f"{_OF_PROCRASTINATE}{each.stem}": each.read_text(encoding="utf-8") for each in theirs},
        **{each.name.removesuffix(".sql"): each.read_text(encoding="utf-8") for each in ours},
    }
