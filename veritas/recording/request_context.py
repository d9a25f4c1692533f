"""The context of a request: the batch, the tags and the job that an audit belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from veritas.events.job import Job


@dataclass(frozen=True)
class RequestContext:
    """What an audit belongs to.

    Attributes:
        batch: The id of the batch; None without one.
        tags: The audit's tags; see `veritas.events.tag`.
        job: The job of a queue that the audit is done for; None without one.
    """

    batch: str | None = None
    tags: tuple[str, ...] = ()
    job: Job | None = None
