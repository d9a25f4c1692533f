"""Redaction: what one observation said is erased, and that it was is recorded.

The event that names the observation is appended, the observation's `salt` and `body` become NULL, and so do the bytes
of its attachment where no other event needs them: in one transaction, or not at all. The guards allow no more than that
(see `store.guards`). Of the event there remains its envelope, with its hashes, so that every chain and every proof
holds as before; without the salt nobody can find out by trying what the body was.

Once that is committed, the database sees to it that the bytes are not left behind in one of its files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy.engine.interfaces import DBAPICursor

from store.backends.base import Database
from store.errors import LogAltered, ObservationMissing, RedactionRefused
from store.read_model.run_table import Line, RunTable
from store.records import REDACTION, Record
from store.writer import Writer


class Observation(NamedTuple):
    """Which event of a run: it is told apart from the run's others by where it came from and by its number."""

    source: str
    seq: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """What a redaction came to.

    Attributes:
        erased: The observations whose bodies are gone; those that were redacted before are not among them.
        attachments: How many attachments' bytes went with them.
        remains: Where what was erased may still be found, in sentences.
    """

    erased: list[Observation]
    attachments: int
    remains: list[str]


class _Target(NamedTuple):
    """An observation that is to be erased, as it stands in the log."""

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
        note: Callable[[Observation, int], Record],
        line: Line | None,
    ) -> Redaction:
        """Redact observations of one run; see `EventLog.redact`."""
        with self._database.writing() as cursor:
            found = {observation: self._find(cursor, run_id, observation) for observation in observations}
            targets = {observation: target for observation, target in found.items() if target is not None}
            number = self._last_number(cursor, run_id)
            notes = [note(named, number + at) for at, named in enumerate(targets, 1)]
            appended = self._writer.append_within(cursor, notes)
            removed = erase(self._database, cursor, [(target.position, target.artifact) for target in targets.values()])
            if line is not None and appended:
                self._runs.keep(cursor, range(appended[0], appended[-1] + 1), [line])
        # In a file that was tampered with, a body may have lost its salt.
        salts = [target.salt for target in targets.values() if isinstance(target.salt, bytes)]
        remains = self._database.expunge(salts) if targets else []
        return Redaction(list(targets), removed, remains)

    def _find(self, cursor: DBAPICursor, run_id: str, observation: Observation) -> _Target | None:
        """Return what is to be erased; None where it was before."""
        query = (
            "SELECT position, salt, artifact, type, body IS NULL FROM event WHERE run_id = ? AND source = ? AND seq = ?"
        )
        cursor.execute(self._database.sql(query), (run_id, *observation))
        row = cursor.fetchone()
        if row is None:
            raise ObservationMissing(f"Run {run_id!r} has no event {observation.seq} over {observation.source!r}.")
        position, salt, artifact, type_, erased = row
        if (observation.source, type_) == REDACTION:
            raise RedactionRefused(
                f"Event {observation.seq} of run {run_id!r} over {observation.source!r} is itself a redaction, and"
                " those stay: they say who removed what, and why."
            )
        return None if erased else _Target(position, salt, artifact)

    def _last_number(self, cursor: DBAPICursor, run_id: str) -> int:
        """Return the highest number of the recorder's own events in a run."""
        query = "SELECT coalesce(max(seq), 0) FROM event WHERE run_id = ? AND source = 'recorder'"
        cursor.execute(self._database.sql(query), (run_id,))
        last = cursor.fetchall()[0][0]
        if not isinstance(last, int):
            raise LogAltered(f"Run {run_id!r} is not as it was recorded; `veritas verify` shows what was changed.")
        return last


def erase(database: Database, cursor: DBAPICursor, events: Iterable[tuple[int, bytes | None]]) -> int:
    """Remove the bodies of events, given as (position, artifact), for which the log has redactions.

    Returns:
        How many attachments' bytes went with them: those that no event that still has its body needs.
    """
    body = database.sql("UPDATE event SET salt = NULL, body = NULL WHERE position = ?")
    attachment = database.sql(
        "UPDATE artifact SET bytes = NULL WHERE sha256 = ? AND bytes IS NOT NULL"
        " AND NOT EXISTS (SELECT 1 FROM event WHERE artifact = ? AND body IS NOT NULL)"
    )
    artifacts = set()
    for position, artifact in events:
        cursor.execute(body, (position,))
        artifacts.add(artifact)
    removed = 0
    for artifact in artifacts - {None}:
        cursor.execute(attachment, (artifact, artifact))
        removed += cursor.rowcount
    return removed
