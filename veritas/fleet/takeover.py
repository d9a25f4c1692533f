"""Take over the jobs of workers that are gone: end their runs in the log, and let the jobs wait again.

A worker counts as gone if it sent no heartbeat for `Timing.stale` seconds. It may only have been cut off, or stopped.
So its run is ended in the log first, which the log's order decides (`veritas.recording.takeover`). The job is locked
meanwhile, so that a worker that has just taken it and has not begun finds out that it is too late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from veritas.archive.archive import Archive
from veritas.events.recorder_events import COMPLETED
from veritas.fleet.database import FleetDatabase
from veritas.fleet.job import FleetJob
from veritas.fleet.queue import LostJob
from veritas.fleet.retry import LOST, delay_before
from veritas.recording.takeover import end_abandoned


@dataclass(frozen=True)
class Timing:
    """The times by which workers know of each other that they live, in seconds.

    Attributes:
        heartbeat: The time between two heartbeats of a worker.
        stale: The time without one after which a worker counts as gone.
        look: The time between two looks for jobs, lost workers and due schedules, if no notification comes.
    """

    heartbeat: float = 5.0
    stale: float = 30.0
    look: float = 5.0


_LOST = """
SELECT job.*, extract(epoch FROM now() - worker.last_heartbeat)::float AS silent, known.name AS worker, known.host
FROM procrastinate_jobs AS job
LEFT JOIN procrastinate_workers AS worker ON worker.id = job.worker_id
LEFT JOIN fleet_worker AS known ON known.id = job.worker_id
WHERE job.status = 'doing' AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))
ORDER BY job.id LIMIT 1 FOR UPDATE OF job SKIP LOCKED
"""
_GONE = """
DELETE FROM procrastinate_workers AS worker WHERE last_heartbeat < now() - make_interval(secs => %s)
AND NOT EXISTS (SELECT FROM procrastinate_jobs WHERE worker_id = worker.id AND status = 'doing')
"""


def take_over(archive: Archive, fleet: FleetDatabase, *, stale: float, report: Callable[[str], None]) -> list[FleetJob]:
    """Take over all jobs whose workers are gone, and forget these workers; return the jobs.

    Args:
        archive: The log.
        fleet: The fleet's tables.
        stale: See `Timing`.
        report: Called with a sentence about each job.

    Raises:
        store.errors.StoreError: The log or the queue cannot be used.
    """
    taken: list[FleetJob] = []
    while (job := _take_over_next(archive, fleet, stale, report)) is not None:
        taken.append(job)
    with fleet.transaction() as connection:
        connection.execute(_GONE, (stale,))
    return taken


def _take_over_next(
    archive: Archive, fleet: FleetDatabase, stale: float, report: Callable[[str], None]
) -> FleetJob | None:
    with fleet.transaction() as connection:
        row = connection.execute(_LOST, (stale,)).fetchone()
        if row is None:
            return None
        lost = LostJob(FleetJob.of(row), row["silent"], row["worker"], row["host"])
        job = lost.job
        reason = _reason(lost)
        run = f"{job.audit}.{job.attempt}"
        completed = archive.log.last(run) is not None and end_abandoned(archive, run, reason).status == COMPLETED
        delay = delay_before(LOST, job.attempt)
        cancelled = connection.execute(
            "SELECT FROM procrastinate_jobs WHERE id = %s AND abort_requested", (job.id,)
        ).rowcount
        if completed or cancelled or delay is None:
            status = "succeeded" if completed else "aborted" if cancelled else "failed"
            if status == "failed":
                connection.execute(
                    "UPDATE procrastinate_jobs SET args = args || %s WHERE id = %s",
                    (f'{{"cause": "{LOST.cause}"}}', job.id),
                )
            connection.execute("SELECT procrastinate_finish_job_v1(%s, %s, false)", (job.id, status))
            outcome = f"it is {status}"
        else:
            connection.execute("SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)", (job.id,))
            outcome = "it waits again"
    report(f"Job {job.id} ({job.url}) was taken over: {reason} So {outcome}.")
    return job


def _reason(lost: LostJob) -> str:
    if lost.silent is None:
        return "The worker that did this audit is gone."
    return f"The worker {lost.worker!r} on {lost.host!r} sent no heartbeat for {lost.silent:.0f} s."
