"""`veritas verify FILE`: verify a bundle without a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from veritas.cli.lib.exit_status import NO, YES
from veritas.cli.lib.progress import progress_bar
from veritas.cli.verify import trusted_keys

if TYPE_CHECKING:
    from store.errors import BundleAltered
    from veritas.archive.bundles import BundleExamination

FORM_DIFFERS = "form differs"  # it is not a zip file that `veritas export` could have written


def verify_bundle(path: Path, *, notes: Sequence[bytes], trust: Sequence[str], output: str) -> int:
    """Verify a bundle, print the result, and return the exit status.

    Args:
        path: The bundle.
        notes: Checkpoints that were kept elsewhere.
        trust: Public keys, or names of files that contain some; one of the keys must have signed.
        output: `text` or `json`.
    """
    from store.bundle.reader import Bundle
    from store.errors import BundleAltered
    from store.proofs.signed_note import open_signed_note
    from veritas.archive.bundles import examine

    kept = [open_signed_note(note, ())[0] for note in notes]
    trusted = trusted_keys(trust)
    try:
        with Bundle.open(path) as bundle, progress_bar("Verifying") as progress:
            examination = examine(bundle, trusted=trusted if trust else (), kept=kept, progress=progress)
    except BundleAltered as error:
        return _print_altered(path, error, output)
    key = examination.verification.key
    is_known = key is not None and key.public_key in trusted
    if output == "json":
        _print_json(path, examination, is_known)
    else:
        _print(path, examination, is_known, kept=len(kept))
    return YES if examination.verification.fault is None else NO


def _print_altered(path: Path, error: BundleAltered, output: str) -> int:
    """Print that a bundle's zip format was altered, and return the exit status."""
    from veritas.cli.lib import table
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import print_line

    if output == "json":
        fault = {"position": None, "run_id": None, "what": FORM_DIFFERS, "detail": str(error)}
        print_json(
            {"ok": False, "events": 0, "fault": fault, "bundle": str(path), "runs": [], "checkpoint": None, "key": None}
            | {"key_known": False, "report_checked": False}
        )
    else:
        print_line(table.bad(str(error)))
    return NO


def _print(path: Path, examination: BundleExamination, is_known: bool, *, kept: int) -> None:
    from store.verify.fault import FOREIGN_SIGNATURE
    from veritas.archive.conclusion import HOW_TO_TRUST, sound_events
    from veritas.archive.integrity import describe_fault
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_line
    from veritas.formatting import count

    verification = examination.verification
    checked, checkpoint, key = count(verification.events, "event"), verification.checkpoint, verification.key
    if verification.fault is not None and verification.fault.what == FOREIGN_SIGNATURE:
        print_line(table.bad(f"Foreign signature: {verification.fault.detail}."))
        print_line(f"Otherwise {str(path)!r} is as it was exported: {checked}.")
        print_line(HOW_TO_TRUST)
        return
    if verification.fault is not None:
        fault = describe_fault(verification.fault)
        print_line(table.bad(f"{str(path)!r} is not as it was exported: {fault}; get it again from its exporter."))
        for sentence in sound_events(verification.events, verification.fault, "valid"):
            print_line(sentence)
        return
    assert checkpoint is not None and key is not None  # without them there is a fault
    runs = ", ".join(
        f"{run.run_id} ({count(run.events, 'event')}{f', {run.redacted:,} redacted' if run.redacted else ''})"
        for run in examination.manifest.runs
    )
    print_line(table.good(f"Verified {str(path)!r}: {checked}, all as they were recorded."))
    print_line(f"Runs: {runs}.")
    print_line(f"They are in the log {checkpoint.origin}, whose first {count(checkpoint.size, 'event')} were signed.")
    if kept:
        print_line(f"Checked against {count(kept, 'kept checkpoint')}.")
    if is_known:
        print_line(f"Signed with {key}, a trusted key.")
    else:
        print_line(
            table.bad(f"Signed with {key}, which is not a trusted key: anyone who forges a log can make a key for it.")
        )
        print_line(HOW_TO_TRUST)
    if not examination.report_checked:
        print_line(
            table.bad("Its report.html was made by another version of VERITAS and was not checked; rely on the events.")
        )


def _print_json(path: Path, examination: BundleExamination, is_known: bool) -> None:
    import msgspec

    from veritas.cli.lib.output import print_json

    verification = examination.verification
    checkpoint, fault = verification.checkpoint, verification.fault
    print_json(
        {
            "ok": fault is None,
            "events": verification.events,
            "fault": None if fault is None else asdict(fault),
            "bundle": str(path),
            "runs": msgspec.to_builtins(examination.manifest.runs),
            "checkpoint": checkpoint
            and {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()},
            "key": None if verification.key is None else str(verification.key),
            "key_known": is_known,
            "report_checked": examination.report_checked,
        }
    )
