"""Holding the read model `run` to the events while those are checked, so that they are read once and not twice.

Each page is skimmed by whoever checks it, and what is left of it is folded here, in the order of positions. So as not
to have a summary of every run in memory, a summary that long had nothing to take in is held to the table and
forgotten. In the end either all rows are right, or `store.read_model.compare` looks closer, run by run: where a row is
not right, but also where the table is behind, where a redaction came meanwhile, or where the summaries, or what is
left of the events, are too many. It alone says what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from sqlalchemy.engine.interfaces import DBAPICursor

from store.backends.base import PAGE_ROWS, Database
from store.errors import DatabaseDamaged
from store.read_model.compare import Difference, MakeSummary, RunComparison, surplus
from store.read_model.run_table import COLUMNS, NAME, Summary
from store.read_model.skim import Skim, SkippedEvents
from store.records import REDACTION, StoredEvent

_MOST_SUMMARIES = 2_000  # of runs that are kept in memory; they take 2 KB each
_AT_ONCE = 500  # rows that one query asks for


class RunCheck:
    """Checks the table along with the events.

    Attributes:
        skim: What the events are skimmed with that are fed.
    """

    def __init__(self, database: Database, make: MakeSummary, skim: Skim, version: int) -> None:
        self.skim = skim
        self._database = database
        self._make = make
        self._version = version
        self._summaries: dict[str, Summary] = {}  # those that took something in last stand last
        self._position = 0
        self._given_up = False

    def feed(self, skimmed: Sequence[StoredEvent | SkippedEvents] | None, position: int) -> None:
        """Take in the next events up to a position, skimmed; None where that is too much."""
        self._position = position
        self._given_up = self._given_up or skimmed is None
        for some in skimmed or ():
            if self._given_up:
                return
            summary = self._summaries.pop(some.run_id, None) or self._make(some.run_id)
            self._summaries[some.run_id] = summary
            if isinstance(some, SkippedEvents):
                summary.skip(some)
            else:
                summary.apply(some)
            if len(self._summaries) > _MOST_SUMMARIES:
                self._make_room()

    def difference(self, run_id: str | None = None) -> Difference | None:
        """Return the first difference between the table and the events, of all runs or of one; see `RunFold`.

        That of all runs begins with what was fed, which must be all events up to the last position.
        """
        if run_id is None and self._is_right():
            return None
        self._summaries.clear()
        return RunComparison(self._database, self._make, self._version).run(run_id, lambda done, total: None)

    def _is_right(self) -> bool:
        """Tell whether the table is plainly what the events make."""
        try:
            with self._database.snapshot() as cursor:
                if not self._catch_up(cursor):
                    return False
                self._settle(cursor, len(self._summaries))
                return not self._summaries and surplus(self._database, cursor, self._position) is None
        except DatabaseDamaged:
            return False

    def _catch_up(self, cursor: DBAPICursor) -> bool:
        """Take in what came since; return whether the table has it too, and all before is still as it was."""
        cursor.execute("SELECT coalesce(max(position), 0) FROM event")
        head = cursor.fetchall()[0][0]
        cursor.execute("SELECT name, version, position FROM read_model")
        if list(map(tuple, cursor.fetchall())) != [(NAME, self._version, head)]:
            return False
        since = "position > ? AND position <= ?"
        cursor.execute(
            self._database.sql(f"SELECT 1 FROM event WHERE source = 'recorder' AND type = ? AND {since} LIMIT 1"),
            (REDACTION[1], self._position, head),
        )
        if cursor.fetchall():
            return False  # of what was fed, something is erased by now
        while not self._given_up and self._position < head:
            rows = self._database.page(cursor, since, (self._position, head), PAGE_ROWS)
            self.feed(self.skim(rows), rows[-1][0])
        return not self._given_up

    def _make_room(self) -> None:
        """Forget summaries; where most must stay, because their runs go on or are not right, give up."""
        with self._database.reading() as cursor:
            self._settle(cursor, _MOST_SUMMARIES // 2)
        self._given_up = len(self._summaries) > _MOST_SUMMARIES * 3 // 4

    def _settle(self, cursor: DBAPICursor, number: int) -> None:
        """Forget those of the first summaries whose rows are right and that have all events of their runs."""
        runs = list(islice(self._summaries, number))
        for start in range(0, number, _AT_ONCE):
            some = runs[start : start + _AT_ONCE]
            cursor.execute(
                self._database.sql(
                    f"SELECT {COLUMNS}, (SELECT max(event.position) FROM event WHERE event.run_id = run.run_id)"
                    f" FROM run WHERE run_id IN ({', '.join('?' * len(some))})"
                ),
                some,
            )
            for *row, last in cursor.fetchall():
                summary = self._summaries[row[0]]
                if last == summary.position and tuple(row) == summary.row():
                    del self._summaries[row[0]]
