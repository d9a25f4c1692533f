"""Notes: what went wrong with a run, in sentences."""

from __future__ import annotations

from veritas.events.recorder_events import ABANDONED
from veritas.projections.audit_state import AuditState

ABANDONED_NOTE = "The process that recorded the audit has ended without recording the audit's end."


def notes_of(state: AuditState) -> list[str]:
    """Return why the run failed, and each change of its transport."""
    notes = [] if state.error is None else [state.error]
    if state.status == ABANDONED:
        notes.append(ABANDONED_NOTE)
    return notes + [
        f"The transport changed from {change.from_mode} to {change.to_mode}: {change.cause}"
        for change in state.fallbacks
    ]
