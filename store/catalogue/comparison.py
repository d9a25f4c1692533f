"""Compare a database's catalogue with that of a new log, and describe what differs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import cache
from importlib.resources import files

import msgspec

from store.backends.base import Database
from store.catalogue.sqlite import OBJECTS, catalogue_of
from store.new_log import SCRIPTS

_SHORT = 60  # characters of a definition that is quoted
_MOST_NAMED = 30  # differences


@cache
def declared(backend: str) -> Mapping[str, str]:
    """Return the catalogue of a new log; *backend* is `sqlite` or `postgresql`.

    A new log in SQLite can be made in memory, and asked for its own; for PostgreSQL it is stored.
    """
    if backend == "sqlite":
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(SCRIPTS.joinpath("new_log.sqlite.sql").read_text(encoding="utf-8"))
            return catalogue_of(connection.execute(OBJECTS).fetchall())
    text = files("store.catalogue").joinpath("postgresql.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, str])


def differences(database: Database) -> list[str]:
    """Return a clause for each thing in a database that is missing, was added, or is not as it was created."""
    return list(compare(declared(database.backend), database.catalogue()))


def describe(clauses: Sequence[str]) -> str:
    """Return differences as one clause."""
    more = len(clauses) - _MOST_NAMED
    return ", ".join([*clauses[:_MOST_NAMED], *([f"and {more} more"] if more > 0 else [])])


def compare(expected: Mapping[str, str], actual: Mapping[str, str]) -> Iterator[str]:
    """Yield a clause for each difference between the catalogue of a new log and an actual one."""
    differing = sorted(name for name in expected.keys() | actual.keys() if expected.get(name) != actual.get(name))
    one_sided = {name for name in differing if name not in expected or name not in actual}
    # The definition of a table is the list of its columns.
    other_columns = {f"table {name.rpartition(' of ')[2]}" for name in one_sided if name.startswith("column ")}
    for name in differing:
        _, of, table = name.rpartition(" of ")
        if of and f"table {table}" in one_sided:
            continue  # everything of that table is missing, or was added
        if name not in actual:
            yield f"the {name} is missing"
        elif name not in expected:
            yield f"the {name} was added"
        elif name not in other_columns:
            short = max(len(actual[name]), len(expected[name])) <= _SHORT
            yield f"the {name} {_change(actual[name], expected[name]) if short else 'was changed'}"


def _change(actual: str, expected: str) -> str:
    return f"is {actual!r}, and was created as {expected!r}"
