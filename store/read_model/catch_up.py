"""Folding what the read model `run` has not taken in, or all of it anew."""

from __future__ import annotations

from itertools import islice
from operator import attrgetter

from sqlalchemy.engine.interfaces import DBAPICursor

from store.backends.base import PAGE_ROWS, Database
from store.errors import DatabaseReadOnly
from store.read_model.compare import Difference, MakeSummary, Progress, RunComparison, fold_all
from store.read_model.run_table import RunRow, RunTable, Summary
from store.records import REDACTION, events_of

CHUNK = 20_000  # events that one transaction catches up with; it holds the log's lock for some tenths of a second

_MOST_IN_FLIGHT = 5_000  # runs whose summaries stay in memory from one transaction to the next


class RunFold:
    """Folds the runs of the log in a database with the summaries that *make* makes; *version* is that of their fold."""

    def __init__(self, database: Database, make: MakeSummary, version: int) -> None:
        self._database = database
        self._table = RunTable(database)
        self._make = make
        self._version = version

    def rebuild(self, progress: Progress) -> int:
        """Throw the table away and make it anew; return how many events were folded."""
        from store.schema import read_model_table, run_table  # 50 ms to import, of which a listing needs nothing

        with self._database.transaction() as connection:  # where somebody dropped them, they are made anew as well
            for table in (read_model_table, run_table):
                table.create(connection, checkfirst=True)
        with self._database.writing() as cursor:
            self._table.clear(cursor, self._version)
        return self.catch_up(progress)

    def catch_up(self, progress: Progress) -> int:
        """Fold what the table has not taken in, and return how many events that were.

        It goes in steps, each a transaction that leaves the table true for the position it has come to, so that nobody
        who appends meanwhile waits for long, and nothing is lost if it breaks off.

        Args:
            progress: Is told after each step how far it is, and where the log ends.
        """
        summaries: dict[str, Summary] = {}
        folded, left_off = 0, None
        while True:
            with self._database.writing() as cursor:
                model = self._table.model(cursor)
                if model.version != self._version:
                    self._table.clear(cursor, self._version)
                    model = self._table.model(cursor)
                if model.position == model.head:
                    return folded
                if model.position != left_off:  # others have folded meanwhile
                    summaries.clear()
                left_off = min(self._next(cursor, model.position) - 1 + CHUNK, model.head)
                folded += self._fold(cursor, summaries, model.position, left_off)
                self._table.set_model(cursor, self._version, left_off)
            for run_id in list(islice(summaries, max(0, len(summaries) - _MOST_IN_FLIGHT))):
                del summaries[run_id]
            progress(left_off, model.head)

    def keep_up(self, progress: Progress) -> None:
        """Have the table take in what it has not, if anything.

        Raises:
            DatabaseReadOnly: There is something, and the log cannot be written to.
        """
        with self._database.snapshot() as cursor:
            current = self._is_current(cursor)
        if not current:
            self.catch_up(progress)

    def rows(
        self,
        *,
        status: str | None = None,
        limit: int | None = None,
        progress: Progress = lambda done, total: None,
    ) -> list[RunRow]:
        """Return the audits' runs, or those with a status, newest first.

        The table catches up first where it has to. In a log that cannot be written to, what it lacks is folded for this
        answer alone.

        Args:
            status: Only those with this one.
            limit: How many at most.
            progress: Is told how far the table has caught up, and where the log ends.
        """
        with self._database.snapshot() as cursor:
            if self._is_current(cursor):
                return self._table.rows(cursor, status=status, limit=limit)
        try:
            self.catch_up(progress)
        except DatabaseReadOnly:
            return self._rows_in_memory(status, limit, progress)
        with self._database.reading() as cursor:
            return self._table.rows(cursor, status=status, limit=limit)

    def difference(self, run_id: str | None = None, progress: Progress = lambda done, total: None) -> Difference | None:
        """Return the first difference between the table and a fold of the events, of all runs or of one.

        The table is read at one moment, and compared with a fold of the events that it says it has taken in. Where it
        was made by an older version of the fold, or never, there is nothing to compare: it is made anew before it is
        used.

        Args:
            progress: Is told after each page how many events are folded, of how many.
        """
        return RunComparison(self._database, self._make, self._version).run(run_id, progress)

    def _is_current(self, cursor: DBAPICursor) -> bool:
        model = self._table.model(cursor)
        return (model.version, model.position) == (self._version, model.head)

    def _rows_in_memory(self, status: str | None, limit: int | None, progress: Progress) -> list[RunRow]:
        with self._database.snapshot() as cursor:
            head = self._table.model(cursor).head
            folded = fold_all(self._database, cursor, self._make, head, progress=progress)
            rows = [row for row in folded if row.audit_id and status in (None, row.status)]
        return sorted(rows, key=attrgetter("position"), reverse=True)[:limit]

    def _next(self, cursor: DBAPICursor, after: int) -> int:
        """Return the first position behind one; there is no gap in between but where somebody made it."""
        cursor.execute(self._database.sql("SELECT min(position) FROM event WHERE position > ?"), (after,))
        position: int = cursor.fetchall()[0][0]
        return position

    def _fold(self, cursor: DBAPICursor, summaries: dict[str, Summary], after: int, last: int) -> int:
        """Fold the events behind position *after* and up to *last*, and return how many they are."""
        folded = 0
        touched: dict[str, Summary] = {}
        stale: set[str] = (
            set()
        )  # runs whose summaries took in events before this transaction, of which some may be erased now
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
                        self._table.take(cursor, summary, earlier)
                if event.run_id in stale and (event.source, event.type) == REDACTION:
                    stale.remove(event.run_id)
                    self._table.take(cursor, summary, (event,))
                else:
                    summary.apply(event)
        self._table.put(cursor, [summary.row() for summary in touched.values()])
        return folded
