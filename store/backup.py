"""Backups of a log, made while recording goes on."""

from __future__ import annotations

from pathlib import Path

from store.backends.connect import find_database
from store.errors import DatabaseMissing
from store.upgrade import revision_of


def back_up(database: str | Path, target: Path | None) -> Path:
    """Copy a log of any revision to a new file, and return the file's path.

    Args:
        database: A path or an SQLAlchemy URL.
        target: The new file, or the directory for it; None for the log's directory.

    Raises:
        DatabaseMissing: There is no log.
        NotAnEventLog: The database holds something else.
        StoreFull: There is no space for the copy.
        StoreError: The file already exists, or the database must be copied by its own tools.
    """
    opened = find_database(database)
    try:
        if revision_of(opened) is None:
            raise DatabaseMissing(f"There is no log at {opened.address!r}; the first audit creates one.")
        return opened.copy(target)
    finally:
        opened.close()
