"""Looking a log's database over: whether it can be opened, is whole, is guarded, and has room.

Nothing is changed by that: the database is opened to be read, and none is made where there is none.
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
from store.diagnosis.check import OK, UNCHECKED, WRONG, Check
from store.diagnosis.postgresql import PostgresDiagnosis
from store.diagnosis.sqlite import SqliteDiagnosis
from store.errors import DatabaseDamaged, DatabaseNewer, DatabaseUnreachable, NotAnEventLog, StoreError
from store.missing_tables import TABLES, named, remedy
from store.upgrade import HEAD, revision_of

_MICRO = 1_000_000
_TOLERANCE = 60  # seconds that another machine's clock may be ahead


def diagnose(
    database: str | Path, *, directory_is_made: bool = False, clock: Callable[[], float] = time.time
) -> Iterator[Check]:
    """Look a database over, and yield each finding as soon as it is known.

    Args:
        database: A path or an SQLAlchemy URL.
        directory_is_made: Whether a file's directory is made with the log, where it is not there yet.
        clock: Tells the time, in seconds since the epoch, UTC.
    """
    try:
        found = find_database(database)
    except StoreError as error:
        yield Check.of("database", WRONG, error)
        return
    try:
        yield from _diagnose(found, clock, directory_is_made)
    finally:
        found.close()


def _diagnose(database: Database, clock: Callable[[], float], directory_is_made: bool) -> Iterator[Check]:
    diagnosis: SqliteDiagnosis | PostgresDiagnosis
    if isinstance(database, SqliteDatabase):
        diagnosis = SqliteDiagnosis(database)
    else:
        assert isinstance(database, PostgresDatabase)
        diagnosis = PostgresDiagnosis(database)
    yield from diagnosis.around()
    try:
        revision = revision_of(database)
    except StoreError as error:
        hopeless = isinstance(error, DatabaseDamaged | NotAnEventLog) or (
            isinstance(error, DatabaseUnreachable) and isinstance(database, SqliteDatabase)
        )
        yield Check.of("database", WRONG if hopeless else UNCHECKED, error)
        return
    if revision is None:
        yield _to_be_made(database, directory_is_made)
        return
    yield from _each("database", diagnosis.database)
    yield _schema(database, revision)
    yield from _each("integrity", diagnosis.integrity)
    if revision == HEAD:
        yield from _each("tables", lambda: iter([_tables(database)]))
        yield from _each("guards", diagnosis.guards)
    yield from _each("clock", lambda: iter([_clock(database, clock())]))


def _each(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield what a look finds; one that fails is itself a finding, and the others go on."""
    try:
        yield from look()
    except StoreError as error:
        yield Check.of(name, WRONG if isinstance(error, DatabaseDamaged) else UNCHECKED, error)


def _to_be_made(database: Database, directory_is_made: bool) -> Check:
    there_is_none = f"there is no log at {database.address!r} yet"
    if isinstance(database, SqliteDatabase):
        obstacle = database.unmakable(directory_is_made=directory_is_made)
        if obstacle is not None:
            return Check("database", WRONG, f"{there_is_none}, and none can be made: {obstacle[0]}", obstacle[1])
    return Check("database", OK, f"{there_is_none}; the first audit makes one")


def _tables(database: Database) -> Check:
    if lost := TABLES - database.tables():
        return Check("tables", WRONG, f"the log has lost its {named(lost)}", remedy(lost))
    return Check("tables", OK, f"the log's {len(TABLES)} tables are all there")


def _schema(database: Database, revision: str) -> Check:
    if revision == HEAD:
        return Check("schema", OK, f"revision {HEAD}, the newest")
    if revision > HEAD:
        newer = DatabaseNewer(f"revision {revision}, and this version knows those up to {HEAD}; upgrade VERITAS")
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
        return Check("clock", WRONG, f"the last event was recorded at {row[0]!r:.60}, which is no time")
    if recorded <= now + _TOLERANCE:
        return Check("clock", OK, f"the last event was recorded at {at}, which is past")
    return Check(
        "clock",
        WRONG,
        f"the last event was recorded at {at}, which is yet to come: the clock is wrong, or was",
        "set the clock and keep it synchronised; the order of the events does not depend on it",
    )
