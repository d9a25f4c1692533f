"""RunReadModel: list the runs of the read model `run`, let it catch up with the log, or rebuild it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from typing import TYPE_CHECKING, cast

from store.backends.base import PAGE_ROWS, Database
from store.errors import DatabaseReadOnly, DatabaseUnavailable
from store.read_model.compare import Difference, MakeSummary, Progress, RunComparison, fold_all
from store.read_model.run_filter import (
    EVERY_RUN,
    NEWEST_FIRST,
    RunFilter,
    RunOrder,
    Sql,
    count_runs,
    select_runs,
    select_values,
)
from store.read_model.run_table import COLUMNS, RunRow, RunTable, Summary
from store.records import ERASURES, events_of

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

CHUNK = 20_000  # events that one transaction catches up with; it holds the log's lock for some tenths of a second

_MOST_IN_MEMORY = 5_000  # runs whose summaries stay in memory from one transaction to the next


class RunReadModel:
    """The read model of the runs in a database; its rows are folded with the summaries that *make* returns."""

    def __init__(self, database: Database, make: MakeSummary, version: int) -> None:
        self._database = database
        self._table = RunTable(database)
        self._make = make
        self._version = version

    def rebuild(self, progress: Progress) -> int:
        """Delete all rows and compute them again; return how many events were folded."""
        from store.schema import read_model_table, run_table  # takes 50 ms to import, and a listing does not need it

        with self._database.transaction() as connection:  # tables that were dropped are created again
            for table in (read_model_table, run_table):
                table.create(connection, checkfirst=True)
        with self._database.writing() as cursor:
            self._table.clear(cursor, self._version)
        return self.catch_up(progress)

    def catch_up(self, progress: Progress) -> int:
        """Fold the events that the table does not include yet, and return their number.

        Each step is a transaction after which the table is right for its position, so that appending processes never
        wait for long, and no work is lost if a later step fails.

        Args:
            progress: Called after each step with the table's position and the log's last one.
        """
        summaries: dict[str, Summary] = {}
        folded, reached = 0, None
        while True:
            with self._database.writing() as cursor:
                state = self._table.state(cursor)
                if state.version != self._version:
                    self._table.clear(cursor, self._version)
                    state = self._table.state(cursor)
                if state.position == state.head:
                    return folded
                if state.position != reached:  # another process has folded meanwhile
                    summaries.clear()
                reached = min(self._next_position(cursor, state.position) - 1 + CHUNK, state.head)
                folded += self._fold(cursor, summaries, state.position, reached)
                self._table.set_state(cursor, self._version, reached)
            for run_id in list(islice(summaries, max(0, len(summaries) - _MOST_IN_MEMORY))):
                del summaries[run_id]
            progress(reached, state.head)

    def ensure_current(self, progress: Progress) -> None:
        """Catch up if the table does not include all events.

        Raises:
            DatabaseReadOnly: It does not, and the log cannot be written to.
        """
        with self._database.snapshot() as cursor:
            current = self._is_current(cursor)
        if not current:
            self.catch_up(progress)

    def rows(
        self,
        wanted: RunFilter = EVERY_RUN,
        *,
        order: RunOrder = NEWEST_FIRST,
        limit: int | None = None,
        offset: int = 0,
        progress: Progress = lambda done, total: None,
    ) -> list[RunRow]:
        """Return the audits' runs that a filter matches.

        The table catches up first if necessary. If the log cannot be written to, the rows are computed in memory.

        Args:
            wanted: The filter.
            order: The order; the newest first if it is not given.
            limit: The largest number of runs.
            offset: How many runs to leave out before the first.
            progress: Called with the table's position and the log's last one while the table catches up.
        """
        with self._current(progress) as (cursor, sql):
            return select_runs(cursor, sql, wanted, order, limit=limit, offset=offset, address=self._database.address)

    def count(self, wanted: RunFilter = EVERY_RUN, progress: Progress = lambda done, total: None) -> int:
        """Return how many runs a filter matches; see `rows`."""
        with self._current(progress) as (cursor, sql):
            return count_runs(cursor, sql, wanted)

    def values_of(self, name: str) -> list[str]:
        """Return the distinct values that the audits' runs have in a column of texts, in order; see `rows`."""
        with self._current(lambda done, total: None) as (cursor, _):
            return select_values(cursor, name, self._database.address)

    def difference(self, run_id: str | None = None, progress: Progress = lambda done, total: None) -> Difference | None:
        """Return the first difference between the table and a fold of the events, of all runs or of one.

        The table is read at one moment, and compared with a fold of the events that it states to include. If it was
        computed by an older version of the fold, or never, it is not compared: it is rebuilt before it is used.

        Args:
            progress: Called after each page with the number of events that are folded, and of all events.
        """
        return RunComparison(self._database, self._make, self._version).run(run_id, progress)

    def _is_current(self, cursor: DBAPICursor) -> bool:
        state = self._table.state(cursor)
        return (state.version, state.position) == (self._version, state.head)

    @contextmanager
    def _current(self, progress: Progress) -> Iterator[tuple[DBAPICursor, Sql]]:
        """Yield a cursor that sees a table which includes all events, and the function that adapts its statements."""
        with self._database.snapshot() as cursor:
            if self._is_current(cursor):
                yield cursor, self._database.sql
                return
        try:
            self.catch_up(progress)
        except (
            DatabaseReadOnly,
            DatabaseUnavailable,
        ):  # such as a standby; one that is not there cannot be read either
            with closing(self._copy_in_memory(progress)) as copy:
                yield cast("DBAPICursor", copy.cursor()), str
            return
        with self._database.reading() as cursor:
            yield cursor, self._database.sql

    def _copy_in_memory(self, progress: Progress) -> sqlite3.Connection:
        with self._database.snapshot() as cursor:
            head = self._table.state(cursor).head
            copy = sqlite3.connect(":memory:")
            copy.execute(f"CREATE TABLE run ({COLUMNS})")
            copy.executemany(
                f"INSERT INTO run VALUES ({', '.join('?' * len(RunRow._fields))})",
                fold_all(self._database, cursor, self._make, head, progress=progress),
            )
            return copy

    def _next_position(self, cursor: DBAPICursor, after: int) -> int:
        """Return the first position after another; there is a gap between them only in a log that was altered."""
        cursor.execute(self._database.sql("SELECT min(position) FROM event WHERE position > ?"), (after,))
        position: int = cursor.fetchall()[0][0]
        return position

    def _fold(self, cursor: DBAPICursor, summaries: dict[str, Summary], after: int, last: int) -> int:
        """Fold the events after position *after*, up to *last*, and return their number."""
        folded = 0
        touched: dict[str, Summary] = {}
        # Runs whose summaries include events from before this transaction; some of those may be erased now.
        stale: set[str] = set()
        while page := self._database.page(cursor, "position > ? AND position <= ?", (after, last), PAGE_ROWS):
            after = page[-1][0]
            folded += len(page)
            for event in events_of(page):
                summary = touched.get(event.run_id)
                if summary is None:
                    summary = summaries.pop(event.run_id, None) or self._make(event.run_id)
                    touched[event.run_id] = summaries[event.run_id] = summary
                    if summary.position:
                        stale.add(event.run_id)
                    else:
                        earlier = self._table.events(cursor, event.run_id, 0, event.position - 1)
                        self._table.apply_events(cursor, summary, earlier)
                if event.run_id in stale and (event.source, event.type) in ERASURES:
                    stale.remove(event.run_id)
                    self._table.apply_events(cursor, summary, (event,))
                else:
                    summary.apply(event)
        self._table.upsert(cursor, [summary.row() for summary in touched.values()])
        return folded
