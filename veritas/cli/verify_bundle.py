"""`veritas verify FILE`: a bundle, checked without a log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from veritas.cli.lib.progress import progress_bar
from veritas.cli.verify import HOW_TO_TRUST, NO, YES, print_before, trusted_keys

if TYPE_CHECKING:
    from store.errors import BundleAltered
    from veritas.archive.bundles import BundleExamination

FORM_DIFFERS = "form differs"  # it is no zip file as `veritas export` writes it


def verify_bundle(path: Path, *, notes: Sequence[bytes], trust: Sequence[str], output: str) -> int:
    """Check a bundle, say what came of it, and return the exit status.

    Args:
        path: The bundle.
        notes: Checkpoints that were kept elsewhere.
        trust: Public keys, or names of files with some, of which one must have signed.
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
            found = examine(bundle, trusted=trusted if trust else (), kept=kept, progress=progress)
    except BundleAltered as error:
        return _tell_altered(path, error, output)
    key = found.verification.key
    is_known = key is not None and key.public_key in trusted
    if output == "json":
        _print_json(path, found, is_known)
    else:
        _print(path, found, is_known, held=len(kept))
    return YES if found.verification.fault is None else NO


def _tell_altered(path: Path, error: BundleAltered, output: str) -> int:
    """Say of what was a bundle that its very form is not what it was."""
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
        print_line(table.wrong(str(error)))
    return NO


def _print(path: Path, found: BundleExamination, is_known: bool, *, held: int) -> None:
    from store.verify.fault import FOREIGN_SIGNATURE
    from veritas.archive.integrity import describe_fault
    from veritas.cli.lib import table
    from veritas.cli.lib.table import print_line
    from veritas.formatting import count

    verification = found.verification
    checked, checkpoint, key = count(verification.events, "event"), verification.checkpoint, verification.key
    if verification.fault is not None and verification.fault.what == FOREIGN_SIGNATURE:
        print_line(table.wrong(f"Signed by somebody else: {verification.fault.detail}."))
        print_line(f"Apart from that {str(path)!r} is as it was exported: {checked}.")
        print_line(HOW_TO_TRUST)
        return
    if verification.fault is not None:
        print_line(table.wrong(f"Not as it was exported: {describe_fault(verification.fault)}."))
        print_before(verification.events, verification.fault, "in order")
        return
    assert checkpoint is not None and key is not None  # without them there is a fault
    runs = ", ".join(
        f"{run.run_id} ({count(run.events, 'event')}{f', {run.redacted:,} redacted' if run.redacted else ''})"
        for run in found.manifest.runs
    )
    print_line(table.right(f"Verified {str(path)!r}: {checked}, all as they were recorded."))
    print_line(f"Runs: {runs}.")
    print_line(f"They are in the log {checkpoint.origin}, whose first {count(checkpoint.size, 'event')} were signed.")
    if held:
        print_line(f"That is what {count(held, 'kept checkpoint')} says too.")
    if is_known:
        print_line(f"Signed with {key}, a key that you trust.")
    else:
        print_line(
            table.wrong(f"Signed with {key}, which is not known here: whoever makes up a log can make a key for it.")
        )
        print_line(HOW_TO_TRUST)
    if not found.report_checked:
        print_line(table.wrong("Its report.html was made by another version and is not checked; read the events."))


def _print_json(path: Path, found: BundleExamination, is_known: bool) -> None:
    import msgspec

    from veritas.cli.lib.output import print_json

    verification = found.verification
    checkpoint, fault = verification.checkpoint, verification.fault
    print_json(
        {
            "ok": fault is None,
            "events": verification.events,
            "fault": None if fault is None else asdict(fault),
            "bundle": str(path),
            "runs": msgspec.to_builtins(found.manifest.runs),
            "checkpoint": checkpoint
            and {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()},
            "key": None if verification.key is None else str(verification.key),
            "key_known": is_known,
            "report_checked": found.report_checked,
        }
    )
