"""Checking the log against its own hashes.

What is checked, event by event in the order of positions: that the body is the one its hash was taken of, that the
event's hash follows from the one before it in its run and from its own columns, that its attachment is there and is
what its SHA-256 says, and that a body that is missing was redacted. In the whole log, positions must have no gap.

A tail that was cut off leaves a log that is consistent, and so does a history rewritten with all its hashes. Those show
only against a checkpoint that somebody kept. An artifact's media type and time are not part of any hash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from store.chain import FIRST_PREVIOUS, body_hash, event_hash
from store.database import PAGE_ROWS, Database, Row
from store.errors import DatabaseDamaged
from store.records import StoredEvent

BODY_CHANGED = "body changed"
ENVELOPE_CHANGED = "envelope changed"
CHAIN_BROKEN = "chain broken"
ARTIFACT_DIFFERS = "artifact differs"
ARTIFACT_MISSING = "artifact missing"

_MOST_KEPT = 50_000  # runs' last hashes, and artifacts known to be good, that are kept in memory
_MALFORMED = (TypeError, AttributeError, ValueError, LookupError)  # what a value of another type leads to


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong.

    Attributes:
        position: Where.
        run_id: In which run; None where that cannot be known.
        what: One of this module's constants.
        detail: What was found, in a sentence.
    """

    position: int
    run_id: str | None
    what: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification came to.

    Attributes:
        events: How many events were checked and are as they were recorded.
        fault: The first thing that is wrong, or None.
    """

    events: int
    fault: Fault | None


class Verifier:
    """Checks one run, or the whole log, as it is when this begins, in constant memory."""

    def __init__(self, database: Database, run_id: str | None) -> None:
        self._database = database
        self._run_id = run_id
        self._rows = PAGE_ROWS
        self._checked = 0
        self._position = 0  # of the last event that was checked
        self._last: dict[str, bytes] = {}  # each run's last hash
        self._forgot = False  # whether some of those had to make room
        self._good_artifacts: set[bytes] = set()
        self._redacted: tuple[str, set[tuple[str, int] | None]] = ("", set())  # the run last asked about

    def run(self, progress: Callable[[int, int], None]) -> Verification:
        """Check event after event up to the first fault."""
        head, total = self._extent()
        while rows := self._page(head):
            fault = rows if isinstance(rows, Fault) else self._check(rows)
            if fault is not None:
                return Verification(self._checked, fault)
            progress(self._checked, total)
        return Verification(self._checked, None)

    def _check(self, rows: list[Row]) -> Fault | None:
        """Check events; what is as it nearly always is gets settled here at 5 µs each, the rest in `_examine`."""
        last, whole = self._last, self._run_id is None
        for row in rows:
            position, run_id = row[0], row[1]
            artifact, salt, body, digest, own = row[10:]
            previous = last.get(run_id) or self._recall(run_id, position)
            try:
                plain = (
                    body_hash(salt, body) == digest
                    and event_hash(previous, row[1:11], digest) == own
                    and artifact is None
                    and (position == self._position + 1 or not whole)
                )
            except _MALFORMED:
                plain = False
            if not plain:
                fault = self._examine(StoredEvent._make(row), previous)
                if fault is not None:
                    return fault
            last[run_id] = own
            self._position = position
            self._checked += 1
        return None

    def _examine(self, event: StoredEvent, previous: bytes) -> Fault | None:
        """Find out what, if anything, is wrong with an event that is not plainly as it should be."""
        if self._run_id is None and event.position != self._position + 1:
            return _missing(self._position + 1, event.position)
        follows = _link(event, previous) == event.hash
        if event.salt is None and event.body is None:
            if follows and (event.source, event.seq) not in self._redactions(event.run_id):
                return _fault(event, BODY_CHANGED, "its body is gone, and no redaction names it")
        elif (digest := _body_link(event.salt, event.body)) != event.body_hash:
            if follows:
                return _fault(event, BODY_CHANGED, "its body, or its salt, is not what was recorded")
            if digest is not None and _link(event._replace(body_hash=digest), previous) == event.hash:
                return _fault(event, ENVELOPE_CHANGED, "the hash of its body is not what was recorded")
        if not follows:
            return self._explain(event, previous)
        return None if event.artifact is None else self._check_artifact(event, event.artifact)

    def _explain(self, event: StoredEvent, previous: bytes) -> Fault:
        """Tell a row that is out of its place from one that was altered."""
        following = next(self._run_of(event, after=event.position), None)
        if following is not None and _link(following, previous) == following.hash:
            return _fault(event, CHAIN_BROKEN, "it was inserted, for the next event follows the one before it")
        if _link(event, FIRST_PREVIOUS) == event.hash:
            return _fault(event, CHAIN_BROKEN, "it is the first of its run, but another stands before it")
        for other in self._run_of(event, after=0):
            if _link(event, other.hash) == event.hash:
                return _fault(event, CHAIN_BROKEN, f"it follows position {other.position}, but does not stand there")
        if self._run_id is not None and (gap := self._gap_before(event)) is not None:
            return _missing(gap, gap + 1)
        if following is not None and (own := _link(event, previous)) and _link(following, own) == following.hash:
            return _fault(event, ENVELOPE_CHANGED, "its hash is not what was recorded")
        return _fault(event, ENVELOPE_CHANGED, "a column is not what was recorded, or an event before it is missing")

    def _check_artifact(self, event: StoredEvent, digest: bytes) -> Fault | None:
        if digest in self._good_artifacts:
            return None
        row = self._database.row("SELECT bytes, size FROM artifact WHERE sha256 = ?", (digest,))
        if row is None:
            return _fault(event, ARTIFACT_MISSING, f"the log has no artifact {digest.hex()}")
        data, size = row
        if data is None:
            if event.body is None:
                return None  # removed with the body, by the same redaction
            return _fault(event, ARTIFACT_MISSING, f"the bytes of artifact {digest.hex()} are gone")
        if not isinstance(data, bytes) or len(data) != size or sha256(data).digest() != digest:
            return _fault(event, ARTIFACT_DIFFERS, f"artifact {digest.hex()} is not what was recorded")
        if len(self._good_artifacts) >= _MOST_KEPT:
            self._good_artifacts.clear()
        self._good_artifacts.add(digest)
        return None

    def _recall(self, run_id: str, position: int) -> bytes:
        """Return the last hash of a run that is new here, or forgotten: one that was checked, or a run's beginning."""
        if len(self._last) >= _MOST_KEPT:
            del self._last[next(iter(self._last))]
            self._forgot = True
        if not self._forgot:
            return FIRST_PREVIOUS
        query = "SELECT hash FROM event WHERE run_id = ? AND position < ? ORDER BY position DESC LIMIT 1"
        row = self._database.row(query, (run_id, position))
        return row[0] if row else FIRST_PREVIOUS

    def _redactions(self, run_id: str) -> set[tuple[str, int] | None]:
        """Return the observations, as (source, seq), that redactions in a run name."""
        if self._redacted[0] != run_id:
            query = "SELECT body FROM event WHERE run_id = ? AND source = 'recorder' AND type = 'observation_redacted'"
            with self._database.reading() as cursor:
                cursor.execute(self._database.sql(query), (run_id,))
                self._redacted = (run_id, {_named_in(body) for (body,) in cursor.fetchall()})
        return self._redacted[1]

    def _extent(self) -> tuple[int, int]:
        """Return the last position, and how many events there are to check."""
        query = "SELECT coalesce(max(position), 0), count(*) FROM event"
        if self._run_id is None:
            row = self._database.row(query)
        else:
            row = self._database.row(f"{query} WHERE run_id = ?", (self._run_id,))
        return row[0], row[1]

    def _page(self, head: int) -> list[Row] | Fault:
        where = "position > ? AND position <= ?"
        parameters: tuple[object, ...] = (self._position, head)
        if self._run_id is not None:
            where, parameters = f"run_id = ? AND {where}", (self._run_id, *parameters)
        try:
            with self._database.reading() as cursor:
                return self._database.page(cursor, where, parameters, self._rows)
        except DatabaseDamaged as damage:
            if self._rows > 1:
                self._rows = 1  # go on row by row, up to the one that cannot be read
                return self._page(head)
            row = self._database.row(f"SELECT min(position) FROM event WHERE {where}", parameters)
            return Fault(row[0], self._run_id, ENVELOPE_CHANGED, f"it cannot be read: {damage}")

    def _run_of(self, event: StoredEvent, *, after: int) -> Iterator[StoredEvent]:
        """Yield the events of the same run behind a position, as far as they can be read."""
        while True:
            try:
                with self._database.reading() as cursor:
                    where = "run_id = ? AND position > ?"
                    rows = self._database.page(cursor, where, (event.run_id, after), PAGE_ROWS)
            except DatabaseDamaged:
                return
            if not rows:
                return
            yield from map(StoredEvent._make, rows)
            after = rows[-1][0]

    def _gap_before(self, event: StoredEvent) -> int | None:
        """Return the first position missing between the run's last good event and this one."""
        query = self._database.sql("SELECT position FROM event WHERE position > ? AND position <= ? ORDER BY position")
        with self._database.reading() as cursor:
            cursor.execute(query, (self._position, event.position))
            expected = self._position + 1
            while (row := cursor.fetchone()) is not None:
                if row[0] != expected:
                    return expected
                expected += 1
        return None


def _link(event: Row, previous: bytes) -> bytes | None:
    """Return the hash that an event should have behind *previous*; None where a value is of an impossible type."""
    try:
        return event_hash(previous, event[1:11], event[13])
    except _MALFORMED:
        return None


def _body_link(salt: Any, body: Any) -> bytes | None:
    try:
        return body_hash(salt, body)
    except _MALFORMED:
        return None


def _named_in(redaction: bytes | None) -> tuple[str, int] | None:
    """Return the observation that the body of a redaction names."""
    try:
        named = json.loads(redaction or b"")["observation"]
        return (named["source"], named["seq"])
    except (*_MALFORMED, RecursionError):
        return None


def _missing(first: int, next_there: int) -> Fault:
    detail = "the event is missing" if next_there == first + 1 else f"the events up to {next_there - 1} are missing"
    return Fault(first, None, CHAIN_BROKEN, detail)


def _fault(event: StoredEvent, what: str, detail: str) -> Fault:
    return Fault(event.position, event.run_id, what, detail)
