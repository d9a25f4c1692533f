"""What is wrong with the record of a run, for whoever shows it to people as what was recorded."""

from __future__ import annotations

from store.errors import DatabaseDamaged
from store.verify.fault import CHECKPOINT_DAMAGED
from store.verify.fault import Fault as Fault  # part of what this module offers
from veritas.archive.archive import Archive
from veritas.events.attachment import stored_media_type


def find_fault(archive: Archive, run_id: str) -> Fault | None:
    """Return the first thing that is not as it was recorded in a run, as `veritas verify` finds it; None for nothing.

    Whose the signatures are is not looked at: that is no matter of what was recorded. It takes 7 µs of the
    processor an event.
    """
    try:
        return archive.log.verify(run_id, media_type=stored_media_type).fault
    except DatabaseDamaged as error:  # what there is can be shown, but not held to what was signed
        return Fault(None, None, CHECKPOINT_DAMAGED, str(error).rstrip("."))


def describe_fault(fault: Fault) -> str:
    """Return what is wrong, and where."""
    at = "" if fault.position is None else f"position {fault.position}"
    of_run = f"run {fault.run_id}" if fault.run_id else ""
    where = " of ".join(filter(None, (at, of_run)))
    return ": ".join(filter(None, (where, fault.what, fault.detail)))
