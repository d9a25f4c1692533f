"""A log on each backend, one to tamper with, and a second connection to its database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from store.log import EventLog
from tests.databases import database, postgresql, postgresql_schema, sqlite
from tests.store.raw import Raw, raw_connection
from tests.store.target_log import TargetLog

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


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TargetLog]:
    """Yield a log to tamper with, once on each backend."""
    if request.param == "sqlite":
        with closing(TargetLog(str(tmp_path_factory.mktemp("target") / "log.db"))) as target:
            yield target
    else:
        with postgresql_schema() as database, closing(TargetLog(database)) as target:
            yield target
