"""A copy of a log, made while recording goes on."""

from __future__ import annotations

from pathlib import Path

from store.backends.connect import find_database
from store.errors import DatabaseMissing
from store.upgrade import revision_of


def back_up(database: str | Path, target: Path | None) -> Path:
    """Copy a log, of whichever revision, to a new file, and return that.

    Args:
        database: A path or an SQLAlchemy URL.
        target: The file, or a directory to make it in; None to make it beside the log.

    Raises:
        DatabaseMissing: There is no log.
        NotAnEventLog: The database holds something else.
        StoreFull: The copy has no room.
        StoreError: The file exists already, or such a log is copied by other means.
    """
    found = find_database(database)
    try:
        if revision_of(found) is None:
            raise DatabaseMissing(f"There is no log at {found.address!r}; the first audit makes one.")
        return found.copy(target)
    finally:
        found.close()
