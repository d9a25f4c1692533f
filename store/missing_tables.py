"""A database that has not all the tables of a log: which it lacks, and what to do about that."""

from __future__ import annotations

from collections.abc import Collection

from store.errors import DatabaseDamaged, NotAnEventLog, StoreError

VERSION_TABLE = "alembic_version"
BASIC_TABLES = frozenset({VERSION_TABLE, "event", "artifact"})  # without these no log can be opened, at any revision
READ_MODELS = frozenset({"run", "read_model"})  # which are made of the events
TABLES = BASIC_TABLES | READ_MODELS | {"tree_node", "checkpoint"}


def no_log(address: str, tables: Collection[str]) -> StoreError:
    """Return the error for a database whose tables are not even the basic ones: something else's, or what is left."""
    if TABLES.issuperset(tables) and not TABLES.isdisjoint(set(tables) - {VERSION_TABLE}):
        return lost_tables(address, BASIC_TABLES - set(tables))
    others = sorted(set(tables) - TABLES) or sorted(tables)
    some = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
    return NotAnEventLog(f"{address!r} is not an event log, it holds other tables ({some}); choose another.")


def lost_tables(address: str, lost: Collection[str]) -> DatabaseDamaged:
    """Return the error for a log without these tables."""
    return DatabaseDamaged(f"The log {address!r} has lost its {named(lost)}; {remedy(lost)}.")


def named(lost: Collection[str]) -> str:
    """Return lost tables as a sentence has them."""
    return f"table{'' if len(lost) == 1 else 's'} {' and '.join(map(repr, sorted(lost)))}"


def remedy(lost: Collection[str]) -> str:
    """Return what to do about lost tables."""
    if READ_MODELS.issuperset(lost):
        return f"`veritas db rebuild` makes {'it' if len(lost) == 1 else 'them'} anew"
    return "restore a copy of it"
