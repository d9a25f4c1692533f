"""The read model `run`: one row for each run, kept in the transactions that append the runs' events.

The caller folds the events and gives the row: `RunUpdate` with an append, a `Summary` where the store must read the
events itself. At every commit this holds: the table is what a fold over all events up to `read_model.position` gives.
An append with an update moves the position from the last event before it to its own last one. Where the position is
elsewhere, because something appended without an update, or the log is older than the model, the append leaves the table
as it is, and the next reader of the table catches up. A read model is a convenience: it can be thrown away at any time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from sqlalchemy.engine.interfaces import DBAPICursor

from store.backends.base import PAGE_ROWS, Database
from store.errors import ReadModelAltered
from store.read_model.skim import SkippedEvents
from store.records import BIGINT_MAX, REDACTION, StoredEvent, are_of, events_of, types_of

NAME = "run"


class RunRow(NamedTuple):
    """One row of the table, its fields in the order of the columns; what each means stands in `store.schema`."""

    run_id: str
    audit_id: str
    position: int
    url: str | None
    tier: str | None
    origin: str | None
    status: str
    trust_score: float | None
    risk_level: str | None
    mode: str | None
    started_at: float | None
    finished_at: float | None
    findings: int
    command: str | None
    configured: str | None
    reason: str | None
    decided_by: str | None
    share: float | None
    share_origin: str | None
    fell_back: str | None
    events: int | None
    lost: int | None
    repeated: int | None
    resent: int | None
    mismatched: int | None
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    queue_start: float | None


COLUMNS = ", ".join(RunRow._fields)

_TYPES = types_of(RunRow)


class Summary(Protocol):
    """The fold of one run's events to its row.

    Attributes:
        run_id: The run.
        version: Of the fold; another version may make other rows of the same events.
    """

    run_id: str
    version: int

    @property
    def position(self) -> int:
        """The position of the last event applied; 0 before any."""

    def apply(self, event: StoredEvent) -> None:
        """Apply the run's next event."""

    def skip(self, skipped: SkippedEvents) -> None:
        """Apply the run's next events, of which the row shows only that they were there."""

    def row(self) -> RunRow:
        """Return the row after the events applied, of which there is at least one."""

    def reset(self) -> None:
        """Return to the state before any event."""


class RunUpdate(NamedTuple):
    """What an append does to the row of the run that it appends to.

    Attributes:
        run_id: The run.
        version: Of the fold that made the row.
        row: The row as it is after the new events; None where it stays as it is. In a run's first row, `position` is
            not known yet: the append fills it in.
        after: The position of the run's last event before the new ones, which the row was made of too; 0 where there
            is none.
    """

    run_id: str
    version: int
    row: RunRow | None
    after: int


class Model(NamedTuple):
    """How far the read model is.

    Attributes:
        version: Of the fold that made it; None where it has never been made, or what it says of itself cannot be.
        position: The last event that it has taken in.
        head: The log's last event.
    """

    version: int | None
    position: int
    head: int


