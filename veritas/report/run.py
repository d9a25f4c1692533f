"""What a report tells of one run."""

from __future__ import annotations

from dataclasses import dataclass, field

from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState


@dataclass
class ReportedRun:
    """One run as far as it was recorded, and where it begins in the log.

    Attributes:
        state: What came of it.
        first: The position of its first event; 0 before that.
    """

    state: AuditState = field(default_factory=AuditState)
    first: int = 0

    def take(self, recorded: RecordedEvent) -> None:
        """Take in its next event."""
        self.first = self.first or recorded.position
        self.state.apply(recorded)
