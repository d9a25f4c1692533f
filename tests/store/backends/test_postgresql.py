"""Which errors of PostgreSQL may pass, and a server that gives no answer."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors

from store.backends.connect import find_database
from store.backends.postgresql_connections import ANSWER_SECONDS
from store.errors import DatabaseReadOnly, DatabaseUnavailable, StoreError, StoreFull, StoreLocked
from store.log import EventLog
from tests.store.making import record


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (psycopg.OperationalError("server closed the connection unexpectedly"), DatabaseUnavailable),
        (errors.AdminShutdown(), DatabaseUnavailable),
        (errors.CannotConnectNow(), DatabaseUnavailable),
        (errors.CrashShutdown(), DatabaseUnavailable),
        (errors.ConnectionFailure(), DatabaseUnavailable),
        (errors.DeadlockDetected(), DatabaseUnavailable),
        (errors.DiskFull(), StoreFull),
        (errors.IdleInTransactionSessionTimeout(), DatabaseUnavailable),
        (errors.IoError(), DatabaseUnavailable),
        (errors.LockNotAvailable(), StoreLocked),
        (errors.OutOfMemory(), DatabaseUnavailable),
        (errors.QueryCanceled(), DatabaseUnavailable),
        (errors.ReadOnlySqlTransaction(), DatabaseUnavailable),
        (errors.TooManyConnections(), DatabaseUnavailable),
        (errors.InsufficientPrivilege(), DatabaseReadOnly),
        (errors.UndefinedColumn(), StoreError),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_may_pass_is_temporary(error: psycopg.Error, kind: type[StoreError]) -> None:
    """Then the recorder waits; a missing permission does not appear by itself."""
    translated = find_database("postgresql://someone@host/name").translate(error)
    assert type(translated) is kind
    assert translated.is_temporary == (kind in (DatabaseUnavailable, StoreFull, StoreLocked))


def test_a_server_that_gives_no_answer_counts_as_gone(postgresql: str) -> None:
    """The connection is given up, and the next call gets another one."""
    with EventLog.open(postgresql) as log:
        with pytest.raises(DatabaseUnavailable, match=r"no answer for 0\.2 s"), log._database.reading() as cursor:
            cursor.connection.answer_seconds = 0.2  # type: ignore[attr-defined]
            cursor.execute("SELECT pg_sleep(30)")
        assert log.append([record(1)]) == [1]


def test_a_statement_that_changes_tables_may_take_long(postgresql: str) -> None:
    """The connection has its limit again when it is used for something else."""
    database = find_database(postgresql)
    try:
        with database.transaction() as connection:
            assert connection.connection.driver_connection.answer_seconds is None  # type: ignore[union-attr]
        with database.reading() as cursor:
            assert cursor.connection.answer_seconds == ANSWER_SECONDS  # type: ignore[attr-defined]
    finally:
        database.close()


def test_the_limits_of_a_url_are_kept(postgresql: str) -> None:
    database = find_database(f"{postgresql}&connect_timeout=7&keepalives_idle=99")
    try:
        with database.reading() as cursor:
            parameters = cursor.connection.info.get_parameters()  # type: ignore[attr-defined]
    finally:
        database.close()
    assert (parameters["connect_timeout"], parameters["keepalives_idle"]) == ("7", "99")
    assert parameters["tcp_user_timeout"] == "30000"
