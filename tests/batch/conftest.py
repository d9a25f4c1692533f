"""A log for tests of batches, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.databases import postgresql, sqlite
from veritas.archive.archive import Archive

__all__ = ["archive", "database", "postgresql", "sqlite"]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    """Open an empty log."""
    with Archive.open(database) as opened:
        yield opened
