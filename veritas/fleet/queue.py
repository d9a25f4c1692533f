"""JobQueue: what a worker does with the jobs of the queue.

procrastinate's functions for the end of a job do not ask who ends it. So each statement here names the worker: one
whose job was given to another, because it was silent for too long, changes nothing.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

import veritas
from veritas.fleet.database import FleetDatabase
from veritas.fleet.job import FleetJob
from veritas.fleet.request import AuditRequest

CHANNEL = "procrastinate_any_queue_v1"  # on which procrastinate announces new jobs, and of jobs to abort
WAKE = f"SELECT pg_notify('{CHANNEL}', '{{}}')"  # the workers look at once, and not in some seconds

_MINE = "id = %(job)s AND worker_id = %(worker)s AND attempts = %(attempts)s AND status = 'doing'"

# The attempt at a job that was cancelled and is to wait again is not counted by procrastinate.
_COUNT = "UPDATE procrastinate_jobs SET attempts = attempts + 1 WHERE id = %(job)s AND attempts = %(attempts)s"


@dataclass(frozen=True)
class LostJob:
    """A job whose worker is gone.

    Attributes:
        job: The job.
        silent: For how many seconds the worker sent no heartbeat; None if nothing is known of the worker any more.
        worker: The worker's name; None if it is not known any more.
        host: The name of its machine; None likewise.
    """

    job: FleetJob
    silent: float | None
    worker: str | None
    host: str | None


class JobQueue:
    """The queue, as one worker uses it.

    Attributes:
        name: The worker's name in the log.
        host: The name of its machine.
    """

    def __init__(self, fleet: FleetDatabase, *, queues: tuple[str, ...], jobs: int) -> None:
        """Prepare to join; see `join`.

        Args:
            fleet: The fleet's tables, which are ready.
            queues: The queues to take jobs from; empty for all.
            jobs: How many audits the worker does at once.
        """
        self.host = platform.node() or "localhost"
        self.name = f"{self.host}-{os.getpid()}"
        self._fleet = fleet
        self._queues = list(queues) or None
        self._jobs = jobs
        self._worker = 0

    def join(self) -> None:
        """Register a new worker, whose jobs these are from now on."""
        with self._fleet.transaction() as connection:
            row = connection.execute("SELECT worker_id FROM procrastinate_register_worker_v1()").fetchone()
            assert row is not None
            connection.execute(
                "INSERT INTO fleet_worker (id, name, host, pid, jobs, queues, version)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (row["worker_id"], self.name, self.host, os.getpid(), self._jobs, self._queues, veritas.__version__),
            )
        self._worker = row["worker_id"]

    def leave(self) -> None:
        """Remove the worker; it has no job left."""
        with self._fleet.transaction() as connection:
            connection.execute("SELECT procrastinate_unregister_worker_v1(%s)", (self._worker,))

    def beat(self, *, draining: bool) -> bool:
        """Send a heartbeat; return False if the worker counts as gone, and others have taken its jobs."""
        with self._fleet.transaction() as connection:
            updated = connection.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE id = %s", (self._worker,)
            )
            connection.execute("UPDATE fleet_worker SET draining = %s WHERE id = %s", (draining, self._worker))
        return updated.rowcount == 1

    def take(self) -> FleetJob | None:
        """Take the next job whose host no worker visits; None if there is none, or the fleet is paused."""
        with self._fleet.transaction() as connection:
            row = connection.execute("SELECT * FROM fleet_take_job(%s, %s)", (self._queues, self._worker)).fetchone()
        return None if row is None else FleetJob.of(row)

    def request_of(self, batch: str) -> AuditRequest:
        """Return how the audits of a batch are done."""
        with self._fleet.transaction() as connection:
            row = connection.execute("SELECT request FROM fleet_batch WHERE id = %s", (batch,)).fetchone()
        assert row is not None  # a batch has its row as long as it has jobs
        return AuditRequest.read(row["request"])

    def owns(self, job: FleetJob) -> bool:
        """Return whether a job is still this worker's; a takeover that has begun is waited for."""
        with self._fleet.transaction() as connection:
            found = connection.execute(
                f"SELECT FROM procrastinate_jobs WHERE {_MINE} FOR UPDATE",
                self._key(job),
            )
        return found.rowcount == 1

    def finish(self, job: FleetJob, status: str, *, cause: str | None = None) -> bool:
        """End a job as `succeeded`, `failed` or `aborted`; return whether it was still this worker's."""
        ended = "SELECT procrastinate_finish_job_v1(id, %(status)s, false) FROM procrastinate_jobs WHERE"
        return self._change(job, ended, {"status": status}, {"cause": cause})

    def retry(self, job: FleetJob, delay: float, *, cause: str, elsewhere: bool) -> bool:
        """Let a job wait again for *delay* seconds; return whether it was still this worker's."""
        again = (
            "SELECT procrastinate_retry_job_v2(id, now() + make_interval(secs => %(delay)s), NULL, NULL, NULL)"
            " FROM procrastinate_jobs WHERE"
        )
        members = {"cause": cause, "avoid": self._worker if elsewhere else None}
        return self._change(job, again, {"delay": delay}, members)

    def to_abort(self) -> set[int]:
        """Return the numbers of this worker's jobs that a user has cancelled."""
        with self._fleet.transaction() as connection:
            rows = connection.execute(
                "SELECT id FROM procrastinate_jobs WHERE worker_id = %s AND status = 'doing' AND abort_requested",
                (self._worker,),
            )
            return {row["id"] for row in rows}

    def running(self) -> list[FleetJob]:
        """Return the jobs that the queue has as running by this worker."""
        with self._fleet.transaction() as connection:
            rows = connection.execute(
                "SELECT * FROM procrastinate_jobs WHERE worker_id = %s AND status = 'doing'", (self._worker,)
            )
            return [FleetJob.of(row) for row in rows]

    def _key(self, job: FleetJob) -> dict[str, Any]:
        return {"job": job.id, "worker": self._worker, "attempts": job.attempts}

    def _change(self, job: FleetJob, call: str, parameters: dict[str, Any], members: dict[str, Any]) -> bool:
        """Call one of procrastinate's functions for a job if it is this worker's, and set members of its arguments."""
        mine = self._key(job)
        stored = Jsonb({name: value for name, value in members.items() if value is not None})
        with self._fleet.transaction() as connection:
            updated = connection.execute(
                f"UPDATE procrastinate_jobs SET args = (args - 'cause' - 'avoid') || %(stored)s WHERE {_MINE}",
                {**mine, "stored": stored},
            )
            if updated.rowcount:
                connection.execute(f"{call} {_MINE}", {**mine, **parameters})
                connection.execute(_COUNT, mine)
        return updated.rowcount == 1
