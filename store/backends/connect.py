"""Find the `Database` that a path or a URL refers to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from store.backends.base import Database
from store.backends.sqlite import SqliteDatabase
from store.errors import DatabaseUnreachable

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

_FORMS = "give a path, sqlite:///PATH or postgresql://USER@HOST/NAME"


def address_of(database: str | Path) -> str:
    """Return the name of a database for messages, without its password; no driver is needed.

    Raises:
        DatabaseUnreachable: *database* is neither a path nor an SQLAlchemy URL of a log.
    """
    place = _place(database)
    if isinstance(place, Path):
        return str(place)
    from store.backends.postgresql import public_address

    return public_address(place)


def find_database(database: str | Path) -> Database:
    """Return the database that a path or an SQLAlchemy URL refers to; no connection is opened yet.

    Raises:
        DatabaseUnreachable: *database* is neither a path nor such a URL.
    """
    place = _place(database)
    if not isinstance(place, Path):
        from store.backends.postgresql import PostgresDatabase

        return PostgresDatabase(place)
    try:
        return SqliteDatabase(place)
    except PermissionError:
        raise DatabaseUnreachable(
            f"This user cannot access the log {str(place)!r}; change its directory's permissions, or choose another"
            " log."
        ) from None


def _place(database: str | Path) -> Path | URL:
    """Return the file of an SQLite log, or the URL of one in PostgreSQL."""
    if isinstance(database, Path) or "://" not in database:
        return _file(str(database))
    from sqlalchemy.engine import make_url  # takes 0.2 s to import, which a command about a file does not need
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(database)
    except (ArgumentError, ValueError):  # whose message would repeat the password
        raise DatabaseUnreachable(f"The database's address is not a valid URL; {_FORMS}.") from None
    match url.get_backend_name():
        case "sqlite":
            return _file(url.database or "")
        case "postgresql" | "postgres":
            return url
        case other:
            raise DatabaseUnreachable(f"A log cannot be kept in {other!r}; {_FORMS}.")


def _file(name: str) -> Path:
    if name in ("", ":memory:") or "\0" in name:
        raise DatabaseUnreachable(f"A log needs a file, and {name!r} is not a file name; {_FORMS}.")
    return Path(name).expanduser().absolute()
