"""Open the log and the fleet beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from veritas.errors import UsageError

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.fleet.database import FleetDatabase


@contextlib.contextmanager
def open_fleet(database: str | None, *, ready: bool = True) -> Iterator[tuple[Archive, FleetDatabase]]:
    """Open the log, which is created if it does not exist, and give it with the fleet's tables.

    Args:
        database: The log's address; None for the default file.
        ready: Whether the tables must exist and be of this version.

    Raises:
        UsageError: The log is not on PostgreSQL, a package is missing, or the fleet has to be set up.
        store.errors.StoreError: The log cannot be used.
    """
    from veritas.archive.archive import Archive, database_address

    try:
        from veritas.fleet.database import FleetDatabase, needs_postgresql
    except ModuleNotFoundError as error:
        raise UsageError(
            f"A fleet needs the package {error.name!r}, which is not installed: pip install 'veritas-recorder[fleet]'."
        ) from None
    if not (address := database_address(database)).startswith("postgresql"):
        raise needs_postgresql(address)  # before a file is created
    with Archive.open(database) as archive, FleetDatabase.of(archive) as fleet:
        if ready:
            fleet.require_ready()
        yield archive, fleet
