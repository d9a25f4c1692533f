"""Chain break classification: why an event's hash does not follow from the previous event of its run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from store.backends.base import PAGE_ROWS, Database
from store.errors import DatabaseDamaged
from store.proofs.hash_chain import FIRST_PREVIOUS, SALT_BYTES, body_hash, event_hash
from store.records import StoredEvent
from store.verify.fault import CHANGED, INSERTED, MISSING, REORDERED, Fault

# The errors that a value of a wrong type causes: in a file that was tampered with, any column can hold any type.
MALFORMED = (TypeError, AttributeError, ValueError, LookupError)


def classify_break(database: Database, event: StoredEvent, previous: bytes, *, after: int, whole: bool) -> Fault:
    """Return the fault of an event whose hash does not follow: it was inserted, moved or changed, or one is missing.

    Args:
        previous: The hash of the event before it in its run.
        after: The position up to which everything is as it was recorded.
        whole: Whether that is true of the whole log, and not only of the event's run.
    """
    following = next(_run_of(database, event.run_id, after=event.position), None)
    if following is not None and expected_hash(following, previous) == following.hash:
        return _fault(
            event, INSERTED, "it was not recorded here: the next event follows directly from the previous one"
        )
    if expected_hash(event, FIRST_PREVIOUS) == event.hash:
        return _misplaced(database, event, 0)
    for other in _run_of(database, event.run_id, after=0):
        if expected_hash(event, other.hash) == event.hash:
            return _misplaced(database, event, other.position)
    if not whole and (gap := _gap(database, after, event.position)) is not None:
        return missing(gap, gap + 1)
    if (
        following is not None
        and (expected := expected_hash(event, previous))
        and expected_hash(following, expected) == following.hash
    ):
        return _fault(event, CHANGED, "its hash is not what was recorded")
    return _fault(event, CHANGED, "a column is not what was recorded, or an event before it is missing")


def missing(first: int, next_present: int) -> Fault:
    """Return the fault of a gap in the positions, from *first* to before *next_present*."""
    detail = "the event is gone" if next_present == first + 1 else f"the events up to {next_present - 1} are gone"
    return Fault(first, None, MISSING, detail)


def expected_hash(event: StoredEvent, previous: bytes) -> bytes | None:
    """Return the hash that an event should have after *previous*; None if a value has an impossible type."""
    try:
        return event_hash(previous, *event[1:11], event[13])
    except MALFORMED:
        return None


def expected_body_hash(salt: Any, body: Any) -> bytes | None:
    """Return the hash of a body with its salt; None if a value has an impossible type or size.

    The hash covers salt and body together, so only the salt's size shows where it ends.
    """
    try:
        return body_hash(salt, body) if len(salt) == SALT_BYTES else None
    except MALFORMED:
        return None


def _misplaced(database: Database, event: StoredEvent, predecessor: int) -> Fault:
    """Return the fault of an event that is out of place.

    Args:
        predecessor: The position of the event that it follows from; 0 if it is the first of its run.
    """
    if predecessor < event.position:
        between = next(_run_of(database, event.run_id, after=predecessor), event)
        if between.position < event.position:
            follows = f"follows from position {predecessor}" if predecessor else "is the first of its run"
            return _fault(between, INSERTED, f"it was not recorded here: position {event.position} {follows}")
    return _fault(event, REORDERED, f"it follows from position {predecessor}, but is not in that place")


def _run_of(database: Database, run_id: str, *, after: int) -> Iterator[StoredEvent]:
    """Yield the events of a run after a position, up to one that cannot be read."""
    while True:
        try:
            with database.reading() as cursor:
                rows = database.page(cursor, "run_id = ? AND position > ?", (run_id, after), PAGE_ROWS)
        except DatabaseDamaged:
            return
        if not rows:
            return
        yield from map(StoredEvent._make, rows)
        after = rows[-1][0]


def _gap(database: Database, after: int, before: int) -> int | None:
    """Return the first missing position between two others; None if none is missing."""
    with database.reading() as cursor:
        query = "SELECT position FROM event WHERE position > ? AND position < ? ORDER BY position"
        cursor.execute(database.sql(query), (after, before))
        expected = after + 1
        while (row := cursor.fetchone()) is not None:
            if row[0] != expected:
                return expected
            expected += 1
    return expected if expected < before else None


def _fault(event: StoredEvent, what: str, detail: str) -> Fault:
    return Fault(event.position, event.run_id, what, detail)
