"""RunFilter: which rows of the read model `run` are wanted, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from store.errors import ReadModelAltered
from store.read_model.run_table import COLUMNS, RunRow
from store.records import BIGINT_MAX, column_types, rows_match

if TYPE_CHECKING:
    from sqlalchemy.engine.interfaces import DBAPICursor

Sql = Callable[[str], str]  # returns a statement with the driver's placeholders; see `Database.sql`

_UNENDED = "status IN ('requested', 'running')"
_TYPES = column_types(RunRow)


class UrlFilter(NamedTuple):
    """The runs of a host or of a page; each value that is not None must match.

    Attributes:
        host: The host, without a port.
        page: The page: see the column `page` of `store.schema`.
        pages_from: What the page begins with, up to a slash.
        scheme: The URL's scheme, in lower case.
        url: The whole URL, if it has no host.
    """

    host: str | None = None
    page: str | None = None
    pages_from: str | None = None
    scheme: str | None = None
    url: str | None = None


class RunFilter(NamedTuple):
    """The runs of audits that have all of these properties; None or an empty tuple leaves a property open.

    Attributes:
        statuses: One of these statuses.
        orphans: The first positions of runs whose status is `abandoned`, whatever the table says of them.
        unended: Whether they must lack an end, as far as the table knows.
        url: This host or page.
        tags: All of these tags.
        kinds: At least one finding of each of these kinds.
        risks: One of these risk levels.
        batches: One of these batches.
        after: The first event is after this position.
        since: Requested at or after this time, in seconds since the epoch.
        until: Requested before this time.
    """

    statuses: tuple[str, ...] = ()
    orphans: tuple[int, ...] = ()
    unended: bool = False
    url: UrlFilter | None = None
    tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    risks: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    after: int = 0
    since: float | None = None
    until: float | None = None


EVERY_RUN = RunFilter()

# What runs are sorted by; a run without a value is last in either direction.
ORDERS = {
    "started": ("position",),
    "score": ("trust_score",),
    "findings": ("findings",),
    "duration": ("CASE WHEN origin <> 'ingest' AND finished_at >= started_at THEN finished_at - started_at END",),
    "url": ("host", "page"),
}


class RunOrder(NamedTuple):
    """The order of rows.

    Attributes:
        by: One of `ORDERS`.
        descending: Whether the largest value, or the newest run, is first.
    """

    by: str = "started"
    descending: bool = True


NEWEST_FIRST = RunOrder()


def select_runs(
    cursor: DBAPICursor,
    sql: Sql,
    wanted: RunFilter,
    order: RunOrder,
    *,
    limit: int | None,
    offset: int,
    address: str,
) -> list[RunRow]:
    """Return the rows that a filter matches.

    Args:
        cursor: A cursor of the database, or of a copy of the table.
        sql: Adapts a statement to the driver.
        wanted: The filter.
        order: The order.
        limit: The largest number of rows; None for all.
        offset: How many rows to leave out before the first.
        address: The database's name in messages.

    Raises:
        ReadModelAltered: A row has a value that the table cannot have.
    """
    where, parameters = _where(wanted)
    by = _order_by(order)
    if limit is not None and order.by != "started":
        # Sorting ids, and then reading the other columns of one page, takes half the time on PostgreSQL.
        where = f"run_id IN (SELECT run_id FROM run WHERE {where} ORDER BY {by} LIMIT ? OFFSET ?)"
        query = f"SELECT {COLUMNS} FROM run WHERE {where} ORDER BY {by}"
    else:
        query = f"SELECT {COLUMNS} FROM run WHERE {where} ORDER BY {by} LIMIT ? OFFSET ?"
    cursor.execute(sql(query), [*parameters, BIGINT_MAX if limit is None else limit, offset])
    rows = list(map(RunRow._make, cursor.fetchall()))
    if not rows_match(_TYPES, rows):
        raise ReadModelAltered.at(address)
    return rows


def count_runs(cursor: DBAPICursor, sql: Sql, wanted: RunFilter) -> int:
    """Return how many rows a filter matches."""
    where, parameters = _where(wanted)
    cursor.execute(sql(f"SELECT count(*) FROM run WHERE {where}"), parameters)
    number: int = cursor.fetchall()[0][0]
    return number


def select_values(cursor: DBAPICursor, name: str, address: str) -> list[str]:
    """Return the distinct values of a column of texts, in order; see `select_runs`."""
    cursor.execute(f"SELECT DISTINCT {name} FROM run WHERE audit_id <> '' AND {name} IS NOT NULL")
    rows = list(cursor.fetchall())
    if not rows_match((frozenset({str}),), rows):
        raise ReadModelAltered.at(address)
    return sorted(value for (value,) in rows)


def _order_by(order: RunOrder) -> str:
    direction = "DESC" if order.descending else "ASC"
    if order.by == "started":
        return f"position {direction}"
    values = ORDERS[order.by]
    return ", ".join([f"{values[0]} IS NULL", *(f"{value} {direction}" for value in values), "position DESC"])


def _where(wanted: RunFilter) -> tuple[str, list[object]]:
    conditions, parameters = ["audit_id <> ''"], list[object]()
    for condition, values in _conditions(wanted):
        conditions.append(condition)
        parameters += values
    return " AND ".join(conditions), parameters


def _conditions(wanted: RunFilter) -> Iterator[tuple[str, Sequence[object]]]:
    if wanted.statuses:
        yield _of_status(wanted)
    if wanted.unended:
        yield _UNENDED, ()
    if wanted.url is not None:
        yield from _of_url(wanted.url)
    # Texts are compared exactly; LIKE would ignore the case on SQLite, and not on PostgreSQL.
    for tag in wanted.tags:
        yield "replace(tags, ?, '') <> tags", (_json_text(tag),)
    for kind in wanted.kinds:
        # What precedes the key tells it from a part of another kind, in which a quote is escaped.
        key = f"{_json_text(kind)}:"
        yield "(replace(kinds, ?, '') <> kinds OR replace(kinds, ?, '') <> kinds)", (f"{{{key}", f",{key}")
    for column, values in (("risk_level", wanted.risks), ("batch", wanted.batches)):
        if values:
            yield f"{column} IN ({', '.join('?' * len(values))})", values
    if wanted.after:
        yield "position > ?", (wanted.after,)
    if wanted.since is not None:
        yield "started_at >= ?", (wanted.since,)
    if wanted.until is not None:
        yield "started_at < ?", (wanted.until,)


def _of_status(wanted: RunFilter) -> tuple[str, Sequence[object]]:
    condition = f"status IN ({', '.join('?' * len(wanted.statuses))})"
    if wanted.orphans:  # numbers of our own, and more than a statement may have parameters
        orphans = f"position IN ({', '.join(map(str, wanted.orphans))})"
        either = "abandoned" in wanted.statuses
        condition = f"({condition} OR {orphans})" if either else f"({condition} AND NOT {orphans})"
    return condition, wanted.statuses


def _of_url(url: UrlFilter) -> Iterator[tuple[str, Sequence[object]]]:
    for column in ("host", "page", "url"):
        if (value := getattr(url, column)) is not None:
            yield f"{column} = ?", (value,)
    if url.pages_from is not None:
        yield "page >= ? AND page < ?", (url.pages_from, url.pages_from[:-1] + chr(ord(url.pages_from[-1]) + 1))
    if url.scheme is not None:
        yield f"lower(substr(url, 1, {len(url.scheme) + 1})) = ?", (f"{url.scheme}:",)


def _json_text(text: str) -> str:
    return msgspec.json.encode(text).decode("utf-8")
