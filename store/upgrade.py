"""Migrate a database to the schema of this version of the store.

Alembic is imported only if there is something to migrate: opening a log at the newest revision takes one query, and a
new log is created without it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import store
from store.backends.base import Database
from store.backends.connect import find_database
from store.errors import DatabaseNewer, DatabaseOutdated, NotAnEventLog, StoreError
from store.missing_tables import BASIC_TABLES, VERSION_TABLE, not_a_log
from store.new_log import create_log

HEAD = "0006"  # the newest migration; a test checks that Alembic finds the same
MIGRATIONS = Path(store.__file__).resolve().parent.parent / "migrations"  # in a checkout as in an installed wheel

_alembic = threading.Lock()  # Alembic's environment is one per process


def current(database: str | Path) -> str | None:
    """Return the revision of a database; None if it is empty or does not exist.

    Raises:
        NotAnEventLog: It holds something else.
    """
    opened = find_database(database)
    try:
        return revision_of(opened)
    finally:
        opened.close()


def upgrade(database: str | Path, report: Callable[[str], None]) -> None:
    """Migrate a database to the newest revision, or create a log in it; an SQLite file is copied before it is changed.

    Args:
        report: Called with a sentence about each thing that was done.

    Raises:
        NotAnEventLog: It holds something else.
        DatabaseNewer: It was written by a newer version.
        StoreError: Its tables are not those of its revision; nothing was changed.
    """
    opened = find_database(database)
    try:
        revision = revision_of(opened)
        if revision is None:
            create_log(opened)
            report(f"Created the log {opened.address!r} at revision {HEAD}.")
        elif revision == HEAD:
            report(f"The log {opened.address!r} is at revision {HEAD}, the newest.")
        elif revision > HEAD:
            raise _newer(opened, revision)
        else:
            _migrate(opened, backup_of=revision, report=report)
            report(f"Upgraded the log {opened.address!r} from revision {revision} to {HEAD}.")
    finally:
        opened.close()


def require_head(database: Database, *, create: bool) -> None:
    """Raise an error unless a database is a log at the newest revision; with *create*, create a log in an empty one.

    Raises:
        DatabaseMissing: It is empty or does not exist, and *create* is false.
        DatabaseOutdated: It has to be upgraded first.
        DatabaseNewer: It was written by a newer version.
        NotAnEventLog: It holds something else.
    """
    revision = revision_of(database)
    if revision is None:
        if not create:
            raise database.missing()
        create_log(database)
    elif revision < HEAD:
        raise DatabaseOutdated(
            f"The log {database.address!r} is at revision {revision} and this version needs {HEAD};"
            " `veritas db upgrade` upgrades it."
        )
    elif revision > HEAD:
        raise _newer(database, revision)
    elif not database.read_only:
        database.prepare()


def revision_of(database: Database) -> str | None:
    """Return the revision of a database; None if it is empty or does not exist.

    Raises:
        NotAnEventLog: It holds something else.
        DatabaseDamaged: It has lost tables of a log.
    """
    tables = database.tables()
    if not tables:
        return None
    if not tables >= BASIC_TABLES:
        raise not_a_log(database.address, tables)
    with database.reading() as cursor:
        cursor.execute(f"SELECT version_num FROM {VERSION_TABLE}")
        revisions = [row[0] for row in cursor.fetchall()]
    if len(revisions) != 1 or not re.fullmatch(r"\d{4}", str(revisions[0])):
        raise NotAnEventLog(f"{database.address!r} is not an event log, its revision is {revisions!r}; choose another.")
    revision: str = revisions[0]
    return revision


def _newer(database: Database, revision: str) -> DatabaseNewer:
    return DatabaseNewer(
        f"The log {database.address!r} is at revision {revision}, and this version knows revisions up to {HEAD};"
        " upgrade VERITAS to open it."
    )


def _migrate(database: Database, *, backup_of: str, report: Callable[[str], None]) -> None:
    """Run the migrations in one transaction; a process that does so at the same time waits, and finds nothing to do."""
    from alembic import command
    from alembic.config import Config
    from sqlalchemy.exc import DBAPIError

    database.prepare()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with _alembic, database.transaction() as connection:
        copy = database.backup(backup_of)
        report(f"Copied it to {str(copy)!r}." if copy else "PostgreSQL databases are not copied here; use pg_dump.")
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except DBAPIError as error:
            cause = error.orig or error
            if type(database.translate(cause)) is not StoreError:
                raise
            raise StoreError(
                f"The log {database.address!r} cannot be upgraded from revision {backup_of}"
                f" ({str(cause).splitlines()[0]}), and nothing was changed; if the revision in {VERSION_TABLE!r} was"
                " changed by hand, change it back, otherwise restore a backup."
            ) from error
