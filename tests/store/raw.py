"""A second connection to the database: the driver alone, without the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

REFUSALS = (sqlite3.IntegrityError, psycopg.errors.RestrictViolation)


class Raw:
    """A connection of the driver, in autocommit; parameters are written `?` for both backends."""

    def __init__(self, database: str) -> None:
        self.is_postgresql = database.startswith("postgresql")
        self._connection: Any = (
            psycopg.connect(database, autocommit=True)
            if self.is_postgresql
            else sqlite3.connect(database, isolation_level=None)
        )

    def execute(self, statement: str, *parameters: object) -> Any:
        """Run one statement and return its cursor."""
        return self._connection.execute(statement.replace("?", "%s") if self.is_postgresql else statement, parameters)

    def execute_many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each of *rows*, in one transaction."""
        cursor = self._connection.cursor()
        cursor.execute("BEGIN")
        cursor.executemany(statement.replace("?", "%s") if self.is_postgresql else statement, rows)
        cursor.execute("COMMIT")

    def remove_guards(self) -> None:
        """Remove what the owner of a database can remove: triggers and the checks of foreign keys."""
        if self.is_postgresql:
            self.execute("SET session_replication_role = replica")
        else:
            for (name,) in self.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                self.execute(f"DROP TRIGGER {name}")

    def count(self) -> int:
        """Return the number of events."""
        number: int = self.execute("SELECT count(*) FROM event").fetchone()[0]
        return number

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@contextmanager
def raw_connection(database: str) -> Iterator[Raw]:
    """Open a raw connection and close it."""
    raw = Raw(database)
    try:
        yield raw
    finally:
        raw.close()
