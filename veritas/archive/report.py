"""A report out of the log itself, of runs that may still be going on."""

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
    """A report, and whether what it tells is what was recorded.

    Attributes:
        faults: The runs that are not as they were recorded, each with what is wrong; the page says so too.
        pieces: The page, piece by piece.
    """

    faults: Mapping[str, Fault]
    pieces: Iterator[bytes]


def report_from_log(archive: Archive, runs: Sequence[str]) -> LogReport:
    """Return the report of *runs* as far as they are recorded now.

    Raises:
        store.errors.StoreError: The log cannot be read, or what it keeps is not as it was written.
    """
    last = {run_id: event for run_id in runs if (event := archive.log.last(run_id)) is not None}
    origin = archive.origin()
    faults = {run_id: fault for run_id in last if (fault := find_fault(archive, run_id)) is not None}
    provenance = Provenance(
        origin=origin,
        heads={run_id: event.hash.hex() for run_id, event in last.items()},
        checkpoint=_covering(archive, origin, max(event.position for event in last.values())),
        made_from=f"the events in the log {origin}, and from nothing else. Nobody signed this page: `veritas verify`"
        " checks the log, and `veritas export` makes a bundle that anyone can check.",
        faults={run_id: describe_fault(fault) for run_id, fault in faults.items()},
    )
    abandoned = {run_id for run_id in last if is_orphaned(archive, run_id)}

    def events() -> Iterator[RecordedEvent]:
        for run_id, end in last.items():
            yield from _until(end.position, archive.events(run_id))

    def artifact(sha256: str) -> bytes | None:
        try:
            return archive.artifact(sha256)
        except (ArtifactMissing, ArtifactAltered):  # a fault, or imported without it
            return None

    return LogReport(faults, render_report(events(), provenance, artifact=artifact, abandoned=abandoned))


def _until(position: int, events: Iterable[RecordedEvent]) -> Iterator[RecordedEvent]:
    return takewhile(lambda recorded: recorded.position <= position, events)


def _covering(archive: Archive, origin: str, position: int) -> CoveringCheckpoint | None:
    """Return the first checkpoint that covers the log up to *position*; None where there is none yet."""
    stored = next(archive.log.checkpoints(after=position - 1), None)
    if stored is None:
        return None
    if (fault := claim_of(stored, origin=origin, trusted=()).fault) is not None:
        raise DatabaseDamaged(f"The log was altered: {fault.detail}; `veritas verify` shows what else was.")
    checkpoint, _ = open_signed_note(stored.note, ())
    key = VerifierKey(checkpoint.origin, stored.public_key)
    return CoveringCheckpoint(checkpoint.size, checkpoint.root.hex(), str(key))
