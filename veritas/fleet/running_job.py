"""RunningJob: a job that this worker does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from veritas.fleet.job import FleetJob


@dataclass(eq=False)
class RunningJob:
    """A job that this worker does.

    Attributes:
        job: The job.
        task: Does the job, with its end in the queue.
        audit: Does its audit; None before the audit begins.
        is_cancelled: Whether a user has cancelled the job.
        is_auditing: Whether its audit has not ended; else only the pause of its host is left.
    """

    job: FleetJob
    task: asyncio.Task[None] | None = None
    audit: asyncio.Task[Any] | None = None
    is_cancelled: bool = False
    is_auditing: bool = True
    _is_stopped: bool = False

    def stop(self) -> None:
        """Cancel the audit, once: a second time would cancel the record of its end."""
        if self.audit is not None and not self._is_stopped:
            self._is_stopped = True
            self.audit.cancel()
