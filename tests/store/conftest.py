"""A log on each backend, and a second connection to its database."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.log import EventLog
from tests.databases import database, postgresql, sqlite
from tests.store.raw import Raw, raw_connection

__all__ = ["database", "postgresql", "sqlite"]


@pytest.fixture
def log(database: str) -> Iterator[EventLog]:
    """Yield an empty log, once on each backend."""
    with EventLog.open(database) as opened:
        yield opened


@pytest.fixture
def raw(log: EventLog, database: str) -> Iterator[Raw]:
    """Yield a second connection to the log's database."""
    with raw_connection(database) as connection:
        yield connection
