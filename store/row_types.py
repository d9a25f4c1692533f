"""Whether rows have values of the types that they are to have: SQLite takes any kind of value in any column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any, get_args, get_type_hints

Types = tuple[frozenset[type], ...]  # of each column


def types_of(row: type) -> Types:
    """Return which types the fields of a named tuple may have."""
    return tuple(frozenset(get_args(hint) or (hint,)) for hint in get_type_hints(row).values())


def are_of(types: Types, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Tell whether every value is of its column's type; by columns, which takes half as long as to look at each row."""
    return columns_are_of(types, (map(itemgetter(at), rows) for at in range(len(types))))


def columns_are_of(types: Types, columns: Iterable[Iterable[Any]]) -> bool:
    """Tell the same of values that come in columns."""
    return all(of.issuperset(map(type, column)) for of, column in zip(types, columns, strict=True))
