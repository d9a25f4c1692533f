"""Evidence that is handed over: a bundle out of the log, checked, and taken into another log.

The store proves the events (`store.bundle.verifier`); what is added here is the report. It is made from the events
alone, so that one in a bundle is right exactly if it is what these events give again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path

from store.artifacts import UNKNOWN_MEDIA_TYPE
from store.bundle.format import REPORT, Manifest, artifact_name
from store.bundle.provenance import original_proof
from store.bundle.reader import Bundle
from store.bundle.verifier import BundleVerification, BundleVerifier
from store.errors import BundleAltered
from store.log import Attachment, Fault, ImportResult, Record, StoredEvent
from store.proofs.signed_note import Checkpoint, SigningKey
from store.records import REDACTION
from store.verify.fault import FOREIGN_SIGNATURE
from veritas.archive.archive import LOG, Archive
from veritas.archive.integrity import describe_fault
from veritas.errors import UsageError
from veritas.events.attachment import detach, stored_media_type
from veritas.events.recorded import RecordedEvent, from_row, redactions_in
from veritas.events.recorder_events import RECORDER, BundleImported
from veritas.events.upcasting import current_version
from veritas.files import atomic_file
from veritas.projections.run_summary import RunSummary
from veritas.report import CoveringCheckpoint, Provenance, generator, render_report

REPORT_DIFFERS = "report differs"

Progress = Callable[[int, int], None]

_MADE_FROM = (
    "the events in the same bundle, and from nothing else. Nobody signed this page: `veritas verify` makes it again"
    " from the signed events and compares; FORMAT.md, in the same bundle, says how those are checked without VERITAS."
)
_MICRO = 1_000_000
_LONGEST_HEAD = 1 << 18  # bytes at a report's beginning that say what made it


@dataclass(frozen=True)
class BundleExamination:
    """What came of a bundle.

    Attributes:
        manifest: What it says of itself.
        verification: What is true of it, the report included.
        report_checked: Whether the report could be made again, so that a lie in it would have been a fault.
    """

    manifest: Manifest
    verification: BundleVerification
    report_checked: bool


def export(
    archive: Archive,
    runs: Sequence[str],
    target: Path,
    *,
    key: Callable[[], SigningKey],
    force: bool = False,
    progress: Progress = lambda checked, total: None,
) -> Manifest:
    """Write a bundle of *runs* to the file *target*, once it is verified.

    Args:
        key: Gives the key to sign a checkpoint with, where none covers the runs yet.
        force: Whether a file that is there may be replaced.
        progress: Is told how many events of the bundle are open_verified_bundle, of how many.

    Raises:
        UsageError: The file is there already, or cannot be there.
        BundleAltered: The log is not as it was recorded; no file was written.
        store.errors.StoreError: The log cannot be read, or a checkpoint cannot be signed.
    """
    with atomic_file(target, force=force) as file:
        archive.log.export(file, runs, key=key, report=lambda manifest: _report_from_log(archive, manifest))
        file.flush()
        with Bundle.open(Path(file.name)) as bundle:
            fault, manifest = BundleVerifier(bundle, progress=progress).run().fault, bundle.manifest
        if fault is not None:
            raise BundleAltered(
                f"Nothing was exported, because the log is not as it was recorded: {describe_fault(fault)};"
                " `veritas verify` shows more."
            )
    return manifest


def examine(
    bundle: Bundle,
    *,
    trusted: Collection[bytes] = (),
    kept: Sequence[Checkpoint] = (),
    progress: Progress = lambda checked, total: None,
) -> BundleExamination:
    """Check a bundle, its report included; see `store.bundle.verifier`.

    Args:
        trusted: Public keys of which one must have signed the checkpoint; with none of them any key will do.
        kept: Checkpoints that somebody kept; it must say the same of as many events.
        progress: Is told how many events are checked, of how many.

    Raises:
        BundleUnreadable: It is no bundle.
        InvalidCheckpoint: A kept checkpoint cannot be compared with the bundle's.
    """
    found = BundleVerifier(bundle, trusted=tuple(trusted), kept=kept, progress=progress).run()
    wrong = found.fault is not None and found.fault.what != FOREIGN_SIGNATURE
    if wrong or f'content="{generator()}"'.encode() not in _head_of_report(bundle):
        return BundleExamination(bundle.manifest, found, report_checked=False)
    digest = sha256()
    for piece in _report(bundle.manifest, _events_of(bundle), bundle.artifact):
        digest.update(piece)
    stated = next(file.sha256 for file in bundle.manifest.files if file.name == REPORT)
    if digest.hexdigest() != stated:
        found = replace(found, fault=Fault(None, None, REPORT_DIFFERS, f"{REPORT} is not what these events give"))
    return BundleExamination(bundle.manifest, found, report_checked=True)


@contextmanager
def open_verified_bundle(
    path: Path, *, trusted: Collection[bytes] = (), progress: Progress = lambda checked, total: None
) -> Iterator[tuple[Bundle, BundleExamination]]:
    """Give a bundle that is as it was exported, and what came of checking it.

    Args:
        trusted: Public keys of which one must have signed the checkpoint; with none of them any key will do.
        progress: Is told how many events are checked, of how many.

    Raises:
        BundleUnreadable: It is no bundle.
        BundleAltered: It is not as it was exported.
        UsageError: None of *trusted* signed it.
    """
    with Bundle.open(path) as bundle:
        found = examine(bundle, trusted=trusted, progress=progress)
        fault = found.verification.fault
        if fault is not None and fault.what == FOREIGN_SIGNATURE:
            raise UsageError(
                f"Nothing was imported from {str(path)!r}: {fault.detail}; get the public key from the person who"
                " recorded it, over another channel, and give it with --trust."
            )
        if fault is not None:
            raise BundleAltered(
                f"{str(path)!r} is not as it was exported, and nothing was written: {describe_fault(fault)}."
            )
        yield bundle, found


def import_bundle(archive: Archive, bundle: Bundle) -> ImportResult:
    """Take the events of a bundle that is verified into the log; see `store.import_events`.

    Raises:
        UsageError: It has what another log tells of itself; nothing was written.
        BundleConflict: The log has another event in the place of one of them; nothing was written.
        store.errors.StoreError: The log cannot be written to.
    """
    if any(run.run_id == LOG for run in bundle.manifest.runs):
        raise UsageError(
            f"{bundle.name!r} has the run {LOG!r}, in which a log tells of itself: it can be verified but not imported,"
            " and nothing was written."
        )
    proof = original_proof(bundle)
    return archive.log.import_events(
        _events_of(bundle)(),
        attachment=lambda event: _attachment(bundle, event),
        make_record=lambda number: _imported(bundle.manifest, proof, number),
        stream=(LOG, RECORDER),
        summaries=[RunSummary(run_id) for run_id in (LOG, *(run.run_id for run in bundle.manifest.runs))],
    )


def _report_from_log(archive: Archive, manifest: Manifest) -> Iterator[bytes]:
    def events() -> Iterator[StoredEvent]:
        for run in manifest.runs:
            yield from islice(archive.log.read(run_id=run.run_id), run.events)

    return _report(manifest, events, lambda digest: archive.log.artifact(digest).data)


def _report(
    manifest: Manifest, events: Callable[[], Iterable[StoredEvent]], artifact: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    """Yield the report of a bundle, as far as that is written; what is not handed over is not shown either."""
    handed_over = {file.name for file in manifest.files}
    provenance = Provenance(
        origin=manifest.checkpoint.origin,
        heads={run.run_id: run.head for run in manifest.runs},
        checkpoint=CoveringCheckpoint(manifest.checkpoint.size, manifest.checkpoint.root, manifest.key),
        made_from=_MADE_FROM,
    )

    def shown(sha256_in_hex: str) -> bytes | None:
        digest = bytes.fromhex(sha256_in_hex)
        return artifact(digest) if artifact_name(digest) in handed_over else None

    return render_report(_recorded(manifest, events), provenance, artifact=shown)


def _recorded(manifest: Manifest, events: Callable[[], Iterable[StoredEvent]]) -> Iterator[RecordedEvent]:
    """Yield the events as they are shown: each redacted one with what the redaction, which comes behind it, says."""
    naming: dict[str, list[StoredEvent]] = {}
    if any(run.redacted for run in manifest.runs):
        for event in events():
            if (event.source, event.type) == REDACTION:
                naming.setdefault(event.run_id, []).append(event)
    redactions = {run_id: redactions_in(named) for run_id, named in naming.items()}
    for event in events():
        redaction = redactions.get(event.run_id, {}).get((event.source, event.seq)) if event.body is None else None
        yield from_row(event, redaction)


def _events_of(bundle: Bundle) -> Callable[[], Iterator[StoredEvent]]:
    return lambda: (event for event, _ in bundle.entries())


def _attachment(bundle: Bundle, event: StoredEvent) -> Attachment | None:
    """Return an event's attachment, where its bytes are handed over."""
    if event.artifact is None or artifact_name(event.artifact) not in bundle.zip.members:
        return None
    data = bundle.artifact(event.artifact)
    return Attachment(data, stored_media_type(event.body or b"{}", data) or UNKNOWN_MEDIA_TYPE)


def _imported(manifest: Manifest, proof: bytes, number: int) -> Record:
    """Return the event that tells of an import, with what proved the events in the log that they come from."""
    checkpoint, now = manifest.checkpoint, time.time()
    said = BundleImported(
        origin=checkpoint.origin,
        size=checkpoint.size,
        key=manifest.key,
        runs=[{"run_id": run.run_id, "events": run.events, "head": run.head} for run in manifest.runs],
    )
    body = detach(said.encode(seq=number, timestamp=now, data=proof), proof)
    assert body is not None  # base64 of JSON text of that length cannot stand anywhere else in it
    attachment = Attachment(proof, said.media_type)
    return Record(LOG, RECORDER, number, said.type, "", "", round(now * _MICRO), body, attachment, current_version())


def _head_of_report(bundle: Bundle) -> bytes:
    first = next(bundle.zip.chunks(bundle.zip.members[REPORT]), b"")
    return first[:_LONGEST_HEAD].partition(b"</head>")[0]
