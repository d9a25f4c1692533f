"""From what a user gives as the database to the `Database` that it means."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from store.backends.base import Database
from store.backends.postgresql import PostgresDatabase
from store.backends.sqlite import SqliteDatabase
from store.errors import DatabaseUnreachable

_FORMS = "give a path, sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"


def find_database(database: str | Path) -> Database:
    """Return the database that a path or an SQLAlchemy URL stands for; nothing is opened yet.

    Raises:
        DatabaseUnreachable: It is neither, or the driver for it is not installed.
    """
    if isinstance(database, Path) or "://" not in database:
        return _file(str(database))
    try:
        url = make_url(database)
    except (ArgumentError, ValueError):  # whose message would repeat the password
        raise DatabaseUnreachable(f"The database's address is no URL that can be read; {_FORMS}.") from None
    match url.get_backend_name():
        case "sqlite":
            return _file(url.database or "")
        case "postgresql" | "postgres":
            return PostgresDatabase(url)
        case other:
            raise DatabaseUnreachable(f"A log cannot be kept in {other!r}; {_FORMS}.")


def _file(name: str) -> SqliteDatabase:
    if name in ("", ":memory:") or "\0" in name:
        raise DatabaseUnreachable(f"A log is kept in a file, and {name!r} is the name of none; {_FORMS}.")
    path = Path(name).expanduser().absolute()
    try:
        return SqliteDatabase(path)
    except PermissionError:
        raise DatabaseUnreachable(
            f"The log {str(path)!r} cannot be looked at by this user; change its directory's permissions, or choose"
            " another."
        ) from None
