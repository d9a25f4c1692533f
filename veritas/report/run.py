"""One run in a report."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState


@dataclass
class ReportedRun:
    """One run, as recorded so far.

    Attributes:
        state: Its state.
        first: The position of its first event; 0 before that.
    """

    state: AuditState = field(default_factory=AuditState)
    first: int = 0

    def apply(self, recorded: RecordedEvent) -> None:
        """Apply its next event."""
        self.first = self.first or recorded.position
        self.state.apply(recorded)

    @property
    def subject(self) -> str:
        """The audited URL, or the recorded command."""
        request = self.state.request
        return (request.url or shlex.join(request.command)) if request else self.state.run_id
