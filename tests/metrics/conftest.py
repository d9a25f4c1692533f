"""A log with many audits, on each backend."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.log import EventLog
from tests.databases import database, postgresql, sqlite
from tests.run_rows import fill
from veritas.archive.archive import Archive

__all__ = ["database", "postgresql", "sqlite"]

RUNS = 300


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    """Yield a log with 300 audits, once on each backend."""
    with EventLog.open(database) as log:
        fill(log, RUNS)
        yield Archive(log)
