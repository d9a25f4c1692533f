"""The Overview: the fleet's jobs and workers as they are now, and what a person does with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate.manager import JobManager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector

from veritas.archive.archive import Archive
from veritas.errors import UsageError
from veritas.fleet.database import FleetDatabase
from veritas.fleet.job import STATUSES, FleetJob
from veritas.fleet.queue import WAKE
from veritas.fleet.takeover import Timing

_STORED = {status: [name for name, seen in STATUSES.items() if seen == status] for status in STATUSES.values()}
_WORKERS = """
SELECT known.name, known.host, known.pid, known.jobs, known.queues, known.version, known.started_at, known.draining,
    extract(epoch FROM now() - worker.last_heartbeat)::float AS silent,
    (SELECT count(*) FROM procrastinate_jobs WHERE worker_id = known.id AND status = 'doing') AS running
FROM fleet_worker AS known JOIN procrastinate_workers AS worker USING (id) ORDER BY known.name
"""


@dataclass(frozen=True)
class WorkerState:
    """A worker.

    Attributes:
        name: Its name in the log.
        host: The name of its machine.
        pid: Its process id there.
        state: `working`, `draining`, or `silent` if it sent no heartbeat for so long that it counts as gone.
        running: How many jobs it does now.
        jobs: How many it does at once.
        queues: The queues that it takes jobs from; None for all.
        silent: The seconds since its last heartbeat.
        started_at: When it started.
        version: Its version of VERITAS.
    """

    name: str
    host: str
    pid: int
    state: str
    running: int
    jobs: int
    queues: list[str] | None
    silent: float
    started_at: datetime
    version: str

    @property
    def lives(self) -> bool:
        """Whether it sent a heartbeat a short time ago."""
        return self.state != "silent"


@dataclass(frozen=True)
class Overview:
    """The fleet now.

    Attributes:
        jobs: The number of jobs by queue, and in each by status; see `FleetJob.status`.
        workers: The workers.
        due: How many of the waiting jobs could be taken now, if their hosts are free.
        paused_at: Since when no worker takes a job; None if they do.
        paused_by: Who paused the fleet.
    """

    jobs: dict[str, dict[str, int]]
    workers: list[WorkerState]
    due: int
    paused_at: datetime | None
    paused_by: str | None

    def count(self, status: str) -> int:
        """Return the number of jobs of one status in all queues."""
        return sum(counts.get(status, 0) for counts in self.jobs.values())


def overview_of(archive: Archive) -> Overview | None:
    """Return the overview of the fleet beside a log; None if it does not have one.

    Raises:
        store.errors.StoreError: The database cannot be read.
    """
    if archive.log.neighbour("fleet") is None:
        return None
    with FleetDatabase.of(archive) as fleet:
        return None if fleet.missing_migrations() is None else overview(fleet)


def overview(fleet: FleetDatabase) -> Overview:
    """Return the fleet's overview.

    Raises:
        store.errors.StoreError: The database cannot be read.
    """
    jobs: dict[str, dict[str, int]] = {}
    with fleet.transaction(is_long=True) as connection:
        for row in connection.execute(
            "SELECT queue_name, status, count(*) AS count FROM procrastinate_jobs GROUP BY queue_name, status"
            " ORDER BY queue_name"
        ):
            counts, status = jobs.setdefault(row["queue_name"], {}), STATUSES[row["status"]]
            counts[status] = counts.get(status, 0) + row["count"]
        workers = [_worker(row) for row in connection.execute(_WORKERS)]
        due = connection.execute(
            "SELECT count(*) AS count FROM procrastinate_jobs"
            " WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())"
        ).fetchone()
        state = connection.execute("SELECT paused_at, paused_by FROM fleet_state").fetchone()
    assert due is not None and state is not None
    return Overview(jobs, workers, due["count"], state["paused_at"], state["paused_by"])


def list_jobs(
    fleet: FleetDatabase,
    *,
    status: str | None = None,
    queue: str | None = None,
    batch: str | None = None,
    limit: int | None = None,
) -> list[FleetJob]:
    """Return the jobs, the newest first.

    Args:
        fleet: The fleet's tables.
        status: Only jobs with this status; see `FleetJob.status`.
        queue: Only jobs of this queue.
        batch: Only jobs of this batch.
        limit: The maximum number; None for all.

    Raises:
        store.errors.StoreError: The database cannot be read.
    """
    conditions, values = ["true"], list[Any]()
    if status is not None:
        conditions.append("status = ANY (%s::procrastinate_job_status[])")
        values.append(_STORED[status])
    if queue is not None:
        conditions.append("queue_name = %s")
        values.append(queue)
    if batch is not None:
        conditions.append("args ->> 'batch' = %s")
        values.append(batch)
    with fleet.transaction() as connection:
        query = f"SELECT * FROM procrastinate_jobs WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT %s"
        return [FleetJob.of(row) for row in connection.execute(query, (*values, limit))]


def retry_jobs(fleet: FleetDatabase, jobs: Sequence[FleetJob]) -> int:
    """Let failed jobs wait again, at once; return how many.

    Raises:
        UsageError: One of them has not failed.
        store.errors.StoreError: The database cannot be written.
    """
    manager = JobManager(SyncPsycopgConnector())
    # The function counts an attempt, which was counted when it failed, and refuses a job that was once to be cancelled.
    prepare = "UPDATE procrastinate_jobs SET attempts = attempts - 1, abort_requested = false WHERE id = %s"
    query = "SELECT procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL) FROM procrastinate_jobs WHERE id = %s"
    retried = 0
    with fleet.transaction() as connection:
        for job in jobs:
            status = manager.get_job_status(job.id, connection=connection).value
            if status != "failed":
                raise UsageError(f"Job {job.id} is {STATUSES[status]}; only a failed one can be tried again.")
            connection.execute(prepare, (job.id,))
            connection.execute(query, (job.id,))
            connection.execute("UPDATE fleet_batch SET finished_at = NULL WHERE id = %s", (job.batch,))
            retried += 1
        connection.execute(WAKE)
    return retried


def cancel_jobs(fleet: FleetDatabase, jobs: Sequence[FleetJob]) -> int:
    """Cancel waiting jobs, and have the workers stop those that run; return how many had not ended.

    Raises:
        store.errors.StoreError: The database cannot be written.
    """
    manager = JobManager(SyncPsycopgConnector())
    with fleet.transaction() as connection:
        return sum(manager.cancel_job_by_id(job.id, abort=True, connection=connection) for job in jobs)


def job_named(fleet: FleetDatabase, number: int) -> FleetJob:
    """Return the job with this number.

    Raises:
        UsageError: There is none.
        store.errors.StoreError: The database cannot be read.
    """
    with fleet.transaction() as connection:
        row = connection.execute("SELECT * FROM procrastinate_jobs WHERE id = %s", (number,)).fetchone()
    if row is None:
        raise UsageError(f"There is no job {number}; `veritas fleet jobs` lists them.")
    return FleetJob.of(row)


def remove_ended(fleet: FleetDatabase, before: datetime) -> tuple[int, int]:
    """Remove the jobs of the batches that ended before a time; return how many batches and jobs.

    Raises:
        store.errors.StoreError: The database cannot be written.
    """
    with fleet.transaction(is_long=True) as connection:
        jobs = connection.execute(
            "DELETE FROM procrastinate_jobs WHERE status NOT IN ('todo', 'doing')"
            " AND args ->> 'batch' IN (SELECT id FROM fleet_batch WHERE finished_at < %s)",
            (before,),
        )
        batches = connection.execute(
            "DELETE FROM fleet_batch AS batch WHERE finished_at < %s"
            " AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE args ->> 'batch' = batch.id)",
            (before,),
        )
        return batches.rowcount, jobs.rowcount


def pause(fleet: FleetDatabase, by: str) -> None:
    """Let no worker take a job from now on; what runs goes on.

    Raises:
        store.errors.StoreError: The database cannot be written.
    """
    with fleet.transaction() as connection:
        connection.execute("UPDATE fleet_state SET paused_at = now(), paused_by = %s WHERE paused_at IS NULL", (by,))


def resume(fleet: FleetDatabase) -> None:
    """Let the workers take jobs again.

    Raises:
        store.errors.StoreError: The database cannot be written.
    """
    with fleet.transaction() as connection:
        connection.execute("UPDATE fleet_state SET paused_at = NULL, paused_by = NULL")
        connection.execute(WAKE)


def _worker(row: dict[str, Any]) -> WorkerState:
    state = "silent" if row["silent"] > Timing().stale else "draining" if row["draining"] else "working"
    return WorkerState(state=state, **{name: value for name, value in row.items() if name != "draining"})
