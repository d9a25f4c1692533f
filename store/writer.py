"""Writer: append records. New ones are chained and inserted; known ones keep their positions, or are refused."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from store.artifacts import Attachment, put_artifacts
from store.backends.base import Database, Row, RunBatch
from store.errors import InvalidRecord, LogAltered, ObservationConflict, ObservationsRepeated, SummaryOutdated
from store.proofs.hash_chain import FIRST_PREVIOUS, SALT_BYTES, body_hash, event_hash
from store.read_model.run_table import RunRow, RunTable, RunUpdate
from store.records import BIGINT_MAX, BIGINT_MIN, INTEGER_MAX, INTEGER_MIN, Record
from store.text import storable
from store.verify.chain_break import expected_body_hash

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

_MOST_PARAMETERS = 500  # in one query
_MOST_GROUPED = 250_000  # bytes of the bodies in a batch; above that, storing it first costs more than a commit
_MOST_ENDS = 1000  # of runs

# Without the cast, SQLite would prepare the statement again for each value (6 µs), to see whether the partial index on
# `source` applies to the value.
_SOURCE = "CAST(? AS TEXT)"

_Stream = tuple[str, str]  # run_id and source
_Key = tuple[_Stream, int]  # and seq


class Writer:
    """Appends records to the log in a database."""

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._runs = RunTable(database)
        self._ends = _RunEnds()
        self._tail_query = database.sql(
            f"SELECT (SELECT max(seq) FROM event WHERE run_id = ? AND source = {_SOURCE}),"
            " (SELECT hash FROM event WHERE run_id = ? ORDER BY position DESC LIMIT 1),"
            " (SELECT max(position) FROM event WHERE run_id = ?)"
        )

    def append(self, records: Sequence[Record], update: RunUpdate | None = None) -> list[int]:
        """Append *records* in one transaction and return their positions; see `EventLog.append`."""
        drafts = _drafts(records)
        if not drafts:
            return []
        if update is not None and any(draft.stream[0] != update.run_id for draft in drafts):
            raise ValueError(f"The update is of run {update.run_id!r}, and not all of the records are.")
        if self._database.groups_commits and (appended := self._append_in_group(drafts, update)) is not None:
            return list(appended)
        with self._database.writing() as cursor:
            positions, inserted = self._append(cursor, drafts, update)
            if update is not None:
                if len(inserted) < len(drafts):
                    raise ObservationsRepeated(indexes=_repeated(positions, inserted))
                self._runs.advance(cursor, inserted, update)
        return positions

    def _append_in_group(self, drafts: Sequence[_Draft], update: RunUpdate | None) -> range | None:
        """Append drafts of one run as a batch of `Database.append`; return None if they must be appended by themselves.

        These are events of several runs, with attachments or of many bytes, repeated ones, and those that do not follow
        the end of their run.
        """
        run_id = drafts[0].stream[0]
        sources = {draft.stream[1] for draft in drafts}
        if (
            any(draft.stream[0] != run_id or draft.attachment is not None for draft in drafts)
            or sum(len(draft.body) for draft in drafts) > _MOST_GROUPED
        ):
            return None
        end = self._ends.pop(run_id)
        if end is None and update is not None and not update.after:
            end = _RunEnd(0, FIRST_PREVIOUS, dict.fromkeys(sources))
        if end is None or not sources <= end.numbers.keys():
            end = self._read_end(run_id, sources)
        tails = {(run_id, source): _Tail(number, None, None) for source, number in end.numbers.items()}
        if (update is not None and update.after != end.position) or not _are_new(drafts, tails):
            return None
        rows = _chain(drafts, {run_id: end.hash}, self._clock())
        row = None if update is None or update.row is None else _row_text(update.row)
        first = self._database.append(
            RunBatch(run_id, end.position, end.hash, None if update is None else update.version, row, rows)
        )
        if first is None:
            return None
        positions = range(first, first + len(rows))
        numbers = end.numbers | {draft.stream[1]: draft.seq for draft in drafts}
        self._ends.put(run_id, _RunEnd(positions[-1], rows[-1][-1], numbers))
        return positions

    def _read_end(self, run_id: str, sources: Iterable[str]) -> _RunEnd:
        with self._database.snapshot() as cursor:
            tails = {source: self._tail(cursor, (run_id, source)) for source in sources}
        tail = next(iter(tails.values()))
        return _RunEnd(
            tail.position or 0, tail.hash or FIRST_PREVIOUS, {name: tail.seq for name, tail in tails.items()}
        )

    def append_within(self, cursor: DBAPICursor, records: Sequence[Record]) -> list[int]:
        """Append *records* in the caller's transaction, which holds the write lock."""
        return self._append(cursor, _drafts(records))[0]

    def _append(
        self, cursor: DBAPICursor, drafts: Sequence[_Draft], update: RunUpdate | None = None
    ) -> tuple[list[int], range]:
        tails = {stream: self._tail(cursor, stream) for stream in {draft.stream for draft in drafts}}
        if update is not None and any(tail.position != (update.after or None) for tail in tails.values()):
            raise SummaryOutdated(f"Run {update.run_id!r} has events that its row does not include.")
        if _are_new(drafts, tails):
            inserted = self._insert(cursor, drafts, tails)
            return list(inserted), inserted
        return self._merge(cursor, drafts, tails)

    def _tail(self, cursor: DBAPICursor, stream: _Stream) -> _Tail:
        cursor.execute(self._tail_query, (*stream, stream[0], stream[0]))
        tail = _Tail(*cursor.fetchall()[0])
        if not (isinstance(tail.seq, int | None) and isinstance(tail.hash, bytes | None)):
            raise LogAltered(f"Run {stream[0]!r} is not as it was recorded; `veritas verify` shows what was changed.")
        return tail

    def _merge(
        self, cursor: DBAPICursor, drafts: Sequence[_Draft], tails: Mapping[_Stream, _Tail]
    ) -> tuple[list[int], range]:
        """Insert the drafts that the log does not have; return all drafts' positions, and those that were inserted.

        Raises:
            ObservationConflict: The log has one of them with a different body or attachment.
        """
        positions: dict[_Key, int] = {}
        new: dict[_Key, _Draft] = {}
        stored = self._stored(cursor, drafts)
        for draft in drafts:
            known = stored.get(draft.key)
            if known is not None:
                if not known.matches(draft):
                    raise _conflict(draft)
                positions[draft.key] = known.position
            elif draft.key not in new:
                new[draft.key] = draft
            elif not draft.matches(new[draft.key]):
                raise _conflict(draft)
        inserted = range(0)
        if new:
            inserted = self._insert(cursor, new.values(), tails)
            positions.update(zip(new, inserted, strict=True))
        return [positions[draft.key] for draft in drafts], inserted

    def _stored(self, cursor: DBAPICursor, drafts: Iterable[_Draft]) -> dict[_Key, _Stored]:
        """Return the observations that the log has under the names of *drafts*."""
        numbers: dict[_Stream, list[int]] = {}
        for draft in drafts:
            numbers.setdefault(draft.stream, []).append(draft.seq)
        stored: dict[_Key, _Stored] = {}
        for stream, seqs in numbers.items():
            for start in range(0, len(seqs), _MOST_PARAMETERS):
                batch = seqs[start : start + _MOST_PARAMETERS]
                query = (
                    "SELECT seq, position, salt, body_hash, artifact FROM event"
                    f" WHERE run_id = ? AND source = {_SOURCE} AND seq IN ({', '.join('?' * len(batch))})"
                )
                cursor.execute(self._database.sql(query), (*stream, *batch))
                stored.update(((stream, row[0]), _Stored(*row[1:])) for row in cursor.fetchall())
        return stored

    def _insert(self, cursor: DBAPICursor, drafts: Iterable[_Draft], tails: Mapping[_Stream, _Tail]) -> range:
        """Chain and insert *drafts*, and return their positions."""
        recorded_at = self._clock()
        drafts = list(drafts)
        rows = _chain(drafts, {run_id: tail.hash or FIRST_PREVIOUS for (run_id, _), tail in tails.items()}, recorded_at)
        attachments = [draft.attachment for draft in drafts if draft.attachment is not None]
        if attachments:
            put_artifacts(self._database, cursor, attachments, recorded_at=recorded_at)
        return self._database.insert(cursor, rows)


