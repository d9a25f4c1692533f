"""RunTotals: how many runs of the read model `run` there are of each kind, for the metrics of all audits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from store.backends.base import Database
from store.errors import ReadModelAltered
from store.records import ColumnTypes, column_types, rows_match

_WALL = "finished_at >= started_at"  # a clock may be set back


class RunTotal(NamedTuple):
    """How many runs have the same values.

    Attributes:
        origin: What they record; see `store.schema`.
        status: Their status.
        failure: The kind of cause for which they failed.
        risk_level: Their risk level.
        bucket: Which of the bounds given is the first that their duration does not exceed; the number of bounds if it
            exceeds all, and None if it is not known.
        runs: How many runs.
        seconds: The sum of their durations; 0 if they are not known.
        finished_at: When the last of them ended: seconds since the epoch, UTC; None if none has.
    """

    origin: str | None
    status: str
    failure: str | None
    risk_level: str | None
    bucket: int | None
    runs: int
    seconds: float
    finished_at: float | None


class KindTotal(NamedTuple):
    """How many audits have the same findings.

    Attributes:
        kinds: How many findings there are of each kind in each of them, as a JSON object.
        runs: How many audits.
    """

    kinds: str
    runs: int


class RunTotals:
    """Totals over the table `run` of the log in a database, which must be current (`RunReadModel.ensure_current`)."""

    def __init__(self, database: Database, since: float | None = None) -> None:
        """Prepare to read.

        Args:
            database: The log's database.
            since: Only runs requested at this time or later, in seconds since the epoch; None for all.
        """
        self._database = database
        self._where = "audit_id <> ''" + ("" if since is None else " AND started_at >= ?")
        self._parameters: tuple[object, ...] = () if since is None else (since,)

    def runs(self, bounds: Sequence[float]) -> list[RunTotal]:
        """Return the totals of runs.

        Args:
            bounds: Durations in seconds, in ascending order.
        """
        cases = " ".join(f"WHEN finished_at - started_at <= {bound!r} THEN {at}" for at, bound in enumerate(bounds))
        bucket = f"CASE WHEN NOT coalesce({_WALL}, false) THEN NULL {cases} ELSE {len(bounds)} END"
        query = (
            f"SELECT origin, status, failure, risk_level, {bucket} AS bucket, count(*),"
            f" coalesce(sum(CASE WHEN {_WALL} THEN finished_at - started_at END), 0.0), max(finished_at)"
            f" FROM run WHERE {self._where} GROUP BY 1, 2, 3, 4, 5"
        )
        return [RunTotal._make(row) for row in self._rows(query, column_types(RunTotal))]

    def kinds(self) -> list[KindTotal]:
        """Return the totals of audits by their findings; what other programs found is not among them."""
        query = (
            "SELECT kinds, count(*) FROM run"
            f" WHERE {self._where} AND origin = 'audit' AND kinds IS NOT NULL GROUP BY kinds"
        )
        return [KindTotal._make(row) for row in self._rows(query, column_types(KindTotal))]

    def durations(self) -> list[float]:
        """Return the durations of the completed audits, in seconds, in no defined order."""
        query = (
            "SELECT finished_at - started_at FROM run"
            f" WHERE {self._where} AND origin = 'audit' AND status = 'completed' AND {_WALL}"
        )
        return [seconds for (seconds,) in self._rows(query, (frozenset({float}),))]

    def _rows(self, query: str, types: ColumnTypes) -> list[tuple[Any, ...]]:
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(query), self._parameters)
            rows = list(cursor.fetchall())
        if not rows_match(types, rows):
            raise ReadModelAltered.at(self._database.address)
        return rows
