"""Fault: something that is wrong with a log."""

from __future__ import annotations

from dataclasses import dataclass

CHANGED = "changed"  # an event is not as it was recorded
MISSING = "missing"  # an event is gone
INSERTED = "inserted"  # an event, or an artifact, was not recorded by this log
REORDERED = "reordered"  # an event is not in the place where it was recorded
CUT_TAIL = "cut tail"  # the newest events are gone
REWRITTEN = "rewritten"  # the hashes hold, but the events differ from those that a checkpoint covers
ARTIFACT_DIFFERS = "artifact differs"
ARTIFACT_MISSING = "artifact missing"
FOREIGN_SIGNATURE = "foreign signature"  # a checkpoint by a key that is not trusted
CHECKPOINT_DAMAGED = "checkpoint damaged"  # a stored checkpoint is not as it was signed
CHECKPOINT_MISSING = "checkpoint missing"  # a checkpoint that the log's events name is gone
TREE_DIFFERS = "tree differs"  # the stored tree does not match the events
READ_MODEL_DIFFERS = "read model differs"
DATABASE_DAMAGED = "database damaged"  # its tables and indexes do not agree, or a page cannot be read
SCHEMA_DIFFERS = "schema differs"  # a table, an index or a guard is not as it was created


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong.

    Attributes:
        position: Its position; None if it has none.
        run_id: Its run; None if the run is unknown, or if it concerns several runs.
        what: The kind of fault: one of this module's constants.
        detail: A clause that describes it.
    """

    position: int | None
    run_id: str | None
    what: str
    detail: str