class _Tail(NamedTuple):
    """The end of a stream and of its run."""

    seq: int | None  # the highest number of the stream
    hash: bytes | None  # the hash of the run's last event
    position: int | None  # the position of the run's last event


class _RunEnd(NamedTuple):
    """The end of a run, as this process has last seen it."""

    position: int  # of the run's last event; 0 if there is none
    hash: bytes  # of that event
    numbers: dict[str, int | None]  # the highest number of each source that is known


class _RunEnds:
    """The ends of the runs that this process appends to; an outdated one costs a refused batch, and nothing else."""

    def __init__(self) -> None:
        self._ends: dict[str, _RunEnd] = {}

    def pop(self, run_id: str) -> _RunEnd | None:
        return self._ends.pop(run_id, None)

    def put(self, run_id: str, end: _RunEnd) -> None:
        if len(self._ends) >= _MOST_ENDS:
            self._ends.clear()
        self._ends[run_id] = end


class _Draft(NamedTuple):
    """A record that is ready to be inserted: checked, with storable text and a hashed body."""

    stream: _Stream
    seq: int
    type: str
    phase: str
    step: str
    emitted_at: int | None
    schema_version: int
    attachment: Attachment | None
    salt: bytes
    body: bytes
    body_hash: bytes

    @property
    def key(self) -> _Key:
        return (self.stream, self.seq)

    @property
    def artifact(self) -> bytes | None:
        return None if self.attachment is None else self.attachment.sha256

    def matches(self, other: _Draft) -> bool:
        return self.body == other.body and self.artifact == other.artifact


