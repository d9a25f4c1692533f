"""What can be wrong with a log."""

from __future__ import annotations

from dataclasses import dataclass

CHANGED = "changed"  # an event is not as it was recorded
MISSING = "missing"  # an event is gone
INSERTED = "inserted"  # an event, or an artifact, was not recorded by this log
REORDERED = "reordered"  # an event does not stand where it was recorded
CUT_TAIL = "cut tail"  # the newest events are gone
REWRITTEN = "rewritten"  # events with hashes that hold, but others than a checkpoint covers
ARTIFACT_DIFFERS = "artifact differs"
ARTIFACT_MISSING = "artifact missing"
FOREIGN_SIGNATURE = "foreign signature"  # a checkpoint by a key that is not trusted
CHECKPOINT_DAMAGED = "checkpoint damaged"  # a kept checkpoint is not as it was signed
TREE_DIFFERS = "tree differs"  # the kept tree is not that of the events
READ_MODEL_DIFFERS = "read model differs"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong.

    Attributes:
        position: Where; None where no position has it.
        run_id: In which run; None where that cannot be known, or it is no single run.
        what: One of this module's constants.
        detail: What was found, in a sentence.
    """

    position: int | None
    run_id: str | None
    what: str
    detail: str
