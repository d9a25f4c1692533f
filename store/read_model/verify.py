"""ReadModelCheck: check the read model `run` during a verification of the events, so that they are read only once.

The process that checks a page also pre-filters it (`prefilter`); the remaining events are folded here, in the order of
positions. To limit the number of summaries in memory, a summary that has had no event for long is compared with the
table and removed. If this shows that all rows are right, the check is done. Otherwise `store.read_model.compare`
compares run by run, and reports the difference. That is the case if a row is not right, and also if the table is behind
the log, if an event was redacted meanwhile, or if there are too many summaries or remaining events.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from store.backends.base import PAGE_ROWS, Database
from store.errors import DatabaseDamaged
from store.read_model.compare import Difference, MakeSummary, RunComparison, surplus
from store.read_model.prefilter import Prefilter, SkippedEvents
from store.read_model.run_table import COLUMNS, NAME, Summary
from store.records import ERASURES, StoredEvent

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

_MOST_SUMMARIES = 2_000  # in memory; they take 2 KB each
_BATCH = 500  # rows of one query


class ReadModelCheck:
    """Checks the table while the events are verified.

    Attributes:
        prefilter: The function that pre-filters the events for `feed`.
    """

    def __init__(self, database: Database, make: MakeSummary, prefilter: Prefilter, version: int) -> None:
        self.prefilter = prefilter
        self._database = database
        self._make = make
        self._version = version
        self._summaries: dict[str, Summary] = {}  # the most recently changed ones are last
        self._position = 0
        self._exceeded = False

    def feed(self, prefiltered: Sequence[StoredEvent | SkippedEvents] | None, position: int) -> None:
        """Apply the next events up to a position, pre-filtered; None if they are too many."""
        self._position = position
        self._exceeded = self._exceeded or prefiltered is None
        for item in prefiltered or ():
            if self._exceeded:
                return
            summary = self._summaries.pop(item.run_id, None) or self._make(item.run_id)
            self._summaries[item.run_id] = summary
            if isinstance(item, SkippedEvents):
                summary.skip(item)
            else:
                summary.apply(item)
            if len(self._summaries) > _MOST_SUMMARIES:
                self._make_room()

    def difference(self, run_id: str | None = None) -> Difference | None:
        """Return the first difference between the table and the events, of all runs or of one; see `RunReadModel`.

        For all runs, `feed` must have been given all events up to its last position.
        """
        if run_id is None and self._matches():
            return None
        self._summaries.clear()
        return RunComparison(self._database, self._make, self._version).run(run_id, lambda done, total: None)

    def _matches(self) -> bool:
        """Return whether the table is known to match the events, without a comparison run by run."""
        try:
            with self._database.snapshot() as cursor:
                if not self._catch_up(cursor):
                    return False
                self._settle(cursor, len(self._summaries))
                return not self._summaries and surplus(self._database, cursor, self._position) is None
        except DatabaseDamaged:
            return False

    def _catch_up(self, cursor: DBAPICursor) -> bool:
        """Apply the events since the last `feed`; return whether the table includes them and none is a redaction."""
        cursor.execute("SELECT coalesce(max(position), 0) FROM event")
        head = cursor.fetchall()[0][0]
        cursor.execute("SELECT name, version, position FROM read_model")
        if list(map(tuple, cursor.fetchall())) != [(NAME, self._version, head)]:
            return False
        since = "position > ? AND position <= ?"
        cursor.execute(
            self._database.sql(f"SELECT 1 FROM event WHERE source = 'recorder' AND type IN (?, ?) AND {since} LIMIT 1"),
            (*(kind for _, kind in ERASURES), self._position, head),
        )
        if cursor.fetchall():
            return False  # some of the events that were fed are erased by now
        while not self._exceeded and self._position < head:
            rows = self._database.page(cursor, since, (self._position, head), PAGE_ROWS)
            self.feed(self.prefilter(rows), rows[-1][0])
        return not self._exceeded

    def _make_room(self) -> None:
        """Remove summaries; if most must stay, because their runs continue or their rows are not right, give up."""
        with self._database.reading() as cursor:
            self._settle(cursor, _MOST_SUMMARIES // 2)
        self._exceeded = len(self._summaries) > _MOST_SUMMARIES * 3 // 4

    def _settle(self, cursor: DBAPICursor, number: int) -> None:
        """Remove those of the first *number* summaries that include all events of their runs and match their rows."""
        runs = list(islice(self._summaries, number))
        for start in range(0, number, _BATCH):
            batch = runs[start : start + _BATCH]
            cursor.execute(
                self._database.sql(
                    f"SELECT {COLUMNS}, (SELECT max(event.position) FROM event WHERE event.run_id = run.run_id)"
                    f" FROM run WHERE run_id IN ({', '.join('?' * len(batch))})"
                ),
                batch,
            )
            for *row, last in cursor.fetchall():
                summary = self._summaries[row[0]]
                if last == summary.position and tuple(row) == summary.row():
                    del self._summaries[row[0]]
