"""What the read model `run` tells of many runs at once: how many there are of each kind, and how long things took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from store.database import Database
from store.errors import ReadModelAltered
from store.records import BIGINT_MAX
from store.row_types import Types, are_of, types_of

_PAGE = 20_000  # rows that are in memory at once

_TALLIED = ("events", "lost", "repeated", "resent", "mismatched")
_TIMES = "started_at, finished_at - started_at, events, latency_p50, latency_p95, latency_p99, queue_start"


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
        last: Only those that begin up to this position.
        tier: Only those of this tier; None for all.
        since: Only those requested from here on, in seconds since the epoch; None for all.
        until: Only those requested before this; None for all.
    """

    way: Way
    after: int = 0
    last: int = BIGINT_MAX
    tier: str | None = None
    since: float | None = None
    until: float | None = None


class Sum(NamedTuple):
    """A number that some runs have and others lack: the sum, how many have more than nothing, and how many have it."""

    total: int
    runs: int
    known: int


class RunCount(NamedTuple):
    """How many of the selected runs are alike in these columns, and what their numbers add up to."""

    configured: str
    status: str
    mode: str | None
    fell_back: str | None
    runs: int
    events: Sum
    lost: Sum
    repeated: Sum
    resent: Sum
    mismatched: Sum


class RunTimes(NamedTuple):
    """When a run was requested, and how long what took, in seconds; None where that is not known."""

    configured: str
    status: str
    started_at: float | None
    wall: float | None
    events: int | None
    latency_p50: float | None
    latency_p95: float | None
    latency_p99: float | None
    queue_start: float | None


_COUNT_TYPES, _TIMES_TYPES = types_of(RunCount)[:5], types_of(RunTimes)


class RunStatistics:
    """Questions to the table `run` of the log in a database, which must have caught up (`RunFold.catch_up`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ways(self, *, tier: str | None = None) -> list[Way]:
        """Return how the modes of runs were decided, each way once."""
        where, parameters = _all_of(tier, None, None)
        query = f"SELECT DISTINCT {', '.join(Way._fields)} FROM run WHERE {where} AND reason IS NOT NULL"
        with self._database.reading() as cursor:
            cursor.execute(self._database.sql(query), parameters)
            return list(map(Way._make, cursor.fetchall()))

    def counts(self, selection: Selection) -> list[RunCount]:
        """Return how many of the selected runs there are, by the columns of `RunCount`."""
        sums = ", ".join(
            f"CAST(coalesce(sum({name}), 0) AS BIGINT), count(CASE WHEN {name} > 0 THEN 1 END), count({name})"
            for name in _TALLIED
        )
        keys = "configured, status, mode, fell_back"
        where, parameters = _where(selection)
        with self._database.reading() as cursor:
            cursor.execute(
                self._database.sql(f"SELECT {keys}, count(*), {sums} FROM run WHERE {where} GROUP BY {keys}"),
                parameters,
            )
            rows = cursor.fetchall()
        self._require(_COUNT_TYPES, rows)
        return [
            RunCount(*row[:5], *(Sum(*row[at : at + 3]) for at in range(5, 5 + 3 * len(_TALLIED), 3))) for row in rows
        ]

    def times(self, selection: Selection) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield what is known of the selected runs' times, page by page, in no order.

        The rows have the fields of `RunTimes`, but are plain tuples, for there may be a million of them.
        """
        where, parameters = _where(selection)
        with self._database.reading() as cursor:
            cursor.execute(
                self._database.sql(f"SELECT configured, status, {_TIMES} FROM run WHERE {where}"), parameters
            )
            while page := cursor.fetchmany(_PAGE):
                self._require(_TIMES_TYPES, page)
                yield page

    def _require(self, types: Types, rows: Sequence[tuple[Any, ...]]) -> None:
        if not are_of(types, rows):
            raise ReadModelAltered.at(self._database.address)


def _where(selection: Selection) -> tuple[str, list[object]]:
    way = selection.way
    where, parameters = _all_of(selection.tier, selection.since, selection.until)
    where += " AND position > ? AND position <= ? AND reason = ? AND decided_by = ?"
    parameters += [selection.after, selection.last, way.reason, way.decided_by]
    for name in ("share_origin", "share"):
        value = getattr(way, name)
        if value is None:
            where += f" AND {name} IS NULL"
        else:
            where += f" AND {name} = ?"
            parameters.append(value)
    return where, parameters


def _all_of(tier: str | None, since: float | None, until: float | None) -> tuple[str, list[object]]:
    where, parameters = "audit_id <> '' AND configured IS NOT NULL", list[object]()
    where += " AND (origin IS NULL OR origin <> 'ingest')"  # what was captured elsewhere says nothing of a mode
    for condition, value in (("tier = ?", tier), ("started_at >= ?", since), ("started_at < ?", until)):
        if value is not None:
            where += f" AND {condition}"
            parameters.append(value)
    return where, parameters
