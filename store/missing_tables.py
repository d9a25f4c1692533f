"""The errors for a database that does not have all the tables of a log, and what the user can do."""

from __future__ import annotations

from collections.abc import Collection

from store.errors import DatabaseDamaged, NotAnEventLog, StoreError

VERSION_TABLE = "alembic_version"
BASIC_TABLES = frozenset({VERSION_TABLE, "event", "artifact"})  # a log of any revision needs them to be opened
READ_MODELS = frozenset({"run", "read_model"})  # can be rebuilt from the events
PENDING = frozenset({"pending_append"})  # on PostgreSQL; see `store.group_commit`
TABLES = BASIC_TABLES | READ_MODELS | {"tree_node", "checkpoint"} | PENDING


def tables_on(backend: str) -> frozenset[str]:
    """Return the tables of a log on a backend, `sqlite` or `postgresql`."""
    return TABLES if backend == "postgresql" else TABLES - PENDING


def not_a_log(address: str, tables: Collection[str]) -> StoreError:
    """Return the error for a database without all basic tables: a damaged log, or another program's database."""
    if TABLES.issuperset(tables) and not TABLES.isdisjoint(set(tables) - {VERSION_TABLE}):
        return missing_tables(address, BASIC_TABLES - set(tables))
    others = sorted(set(tables) - TABLES) or sorted(tables)
    examples = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
    return NotAnEventLog(f"{address!r} is not an event log, it holds other tables ({examples}); choose another.")


def missing_tables(address: str, missing: Collection[str]) -> DatabaseDamaged:
    """Return the error for a log that has lost the tables *missing*."""
    return DatabaseDamaged(f"The log {address!r} has lost its {format_tables(missing)}; {remedy(missing)}.")


def format_tables(names: Collection[str]) -> str:
    """Return the names of tables as part of a sentence."""
    return f"table{'' if len(names) == 1 else 's'} {' and '.join(map(repr, sorted(names)))}"


def remedy(missing: Collection[str]) -> str:
    """Return the advice for a log that has lost the tables *missing*."""
    if READ_MODELS.issuperset(missing):
        return f"`veritas db rebuild` rebuilds {'it' if len(missing) == 1 else 'them'}"
    return "restore a copy of it"
