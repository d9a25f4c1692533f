"""FleetJob: a job of the queue, as a row of its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# The states of a job, as people see them, by procrastinate's names.
STATUSES = {
    "todo": "waiting",
    "doing": "running",
    "succeeded": "completed",
    "failed": "failed",
    "cancelled": "cancelled",
    "aborted": "cancelled",
}


@dataclass(frozen=True)
class FleetJob:
    """A job: one audit of a batch.

    Attributes:
        id: Its number.
        status: `waiting`, `running`, `completed`, `failed` or `cancelled`.
        queue: The queue.
        priority: Jobs with a higher number are taken first.
        attempts: How often it was begun and ended, or given back.
        batch: The batch's id.
        audit: The audit's id.
        url: The URL.
        at: When it may be taken first; None for at once.
        worker: The number of the worker that does it, or did it last; None without one.
        cause: Why it failed, as a code of `veritas.fleet.retry`; None if it did not fail.
    """

    id: int
    status: str
    queue: str
    priority: int
    attempts: int
    batch: str
    audit: str
    url: str
    at: datetime | None
    worker: int | None
    cause: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> FleetJob:
        """Return the job of a row."""
        args = row["args"]
        return cls(
            id=row["id"],
            status=STATUSES.get(row["status"], row["status"]),
            queue=row["queue_name"],
            priority=row["priority"],
            attempts=row["attempts"],
            batch=args["batch"],
            audit=args["audit"],
            url=args["url"],
            at=row["scheduled_at"],
            worker=row["worker_id"],
            cause=args.get("cause"),
        )

    @property
    def attempt(self) -> int:
        """Which attempt at the job is being made, or comes next: 1, 2, 3 …"""
        return self.attempts + 1
