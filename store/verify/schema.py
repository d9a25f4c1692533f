"""Check that a log's database is built as this version of the store builds it, and that its counter of positions holds.

A hash covers what an event was. Only the database itself keeps it so from now on: a guard that was dropped, a column of
another type or an index over a part of the rows contradicts no hash, and lets events be changed or hidden later.
"""

from __future__ import annotations

from typing import Any

from store.backends.base import Database
from store.catalogue.comparison import describe, differences
from store.errors import StoreError
from store.verify.fault import CUT_TAIL, DATABASE_DAMAGED, SCHEMA_DIFFERS, Fault


def schema_fault(database: Database) -> Fault | None:
    """Return the fault of a database whose tables, indexes, guards or counter are not those of a log."""
    found = differences(database)
    try:
        head, counted = _counter(database)
    except StoreError:
        if not found:
            raise
    else:
        if len(counted) != 1 or type(counted[0]) is not int or counted[0] < head:
            now = counted[0] if len(counted) == 1 else counted
            found.append(f"the counter of positions is {now!r:.60}, and the log ends at {head}")
    return Fault(None, None, SCHEMA_DIFFERS, describe(found)) if found else None


def removed_tail(database: Database) -> Fault | None:
    """Return the fault of a log whose last event is not the last one that got a position."""
    head, counted = _counter(database)
    if len(counted) != 1 or type(counted[0]) is not int or counted[0] <= head:
        return None
    gone = f"{counted[0]} positions were assigned, and the log ends at {head}: the events after that are gone"
    return Fault(head + 1, None, CUT_TAIL, gone)


def damage(database: Database) -> Fault | None:
    """Return the fault of a database whose indexes do not match its tables; SQLite takes 1 µs an event for that.

    An index without an entry hides its row from those commands that search by the index, and no hash shows that.
    PostgreSQL cannot be asked without an extension.
    """
    if database.backend != "sqlite":
        return None
    with database.reading() as cursor:
        cursor.execute("PRAGMA integrity_check(1)")
        found = str(cursor.fetchall()[0][0])
    return None if found == "ok" else Fault(None, None, DATABASE_DAMAGED, f"SQLite reports {found.splitlines()[-1]!r}")


def _counter(database: Database) -> tuple[int, list[Any]]:
    """Return the last position, and the last ones that were assigned: one, unless the database was tampered with.

    SQLite counts the positions that it assigns (AUTOINCREMENT), and a transaction that is rolled back returns its own.
    So the counter is higher than the last position only if events were removed. On PostgreSQL nothing is counted.
    """
    with database.snapshot() as cursor:
        cursor.execute("SELECT coalesce(max(position), 0) FROM event")
        head: int = cursor.fetchall()[0][0]
        if database.backend != "sqlite":
            return head, [head]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'")
        return head, [row[0] for row in cursor.fetchall()] or ([0] if head == 0 else [])
