"""Submit a batch: record it in the log, and put one job for each URL into a queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from psycopg.types.json import Jsonb

from veritas.archive.archive import Archive
from veritas.batch.batch_log import create_batch
from veritas.batch.ids import audit_id_of
from veritas.events.recorder_events import BatchCreated
from veritas.fleet.database import FleetDatabase
from veritas.fleet.request import AuditRequest

TASK = "audit"  # the name of the task that the jobs have in procrastinate's tables
QUEUE = "default"
SUBMIT = "submit"  # the origin of a batch whose audits workers do
_CHUNK = 2_000  # jobs that are added by one statement


@dataclass(frozen=True)
class Placement:
    """Where and when the jobs of a batch wait.

    Attributes:
        queue: The queue.
        priority: Jobs with a higher number are taken first.
        at: When they may be taken first; None for at once.
    """

    queue: str = QUEUE
    priority: int = 0
    at: datetime | None = None


def submit(
    archive: Archive,
    fleet: FleetDatabase,
    urls: Sequence[str],
    request: AuditRequest,
    placement: Placement,
    *,
    name: str | None = None,
) -> str:
    """Record a batch and queue its audits, all of them or none; return the batch's id.

    Args:
        archive: The log.
        fleet: The fleet's tables, which are ready.
        urls: The URLs, each of them checked and once.
        request: How they are audited.
        placement: Where and when the jobs wait.
        name: The batch's name.

    Raises:
        store.errors.StoreError: The log or the fleet's tables cannot be written.
    """
    with fleet.transaction(is_long=True) as connection:
        return submit_within(connection, archive, urls, request, placement, name=name)


def submit_within(
    connection: psycopg.Connection[dict[str, Any]],
    archive: Archive,
    urls: Sequence[str],
    request: AuditRequest,
    placement: Placement,
    *,
    name: str | None,
) -> str:
    """Submit a batch as `submit` does, in the caller's transaction.

    The log has the batch before the queue has its jobs. If the jobs cannot be added, the batch ends in the log as
    failed; only a crash in between would leave it without an end and without an audit.
    """
    created = BatchCreated(
        batch="",
        origin=SUBMIT,
        name=name,
        tags=list(request.tags),
        tier=request.tier,
        count=0,
        options=request.options,
        per_host=request.per_host,
        obey_robots=bool(request.options.get("obey_robots")),
    )
    log = create_batch(archive, created, urls)
    try:
        connection.execute(
            "INSERT INTO fleet_batch (id, request) VALUES (%s, %s)", (log.batch, Jsonb(request.stored()))
        )
        manager = JobManager(SyncPsycopgConnector())
        for start in range(0, len(urls), _CHUNK):
            jobs = [
                _job(log.batch, number, url, placement)
                for number, url in enumerate(urls[start : start + _CHUNK], start + 1)
            ]
            manager.batch_defer_jobs(jobs, connection=connection)
    except BaseException as error:
        log.finish("failed", {"waiting": len(urls)}, f"The jobs could not be queued: {_first_line(error)}")
        raise
    return log.batch


def host_of(url: str) -> str:
    """Return the host of a URL, which one worker at a time may audit."""
    return urlsplit(url).hostname or ""


def _first_line(error: BaseException) -> str:
    """Return an error's message; PostgreSQL's next lines may have the URLs, and secrets in them."""
    return str(error).partition("\n")[0]


def _job(batch: str, number: int, url: str, placement: Placement) -> Job:
    return Job(
        id=None,
        queue=placement.queue,
        priority=placement.priority,
        lock=host_of(url),
        queueing_lock=None,
        task_name=TASK,
        task_kwargs={"batch": batch, "audit": audit_id_of(batch, number), "url": url},
        scheduled_at=placement.at,
    )
