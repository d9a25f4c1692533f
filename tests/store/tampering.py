"""Ways to tamper with a log without its guards, and the checks that find them.

Every column of every table is flipped and set to NULL; rows are deleted, inserted and swapped; the tail is removed, an
old copy restored, and the history rewritten. `python -m tests.store.tampering` does all of it and prints a table.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg

from store.schema import metadata
from store.verify.fault import (
    ARTIFACT_DIFFERS,
    ARTIFACT_MISSING,
    CHANGED,
    CHECKPOINT_DAMAGED,
    CUT_TAIL,
    FOREIGN_SIGNATURE,
    INSERTED,
    MISSING,
    READ_MODEL_DIFFERS,
    REORDERED,
    REWRITTEN,
    TREE_DIFFERS,
    Fault,
)
from tests.databases import postgresql_schema
from tests.store import tampering_operations as operations
from tests.store.raw import REFUSALS
from tests.store.target_log import COVERED, GIF, HELD, OTHER_RUN, TABLES, TargetLog

_NULLABLE = {column.name for table in metadata.tables.values() for column in table.columns if column.nullable}

REFUSED = "refused"  # by the database itself


@dataclass(frozen=True)
class Tampering:
    """One way to tamper with a log.

    Attributes:
        table: The table.
        operation: A description.
        do: The function that does it.
        alone: What the log alone shows: a kind of fault of `store.verify.fault`, or None.
        trusted: What is found if the key of its checkpoints is trusted.
        kept: What is found if the newer checkpoint, kept elsewhere, is given as well.
        position: The position of the first fault.
    """

    table: str
    operation: str
    do: Callable[[TargetLog], None]
    alone: str | None
    trusted: str | None
    kept: str | None
    position: int | None


def _visible(
    table: str, operation: str, do: Callable[[TargetLog], None], what: str | None, position: int | None
) -> Tampering:
    """Return a tampering that the log alone shows."""
    return Tampering(table, operation, do, what, what, what, position)


_FLIPPED: dict[tuple[str, str], tuple[str, int | None]] = {
    ("event", "position"): (MISSING, 5),
    ("artifact", "sha256"): (ARTIFACT_MISSING, 5),
    ("tree_node", "level"): (TREE_DIFFERS, 1),
    ("tree_node", "number"): (TREE_DIFFERS, 1),
    ("tree_node", "hash"): (TREE_DIFFERS, 1),
    ("checkpoint", "size"): (CHECKPOINT_DAMAGED, None),
    ("checkpoint", "public_key"): (CHECKPOINT_DAMAGED, HELD),
    ("checkpoint", "note"): (CHECKPOINT_DAMAGED, HELD),
}
_NULLED = {"bytes": (ARTIFACT_MISSING, 5)}
_USUAL: dict[str, tuple[str, int | None]] = {
    "event": (CHANGED, 5),
    "artifact": (ARTIFACT_DIFFERS, 5),
    "run": (READ_MODEL_DIFFERS, None),
    "read_model": (READ_MODEL_DIFFERS, None),
}


def _column_tamperings() -> list[Tampering]:
    every: list[Tampering] = []
    for table, columns in TABLES.items():
        for column in columns:
            flipped = _FLIPPED.get((table, column)) or _USUAL[table]
            every.append(_visible(table, f"flip a bit of {column}", operations.flipping(table, column), *flipped))
            nulled = (_NULLED.get(column) or _USUAL[table]) if column in _NULLABLE else (REFUSED, None)
            every.append(_visible(table, f"null {column}", operations.nulling(table, column), *nulled))
    return every


_ROW_TAMPERINGS = [
    _visible("event", "delete one", operations.deleting("event", "position = 7"), MISSING, 7),
    _visible("event", "delete a run", operations.deleting("event", f"run_id = '{OTHER_RUN}'"), MISSING, 2),
    _visible("event", "insert one, and move the later ones", operations.insert_event, INSERTED, 7),
    _visible("event", "append one with valid hashes", operations.append_event, None, None),
    _visible("event", "remove a body, and append a redaction", operations.redact, None, None),
    _visible("event", "swap two", operations.swap_events, REORDERED, 7),
    _visible(
        "artifact", "delete one", operations.deleting("artifact", operations.ROW["artifact"]), ARTIFACT_MISSING, 5
    ),
    _visible("artifact", "insert one", operations.insert_artifact, INSERTED, None),
    _visible(
        "artifact",
        "swap the bytes of two",
        operations.swapping("artifact", "bytes", operations.ROW["artifact"], f"size = {len(GIF.data)}"),
        ARTIFACT_DIFFERS,
        5,
    ),
    _visible("tree_node", "delete one", operations.deleting("tree_node", "number = 1"), TREE_DIFFERS, 257),
    _visible("tree_node", "insert one", operations.insert_node, TREE_DIFFERS, COVERED + 1),
    _visible(
        "tree_node", "swap two", operations.swapping("tree_node", "hash", "number = 0", "number = 1"), TREE_DIFFERS, 1
    ),
    _visible(
        "checkpoint",
        "delete the newest",
        operations.deleting("checkpoint", f"size = {COVERED}"),
        TREE_DIFFERS,
        HELD + 1,
    ),
    _visible("checkpoint", "delete an older one", operations.deleting("checkpoint", f"size = {HELD}"), None, None),
    Tampering(
        "checkpoint",
        "insert one of these events, by another key",
        lambda target: operations.insert_checkpoint(target, true=True),
        *(None, FOREIGN_SIGNATURE, FOREIGN_SIGNATURE, 400),
    ),
    Tampering(
        "checkpoint",
        "insert one of other events, by another key",
        lambda target: operations.insert_checkpoint(target, true=False),
        *(REWRITTEN, REWRITTEN, REWRITTEN, HELD + 1),
    ),
    _visible(
        "checkpoint",
        "swap the notes of two",
        operations.swapping("checkpoint", "note", f"size = {HELD}", f"size = {COVERED}"),
        *(CHECKPOINT_DAMAGED, HELD),
    ),
    _visible("run", "delete one", operations.deleting("run", operations.ROW["run"]), READ_MODEL_DIFFERS, None),
    _visible("run", "insert one", operations.insert_run, READ_MODEL_DIFFERS, None),
    _visible(
        "run",
        "swap a column of two",
        operations.swapping("run", "status", operations.ROW["run"], f"run_id = '{OTHER_RUN}'"),
        *(READ_MODEL_DIFFERS, None),
    ),
    _visible("read_model", "delete it", operations.deleting("read_model", "name = 'run'"), READ_MODEL_DIFFERS, None),
]

_HISTORY_TAMPERINGS = [
    _visible("all", "remove a tail that a checkpoint covers", lambda v: operations.cut(v, 510), CUT_TAIL, 511),
    _visible(
        "all",
        "remove a tail that no checkpoint covers yet, and leave the read models",
        lambda v: operations.cut(v, 525, fold=False),
        *(READ_MODEL_DIFFERS, None),
    ),
    _visible("all", "… and rebuild them", lambda v: operations.cut(v, 525), None, None),
    Tampering(
        "all",
        "remove a tail, with its checkpoint and nodes",
        lambda target: operations.cut(target, 310, traces=True),
        *(None, None, CUT_TAIL, 311),
    ),
    Tampering("all", "restore an old copy", operations.restore_old_copy, None, None, CUT_TAIL, HELD + 1),
    Tampering(
        "all",
        "restore an old copy, and continue from it",
        lambda target: operations.restore_old_copy(target, goes_on=True),
        *(None, None, REWRITTEN, 1),
    ),
    _visible("all", "forge a body, and recompute its hash", lambda v: operations.rewrite(v, 5, alone=True), CHANGED, 7),
    _visible("all", "… and its run", lambda v: operations.rewrite(v, 5), REWRITTEN, 1),
    _visible("all", "… and the tree", lambda v: operations.rewrite(v, 5, tree=True), REWRITTEN, 1),
    Tampering(
        "all",
        "… and sign it with another key",
        lambda target: operations.rewrite(target, 5, tree=True, signed_by=target.other_key),
        *(None, FOREIGN_SIGNATURE, REWRITTEN, HELD),
    ),
    Tampering(
        "all",
        "… and sign it with the stolen key",
        lambda target: operations.rewrite(target, 5, tree=True, signed_by=target.key),
        *(None, None, REWRITTEN, 1),
    ),
    _visible(
        "all",
        "forge the first body, and recompute its run",
        lambda v: operations.rewrite(v, 1, tree=True),
        REWRITTEN,
        1,
    ),
    _visible(
        "all",
        "forge an event that no checkpoint covers yet, and its run",
        lambda v: operations.rewrite(v, 525),
        None,
        None,
    ),
]

TAMPERINGS: Sequence[Tampering] = [*_column_tamperings(), *_ROW_TAMPERINGS, *_HISTORY_TAMPERINGS]


def attempt(target: TargetLog, tampering: Tampering) -> list[Fault | str | None]:
    """Tamper with the log, and return what it shows alone, with the trusted key, and with the kept checkpoint too."""
    try:
        tampering.do(target)
    except (*REFUSALS, psycopg.errors.NotNullViolation):
        return [REFUSED] * 3
    return [target.verify(), target.verify(trusted=True), target.verify(trusted=True, kept=True)]


def main() -> None:
    """Print the checks that find each tampering, as tables in Markdown, on SQLite and on PostgreSQL."""
    with tempfile.TemporaryDirectory() as directory:
        _print("SQLite", str(Path(directory) / "log.db"))
    with postgresql_schema() as database:
        _print("PostgreSQL", database)


def _print(backend: str, database: str) -> None:
    print(f"\n## {backend}\n")
    print("| table | tampering | by the log itself | with its key trusted | with a kept checkpoint |")
    print("|---|---|---|---|---|")
    with closing(TargetLog(database)) as target:
        for tampering in TAMPERINGS:
            results = attempt(target, tampering)
            target.restore(target.whole)
            print(f"| {tampering.table} | {tampering.operation} | {' | '.join(map(_cell, results))} |")


def _cell(result: Fault | str | None) -> str:
    if result is None:
        return "—"
    if isinstance(result, str):
        return result
    return result.what if result.position is None else f"{result.what}, {result.position}"


if __name__ == "__main__":
    main()
