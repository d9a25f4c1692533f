"""RunEvidence: one run's events and their proof, as a bundle has them, for a file of another form."""

from __future__ import annotations

from typing import NamedTuple

from store.backends.base import Database
from store.bundle.writer import EventLines
from store.errors import ProofImpossible
from store.proofs.checkpoints import StoredCheckpoint, stored_checkpoints
from store.proofs.merkle import cover
from store.proofs.signed_note import open_signed_note
from store.proofs.stored_tree import StoredTree
from store.reader import EventReader


class RunEvidence(NamedTuple):
    """A run's events and their proof; `FORMAT.md` describes the form of each.

    Attributes:
        lines: The events, as lines of `events.jsonl`; without proofs if there is no checkpoint.
        checkpoint: A checkpoint that covers them all; None if there is none, or the log cannot prove that it does.
        rest: The `rest` of the manifest.
        artifacts: The hashes of the artifacts of those events that have a body.
    """

    lines: list[bytes]
    checkpoint: StoredCheckpoint | None
    rest: list[bytes]
    artifacts: list[bytes]


def run_evidence(database: Database, run_id: str, last: int) -> RunEvidence:
    """Return the evidence of a run's events up to position *last*.

    It is not verified, and an event that was changed to one that cannot be read is given as `EventReader` has it.

    Raises:
        BundleTooLarge: An event is too large, or there are too many redacted ones.
        InvalidCheckpoint: The log's checkpoint is damaged.
        StoreError: The log cannot be read.
    """
    tree = StoredTree(database)
    checkpoint = next(stored_checkpoints(database, after=last - 1), None)
    if checkpoint is not None:
        size = open_signed_note(checkpoint.note, ())[0].size
        try:
            lines, artifacts, end = _lines(database, run_id, last, tree)
            rest = [tree.subtree_root(start, start + leaves) for start, leaves in cover(end, size)]
            return RunEvidence(lines, checkpoint, rest, artifacts)
        except ProofImpossible:
            pass
    lines, artifacts, _ = _lines(database, run_id, last, None)
    return RunEvidence(lines, None, [], artifacts)


def event_line(database: Database, run_id: str, position: int) -> bytes | None:
    """Return one event of a run as a line of `events.jsonl`, without a proof; None if the run has none at *position*.

    Raises:
        BundleTooLarge: The event is too large.
        StoreError: The log cannot be read.
    """
    found = EventReader(database).read(run_id=run_id, after=position - 1, limit=1)
    return next(iter(EventLines((event for event in found if event.position == position), None)), None)


def _lines(database: Database, run_id: str, last: int, tree: StoredTree | None) -> tuple[list[bytes], list[bytes], int]:
    """Return a run's events up to position *last* as lines, the hashes of their artifacts, and the last position."""
    events = (event for event in EventReader(database).read(run_id=run_id) if event.position <= last)
    lines = EventLines(events, None if tree is None else tree.subtree_root)
    return [*lines], sorted(lines.artifacts), lines.size
