"""Redaction: erase the body of an observation, and record that it was erased.

One transaction appends an event that names the observation, sets the observation's `salt` and `body` to NULL, and does
the same to the bytes of its attachment unless another event needs them. The guards allow nothing beyond that (see
`store.guards`). The event's envelope and hashes remain, so that every chain and every proof still holds; without the
salt, the body cannot be guessed by trying possible bodies against its hash.

After the commit, the erased bytes are removed from the database's files where possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from store.backends.base import Database
from store.errors import LogAltered, ObservationMissing, RedactionRefused
from store.read_model.run_table import RunTable, Summary
from store.records import ERASURES, Record
from store.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor


class Observation(NamedTuple):
    """The name of an event within its run: its source and its number."""

    source: str
    seq: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """The result of a redaction.

    Attributes:
        erased: The observations whose bodies were erased, without those that were redacted before.
        attachments: How many attachments' bytes were erased with them.
        remains: Sentences that say where the erased bytes may still be found.
    """

    erased: list[Observation]
    attachments: int
    remains: list[str]


class _Target(NamedTuple):
    """The row of an observation that is to be erased."""

    position: int
    salt: bytes
    artifact: bytes | None


class Redactor:
    """Redacts observations in the log in a database."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self._runs = RunTable(database)

    def redact(
        self,
        run_id: str,
        observations: Sequence[Observation],
        make_record: Callable[[Observation, int], Record],
        summary: Summary | None,
    ) -> Redaction:
        """Redact observations of one run; see `EventLog.redact`."""
        with self._database.writing() as cursor:
            rows = {observation: self._find(cursor, run_id, observation) for observation in observations}
            targets = {observation: target for observation, target in rows.items() if target is not None}
            last = last_number(self._database, cursor, run_id)
            records = [make_record(observation, seq) for seq, observation in enumerate(targets, last + 1)]
            appended = self._writer.append_within(cursor, records)
            removed = erase(self._database, cursor, [(target.position, target.artifact) for target in targets.values()])
            if summary is not None and appended:
                self._runs.fold(cursor, range(appended[0], appended[-1] + 1), [summary])
        # In a file that was tampered with, a body may have lost its salt.
        salts = [target.salt for target in targets.values() if isinstance(target.salt, bytes)]
        remains = self._database.expunge(salts) if targets else []
        return Redaction(list(targets), removed, remains)

    def _find(self, cursor: DBAPICursor, run_id: str, observation: Observation) -> _Target | None:
        """Return the row that is to be erased; None if it is redacted already."""
        query = (
            "SELECT position, salt, artifact, type, body IS NULL FROM event WHERE run_id = ? AND source = ? AND seq = ?"
        )
        cursor.execute(self._database.sql(query), (run_id, *observation))
        row = cursor.fetchone()
        if row is None:
            raise ObservationMissing(f"Run {run_id!r} has no event {observation.seq} over {observation.source!r}.")
        position, salt, artifact, type_, erased = row
        if (observation.source, type_) in ERASURES:
            raise RedactionRefused(
                f"Event {observation.seq} of run {run_id!r} over {observation.source!r} is itself a redaction, which"
                " cannot be redacted: it states who removed what, and why."
            )
        return None if erased else _Target(position, salt, artifact)


def last_number(database: Database, cursor: DBAPICursor, run_id: str) -> int:
    """Return the highest number of the recorder's own events in a run."""
    query = "SELECT coalesce(max(seq), 0) FROM event WHERE run_id = ? AND source = 'recorder'"
    cursor.execute(database.sql(query), (run_id,))
    last = cursor.fetchall()[0][0]
    if not isinstance(last, int):
        raise LogAltered(f"Run {run_id!r} is not as it was recorded; `veritas verify` shows what was changed.")
    return last


def erase(database: Database, cursor: DBAPICursor, events: Iterable[tuple[int, bytes | None]]) -> int:
    """Erase the bodies of events, given as (position, artifact), that redaction events in the log name.

    Returns:
        How many attachments' bytes were erased too: those that no event with a body needs any more.
    """
    body = database.sql("UPDATE event SET salt = NULL, body = NULL, encoding = NULL WHERE position = ?")
    artifacts = set()
    for position, artifact in events:
        cursor.execute(body, (position,))
        artifacts.add(artifact)
    return erase_attachments(database, cursor, artifacts - {None})


def erase_attachments(database: Database, cursor: DBAPICursor, artifacts: Iterable[bytes | None]) -> int:
    """Erase the bytes of those attachments that no event with a body needs any more, and return how many."""
    attachment = database.sql(
        "UPDATE artifact SET bytes = NULL WHERE sha256 = ? AND bytes IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM event WHERE artifact = ? AND body IS NOT NULL)"
    )
    removed = 0
    for artifact in artifacts:
        cursor.execute(attachment, (artifact, artifact))
        removed += cursor.rowcount
    return removed
