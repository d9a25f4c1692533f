"""The BatchObserver: it is called with what happens in a batch, after that is in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veritas.batch.schedule import Target
from veritas.recording.run import RunOutcome


class BatchObserver:
    """An observer that does nothing; a display overrides what it shows. All is called in the event loop's thread."""

    def started(self, target: Target, audit_id: str) -> None:
        """An audit begins."""

    def progressed(self, target: Target, message: Mapping[str, Any]) -> None:
        """An audit sent a client message; see `veritas.projections.client_messages`."""

    def ended(self, target: Target, outcome: RunOutcome) -> None:
        """An audit has ended."""

    def could_not_start(self, target: Target, error: Exception) -> None:
        """An audit ended by an error of this machine, or the rest of it is in a file."""

    def skipped(self, target: Target, reason: str) -> None:
        """A URL is not audited."""

    def paused(self, target: Target, seconds: float) -> None:
        """The target's host asked not to be visited for some time."""
