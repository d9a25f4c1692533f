"""Export runs from a log, as they are at one moment, with a checkpoint that covers them.

The export locks nothing. Events do not change while they are read, except those that a redaction erases; then what was
read before the redaction contradicts what was read after it. So if a run is redacted during the export, the export
starts again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

from store.artifacts import get_artifact
from store.backends.base import PAGE_ROWS, Database
from store.bundle.format import Manifest
from store.bundle.writer import write_bundle
from store.errors import ArtifactAltered, ArtifactMissing, BundleAltered, StoreError
from store.proofs.checkpoint_claim import claim_of
from store.proofs.checkpoints import StoredCheckpoint, stored_checkpoints
from store.proofs.signed_note import VerifierKey, open_signed_note
from store.proofs.stored_tree import StoredTree
from store.reader import EventReader
from store.records import ERASURES, StoredEvent, column_types, rows_match

_TYPES = column_types(StoredEvent)


def export_runs(
    database: Database,
    file: BinaryIO,
    runs: Sequence[str],
    *,
    sign: Callable[[], StoredCheckpoint],
    report: Callable[[Manifest], Iterable[bytes]],
) -> None:
    """Write a bundle of runs; see `EventLog.export`.

    Args:
        sign: Signs a checkpoint of the log as it is now.
    """
    reader = EventReader(database)
    while True:
        last = max(event.position for event in map(reader.last, runs) if event is not None)
        try:
            _write(database, file, runs, last, sign=sign, report=report)
            failure = None
        except StoreError as error:
            failure = error
        types = [kind for _, kind in ERASURES]
        if not any(next(reader.recorder_events(*types, run_id=run, after=last), None) for run in runs):
            break
        file.seek(0)
        file.truncate()
    if failure is not None:
        raise failure


def _write(
    database: Database,
    file: BinaryIO,
    runs: Sequence[str],
    last: int,
    *,
    sign: Callable[[], StoredCheckpoint],
    report: Callable[[Manifest], Iterable[bytes]],
) -> None:
    """Write a bundle of the runs' events up to position *last*."""
    stored = next(stored_checkpoints(database, after=last - 1), None) or sign()
    if (fault := claim_of(stored, origin=None, trusted=()).fault) is not None:
        raise BundleAltered(f"Nothing was exported, because {fault.detail}; `veritas verify` shows what was changed.")
    checkpoint, _ = open_signed_note(stored.note, [])
    write_bundle(
        file,
        [_events(database, run_id, last) for run_id in runs],
        checkpoint=checkpoint,
        key=VerifierKey(checkpoint.origin, stored.public_key),
        note=stored.note,
        subtree_root=StoredTree(database).subtree_root,
        artifact=lambda digest: _artifact(database, digest),
        report=report,
    )


def _artifact(database: Database, digest: bytes) -> bytes:
    try:
        return get_artifact(database, digest).data
    except (ArtifactMissing, ArtifactAltered) as error:
        raise BundleAltered(
            f"Nothing was exported, because artifact {digest.hex()!r} is missing or altered; `veritas verify` shows"
            " more."
        ) from error


def _events(database: Database, run_id: str, last: int) -> Iterator[StoredEvent]:
    """Yield a run's events up to position *last*, exactly as they are in the database.

    Raises:
        BundleAltered: An event has a value of a wrong type.
    """
    after = 0
    while True:
        with database.reading() as cursor:
            rows = database.page(
                cursor, "run_id = ? AND position > ? AND position <= ?", (run_id, after, last), PAGE_ROWS
            )
        if not rows:
            return
        for event in map(StoredEvent._make, rows):
            if not rows_match(_TYPES, [event]):
                raise BundleAltered(
                    f"Nothing was exported, because position {event.position} has a value that was never recorded;"
                    " `veritas verify` shows more."
                )
            yield event
        after = rows[-1][0]
