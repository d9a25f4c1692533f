"""The kind of cause for which a run failed, by which failures are counted."""

from __future__ import annotations

from veritas.errors import FAULT_KINDS, PAGE
from veritas.events.progress import ProgressEvent

# Beside the kinds of `veritas.errors`, which the child reports.
KILLED = "killed"  # a signal killed the child
BUG = "bug"  # the child has a fault of its own
OTHER = "other"  # the cause has no kind, such as that of a recorded program

FAILURE_KINDS = (*FAULT_KINDS, KILLED, BUG, OTHER)


def kind_of_error(event: ProgressEvent) -> str:
    """Return the kind of the cause that an event with the step `error` reports."""
    kind = event.extra.get("kind")
    if isinstance(kind, str) and kind in FAULT_KINDS:
        return kind
    if "traceback" in event.extra:
        return BUG
    # An audit of VERITAS that sees a page, but not the requested one, reports it at its end, and no phase failed.
    return PAGE if event.phase == "complete" else OTHER
