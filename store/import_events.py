"""Import events that another log recorded, exactly as it recorded them.

Hashes, salts and times do not change, so that a proof from the other log remains a proof of the events; only the
positions are this log's own. An event that this log has already keeps its position. If this log has the beginning of a
run, the import continues the run from there: each event's hash must follow from the last event of the run in this log,
so that a run cannot be given a different history. An event that the other log has redacted since is redacted here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from store.artifacts import Attachment, put_absent_artifact, put_artifacts
from store.backends.base import Database
from store.errors import BundleConflict
from store.proofs.hash_chain import FIRST_PREVIOUS, event_hash
from store.read_model.run_table import RunTable, Summary
from store.records import Record, StoredEvent
from store.redaction import erase
from store.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

_BATCH = 500  # events in a batch, and parameters in one query
_BATCH_BYTES = 8_000_000

AttachmentOf = Callable[[StoredEvent], Attachment | None]


@dataclass(slots=True)
class ImportResult:
    """The result of an import.

    Attributes:
        added: How many events are new in this log.
        known: How many this log had already.
        erased: How many of those were redacted here, because the other log had redacted them.
        remains: Sentences that say where the erased bytes may still be found.
    """

    added: int = 0
    known: int = 0
    erased: int = 0
    remains: Sequence[str] = ()


class _Known(NamedTuple):
    """An event that this log has already."""

    position: int
    hash: bytes
    salt: bytes | None


class EventImporter:
    """Imports events into the log in a database."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self._runs = RunTable(database)

    def run(
        self,
        events: Iterable[StoredEvent],
        attachment: AttachmentOf,
        make_record: Callable[[int], Record],
        stream: tuple[str, str],
        summaries: Sequence[Summary],
    ) -> ImportResult:
        """Import events; see `EventLog.import_events`."""
        transfer = _Transfer(self._database, attachment)
        with self._database.writing() as cursor:
            head = _head(cursor)
            if not head:
                self._append(cursor, make_record, stream)
            for batch in _batches(events):
                transfer.add(cursor, batch)
            erase(self._database, cursor, [(known.position, artifact) for known, artifact in transfer.erased])
            result = transfer.result
            if head and (result.added or result.erased):
                self._append(cursor, make_record, stream)
            if summaries and _head(cursor) > head:
                self._runs.fold(cursor, range(head + 1, _head(cursor) + 1), summaries)
        salts = [known.salt for known, _ in transfer.erased if known.salt is not None]
        result.remains = self._database.expunge(salts) if salts else []
        return result

    def _append(self, cursor: DBAPICursor, make_record: Callable[[int], Record], stream: tuple[str, str]) -> None:
        query = "SELECT coalesce(max(seq), 0) + 1 FROM event WHERE run_id = ? AND source = ?"
        cursor.execute(self._database.sql(query), stream)
        self._writer.append_within(cursor, [make_record(cursor.fetchall()[0][0])])


class _Transfer:
    """Writes events, batch by batch, in one transaction.

    Attributes:
        result: The result so far.
        erased: The events that the other log has redacted since, with their attachments.
    """

    def __init__(self, database: Database, attachment: AttachmentOf) -> None:
        self.result = ImportResult()
        self.erased: list[tuple[_Known, bytes | None]] = []
        self._database = database
        self._attachment = attachment
        self._heads: dict[str, bytes] = {}  # the last hash of each run in this log

    def add(self, cursor: DBAPICursor, batch: Sequence[StoredEvent]) -> None:
        """Write the events of a batch that this log does not have yet."""
        known = self._known(cursor, batch)
        new: list[StoredEvent] = []
        for event in batch:
            stored = known.get(event[1:4])
            if stored is None:
                self._require_next(cursor, event)
                new.append(event)
                continue
            if stored.hash != event.hash:
                raise BundleConflict(
                    f"The log already has a different event {event.seq} of run {event.run_id!r} over {event.source!r};"
                    " nothing was written."
                )
            self.result.known += 1
            if event.body is None and stored.salt is not None:
                self.erased.append((stored, event.artifact))
        self._put_attachments(cursor, new)
        if new:
            self._database.insert(cursor, [event[1:] for event in new])
        self.result.added += len(new)
        self.result.erased = len(self.erased)

    def _require_next(self, cursor: DBAPICursor, event: StoredEvent) -> None:
        """Raise BundleConflict unless a new event's hash follows from the last event of its run in this log."""
        head = self._heads.get(event.run_id)
        if head is None:
            query = "SELECT hash FROM event WHERE run_id = ? ORDER BY position DESC LIMIT 1"
            cursor.execute(self._database.sql(query), (event.run_id,))
            row = cursor.fetchone()
            head = FIRST_PREVIOUS if row is None else row[0]
        if event_hash(head, *event[1:11], event.body_hash) != event.hash:
            raise BundleConflict(
                f"Event {event.seq} of run {event.run_id!r} over {event.source!r} does not follow from the last event"
                " of that run in the log, where the run continued differently; nothing was written."
            )
        self._heads[event.run_id] = event.hash

    def _known(self, cursor: DBAPICursor, batch: Sequence[StoredEvent]) -> Mapping[tuple[object, ...], _Known]:
        """Return the events of a batch that this log has, by (run_id, source, seq)."""
        numbers: dict[tuple[str, str], list[int]] = {}
        for event in batch:
            numbers.setdefault((event.run_id, event.source), []).append(event.seq)
        known: dict[tuple[object, ...], _Known] = {}
        for stream, seqs in numbers.items():
            query = (
                "SELECT seq, position, hash, salt FROM event WHERE run_id = ? AND source = ?"
                f" AND seq IN ({', '.join('?' * len(seqs))})"
            )
            cursor.execute(self._database.sql(query), (*stream, *seqs))
            known.update(((*stream, row[0]), _Known(*row[1:])) for row in cursor.fetchall())
        return known

    def _put_attachments(self, cursor: DBAPICursor, events: Iterable[StoredEvent]) -> None:
        """Store the attachments of new events, each with the time of the first event that has it."""
        for event in events:
            if event.artifact is None:
                continue
            attachment = self._attachment(event)
            if attachment is None:
                put_absent_artifact(self._database, cursor, event.artifact, recorded_at=event.recorded_at)
            else:
                put_artifacts(self._database, cursor, [attachment], recorded_at=event.recorded_at)


def _head(cursor: DBAPICursor) -> int:
    cursor.execute("SELECT coalesce(max(position), 0) FROM event")
    position: int = cursor.fetchall()[0][0]
    return position


def _batches(events: Iterable[StoredEvent]) -> Iterator[list[StoredEvent]]:
    """Yield events in lists that are neither too long nor too large."""
    batch: list[StoredEvent] = []
    size = 0
    for event in events:
        batch.append(event)
        size += len(event.body or b"")
        if len(batch) == _BATCH or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
