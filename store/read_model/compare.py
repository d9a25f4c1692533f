"""RunComparison: compare the read model `run` with a fold of the events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from store.backends.base import PAGE_ROWS, Database
from store.errors import DatabaseDamaged
from store.read_model.run_table import COLUMNS, NAME, RunRow, Summary
from store.records import ERASURES, StoredEvent, events_of

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

MakeSummary = Callable[[str], Summary]  # given a run's id
Progress = Callable[[int, int], None]

_BATCH = 500  # rows of one query
_REMEDY = "`veritas db rebuild` rebuilds it"


class Difference(NamedTuple):
    """A difference between the read model and the events.

    Attributes:
        run_id: The run; None if the difference does not concern a single run.
        detail: A clause that describes it.
    """

    run_id: str | None
    detail: str


class RunComparison:
    """Compares the table with a fold, in memory that does not grow with the log."""

    def __init__(self, database: Database, make: MakeSummary, version: int) -> None:
        self._database = database
        self._make = make
        self._version = version

    def run(self, run_id: str | None, progress: Progress) -> Difference | None:
        """Return the first difference, of all runs or of one; see `RunReadModel.difference`."""
        try:
            with self._database.snapshot() as cursor:
                last = self._position(cursor)
                if not isinstance(last, int):
                    return last
                return self._compare(cursor, last, run_id, progress)
        except DatabaseDamaged as damage:
            return Difference(None, f"it cannot be read: {str(damage).removesuffix('.')}")

    def _position(self, cursor: DBAPICursor) -> int | Difference | None:
        """Return the position up to which the table can be compared; None if it cannot be compared."""
        cursor.execute("SELECT coalesce(max(position), 0) FROM event")
        head = cursor.fetchall()[0][0]
        cursor.execute("SELECT name, version, position FROM read_model")
        models = {name: state for name, *state in cursor.fetchall()}
        for name in models.keys() - {NAME}:
            return Difference(None, f"it names the table {name!r}, which does not exist; {_REMEDY}")
        if NAME not in models:
            cursor.execute("SELECT count(*) FROM run")
            rows = cursor.fetchall()[0][0]
            return None if rows == 0 else Difference(None, f"it does not state which events it includes; {_REMEDY}")
        version, position = models[NAME]
        if type(version) is not int or not 1 <= version <= self._version:
            return Difference(None, f"it states version {version!r}, and this is version {self._version}; {_REMEDY}")
        if type(position) is int and position > head:
            return Difference(None, f"it includes {position} events, and the log ends at {head}: its end is missing")
        if type(position) is not int or position < 0:
            return Difference(None, f"it states the position {position!r:.60}; {_REMEDY}")
        return position if version == self._version else None

    def _compare(self, cursor: DBAPICursor, last: int, run_id: str | None, progress: Progress) -> Difference | None:
        # A row may have data that a redaction after *last* erased; it is computed again when the table catches up.
        cursor.execute(
            self._database.sql(
                "SELECT DISTINCT run_id FROM event WHERE source = 'recorder' AND type IN (?, ?) AND position > ?"
            ),
            (*(kind for _, kind in ERASURES), last),
        )
        redacted = {run for (run,) in cursor.fetchall()}
        folded = fold_all(self._database, cursor, self._make, last, run_id=run_id, progress=progress)
        while batch := list(islice(folded, _BATCH)):
            stored = self._stored(cursor, [row.run_id for row in batch])
            for row in batch:
                if row.run_id not in redacted and (difference := _differs(row, stored.get(row.run_id))) is not None:
                    return difference
        return surplus(self._database, cursor, last, run_id)

    def _stored(self, cursor: DBAPICursor, runs: Sequence[str]) -> dict[str, RunRow]:
        signs = ", ".join("?" * len(runs))
        cursor.execute(self._database.sql(f"SELECT {COLUMNS} FROM run WHERE run_id IN ({signs})"), runs)
        return {row[0]: RunRow._make(row) for row in cursor.fetchall()}


def surplus(database: Database, cursor: DBAPICursor, last: int, run_id: str | None = None) -> Difference | None:
    """Return the difference for a row of the table (or of one run) that has no event up to position *last*."""
    of_run, run = ("", ()) if run_id is None else (" AND run_id = ?", (run_id,))
    cursor.execute(
        database.sql(
            "SELECT run_id FROM run WHERE NOT EXISTS"
            f" (SELECT 1 FROM event WHERE event.run_id = run.run_id AND event.position <= ?){of_run} LIMIT 1"
        ),
        (last, *run),
    )
    for (without_events,) in cursor.fetchall():
        return Difference(str(without_events), f"it has a row of a run without events up to {last}; {_REMEDY}")
    return None


def fold_all(
    database: Database,
    cursor: DBAPICursor,
    make: MakeSummary,
    last: int,
    *,
    run_id: str | None = None,
    progress: Progress = lambda done, total: None,
) -> Iterator[RunRow]:
    """Yield the row of each run, or of one, as computed from the events up to *last*, in the order of the runs' ids.

    Memory is bounded by one run's summary and one page of events.
    """
    for run, events in groupby(_by_run(database, cursor, last, run_id, progress), attrgetter("run_id")):
        summary = make(run)
        for event in events:
            summary.apply(event)
        yield summary.row()


def _by_run(
    database: Database, cursor: DBAPICursor, last: int, run_id: str | None, progress: Progress
) -> Iterator[StoredEvent]:
    where = "(run_id, position) > (?, ?) AND position <= ?"
    run: tuple[str, ...] = ()
    if run_id is not None:
        where, run = f"run_id = ? AND {where}", (run_id,)
    at: tuple[str, int] = ("", 0)
    done = 0
    while page := database.page(cursor, where, (*run, *at, last), PAGE_ROWS, order="run_id, position"):
        yield from events_of(page)
        at = (page[-1][1], page[-1][0])
        done += len(page)
        progress(done, last)


def _differs(folded: RunRow, stored: RunRow | None) -> Difference | None:
    if stored is None:
        return Difference(folded.run_id, f"it lacks the run's row; {_REMEDY}")
    for name, expected, actual in zip(RunRow._fields, folded, stored, strict=True):
        if actual != expected:
            return Difference(folded.run_id, f"{name} is {actual!r}, and the events give {expected!r}; {_REMEDY}")
    return None