class _Stored(NamedTuple):
    """An observation that the log has already."""

    position: int
    salt: bytes | None
    body_hash: bytes
    artifact: bytes | None

    def matches(self, draft: _Draft) -> bool:
        if self.salt is None:
            return True  # redacted: there is no body to compare with
        digest = expected_body_hash(self.salt, draft.body)  # None if the log was altered and the salt is not valid
        return digest is not None and digest == self.body_hash and draft.artifact == self.artifact


def _drafts(records: Sequence[Record]) -> list[_Draft]:
    salts = os.urandom(SALT_BYTES * len(records))
    return [
        _draft(record, salts[start : start + SALT_BYTES])
        for record, start in zip(records, range(0, len(salts), SALT_BYTES), strict=True)
    ]


def _draft(record: Record, salt: bytes) -> _Draft:
    run_id, source, seq, type_, phase, step, emitted_at, body, attachment, version = record
    try:
        texts = (run_id, source, type_, phase, step)
        if not "".join(texts).isprintable():  # rarely; checking all of them at once is faster
            run_id, source, type_, phase, step = map(storable, texts)
        if not (type(seq) is int and BIGINT_MIN <= seq <= BIGINT_MAX):
            raise ValueError("its number is not a 64-bit integer")
        if emitted_at is not None and not (type(emitted_at) is int and BIGINT_MIN <= emitted_at <= BIGINT_MAX):
            raise ValueError(f"its time, {emitted_at!r}, is not a 64-bit integer")
        if not (type(version) is int and INTEGER_MIN <= version <= INTEGER_MAX):
            raise ValueError(f"its schema version, {version!r}, is not a 32-bit integer")
        digest = body_hash(salt, body)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidRecord(
            f"Event {seq!r} of run {record.run_id!r} over {record.source!r} cannot be stored: {error}."
        ) from error
    return _Draft((run_id, source), seq, type_, phase, step, emitted_at, version, attachment, salt, body, digest)


def _chain(drafts: Iterable[_Draft], previous: Mapping[str, bytes], recorded_at: int) -> list[Row]:
    """Return the rows of *drafts*, without positions, each with the hash that follows from the previous of its run."""
    last = dict(previous)
    rows: list[Row] = []
    for (run_id, source), seq, type_, phase, step, emitted_at, version, attachment, salt, body, digest in drafts:
        artifact = None if attachment is None else attachment.sha256
        envelope = (run_id, source, seq, type_, phase, step, emitted_at, recorded_at, version, artifact)
        last[run_id] = hash = event_hash(last[run_id], *envelope, digest)
        rows.append((*envelope, salt, body, digest, hash))
    return rows


def _row_text(row: RunRow) -> str:
    """Return a row of the read model as a JSON object."""
    return json.dumps(row._asdict(), allow_nan=False)


def _are_new(drafts: Iterable[_Draft], tails: Mapping[_Stream, _Tail]) -> bool:
    """Return whether each draft's number is higher than all earlier ones of its stream, so that none is repeated."""
    last = {stream: tail.seq for stream, tail in tails.items()}
    for draft in drafts:
        highest = last[draft.stream]
        if highest is not None and draft.seq <= highest:
            return False
        last[draft.stream] = draft.seq
    return True


def _repeated(positions: Sequence[int], inserted: range) -> frozenset[int]:
    """Return the indexes of the records that were recorded before, or that occur twice."""
    seen: set[int] = set()
    repeated: set[int] = set()
    for index, position in enumerate(positions):
        if position not in inserted or position in seen:
            repeated.add(index)
        seen.add(position)
    return frozenset(repeated)


def _conflict(draft: _Draft) -> ObservationConflict:
    run_id, source = draft.stream
    return ObservationConflict(
        f"Event {draft.seq} of run {run_id!r} over {source!r} is already recorded with a different body or"
        " attachment; nothing was written."
    )
