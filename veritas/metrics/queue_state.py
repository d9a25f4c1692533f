"""The state of a queue of jobs, which the metrics include where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class QueueState:
    """The jobs and workers of a fleet.

    Attributes:
        jobs: How many jobs there are, by queue and status.
        due: How many of the waiting jobs could be taken now, if a worker were free.
        workers: How many workers are alive.
    """

    jobs: Mapping[tuple[str, str], int]
    due: int
    workers: int
