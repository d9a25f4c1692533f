"""A second connection to the database: the driver alone, without the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")

REFUSALS = (sqlite3.IntegrityError, psycopg.errors.RestrictViolation)


class Raw:
    """A connection of the driver, in autocommit; parameters are written `?` for both backends."""

    def __init__(self, database: str) -> None:
        self._unguarded = False
        self.is_postgresql = database.startswith("postgresql")
        self._connection: Any = (
            psycopg.connect(database, autocommit=True)
            if self.is_postgresql
            else sqlite3.connect(database, isolation_level=None)
        )

    def execute(self, statement: str, *parameters: object) -> Any:
        """Run one statement and return its cursor."""
        if self._unguarded and statement.startswith(_WRITES):
            with self._without_triggers():
                return self._connection.execute(statement, parameters)
        return self._connection.execute(statement.replace("?", "%s") if self.is_postgresql else statement, parameters)

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each of *rows*, in one transaction."""
        if self._unguarded:
            with self._without_triggers():
                self._connection.executemany(statement, rows)
            return
        cursor = self._connection.cursor()
        cursor.execute("BEGIN")
        cursor.executemany(statement.replace("?", "%s") if self.is_postgresql else statement, rows)
        cursor.execute("COMMIT")

    def remove_guards(self) -> None:
        """Run later statements as the owner of a database can: without triggers and checks of foreign keys."""
        if self.is_postgresql:
            self.execute("SET session_replication_role = replica")
        else:
            self._unguarded = True

    @contextmanager
    def _without_triggers(self) -> Iterator[None]:
        """Drop all triggers of an SQLite database, and create them again, in one transaction."""
        found = self._connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for name, _ in found:
                self._connection.execute(f"DROP TRIGGER {name}")
            yield
            for _, sql in found:
                self._connection.execute(sql)
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def lower_counter(self) -> None:
        """Set the counter of positions to the last one, as if no later one had been assigned."""
        if not self.is_postgresql:
            self.execute("UPDATE sqlite_sequence SET seq = (SELECT max(position) FROM event) WHERE name = 'event'")

    def count(self) -> int:
        """Return the number of events."""
        number: int = self.execute("SELECT count(*) FROM event").fetchone()[0]
        return number

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def connections(database: str) -> int:
    """Return how many connections a PostgreSQL server has; one of a killed process lasts until it has done its work."""
    if not database.startswith("postgresql"):
        return 0
    query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    with raw_connection(database) as raw:
        number: int = raw.execute(query).fetchone()[0]
    return number


@contextmanager
def raw_connection(database: str) -> Iterator[Raw]:
    """Open a raw connection and close it."""
    raw = Raw(database)
    try:
        yield raw
    finally:
        raw.close()
