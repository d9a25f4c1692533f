"""The read model `run`: one row for each run, updated in the transactions that append the runs' events.

The caller folds the events: an append gets the finished row in a `RunUpdate`, and where the store must read the events
itself, it gets a `Summary`. At every commit, the table equals a fold over all events up to `read_model.position`. An
append with an update moves the position from the last event before it to its own last one. If the position is
elsewhere, because events were appended without an update, or the log is older than the model, the append does not
change the table, and the next reader of the table catches up. The read model can be deleted at any time: it is rebuilt
from the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from store.backends.base import PAGE_ROWS, Database
from store.read_model.prefilter import SkippedEvents
from store.records import ERASURES, StoredEvent, events_of

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

NAME = "run"


class RunRow(NamedTuple):
    """One row of the table, with its fields in the order of the columns; `store.schema` describes them."""

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
    host: str | None
    page: str | None
    batch: str | None
    tags: str | None
    kinds: str | None
    failure: str | None
    job: str | None
    queue: str | None
    worker: str | None
    worker_host: str | None


COLUMNS = ", ".join(RunRow._fields)


class Summary(Protocol):
    """The fold of one run's events to its row.

    Attributes:
        run_id: The run.
        version: The version of the fold; another version may compute other rows from the same events.
    """

    run_id: str
    version: int

    @property
    def position(self) -> int:
        """The position of the last event applied; 0 if none was."""

    def apply(self, event: StoredEvent) -> None:
        """Apply the run's next event."""

    def skip(self, skipped: SkippedEvents) -> None:
        """Apply the run's next events, which change the row only by their presence."""

    def row(self) -> RunRow:
        """Return the row after the events applied; at least one must have been."""

    def reset(self) -> None:
        """Return to the state before any event."""


class RunUpdate(NamedTuple):
    """An append's change to the row of the run that it appends to.

    Attributes:
        run_id: The run.
        version: The version of the fold that computed the row.
        row: The row after the new events; None if it does not change. In a run's first row, `position` is not known
            yet: the append fills it in.
        after: The position of the run's last event before the new ones, which the row includes; 0 if there is none.
    """

    run_id: str
    version: int
    row: RunRow | None
    after: int


class ModelState(NamedTuple):
    """The state of the read model.

    Attributes:
        version: The version of the fold that computed it; None if it was never computed, or its state is not valid.
        position: The position of the last event that it includes.
        head: The position of the log's last event.
    """

    version: int | None
    position: int
    head: int


class RunTable:
    """The table `run` of the log in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._upsert_query = database.sql(
            f"INSERT INTO run ({COLUMNS}) VALUES ({', '.join('?' * len(RunRow._fields))}) ON CONFLICT (run_id)"
            f" DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in RunRow._fields[1:])}"
        )
        self._advance_query = database.sql(
            f"UPDATE read_model SET position = ? WHERE name = '{NAME}' AND version = ? AND position = ?"
        )

    def advance(self, cursor: DBAPICursor, inserted: range, update: RunUpdate) -> None:
        """Write the run's row in the transaction of an append, if the table includes all events before it.

        Otherwise the table does not change, and catches up when it is needed.

        Args:
            cursor: A cursor in the transaction, which holds the log's write lock.
            inserted: The positions of the new events.
        """
        if self._advance_position(cursor, update.version, inserted) and (row := update.row) is not None:
            self.upsert(cursor, [row if update.after else row._replace(position=inserted.start)])

    def fold(self, cursor: DBAPICursor, inserted: range, summaries: Sequence[Summary]) -> None:
        """Compute the rows of the runs that were just appended to, in the same transaction.

        If the new events include a redaction, call this after the erasure, so that the row loses the erased data.

        Args:
            cursor: A cursor in the transaction, which holds the log's write lock.
            inserted: The positions of the new events.
            summaries: Summaries of all runs that the new events belong to, with no event applied.
        """
        if not self._advance_position(cursor, summaries[0].version, inserted):
            # Erased data must not stay in a row until the table catches up.
            redacted = self._redacted(cursor, inserted)
            summaries = [summary for summary in summaries if summary.run_id in redacted]
        for summary in summaries:
            self.apply_events(cursor, summary, self.events(cursor, summary.run_id, summary.position, inserted.stop - 1))
            self.upsert(cursor, [summary.row()])

    def apply_events(self, cursor: DBAPICursor, summary: Summary, events: Iterable[StoredEvent]) -> None:
        """Apply a run's next events, as they are now, to its summary.

        If one of them is a redaction, and the summary includes earlier events, the summary is reset once and computed
        again from the log, where the erased bodies are gone.
        """
        stale = summary.position > 0
        for event in events:
            if stale and (event.source, event.type) in ERASURES:
                stale = False
                summary.reset()
                for known in self.events(cursor, summary.run_id, 0, event.position):
                    summary.apply(known)
            else:
                summary.apply(event)

    def events(self, cursor: DBAPICursor, run_id: str, after: int, last: int) -> Iterator[StoredEvent]:
        """Yield a run's events after position *after*, up to *last*."""
        while rows := self._database.page(
            cursor, "run_id = ? AND position > ? AND position <= ?", (run_id, after, last), PAGE_ROWS
        ):
            yield from events_of(rows)
            after = rows[-1][0]

    def upsert(self, cursor: DBAPICursor, rows: Sequence[RunRow]) -> None:
        """Insert rows, or replace those that exist."""
        cursor.executemany(self._upsert_query, rows)

    def state(self, cursor: DBAPICursor) -> ModelState:
        """Return the state of the read model."""
        cursor.execute(
            f"SELECT (SELECT version FROM read_model WHERE name = '{NAME}'),"
            f" (SELECT position FROM read_model WHERE name = '{NAME}'),"
            " (SELECT coalesce(max(position), 0) FROM event)"
        )
        version, position, head = cursor.fetchall()[0]
        if type(position) is not int or not 0 <= position <= head:
            return ModelState(None, 0, head)
        return ModelState(version, position, head)

    def set_state(self, cursor: DBAPICursor, version: int, position: int) -> None:
        """Store the state of the read model."""
        cursor.execute(
            self._database.sql(
                "INSERT INTO read_model (name, version, position) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = excluded.position"
            ),
            (NAME, version, position),
        )

    def clear(self, cursor: DBAPICursor, version: int) -> None:
        """Delete all rows; they are computed again when they are needed."""
        cursor.execute("DELETE FROM run")
        cursor.execute("DELETE FROM read_model")  # including rows for unknown tables
        self.set_state(cursor, version, 0)

    def _redacted(self, cursor: DBAPICursor, inserted: range) -> set[str]:
        """Return the runs that have a redaction among the new events."""
        query = (
            "SELECT DISTINCT run_id FROM event"
            " WHERE source = 'recorder' AND type IN (?, ?) AND position >= ? AND position < ?"
        )
        types = [kind for _, kind in ERASURES]
        cursor.execute(self._database.sql(query), (*types, inserted.start, inserted.stop))
        return {run_id for (run_id,) in cursor.fetchall()}

    def _advance_position(self, cursor: DBAPICursor, version: int, inserted: range) -> bool:
        """Move the model's position to the last new event, if it includes all events before them; return whether."""
        cursor.execute(self._advance_query, (inserted.stop - 1, version, inserted.start - 1))
        if cursor.rowcount == 1:
            return True
        if inserted.start > 1:
            return False
        self.set_state(cursor, version, inserted.stop - 1)
        return True
