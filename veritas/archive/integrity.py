"""The integrity of the log: verify it, or check a run's record before the run is shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from store.errors import DatabaseDamaged, InvalidCheckpoint
from store.proofs.signed_note import open_signed_note, restore_note
from store.verify.fault import CHECKPOINT_DAMAGED
from store.verify.fault import Fault as Fault  # part of what this module offers
from veritas.archive.archive import Archive
from veritas.errors import UsageError
from veritas.events.attachment import stored_media_type

if TYPE_CHECKING:
    from store.verify.verifier import Verification as Verification  # part of what this module offers


def verify_log(
    archive: Archive,
    run_id: str | None = None,
    *,
    checkpoints: Sequence[bytes] = (),
    trusted: Collection[bytes] = (),
    progress: Callable[[int, int], None] = lambda checked, total: None,
) -> Verification:
    """Verify one run, or the whole log with the read model of its runs, up to the first fault.

    Args:
        archive: The log.
        run_id: The run; None for the whole log.
        checkpoints: Signed notes to check the log against, in addition to those that it stores.
        trusted: Trusted public keys; one that follows them by a recorded rotation is trusted too. Without any, it is
            not checked who signed.
        progress: Called with the number of events that are checked, and of all.

    Raises:
        store.errors.StoreError: The log cannot be read, or one of *checkpoints* is not a checkpoint.
    """
    from veritas.archive.rotation import trusted_with_successors  # both take time to import, and few commands need them
    from veritas.projections.run_summary import read_model_check

    return archive.log.verify(
        run_id,
        checkpoints=checkpoints,
        trusted=trusted_with_successors(archive.log, trusted),
        media_type=stored_media_type,
        read_model=read_model_check(archive.log),
        progress=progress,
    )


def checkpoint_in(data: bytes, name: str) -> bytes:
    """Return the signed checkpoint in a file or a text, as it was signed.

    Args:
        data: The bytes.
        name: What has them, in a message.

    Raises:
        UsageError: They are not one.
    """
    note = restore_note(data)
    try:
        open_signed_note(note, ())
    except InvalidCheckpoint as error:
        why = str(error).partition(": ")[2].rstrip(".")
        raise UsageError(
            f"{name} is not a signed checkpoint ({why}); give one that `veritas checkpoint -o FILE` wrote."
        ) from error
    return note


def verification_fields(verification: Verification) -> dict[str, Any]:
    """Return a verification as JSON values: what `veritas verify --format json` prints."""
    return {"ok": verification.fault is None, **asdict(verification)}


def find_fault(archive: Archive, run_id: str) -> Fault | None:
    """Return the first fault in a run's record, as `veritas verify` finds it; None if it has none.

    The signers are not checked, because they do not affect what was recorded. It takes 7 µs of processor time an event.
    """
    try:
        return archive.log.verify(run_id, media_type=stored_media_type).fault
    except DatabaseDamaged as error:  # the events can be shown, but not compared with a signed checkpoint
        return Fault(None, None, CHECKPOINT_DAMAGED, str(error).rstrip("."))


def describe_fault(fault: Fault) -> str:
    """Return a fault and its place in words."""
    position = "" if fault.position is None else f"position {fault.position}"
    run = f"run {fault.run_id}" if fault.run_id else ""
    place = " of ".join(filter(None, (position, run)))
    return ": ".join(filter(None, (place, fault.what, fault.detail)))
