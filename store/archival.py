"""Archival: erase the bodies of a run that were moved into a bundle, and record where they are.

One transaction appends an event `run_archived` to each run, and sets `salt` and `body` of the run's other events to
NULL, except those of the recorder, as well as the bytes of their attachments unless another event needs them. Envelopes
and hashes remain, so that every chain and every proof still holds (see `store.guards`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.backends.base import Database
from store.errors import RunChanged
from store.read_model.run_table import RunTable, Summary
from store.records import ARCHIVAL, Record
from store.redaction import erase_attachments, last_number
from store.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor


@dataclass(frozen=True, slots=True)
class Archival:
    """A run to archive.

    Attributes:
        run_id: The run.
        head: The hash of its last event in the bundle.
        make_record: Returns the event `run_archived`, given its number.
        summary: A summary of the run for the read model `run`, with no event applied.
    """

    run_id: str
    head: bytes
    make_record: Callable[[int], Record]
    summary: Summary


class Archiver:
    """Archives runs of the log in a database."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer
        self._runs = RunTable(database)

    def archive(self, archivals: Sequence[Archival]) -> int:
        """Archive runs in one transaction; see `EventLog.archive_runs`."""
        erased = 0
        with self._database.writing() as cursor:
            positions: list[int] = []
            for archival in archivals:
                self._require_unchanged(cursor, archival)
                number = last_number(self._database, cursor, archival.run_id) + 1
                positions += self._writer.append_within(cursor, [archival.make_record(number)])
            for archival in archivals:
                erased += self._erase(cursor, archival.run_id)
            if positions:
                summaries = [archival.summary for archival in archivals]
                self._runs.fold(cursor, range(positions[0], positions[-1] + 1), summaries)
        return erased

    def _require_unchanged(self, cursor: DBAPICursor, archival: Archival) -> None:
        query = "SELECT hash, type FROM event WHERE run_id = ? ORDER BY position DESC LIMIT 1"
        cursor.execute(self._database.sql(query), (archival.run_id,))
        row = cursor.fetchone()
        if row is None or row[0] != archival.head or row[1] == ARCHIVAL[1]:
            raise RunChanged(
                f"Run {archival.run_id!r} changed while it was archived, and stays in the log; archive it again."
            )

    def _erase(self, cursor: DBAPICursor, run_id: str) -> int:
        """Erase a run's bodies and their attachments; return how many bodies."""
        of_run = "run_id = ? AND source <> 'recorder' AND body IS NOT NULL"
        cursor.execute(
            self._database.sql(f"SELECT DISTINCT artifact FROM event WHERE {of_run} AND artifact IS NOT NULL"),
            (run_id,),
        )
        artifacts = [artifact for (artifact,) in cursor.fetchall()]
        cursor.execute(
            self._database.sql(f"UPDATE event SET salt = NULL, body = NULL, encoding = NULL WHERE {of_run}"), (run_id,)
        )
        erased: int = cursor.rowcount
        erase_attachments(self._database, cursor, artifacts)
        return erased
