"""What somebody can do to a log behind its guards, and what finds it out.

Every column of every table is flipped and nulled; rows are deleted, inserted and swapped; the tail is cut off, an old
copy put back, and the history written anew. `python -m tests.store.tampering` does all of it and prints a table.
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
from tests.store import tampering_operations as deeds
from tests.store.raw import REFUSALS
from tests.store.target_log import COVERED, GIF, HELD, OTHER_RUN, TABLES, Victim

_NULLABLE = {column.name for table in metadata.tables.values() for column in table.columns if column.nullable}

REFUSED = "refused"  # by the database, whoever asks


@dataclass(frozen=True)
class Tampering:
    """One way to tamper with a log.

    Attributes:
        table: What is tampered with.
        deed: What is done.
        do: Does it.
        alone: What the log itself finds: a word of `store.verify.fault`, or None for nothing.
        trusted: What is found with the key of its checkpoints known.
        kept: What is found with the newer checkpoint, kept elsewhere, as well.
        position: Where it is first found.
    """

    table: str
    deed: str
    do: Callable[[Victim], None]
    alone: str | None
    trusted: str | None
    kept: str | None
    position: int | None


def _found(table: str, deed: str, do: Callable[[Victim], None], what: str | None, position: int | None) -> Tampering:
    """Return a tampering that shows in the log itself."""
    return Tampering(table, deed, do, what, what, what, position)


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


def _of_columns() -> list[Tampering]:
    every: list[Tampering] = []
    for table, columns in TABLES.items():
        for column in columns:
            flipped = _FLIPPED.get((table, column)) or _USUAL[table]
            every.append(_found(table, f"flip a bit of {column}", deeds.flipping(table, column), *flipped))
            nulled = (_NULLED.get(column) or _USUAL[table]) if column in _NULLABLE else (REFUSED, None)
            every.append(_found(table, f"null {column}", deeds.nulling(table, column), *nulled))
    return every


_OF_ROWS = [
    _found("event", "delete one", deeds.deleting("event", "position = 7"), MISSING, 7),
    _found("event", "delete a run", deeds.deleting("event", f"run_id = '{OTHER_RUN}'"), MISSING, 2),
    _found("event", "insert one, and move what follows", deeds.insert_event, INSERTED, 7),
    _found("event", "append one with hashes that hold", deeds.append_event, None, None),
    _found("event", "remove a body, and append a redaction", deeds.redact, None, None),
    _found("event", "swap two", deeds.swap_events, REORDERED, 7),
    _found("artifact", "delete one", deeds.deleting("artifact", deeds.ROW["artifact"]), ARTIFACT_MISSING, 5),
    _found("artifact", "insert one", deeds.insert_artifact, INSERTED, None),
    _found(
        "artifact",
        "swap the bytes of two",
        deeds.swapping("artifact", "bytes", deeds.ROW["artifact"], f"size = {len(GIF.data)}"),
        ARTIFACT_DIFFERS,
        5,
    ),
    _found("tree_node", "delete one", deeds.deleting("tree_node", "number = 1"), TREE_DIFFERS, 257),
    _found("tree_node", "insert one", deeds.insert_node, TREE_DIFFERS, COVERED + 1),
    _found("tree_node", "swap two", deeds.swapping("tree_node", "hash", "number = 0", "number = 1"), TREE_DIFFERS, 1),
    _found(
        "checkpoint", "delete the newest", deeds.deleting("checkpoint", f"size = {COVERED}"), TREE_DIFFERS, HELD + 1
    ),
    _found("checkpoint", "delete an older one", deeds.deleting("checkpoint", f"size = {HELD}"), None, None),
    Tampering(
        "checkpoint",
        "insert one of these events, by another key",
        lambda victim: deeds.insert_checkpoint(victim, true=True),
        *(None, FOREIGN_SIGNATURE, FOREIGN_SIGNATURE, 400),
    ),
    Tampering(
        "checkpoint",
        "insert one of other events, by another key",
        lambda victim: deeds.insert_checkpoint(victim, true=False),
        *(REWRITTEN, REWRITTEN, REWRITTEN, HELD + 1),
    ),
    _found(
        "checkpoint",
        "swap the notes of two",
        deeds.swapping("checkpoint", "note", f"size = {HELD}", f"size = {COVERED}"),
        *(CHECKPOINT_DAMAGED, HELD),
    ),
    _found("run", "delete one", deeds.deleting("run", deeds.ROW["run"]), READ_MODEL_DIFFERS, None),
    _found("run", "insert one", deeds.insert_run, READ_MODEL_DIFFERS, None),
    _found(
        "run",
        "swap what two say",
        deeds.swapping("run", "status", deeds.ROW["run"], f"run_id = '{OTHER_RUN}'"),
        *(READ_MODEL_DIFFERS, None),
    ),
    _found("read_model", "delete it", deeds.deleting("read_model", "name = 'run'"), READ_MODEL_DIFFERS, None),
]

_OF_HISTORY = [
    _found("all", "cut the tail that a checkpoint covers", lambda v: deeds.cut(v, 510), CUT_TAIL, 511),
    _found(
        "all",
        "cut the tail that none covers yet, and leave the read models",
        lambda v: deeds.cut(v, 525, fold=False),
        *(READ_MODEL_DIFFERS, None),
    ),
    _found("all", "… and make them anew", lambda v: deeds.cut(v, 525), None, None),
    Tampering(
        "all",
        "cut the tail, with its checkpoint and nodes",
        lambda victim: deeds.cut(victim, 310, traces=True),
        *(None, None, CUT_TAIL, 311),
    ),
    Tampering("all", "put an old copy back", deeds.old_copy, None, None, CUT_TAIL, HELD + 1),
    Tampering(
        "all",
        "put an old copy back, and go on from it",
        lambda victim: deeds.old_copy(victim, goes_on=True),
        *(None, None, REWRITTEN, 1),
    ),
    _found("all", "forge a body, and hash it anew", lambda v: deeds.rewrite(v, 5, alone=True), CHANGED, 7),
    _found("all", "… and its run", lambda v: deeds.rewrite(v, 5), REWRITTEN, 1),
    _found("all", "… and the tree", lambda v: deeds.rewrite(v, 5, tree=True), REWRITTEN, 1),
    Tampering(
        "all",
        "… and sign it with another key",
        lambda victim: deeds.rewrite(victim, 5, tree=True, signed_by=victim.thief),
        *(None, FOREIGN_SIGNATURE, REWRITTEN, HELD),
    ),
    Tampering(
        "all",
        "… and sign it with the stolen key",
        lambda victim: deeds.rewrite(victim, 5, tree=True, signed_by=victim.key),
        *(None, None, REWRITTEN, 1),
    ),
    _found(
        "all", "forge the first body, and hash its run anew", lambda v: deeds.rewrite(v, 1, tree=True), REWRITTEN, 1
    ),
    _found("all", "forge what no checkpoint covers yet, with its run", lambda v: deeds.rewrite(v, 525), None, None),
]

TAMPERINGS: Sequence[Tampering] = [*_of_columns(), *_OF_ROWS, *_OF_HISTORY]


def attempt(victim: Victim, tampering: Tampering) -> list[Fault | str | None]:
    """Tamper with the log, and return what is found by itself, with the key, and with the kept checkpoint too."""
    try:
        tampering.do(victim)
    except (*REFUSALS, psycopg.errors.NotNullViolation):
        return [REFUSED] * 3
    return [victim.verify(), victim.verify(trusted=True), victim.verify(trusted=True, kept=True)]


def main() -> None:
    """Print what finds which tampering, as tables in Markdown: on SQLite, and on PostgreSQL."""
    with tempfile.TemporaryDirectory() as directory:
        _print("SQLite", str(Path(directory) / "log.db"))
    with postgresql_schema() as database:
        _print("PostgreSQL", database)


def _print(backend: str, database: str) -> None:
    print(f"\n## {backend}\n")
    print("| table | tampering | by the log itself | with its key trusted | with a kept checkpoint |")
    print("|---|---|---|---|---|")
    with closing(Victim(database)) as victim:
        for tampering in TAMPERINGS:
            found = attempt(victim, tampering)
            victim.put_back(victim.whole)
            print(f"| {tampering.table} | {tampering.deed} | {' | '.join(map(_cell, found))} |")


def _cell(found: Fault | str | None) -> str:
    if found is None:
        return "—"
    if isinstance(found, str):
        return found
    return found.what if found.position is None else f"{found.what}, {found.position}"


if __name__ == "__main__":
    main()
