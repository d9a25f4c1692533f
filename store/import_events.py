"""Taking in events that another log recorded, exactly as it recorded them.

Hashes, salts and times stay what they were, so that what proved the events in the other log goes on to prove them;
only the positions are this log's own. What the log has already keeps its position. A run that it has the beginning of
goes on where that ends, and nowhere else: each event must follow from the last that is here, so no history can be put
into a run that is not its own. Where the other log redacted an event since, it is redacted here too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.engine.interfaces import DBAPICursor

from store.artifacts import Attachment, put_absent_artifact, put_artifacts
from store.backends.base import Database
from store.errors import BundleConflict
from store.proofs.hash_chain import FIRST_PREVIOUS, event_hash
from store.read_model.run_table import Line, RunTable
from store.records import Record, StoredEvent
from store.redaction import erase
from store.writer import Writer

_BATCH = 500  # events, and parameters in one query
_BATCH_BYTES = 8_000_000

AttachmentOf = Callable[[StoredEvent], Attachment | None]


@dataclass(slots=True)
class Adoption:
    """What came of it.

    Attributes:
        added: How many events are new in this log.
        known: How many it had already.
        erased: How many of those were redacted here, because the other log had redacted them.
        remains: Where what was erased may still be found, in sentences.
    """

    added: int = 0
    known: int = 0
    erased: int = 0
    remains: Sequence[str] = ()


class _Known(NamedTuple):
    """An event that the log has already."""

    position: int
    hash: bytes
    salt: bytes | None


class Adopter:
    """Takes events into the log in a database."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self._runs = RunTable(database)

    def adopt(
        self,
        events: Iterable[StoredEvent],
        attachment: AttachmentOf,
        note: Callable[[int], Record],
        stream: tuple[str, str],
        lines: Sequence[Line],
    ) -> Adoption:
        """Take events in; see `EventLog.adopt`."""
        taking = _Taking(self._database, attachment)
        with self._database.writing() as cursor:
            head = _head(cursor)
            if not head:
                self._append(cursor, note, stream)
            for batch in _batches(events):
                taking.take(cursor, batch)
            erase(self._database, cursor, [(known.position, artifact) for known, artifact in taking.erased])
            adoption = taking.adoption
            if head and (adoption.added or adoption.erased):
                self._append(cursor, note, stream)
            if lines and _head(cursor) > head:
                self._runs.keep(cursor, range(head + 1, _head(cursor) + 1), lines)
        salts = [known.salt for known, _ in taking.erased if known.salt is not None]
        adoption.remains = self._database.expunge(salts) if salts else []
        return adoption

    def _append(self, cursor: DBAPICursor, note: Callable[[int], Record], stream: tuple[str, str]) -> None:
        query = "SELECT coalesce(max(seq), 0) + 1 FROM event WHERE run_id = ? AND source = ?"
        cursor.execute(self._database.sql(query), stream)
        self._writer.append_within(cursor, [note(cursor.fetchall()[0][0])])


class _Taking:
    """Events that are being taken in, batch by batch, in one transaction.

    Attributes:
        erased: The events that were redacted in the other log since, with their attachments.
    """

    def __init__(self, database: Database, attachment: AttachmentOf) -> None:
        self.adoption = Adoption()
        self.erased: list[tuple[_Known, bytes | None]] = []
        self._database = database
        self._attachment = attachment
        self._heads: dict[str, bytes] = {}

    def take(self, cursor: DBAPICursor, batch: Sequence[StoredEvent]) -> None:
        known = self._known(cursor, batch)
        fresh: list[StoredEvent] = []
        for event in batch:
            stored = known.get(event[1:4])
            if stored is None:
                fresh.append(self._following(cursor, event))
                continue
            if stored.hash != event.hash:
                raise BundleConflict(
                    f"The log has event {event.seq} of run {event.run_id!r} over {event.source!r} already, and it is"
                    " another; nothing was written."
                )
            self.adoption.known += 1
            if event.body is None and stored.salt is not None:
                self.erased.append((stored, event.artifact))
        self._keep_attachments(cursor, fresh)
        if fresh:
            self._database.insert(cursor, [event[1:] for event in fresh])
        self.adoption.added += len(fresh)
        self.adoption.erased = len(self.erased)

    def _following(self, cursor: DBAPICursor, event: StoredEvent) -> StoredEvent:
        """Return an event that is new, once it is sure that it follows the last one of its run."""
        head = self._heads.get(event.run_id)
        if head is None:
            query = "SELECT hash FROM event WHERE run_id = ? ORDER BY position DESC LIMIT 1"
            cursor.execute(self._database.sql(query), (event.run_id,))
            row = cursor.fetchone()
            head = FIRST_PREVIOUS if row is None else row[0]
        if event_hash(head, event[1:11], event.body_hash) != event.hash:
            raise BundleConflict(
                f"Event {event.seq} of run {event.run_id!r} over {event.source!r} does not follow what the log has of"
                " that run, which went on in another way here; nothing was written."
            )
        self._heads[event.run_id] = event.hash
        return event

    def _known(self, cursor: DBAPICursor, batch: Sequence[StoredEvent]) -> Mapping[tuple[object, ...], _Known]:
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

    def _keep_attachments(self, cursor: DBAPICursor, events: Iterable[StoredEvent]) -> None:
        """Keep the attachments of new events, each as of the first event that has it."""
        for event in events:
            if event.artifact is None:
                continue
            found = self._attachment(event)
            if found is None:
                put_absent_artifact(self._database, cursor, event.artifact, recorded_at=event.recorded_at)
            else:
                put_artifacts(self._database, cursor, [found], recorded_at=event.recorded_at)


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
