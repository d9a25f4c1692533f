"""The job of a queue that an audit was done for."""

from __future__ import annotations

import msgspec


class Job(msgspec.Struct, frozen=True):
    """A job, and the worker that does it.

    Attributes:
        id: The job's id in its queue.
        queue: The queue that the job was taken from.
        attempt: Which attempt at the job this is: 1, 2, 3 …
        worker: The name of the worker.
        host: The name of the machine on which the worker runs.
    """

    id: str
    queue: str
    attempt: int
    worker: str
    host: str

    def __str__(self) -> str:
        again = f", attempt {self.attempt}" if self.attempt > 1 else ""
        return f"{self.id} of {self.queue}{again}, by {self.worker} on {self.host}"
