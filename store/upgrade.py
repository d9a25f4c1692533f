"""Bring a database to the schema that this version of the store knows.

Alembic is imported only where something has to be migrated: to open a log that is at head takes one query.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from pathlib import Path

import store
from store.backends.base import Database
from store.backends.connect import find_database
from store.errors import DatabaseNewer, DatabaseOutdated, NotAnEventLog
from store.missing_tables import BASIC_TABLES, VERSION_TABLE, no_log

HEAD = "0003"  # the newest migration; a test holds it equal to what Alembic finds
MIGRATIONS = Path(store.__file__).resolve().parent.parent / "migrations"  # in a checkout as in an installed wheel

_alembic = threading.Lock()  # Alembic's environment is one per process


def current(database: str | Path) -> str | None:
    """Return the revision that a database is at; None where it is empty or does not exist.

    Raises:
        NotAnEventLog: It holds something else.
    """
    found = find_database(database)
    try:
        return revision_of(found)
    finally:
        found.close()


def upgrade(database: str | Path, say: Callable[[str], None]) -> None:
    """Bring a database to head, and make it first where there is none; an SQLite file is copied before it is changed.

    Args:
        say: Is told, in sentences, what is done.

    Raises:
        NotAnEventLog: It holds something else.
        DatabaseNewer: It was written by a newer version.
    """
    found = find_database(database)
    try:
        revision = revision_of(found)
        if revision is None:
            _migrate(found)
            say(f"Made the log {found.address!r} at revision {HEAD}.")
        elif revision == HEAD:
            say(f"The log {found.address!r} is at revision {HEAD}, the newest.")
        elif revision > HEAD:
            raise _newer(found, revision)
        else:
            _migrate(found, backup_of=revision, say=say)
            say(f"Upgraded the log {found.address!r} from revision {revision} to {HEAD}.")
    finally:
        found.close()


def require_head(database: Database, *, create: bool) -> None:
    """See to it that a database is a log at head; with *create*, make one of an empty database.

    Raises:
        DatabaseMissing: There is none, and none is to be made.
        DatabaseOutdated: It has to be upgraded first.
        DatabaseNewer: It was written by a newer version.
        NotAnEventLog: It holds something else.
    """
    revision = revision_of(database)
    if revision is None:
        if not create:
            raise database.missing()
        _migrate(database)
    elif revision < HEAD:
        raise DatabaseOutdated(
            f"The log {database.address!r} is at revision {revision} and this version needs {HEAD};"
            " `veritas db upgrade` brings it there."
        )
    elif revision > HEAD:
        raise _newer(database, revision)
    elif not database.read_only:
        database.prepare()


def revision_of(database: Database) -> str | None:
    """Return the revision that a database is at; None where it is empty or does not exist.

    Raises:
        NotAnEventLog: It holds something else.
        DatabaseDamaged: It has lost what a log is made of.
    """
    tables = database.tables()
    if not tables:
        return None
    if not tables >= BASIC_TABLES:
        raise no_log(database.address, tables)
    with database.reading() as cursor:
        cursor.execute(f"SELECT version_num FROM {VERSION_TABLE}")
        revisions = [row[0] for row in cursor.fetchall()]
    if len(revisions) != 1 or not re.fullmatch(r"\d{4}", str(revisions[0])):
        raise NotAnEventLog(f"{database.address!r} is not an event log, its revision is {revisions!r}; choose another.")
    revision: str = revisions[0]
    return revision


def _newer(database: Database, revision: str) -> DatabaseNewer:
    return DatabaseNewer(
        f"The log {database.address!r} is at revision {revision}, and this version knows those up to {HEAD};"
        " upgrade VERITAS to open it."
    )


def _migrate(
    database: Database, *, backup_of: str | None = None, say: Callable[[str], None] = lambda sentence: None
) -> None:
    """Run the migrations in one transaction; whoever makes the same log at the same moment waits, and finds it done."""
    from alembic import command
    from alembic.config import Config

    database.prepare()
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with _alembic, database.transaction() as connection:
        if backup_of is not None:
            copy = database.backup(backup_of)
            say(
                f"Copied it to {str(copy)!r}."
                if copy
                else "No copy is made of a PostgreSQL database: that is for pg_dump."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
