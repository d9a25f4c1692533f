"""The event log: append to it, read it, follow it, verify it."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self

from store.artifacts import Attachment, get_artifact
from store.database import PAGE_ROWS, Database
from store.engine import find_database
from store.records import BIGINT_MAX, Record, StoredEvent
from store.run_comparison import Difference, MakeLine
from store.run_fold import RunFold
from store.run_table import Line, RunRow
from store.text import storable
from store.upgrade import require_head
from store.verification import Fault, Verification, Verifier
from store.writer import Writer

__all__ = [
    "Attachment",
    "Difference",
    "EventLog",
    "Fault",
    "Line",
    "Record",
    "RunFold",
    "RunRow",
    "StoredEvent",
    "Verification",
]

_POLL_SECONDS = 0.1
_LAST_CODE_POINT = "\U0010ffff"


class EventLog:
    """An append-only log of events in one order, on SQLite or PostgreSQL.

    One object may be used by any number of threads, and one database by any number of processes.
    """

    def __init__(self, database: Database, *, clock: Callable[[], int]) -> None:
        self._database = database
        self._writer = Writer(database, clock=clock)

    @classmethod
    def open(
        cls, database: str | Path, *, create: bool = True, clock: Callable[[], int] = lambda: time.time_ns() // 1000
    ) -> Self:
        """Open the log in a database.

        Args:
            database: A path or an SQLAlchemy URL.
            create: Whether to make the log where there is none.
            clock: Tells the time, in microseconds since the epoch, UTC.

        Raises:
            DatabaseMissing: There is no log, and none is to be made.
            DatabaseOutdated: It was made by an older version.
            DatabaseNewer: It was made by a newer version.
            NotAnEventLog: The database holds something else.
            DatabaseUnreachable: It cannot be opened.
        """
        found = find_database(database)
        try:
            require_head(found, create=create)
        except BaseException:
            found.close()
            raise
        return cls(found, clock=clock)

    def append(self, records: Sequence[Record], *, line: Line | None = None) -> list[int]:
        """Append observations in one transaction: all of them, or none.

        An observation that the log has already, with the same body and attachment, keeps its position. (Where it was
        redacted since, there is nothing left to compare, and it counts as the same.)

        Args:
            records: The observations.
            line: The fold of the one run that they belong to. It takes them in, and its row is written, in the same
                transaction; without one the read model is left behind, and catches up when it is needed.

        Returns:
            The records' positions, in their order.

        Raises:
            ObservationConflict: The log has one of them with another body or attachment.
            InvalidRecord: One of them cannot be stored.
            StoreError: The database cannot be written to.
        """
        return self._writer.append(records, line)

    def read(self, *, after: int = 0, run_id: str | None = None, limit: int | None = None) -> Iterator[StoredEvent]:
        """Yield events by position, those behind *after*, of one run or of all.

        They are read page by page, and no transaction is held open in between: what is committed meanwhile is yielded
        too, and memory does not grow with the log.
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
        """Yield what is there and then what comes, until *stop* says so and everything committed before is yielded.

        Args:
            poll: How many seconds to wait before looking again.
        """
        while True:
            stopping = stop()
            for event in self.read(after=after, run_id=run_id):
                after = event.position
                yield event
            if stopping:
                return
            time.sleep(poll)

    def recorder_events(self, *types: str, after: int = 0) -> Iterator[StoredEvent]:
        """Yield the recorder's own events of these types, of all runs, by position."""
        where = "source = 'recorder' AND type = ? AND position > ?"
        streams = [self._pages(where, (storable(kind),), after, None) for kind in dict.fromkeys(types)]
        return heapq.merge(*streams)

    def runs(self, prefix: str = "", *, limit: int | None = None) -> list[str]:
        """Return the ids of the runs that begin with *prefix*, newest first."""
        start = storable(prefix)
        end = start + _LAST_CODE_POINT
        # From each run the index leads straight to the next, so the cost is one of runs and not of events.
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

    def head(self) -> int:
        """Return the last position; 0 where the log is empty."""
        position: int = self._database.row("SELECT coalesce(max(position), 0) FROM event")[0]
        return position

    def last(self, run_id: str) -> StoredEvent | None:
        """Return a run's last event; None where there is no such run."""
        position = self._database.row("SELECT max(position) FROM event WHERE run_id = ?", (storable(run_id),))[0]
        return None if position is None else next(self.read(after=position - 1, run_id=run_id, limit=1), None)

    def artifact(self, sha256: bytes) -> Attachment:
        """Return the attachment with this SHA-256.

        Raises:
            ArtifactMissing: There is none, or its bytes were removed.
            ArtifactAltered: Its bytes are no longer those that were stored.
        """
        return get_artifact(self._database, sha256)

    def verify(
        self, run_id: str | None = None, *, progress: Callable[[int, int], None] = lambda checked, total: None
    ) -> Verification:
        """Check one run, or the whole log, up to the first thing that is wrong; see `store.verification`.

        Args:
            progress: Is told now and then how many events are checked, of how many.
        """
        return Verifier(self._database, None if run_id is None else storable(run_id)).run(progress)

    def runs_folded(self, make: MakeLine, version: int) -> RunFold:
        """Return the read model of the runs, as these lines make it: to be listed, rebuilt and compared.

        Args:
            make: Makes the line of a run, given its id.
            version: Of that fold.
        """
        return RunFold(self._database, make, version)

    def describe(self) -> str:
        """Return what to call the database in messages: its path, or its URL without the password."""
        return self._database.address

    def close(self) -> None:
        """Close the log's connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pages(
        self, where: str, parameters: tuple[object, ...], after: int, limit: int | None
    ) -> Iterator[StoredEvent]:
        after = min(after, BIGINT_MAX)
        remaining = BIGINT_MAX if limit is None else limit
        while remaining > 0:
            with self._database.reading() as cursor:
                rows = self._database.page(cursor, where, (*parameters, after), min(PAGE_ROWS, remaining))
            if not rows:
                return
            yield from map(StoredEvent._make, rows)
            after = rows[-1][0]
            remaining -= len(rows)
