"""ChainCheck: check events against their own hashes, in the order of positions, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from store.backends.base import PAGE_ROWS, Database, Row
from store.errors import DatabaseDamaged
from store.proofs.hash_chain import FIRST_PREVIOUS, SALT_BYTES, event_hash
from store.records import ARCHIVAL, ERASURES, EVENT_TYPES, StoredEvent, redacted_observation, rows_match
from store.verify.artifacts import ArtifactCheck
from store.verify.chain_break import MALFORMED, classify_break, expected_body_hash, expected_hash, missing
from store.verify.fault import CHANGED, Fault

_MOST_REMEMBERED = 50_000  # runs' last hashes


class ChainCheck:
    """Checks a segment of the log, or of one run, up to the first thing that is wrong.

    Attributes:
        checked: How many events were checked and are as they were recorded.
        position: The position of the last of them.
        fault: The fault of the next event, or None.
    """

    def __init__(
        self, database: Database, artifacts: ArtifactCheck, *, run_id: str | None = None, after: int = 0
    ) -> None:
        """Prepare a check of the events after position *after*."""
        self.checked = 0
        self.position = after
        self.fault: Fault | None = None
        self._database = database
        self._artifacts = artifacts
        self._run_id = run_id
        self._rows = PAGE_ROWS
        self._last: dict[str, bytes] = {}  # each run's last hash
        self._incomplete = after > 0  # whether some of those are not known, or were removed to limit their number
        self._redacted: tuple[str, set[tuple[str, int] | None]] = ("", set())  # a run, and its redacted observations
        self._archived = ("", 0)  # a run, and the position before which it was archived

    def pages(self, until: int) -> Iterator[list[Row]]:
        """Check page after page, up to and including position *until*; yield the events that are as recorded."""
        while self.fault is None and (rows := self._page(until)):
            before = self.checked
            self.fault = self._check(rows)
            yield rows[: self.checked - before]

    def _check(self, rows: list[Row]) -> Fault | None:
        """Check events; unaltered ones without attachments take 3 µs each here, and `_examine` checks the others."""
        last, whole = self._last, self._run_id is None
        checked, at = 0, self.position
        # fmt: off
        for (
            position, run_id, source, seq, type_, phase, step, emitted_at, recorded_at, schema_version, artifact,
            salt, body, digest, hash,
        ) in rows:
            previous = last.get(run_id) or self._previous_hash(run_id, position)
            try:
                expected = event_hash(
                    previous, run_id, source, seq, type_, phase, step, emitted_at, recorded_at, schema_version,
                    artifact, digest,
                )
                # fmt: on
                is_plain = (
                    artifact is None
                    and expected == hash
                    and len(salt) == SALT_BYTES
                    and sha256(salt + body).digest() == digest
                    and (position == at + 1 or not whole)
                    and type(schema_version) is int  # the hash of 1.0 is cached as that of 1
                )
            except MALFORMED:
                is_plain = False
            if not is_plain:
                self.position = at
                fault = self._examine(StoredEvent._make(rows[checked]), previous)
                if fault is not None:
                    self.checked += checked
                    return fault
            last[run_id] = hash
            at = position
            checked += 1
        self.position = at
        self.checked += checked
        return None

    def _examine(self, event: StoredEvent, previous: bytes) -> Fault | None:
        """Return the fault of an event that the fast check did not accept; None if it is as it was recorded."""
        whole = self._run_id is None
        if whole and event.position != self.position + 1:
            return missing(self.position + 1, event.position)
        follows = expected_hash(event, previous) == event.hash
        if event.salt is None and event.body is None:
            if follows and (event.source, event.type) in ERASURES:
                return _changed(event, "its body is missing, and it is itself a redaction, which cannot be redacted")
            if follows and not self._is_redacted(event):
                return _changed(event, "its body is missing, and no redaction names it")
        elif (digest := expected_body_hash(event.salt, event.body)) != event.body_hash:
            if follows:
                return _changed(event, "its body, or its salt, is not what was recorded")
            if digest is not None and expected_hash(event._replace(body_hash=digest), previous) == event.hash:
                return _changed(event, "the hash of its body is not what was recorded")
        if not follows:
            return classify_break(self._database, event, previous, after=self.position, whole=whole)
        if not rows_match(EVENT_TYPES, [event]):
            return _changed(event, "a column has a value of another type than the one that was recorded")
        return None if event.artifact is None else self._artifacts.check(event, event.artifact)

    def _previous_hash(self, run_id: str, position: int) -> bytes:
        """Return the last hash of a run before a position, which was checked before; zeros at the run's beginning."""
        if len(self._last) >= _MOST_REMEMBERED:
            del self._last[next(iter(self._last))]
            self._incomplete = True
        if not self._incomplete:
            return FIRST_PREVIOUS
        query = "SELECT hash FROM event WHERE run_id = ? AND position < ? ORDER BY position DESC LIMIT 1"
        row = self._database.row(query, (run_id, position))
        return row[0] if row else FIRST_PREVIOUS

    def _is_redacted(self, event: StoredEvent) -> bool:
        """Return whether a redaction in its run names an event; read them again if they do not include it yet."""
        observation = (event.source, event.seq)
        if self._is_archived(event):
            return True
        if self._redacted[0] != event.run_id or observation not in self._redacted[1]:
            query = "SELECT type, position, body FROM event WHERE run_id = ? AND source = 'recorder' AND type IN (?, ?)"
            with self._database.reading() as cursor:
                cursor.execute(self._database.sql(query), (event.run_id, *(kind for _, kind in ERASURES)))
                rows = cursor.fetchall()
            self._redacted = (event.run_id, {redacted_observation(body) for _, _, body in rows})
            self._archived = (event.run_id, max((at for kind, at, _ in rows if kind == ARCHIVAL[1]), default=0))
        return observation in self._redacted[1] or self._is_archived(event)

    def _is_archived(self, event: StoredEvent) -> bool:
        """Return whether an event's run was archived after it; the recorder's own events stay."""
        run_id, position = self._archived
        return event.run_id == run_id and event.position < position and event.source != "recorder"

    def _page(self, until: int) -> list[Row]:
        """Return the next events; if the next one cannot be read, set the fault and return an empty list."""
        where = "position > ? AND position <= ?"
        parameters: tuple[object, ...] = (self.position, until)
        if self._run_id is not None:
            where, parameters = f"run_id = ? AND {where}", (self._run_id, *parameters)
        try:
            with self._database.reading() as cursor:
                return self._database.page(cursor, where, parameters, self._rows)
        except DatabaseDamaged as damage:
            if self._rows > 1:
                self._rows = 1  # continue row by row, up to the one that cannot be read
                return self._page(until)
            row = self._database.row(f"SELECT min(position) FROM event WHERE {where}", parameters)
            self.fault = Fault(row[0], self._run_id, CHANGED, f"it cannot be read: {damage}")
            return []


def _changed(event: StoredEvent, detail: str) -> Fault:
    return Fault(event.position, event.run_id, CHANGED, detail)
