"""RunStatistics: columns of the read model `run` over many runs, for counts and durations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from store.backends.base import Database
from store.errors import ReadModelAltered
from store.read_model.run_table import RunRow
from store.records import BIGINT_MAX, column_types, columns_match, rows_match

_PAGE = 500  # rows in memory at once: with 20,000, metrics take a fifth longer, because they do not fit into the cache


class Assignment(NamedTuple):
    """An assignment of runs' modes; each field is the column of that name in `store.schema`."""

    reason: str
    decided_by: str
    share_origin: str | None
    share: float | None


class Selection(NamedTuple):
    """A selection of the runs of audits and of recorded commands.

    Attributes:
        assignment: How their modes were assigned.
        after: Only runs that begin after this position.
        ended_since: Also runs that ended at or after this time, wherever they begin, in seconds since the epoch; None
            for no such runs.
        last: Only runs that begin at or before this position.
        tier: Only runs of this tier; None for all.
        since: Only runs requested at or after this time, in seconds since the epoch; None for all.
        until: Only runs requested before this time; None for all.
    """

    assignment: Assignment
    after: int = 0
    ended_since: float | None = None
    last: int = BIGINT_MAX
    tier: str | None = None
    since: float | None = None
    until: float | None = None


# Values that are computed from a run's columns: its duration in seconds, and its status, `unended` if it is overdue.
_COMPUTED = {
    "wall": "CASE WHEN finished_at >= started_at THEN finished_at - started_at END",  # a clock may be set back
    "outcome": "CASE WHEN status IN ('requested', 'running') AND started_at < ? THEN 'unended' ELSE status END",
}
_TYPES = dict(zip(RunRow._fields, column_types(RunRow), strict=True))
_TYPES |= {"wall": _TYPES["finished_at"], "outcome": _TYPES["status"]}


class RunStatistics:
    """Queries of the table `run` of the log in a database, which must be current (`RunReadModel.ensure_current`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def assignments(self) -> list[Assignment]:
        """Return the distinct assignments of runs' modes."""
        with self._database.reading() as cursor:
            cursor.execute(f"SELECT DISTINCT {', '.join(Assignment._fields)} FROM run WHERE reason IS NOT NULL")
            return list(map(Assignment._make, cursor.fetchall()))

    def columns_of(
        self, selection: Selection, names: Sequence[str], *, overdue: float
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yield the columns *names* of the selected runs, page by page, in no defined order.

        Args:
            selection: The runs.
            names: Columns of `store.schema`, or `wall` for a run's duration in seconds, or `outcome` for its status,
                which is `unended` if the run is overdue.
            overdue: A run is overdue if it was requested before this time, in seconds since the epoch, and has no
                end.
        """
        expressions = ", ".join(_COMPUTED.get(name, name) for name in names)
        types = tuple(_TYPES[name] for name in names)
        where, parameters = _where(selection)
        parameters = [overdue] * expressions.count("?") + parameters
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(f"SELECT {expressions} FROM run WHERE {where}"), parameters)
            while page := cursor.fetchmany(_PAGE):
                columns = list(zip(*page, strict=True))
                if not columns_match(types, columns):
                    raise ReadModelAltered.at(self._database.address)
                yield columns

    def first_with_positive(
        self, selection: Selection, name: str, *, configured: Sequence[str], limit: int
    ) -> list[tuple[int, str]]:
        """Return the first of the selected runs whose column *name* is positive, as (first position, run id).

        Args:
            selection: The runs.
            name: A column of numbers; see `store.schema`.
            configured: Only runs that were given one of these modes.
            limit: The largest number of runs.
        """
        where, parameters = _where(selection)
        modes = ", ".join("?" for _ in configured)
        query = f"SELECT position, run_id FROM run WHERE {where} AND {name} > 0 AND configured IN ({modes})"
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(f"{query} ORDER BY position LIMIT ?"), [*parameters, *configured, limit])
            rows = list(cursor.fetchall())
        if not rows_match((_TYPES["position"], _TYPES["run_id"]), rows):
            raise ReadModelAltered.at(self._database.address)
        return rows


def _where(selection: Selection) -> tuple[str, list[object]]:
    # A captured log that was ingested has no information about a mode.
    where = "audit_id <> '' AND configured IS NOT NULL AND (origin IS NULL OR origin <> 'ingest')"
    parameters: list[object] = []
    for name, value in selection.assignment._asdict().items():
        if value is None:
            where += f" AND {name} IS NULL"
        else:
            where += f" AND {name} = ?"
            parameters.append(value)
    if selection.ended_since is None:
        where += " AND position > ?"
        parameters.append(selection.after)
    else:
        where += " AND (position > ? OR finished_at >= ?)"
        parameters += [selection.after, selection.ended_since]
    for condition, value in (
        ("position <= ?", selection.last),
        ("tier = ?", selection.tier),
        ("started_at >= ?", selection.since),
        ("started_at < ?", selection.until),
    ):
        if value is not None:
            where += f" AND {condition}"
            parameters.append(value)
    return where, parameters
