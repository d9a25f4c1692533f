"""Evidence bundles: export runs from the log to a bundle, check a bundle, and import it into another log.

The store verifies the events (`store.bundle.verifier`); this module adds the report. The report is made from the events
alone, so a bundle's report is right exactly if making it again from the events gives the same bytes.
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
from store.import_events import ImportResult
from store.log import Attachment, Fault, Record, StoredEvent
from store.proofs.signed_note import Checkpoint, SigningKey
from store.records import REDACTION
from store.verify.fault import FOREIGN_SIGNATURE
from veritas.archive.archive import LOG, Archive
from veritas.archive.integrity import describe_fault
from veritas.errors import UsageError
from veritas.events.attachment import reference_to, stored_media_type
from veritas.events.recorded import RecordedEvent, from_row, redactions_in
from veritas.events.recorder_events import RECORDER, BundleImported
from veritas.events.upcasting import current_version
from veritas.files import atomic_file
from veritas.projections.run_summary import RunSummary
from veritas.report import CoveringCheckpoint, Provenance, generator, render_report

REPORT_DIFFERS = "report differs"

Progress = Callable[[int, int], None]

_MADE_FROM = (
    "the events in the same bundle, and from nothing else. This page is not signed: `veritas verify` makes it again"
    " from the signed events and compares. FORMAT.md, in the same bundle, describes how to check those without VERITAS."
)
_MICRO = 1_000_000
_MAX_HEAD_BYTES = 1 << 18  # at a report's beginning, where it names the version that made it


@dataclass(frozen=True)
class BundleExamination:
    """The result of checking a bundle.

    Attributes:
        manifest: The bundle's manifest.
        verification: The result of the verification, the report included.
        report_checked: Whether the report was made again and compared; only the version that made it can do that.
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
    """Verify a bundle of *runs*, and write it to the file *target*.

    Args:
        archive: The log.
        runs: The runs to export.
        target: The file.
        key: Returns the key to sign a checkpoint with; called if no checkpoint covers the runs yet.
        force: Whether to replace an existing file.
        progress: Called with the number of events verified so far, and of all events in the bundle.

    Raises:
        UsageError: The file exists, or cannot be written; or one of the runs was archived.
        BundleAltered: The log is not as it was recorded; no file was written.
        store.errors.StoreError: The log cannot be read, or a checkpoint cannot be signed.
    """
    archive.require_unarchived(runs)
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
        bundle: The bundle.
        trusted: Public keys; one of them must have signed the checkpoint. If empty, any key is accepted.
        kept: Checkpoints that were kept elsewhere, with which the bundle's must agree.
        progress: Called with the number of events checked so far, and of all events in the bundle.

    Raises:
        BundleUnreadable: It is not a bundle.
        InvalidCheckpoint: A kept checkpoint cannot be compared with the bundle's.
    """
    verification = BundleVerifier(bundle, trusted=tuple(trusted), kept=kept, progress=progress).run()
    faulty = verification.fault is not None and verification.fault.what != FOREIGN_SIGNATURE
    if faulty or f'content="{generator()}"'.encode() not in _head_of_report(bundle):
        return BundleExamination(bundle.manifest, verification, report_checked=False)
    digest = sha256()
    for piece in _report(bundle.manifest, _events_of(bundle), bundle.artifact):
        digest.update(piece)
    stated = next(file.sha256 for file in bundle.manifest.files if file.name == REPORT)
    if digest.hexdigest() != stated:
        fault = Fault(None, None, REPORT_DIFFERS, f"{REPORT} is not what these events give")
        verification = replace(verification, fault=fault)
    return BundleExamination(bundle.manifest, verification, report_checked=True)


@contextmanager
def open_verified_bundle(
    path: Path, *, trusted: Collection[bytes] = (), progress: Progress = lambda checked, total: None
) -> Iterator[tuple[Bundle, BundleExamination]]:
    """Open a bundle, check that it is as it was exported, and return it with the result.

    Args:
        path: The file.
        trusted: Public keys; one of them must have signed the checkpoint. If empty, any key is accepted.
        progress: Called with the number of events checked so far, and of all events in the bundle.

    Raises:
        BundleUnreadable: It is not a bundle.
        BundleAltered: It is not as it was exported.
        UsageError: No key of *trusted* signed it.
    """
    with Bundle.open(path) as bundle:
        examination = examine(bundle, trusted=trusted, progress=progress)
        fault = examination.verification.fault
        if fault is not None and fault.what == FOREIGN_SIGNATURE:
            raise UsageError(
                f"Nothing was imported from {str(path)!r}: {fault.detail}; get the public key from the person who"
                " recorded it, over another channel, and give it with --trust."
            )
        if fault is not None:
            raise BundleAltered(
                f"{str(path)!r} is not as it was exported, and nothing was written: {describe_fault(fault)};"
                " get it again from its exporter."
            )
        yield bundle, examination


def import_bundle(archive: Archive, bundle: Bundle) -> ImportResult:
    """Import the events of a verified bundle into the log; see `store.import_events`.

    Raises:
        UsageError: It contains the other log's own stream; nothing was written.
        BundleConflict: The log has a different event with the run, source and number of one of them; nothing was
            written.
        store.errors.StoreError: The log cannot be written to.
    """
    if any(run.run_id == LOG for run in bundle.manifest.runs):
        raise UsageError(
            f"{bundle.name!r} contains {LOG!r}, the other log's own stream: it can be verified but not imported."
            " Nothing was written."
        )
    proof = original_proof(bundle)
    return archive.log.import_events(
        _events_of(bundle)(),
        attachment=lambda event: _attachment(bundle, event),
        make_record=lambda number: _import_record(bundle.manifest, proof, number),
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
    """Yield the report of a bundle whose manifest is *manifest*; show only artifacts that the bundle contains."""
    contained = {file.name for file in manifest.files}
    provenance = Provenance(
        origin=manifest.checkpoint.origin,
        heads={run.run_id: run.head for run in manifest.runs},
        checkpoint=CoveringCheckpoint(manifest.checkpoint.size, manifest.checkpoint.root, manifest.key),
        made_from=_MADE_FROM,
    )

    def contained_artifact(sha256_in_hex: str) -> bytes | None:
        digest = bytes.fromhex(sha256_in_hex)
        return artifact(digest) if artifact_name(digest) in contained else None

    return render_report(_recorded_events(manifest, events), provenance, artifact=contained_artifact)


def _recorded_events(manifest: Manifest, events: Callable[[], Iterable[StoredEvent]]) -> Iterator[RecordedEvent]:
    """Yield the decoded events, each redacted one with its redaction, which is recorded after it."""
    redaction_events: dict[str, list[StoredEvent]] = {}
    if any(run.redacted for run in manifest.runs):
        for event in events():
            if (event.source, event.type) == REDACTION:
                redaction_events.setdefault(event.run_id, []).append(event)
    redactions = {run_id: redactions_in(of_run) for run_id, of_run in redaction_events.items()}
    for event in events():
        redaction = redactions.get(event.run_id, {}).get((event.source, event.seq)) if event.body is None else None
        yield from_row(event, redaction)


def _events_of(bundle: Bundle) -> Callable[[], Iterator[StoredEvent]]:
    return lambda: (event for event, _ in bundle.entries())


def _attachment(bundle: Bundle, event: StoredEvent) -> Attachment | None:
    """Return an event's attachment, if the bundle contains it."""
    if event.artifact is None or artifact_name(event.artifact) not in bundle.zip.members:
        return None
    data = bundle.artifact(event.artifact)
    return Attachment(data, stored_media_type(event.body or b"{}", data) or UNKNOWN_MEDIA_TYPE)


def _import_record(manifest: Manifest, proof: bytes, number: int) -> Record:
    """Return the record of an import, with the proof of the events in their original log attached."""
    checkpoint, now = manifest.checkpoint, time.time()
    event = BundleImported(
        origin=checkpoint.origin,
        size=checkpoint.size,
        key=manifest.key,
        runs=[{"run_id": run.run_id, "events": run.events, "head": run.head} for run in manifest.runs],
    )
    attachment = Attachment(proof, event.media_type)
    body = event.encode(seq=number, timestamp=now, data=reference_to(attachment.sha256))
    return Record(LOG, RECORDER, number, event.type, "", "", round(now * _MICRO), body, attachment, current_version())


def _head_of_report(bundle: Bundle) -> bytes:
    first = next(bundle.zip.chunks(bundle.zip.members[REPORT]), b"")
    return first[:_MAX_HEAD_BYTES].partition(b"</head>")[0]