class RunTable:
    """The table `run` of the log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert = database.sql(
            f"INSERT INTO run ({COLUMNS}) VALUES ({', '.join('?' * len(RunRow._fields))}) ON CONFLICT (run_id)"
            f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in RunRow._fields[1:])}"
        )
        self._step = database.sql(
            f"UPDATE read_model SET position = ? WHERE name = '{NAME}' AND version = ? AND position = ?"
        )

    def advance(self, cursor: DBAPICursor, inserted: range, update: RunUpdate) -> None:
        """Write the run's row in the transaction of an append, if the table was made of all events before it.

        Otherwise the table stays as it is, and catches up when it is needed.

        Args:
            cursor: In the transaction, which holds the log's write lock.
            inserted: The positions of the new events.
        """
        if self._move(cursor, update.version, inserted) and (row := update.row) is not None:
            self.put(cursor, [row if update.after else row._replace(position=inserted.start)])

    def fold(self, cursor: DBAPICursor, inserted: range, summaries: Sequence[Summary]) -> None:
        """Fold the runs of what was just appended, in the same transaction.

        Where a redaction is among the new events, its run's row must lose what was erased: call this after the erasure.

        Args:
            cursor: In the transaction, which holds the log's write lock.
            inserted: The positions of the new events.
            summaries: Those of all runs that the new events belong to, with no event applied.
        """
        if not self._move(cursor, summaries[0].version, inserted):
            # What was erased must not stay in a row until the table catches up.
            redacted = self._redacted(cursor, inserted)
            summaries = [summary for summary in summaries if summary.run_id in redacted]
        for summary in summaries:
            self.take(cursor, summary, self.events(cursor, summary.run_id, summary.position, inserted.stop - 1))
            self.put(cursor, [summary.row()])

    def take(self, cursor: DBAPICursor, summary: Summary, events: Iterable[StoredEvent]) -> None:
        """Have *line* take in its run's next events, as they are now.

        Where one says that others were erased, a summary that had taken in some before begins anew, once: what is read
        now is without what was erased.
        """
        stale = summary.position > 0
        for event in events:
            if stale and (event.source, event.type) == REDACTION:
                stale = False
                summary.reset()
                for known in self.events(cursor, summary.run_id, 0, event.position):
                    summary.apply(known)
            else:
                summary.apply(event)

    def events(self, cursor: DBAPICursor, run_id: str, after: int, last: int) -> Iterator[StoredEvent]:
        """Yield a run's events behind position *after* and up to *last*."""
        while rows := self._database.page(
            cursor, "run_id = ? AND position > ? AND position <= ?", (run_id, after, last), PAGE_ROWS
        ):
            yield from events_of(rows)
            after = rows[-1][0]

    def put(self, cursor: DBAPICursor, rows: Sequence[RunRow]) -> None:
        """Insert rows, or replace those that there are."""
        cursor.executemany(self._upsert, rows)

    def model(self, cursor: DBAPICursor) -> Model:
        """Return how far the read model is."""
        cursor.execute(
            f"SELECT (SELECT version FROM read_model WHERE name = '{NAME}'),"
            f" (SELECT position FROM read_model WHERE name = '{NAME}'),"
            " (SELECT coalesce(max(position), 0) FROM event)"
        )
        version, position, head = cursor.fetchall()[0]
        if type(position) is not int or not 0 <= position <= head:
            return Model(None, 0, head)
        return Model(version, position, head)

    def set_model(self, cursor: DBAPICursor, version: int, position: int) -> None:
        """Say how far the read model is."""
        cursor.execute(
            self._database.sql(
                "INSERT INTO read_model (name, version, position) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = excluded.position"
            ),
            (NAME, version, position),
        )

    def clear(self, cursor: DBAPICursor, version: int) -> None:
        """Throw all rows away; the next that needs them makes them anew."""
        cursor.execute("DELETE FROM run")
        cursor.execute("DELETE FROM read_model")  # and what names a table that nobody keeps
        self.set_model(cursor, version, 0)

    def rows(self, cursor: DBAPICursor, *, status: str | None = None, limit: int | None = None) -> list[RunRow]:
        """Return the audits' runs, or those with a status, newest first."""
        of_status = "" if status is None else " AND status = ?"
        cursor.execute(
            self._database.sql(
                f"SELECT {COLUMNS} FROM run WHERE audit_id <> ''{of_status} ORDER BY position DESC LIMIT ?"
            ),
            (*(() if status is None else (status,)), BIGINT_MAX if limit is None else limit),
        )
        rows = list(map(RunRow._make, cursor.fetchall()))
        if not are_of(_TYPES, rows):
            raise ReadModelAltered.at(self._database.address)
        return rows

    def _redacted(self, cursor: DBAPICursor, inserted: range) -> set[str]:
        """Return the runs of which a redaction is among the new events."""
        query = (
            "SELECT DISTINCT run_id FROM event"
            f" WHERE source = '{REDACTION[0]}' AND type = '{REDACTION[1]}' AND position >= ? AND position < ?"
        )
        cursor.execute(self._database.sql(query), (inserted.start, inserted.stop))
        return {run_id for (run_id,) in cursor.fetchall()}

    def _move(self, cursor: DBAPICursor, version: int, inserted: range) -> bool:
        """Move the model's position over the new events, and return whether it had taken in all before them."""
        cursor.execute(self._step, (inserted.stop - 1, version, inserted.start - 1))
        if cursor.rowcount == 1:
            return True
        if inserted.start > 1:
            return False
        self.set_model(cursor, version, inserted.stop - 1)
        return True
