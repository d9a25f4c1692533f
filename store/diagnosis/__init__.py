"""Diagnose a log's database: whether it can be opened, is undamaged, has its guards, and has space.

The diagnosis changes nothing: the database is only read, and is not created if it does not exist.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from store.backends.base import Database
from store.backends.connect import find_database
from store.backends.postgresql import PostgresDatabase
from store.backends.sqlite import SqliteDatabase
from store.catalogue.comparison import declared, describe, differences
from store.diagnosis.check import OK, UNCHECKED, WRONG, Check
from store.diagnosis.postgresql import PostgresDiagnosis
from store.diagnosis.sqlite import SqliteDiagnosis
from store.errors import DatabaseDamaged, DatabaseNewer, DatabaseUnreachable, NotAnEventLog, StoreError
from store.missing_tables import format_tables, remedy, tables_on
from store.upgrade import HEAD, revision_of

_MICRO = 1_000_000
_TOLERANCE = 60  # seconds that another machine's clock may be ahead


def diagnose(
    database: str | Path, *, creates_directory: bool = False, clock: Callable[[], float] = time.time
) -> Iterator[Check]:
    """Examine a database, and yield each check as soon as its result is known.

    Args:
        database: A path or an SQLAlchemy URL.
        creates_directory: Whether a file's directory is created with the log if it does not exist.
        clock: Returns the time, in seconds since the epoch, UTC.
    """
    try:
        opened = find_database(database)
    except StoreError as error:
        yield Check.of("database", WRONG, error)
        return
    try:
        yield from _diagnose(opened, clock, creates_directory)
    finally:
        opened.close()


def _diagnose(database: Database, clock: Callable[[], float], creates_directory: bool) -> Iterator[Check]:
    diagnosis: SqliteDiagnosis | PostgresDiagnosis
    if isinstance(database, SqliteDatabase):
        diagnosis = SqliteDiagnosis(database)
    else:
        assert isinstance(database, PostgresDatabase)
        diagnosis = PostgresDiagnosis(database)
    yield from diagnosis.environment()
    try:
        revision = revision_of(database)
    except StoreError as error:
        is_wrong = isinstance(error, DatabaseDamaged | NotAnEventLog) or (
            isinstance(error, DatabaseUnreachable) and isinstance(database, SqliteDatabase)
        )
        yield Check.of("database", WRONG if is_wrong else UNCHECKED, error)
        return
    if revision is None:
        yield _creation(database, creates_directory)
        return
    yield from _each("database", diagnosis.database)
    yield _schema(database, revision)
    yield from _each("integrity", diagnosis.integrity)
    if revision == HEAD:
        yield from _each("tables", lambda: iter([_tables(database)]))
        yield from _each("guards", lambda: iter([_guards(database)]))
    yield from _each("clock", lambda: iter([_clock(database, clock())]))


def _each(name: str, examine: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield the checks of *examine*; if it fails, yield a check for the error, so that the other checks go on."""
    try:
        yield from examine()
    except StoreError as error:
        yield Check.of(name, WRONG if isinstance(error, DatabaseDamaged) else UNCHECKED, error)


def _creation(database: Database, creates_directory: bool) -> Check:
    """Check whether a log that does not exist yet can be created."""
    finding = f"there is no log at {database.address!r} yet"
    if isinstance(database, SqliteDatabase):
        obstacle = database.creation_obstacle(creates_directory=creates_directory)
        if obstacle is not None:
            return Check("database", WRONG, f"{finding}, and none can be created: {obstacle[0]}", obstacle[1])
    return Check("database", OK, f"{finding}; the first audit creates one")


def _tables(database: Database) -> Check:
    tables = tables_on(database.backend)
    if missing := tables - database.tables():
        return Check("tables", WRONG, f"the log has lost its {format_tables(missing)}", remedy(missing))
    return Check("tables", OK, f"the log's {len(tables)} tables are all there")


def _guards(database: Database) -> Check:
    """Compare tables, indexes and the triggers that keep the log append-only with those that were created."""
    reported = {f"the table {name!r} is missing" for name in tables_on(database.backend)}  # by the check of the tables
    if found := [each for each in differences(database) if each not in reported]:
        return Check(
            "guards",
            WRONG,
            f"the database is not as it was created: {describe(found)}",
            "run `veritas verify` to see whether an event was changed, and restore a copy that has its guards",
        )
    guards = sum(name.startswith("trigger ") for name in declared(database.backend))
    return Check("guards", OK, f"all {guards} are in place: the database refuses to change recorded events")


def _schema(database: Database, revision: str) -> Check:
    if revision == HEAD:
        return Check("schema", OK, f"revision {HEAD}, the newest")
    if revision > HEAD:
        newer = DatabaseNewer(f"revision {revision}, and this version knows revisions up to {HEAD}; upgrade VERITAS")
        return Check.of("schema", WRONG, newer)
    return Check("schema", WRONG, f"revision {revision}, and this version needs {HEAD}", "run `veritas db upgrade`")


def _clock(database: Database, now: float) -> Check:
    row = database.row("SELECT recorded_at FROM event ORDER BY position DESC LIMIT 1")
    if row is None:
        return Check("clock", OK, "nothing is recorded yet")
    try:
        recorded = row[0] / _MICRO
        at = datetime.fromtimestamp(recorded, UTC).isoformat(" ", "seconds").replace("+00:00", "Z")
    except (TypeError, ValueError, OverflowError, OSError):
        return Check("clock", WRONG, f"the last event was recorded at {row[0]!r:.60}, which is not a valid time")
    if recorded <= now + _TOLERANCE:
        return Check("clock", OK, f"the last event was recorded at {at}, which is in the past")
    return Check(
        "clock",
        WRONG,
        f"the last event was recorded at {at}, which is in the future: the clock is wrong, or was wrong",
        "set the clock and keep it synchronised; the order of the events does not depend on it",
    )
