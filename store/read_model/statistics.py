"""What the read model `run` tells of many runs at once: how many there are of each kind, and how long things took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from store.backends.base import Database
from store.errors import ReadModelAltered
from store.read_model.run_table import RunRow
from store.records import BIGINT_MAX, are_of, columns_are_of, types_of

_PAGE = 500  # rows in memory at once: with 20,000 metrics take a fifth longer, for they leave the cache


class Way(NamedTuple):
    """How the modes of some runs were decided; each field is the column's of that name in `store.schema`."""

    reason: str
    decided_by: str
    share_origin: str | None
    share: float | None


class Selection(NamedTuple):
    """Some runs of audits, and of commands that were recorded.

    Attributes:
        way: How their modes were decided.
        after: Only those that begin behind this position.
        ended_since: Those too that ended from here on, wherever they begin, in seconds since the epoch; None for none.
        last: Only those that begin up to this position.
        tier: Only those of this tier; None for all.
        since: Only those requested from here on, in seconds since the epoch; None for all.
        until: Only those requested before this; None for all.
    """

    way: Way
    after: int = 0
    ended_since: float | None = None
    last: int = BIGINT_MAX
    tier: str | None = None
    since: float | None = None
    until: float | None = None


# What one run tells beside its columns: how long it took, in seconds, and whether it has an end, as its status.
_TOLD = {
    "wall": "CASE WHEN finished_at >= started_at THEN finished_at - started_at END",  # a clock may be set back
    "outcome": "CASE WHEN status IN ('requested', 'running') AND started_at < ? THEN 'unended' ELSE status END",
}
_TYPES = dict(zip(RunRow._fields, types_of(RunRow), strict=True))
_TYPES |= {"wall": _TYPES["finished_at"], "outcome": _TYPES["status"]}


class RunStatistics:
    """Questions to the table `run` of the log in a database, which must be kept up (`RunFold.keep_up`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ways(self) -> list[Way]:
        """Return how the modes of runs were decided, each way once."""
        with self._database.reading() as cursor:
            cursor.execute(f"SELECT DISTINCT {', '.join(Way._fields)} FROM run WHERE reason IS NOT NULL")
            return list(map(Way._make, cursor.fetchall()))

    def facts(self, selection: Selection, names: Sequence[str], *, overdue: float) -> Iterator[list[tuple[Any, ...]]]:
        """Yield what the selected runs tell, page by page, in no order: of each page, what *names* name, in columns.

        Args:
            selection: The runs.
            names: Which of their columns (see `store.schema`); or `wall` for how long a run took, in seconds, or
                `outcome` for its status, which is `unended` where it is overdue.
            overdue: Which runs should have an end: those requested before this, in seconds since the epoch.
        """
        columns = ", ".join(_TOLD.get(name, name) for name in names)
        types = tuple(_TYPES[name] for name in names)
        where, parameters = _where(selection)
        parameters = [overdue] * columns.count("?") + parameters
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(f"SELECT {columns} FROM run WHERE {where}"), parameters)
            while page := cursor.fetchmany(_PAGE):
                told = list(zip(*page, strict=True))
                if not columns_are_of(types, told):
                    raise ReadModelAltered.at(self._database.address)
                yield told

    def telling_of(
        self, selection: Selection, name: str, *, configured: Sequence[str], limit: int
    ) -> list[tuple[int, str]]:
        """Return the first of the selected runs whose column *name* is more than 0: where they begin, and their ids.

        Args:
            selection: The runs.
            name: A column of numbers; see `store.schema`.
            configured: Only those that were given one of these modes.
            limit: How many at most.
        """
        where, parameters = _where(selection)
        modes = ", ".join("?" for _ in configured)
        query = f"SELECT position, run_id FROM run WHERE {where} AND {name} > 0 AND configured IN ({modes})"
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(f"{query} ORDER BY position LIMIT ?"), [*parameters, *configured, limit])
            rows = list(cursor.fetchall())
        if not are_of((_TYPES["position"], _TYPES["run_id"]), rows):
            raise ReadModelAltered.at(self._database.address)
        return rows


def _where(selection: Selection) -> tuple[str, list[object]]:
    # What was captured elsewhere, and ingested, says nothing of a mode.
    where = "audit_id <> '' AND configured IS NOT NULL AND (origin IS NULL OR origin <> 'ingest')"
    parameters: list[object] = []
    for name, value in selection.way._asdict().items():
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
