"""The report of runs in the log, which may not have ended yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from store.errors import ArtifactAltered, ArtifactMissing, DatabaseDamaged
from store.proofs.checkpoint_claim import claim_of
from store.proofs.signed_note import VerifierKey, open_signed_note
from store.verify.fault import Fault
from veritas.archive.archive import Archive
from veritas.archive.integrity import describe_fault, find_fault
from veritas.archive.liveness import is_orphaned
from veritas.events.recorded import RecordedEvent
from veritas.report import CoveringCheckpoint, Provenance, render_report


@dataclass(frozen=True)
class LogReport:
    """A report, and the faults in the record of its runs.

    Attributes:
        faults: The fault of each run that is not as it was recorded; the page shows it too.
        pieces: The page, in pieces.
    """

    faults: Mapping[str, Fault]
    pieces: Iterator[bytes]


def report_from_log(archive: Archive, runs: Sequence[str]) -> LogReport:
    """Return the report of *runs* with the events that are recorded now.

    Raises:
        store.errors.StoreError: The log cannot be read, or its checkpoint is not as it was written.
    """
    last = {run_id: event for run_id in runs if (event := archive.log.last(run_id)) is not None}
    origin = archive.origin()
    faults = {run_id: fault for run_id in last if (fault := find_fault(archive, run_id)) is not None}
    provenance = Provenance(
        origin=origin,
        heads={run_id: event.hash.hex() for run_id, event in last.items()},
        checkpoint=_covering_checkpoint(archive, origin, max(event.position for event in last.values())),
        made_from=f"the events in the log {origin}, and from nothing else. This page is not signed: `veritas verify`"
        " checks the log, and `veritas export` makes a bundle that anyone can check.",
        faults={run_id: describe_fault(fault) for run_id, fault in faults.items()},
    )
    orphaned = {run_id for run_id in last if is_orphaned(archive, run_id)}

    def events() -> Iterator[RecordedEvent]:
        for run_id, end in last.items():
            yield from _until(end.position, archive.events(run_id))

    def artifact(sha256: str) -> bytes | None:
        try:
            return archive.artifact(sha256)
        except (ArtifactMissing, ArtifactAltered):  # it is damaged, or was not imported
            return None

    return LogReport(faults, render_report(events(), provenance, artifact=artifact, abandoned=orphaned))


def _until(position: int, events: Iterable[RecordedEvent]) -> Iterator[RecordedEvent]:
    return takewhile(lambda recorded: recorded.position <= position, events)


def _covering_checkpoint(archive: Archive, origin: str, position: int) -> CoveringCheckpoint | None:
    """Return the first checkpoint that covers the log up to *position*; None if none does yet."""
    stored = next(archive.log.checkpoints(after=position - 1), None)
    if stored is None:
        return None
    if (fault := claim_of(stored, origin=origin, trusted=()).fault) is not None:
        raise DatabaseDamaged(f"The log was altered: {fault.detail}; `veritas verify` shows more.")
    checkpoint, _ = open_signed_note(stored.note, ())
    key = VerifierKey(checkpoint.origin, stored.public_key)
    return CoveringCheckpoint(checkpoint.size, checkpoint.root.hex(), str(key))
