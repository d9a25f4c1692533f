"""EventReader: read the events of a log, and follow it as it grows."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from store.backends.base import PAGE_ROWS, Database
from store.records import BIGINT_MAX, StoredEvent, events_of
from store.text import storable

_POLL_SECONDS = 0.1
_RUNS_A_QUERY = 500
# For `type = ?` SQLite takes the index of the types, and reads the events of all runs; for `position > ?` that of the
# positions, and reads all events of the run. For these expressions it takes the index of the run's recorder's events.
_OF_RUN = "source = 'recorder' AND type || '' = ? AND position + 0 > ?"
_ORDER_OF_RUN = "position + 0"
_LAST_CODE_POINT = "\U0010ffff"


class EventReader:
    """Reads the events in a database; `store.records.events_of` converts the rows."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, *, after: int = 0, run_id: str | None = None, limit: int | None = None) -> Iterator[StoredEvent]:
        """Yield the events after position *after*, of one run or of all, in the order of positions.

        They are read page by page, and no transaction stays open between pages: events that are committed meanwhile are
        yielded too, and memory does not grow with the log.
        """
        if run_id is None:
            return self._pages("position > ?", (), after, limit)
        return self._pages("run_id = ? AND position > ?", (storable(run_id),), after, limit)

    def follow(
        self,
        *,
        after: int = 0,
        run_id: str | None = None,
        poll: float = _POLL_SECONDS,
        stop: Callable[[], bool],
    ) -> Iterator[StoredEvent]:
        """Yield the events in the log, and then each new event.

        Args:
            poll: How many seconds to wait before looking for new events.
            stop: Ends the iteration when it returns true; everything committed before that is yielded first.

        Raises:
            DatabaseLost: The log's file was deleted, replaced or truncated.
        """
        while True:
            self._database.require_present()
            stopping = stop()
            for event in self.read(after=after, run_id=run_id):
                after = event.position
                yield event
            if stopping:
                return
            time.sleep(poll)

    def recorder_events(self, *types: str, run_id: str | None = None, after: int = 0) -> Iterator[StoredEvent]:
        """Yield the recorder's own events of these types, of one run or of all, in the order of positions."""
        if run_id is None:
            streams = [
                self._pages("source = 'recorder' AND type = ? AND position > ?", (storable(kind),), after, None)
                for kind in dict.fromkeys(types)
            ]
        else:
            streams = [self._recorder_events_of(kind, [storable(run_id)], after) for kind in dict.fromkeys(types)]
        return heapq.merge(*streams)

    def recorder_events_of(self, type_: str, run_ids: Iterable[str]) -> Iterator[StoredEvent]:
        """Yield the recorder's own events of a type, of many runs, without an order between the runs.

        It takes one query for many runs, where `recorder_events` takes one for each.
        """
        runs = [*dict.fromkeys(map(storable, run_ids))]
        for first in range(0, len(runs), _RUNS_A_QUERY):
            yield from self._recorder_events_of(type_, runs[first : first + _RUNS_A_QUERY], 0)

    def runs(self, prefix: str = "", *, limit: int | None = None) -> list[str]:
        """Return the ids of the runs that begin with *prefix*, the newest run first."""
        start = storable(prefix)
        end = start + _LAST_CODE_POINT
        # Each step finds the next run id in the index, so the cost grows with the runs and not with the events.
        query = """
            WITH RECURSIVE run (id) AS (
              SELECT min(run_id) FROM event WHERE run_id >= ? AND run_id < ?
              UNION ALL
              SELECT (SELECT min(run_id) FROM event WHERE run_id > run.id AND run_id < ?) FROM run WHERE id IS NOT NULL
            )
            SELECT id FROM run WHERE id IS NOT NULL
            ORDER BY (SELECT min(position) FROM event WHERE run_id = run.id) DESC LIMIT ?
        """
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(query), (start, end, end, BIGINT_MAX if limit is None else limit))
            return [row[0] for row in cursor.fetchall()]

    def runs_after(self, position: int, *, events: int) -> list[str]:
        """Return the runs that the events after a position belong to, the run of the last event first.

        Args:
            position: The position.
            events: How many of these events to read at most, the last ones.
        """
        query = (
            "SELECT run_id FROM (SELECT run_id, position FROM event WHERE position > ? ORDER BY position DESC LIMIT ?)"
            " AS latest GROUP BY run_id ORDER BY max(position) DESC"
        )
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(query), (min(position, BIGINT_MAX), events))
            return [row[0] for row in cursor.fetchall()]

    def head(self) -> int:
        """Return the last position; 0 if the log is empty."""
        position: int = self._database.row("SELECT coalesce(max(position), 0) FROM event")[0]
        return position

    def last(self, run_id: str) -> StoredEvent | None:
        """Return a run's last event; None if the run does not exist."""
        position = self._database.row("SELECT max(position) FROM event WHERE run_id = ?", (storable(run_id),))[0]
        return None if position is None else next(self.read(after=position - 1, run_id=run_id, limit=1), None)

    def _recorder_events_of(self, type_: str, run_ids: Sequence[str], after: int) -> Iterator[StoredEvent]:
        where = f"run_id IN ({', '.join('?' * len(run_ids))}) AND {_OF_RUN}"
        return self._pages(where, (*run_ids, storable(type_)), after, None, order=_ORDER_OF_RUN)

    def _pages(
        self, where: str, parameters: tuple[object, ...], after: int, limit: int | None, *, order: str = "position"
    ) -> Iterator[StoredEvent]:
        after = min(after, BIGINT_MAX)
        remaining = BIGINT_MAX if limit is None else limit
        while remaining > 0:
            with self._database.reading() as cursor:
                rows = self._database.page(cursor, where, (*parameters, after), min(PAGE_ROWS, remaining), order)
            if not rows:
                return
            yield from events_of(rows)
            after = rows[-1][0]
            remaining -= len(rows)
