"""Many short jobs by two workers, one of which is killed midway; also for the benchmark of the fleet."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass

from tests.fleet.running import REAL, workers
from tests.fleet.site import Site
from tests.processes import wait_until
from veritas.archive.archive import Archive
from veritas.fleet.database import FleetDatabase
from veritas.fleet.overview import overview
from veritas.fleet.request import AuditRequest
from veritas.fleet.submission import Placement, submit
from veritas.projections.run_summary import runs_of


@dataclass(frozen=True)
class Result:
    """What the log has afterwards.

    Attributes:
        jobs: How many jobs there were.
        completed_once: How many audits have exactly one completed run.
        completed_again: How many have more than one.
        lost: How many have none.
        abandoned: How many runs were ended by another worker.
        takeover: The seconds from the kill until all jobs of the killed worker had been given to the other.
        seconds: The seconds from the submission to the end of the last job.
        verified: Whether the log is as it was recorded.
    """

    jobs: int
    completed_once: int
    completed_again: int
    lost: int
    abandoned: int
    takeover: float
    seconds: float
    verified: bool


def run(database: str, site: Site, *, jobs: int = 200, at_once: int = 1, timeout: float = 1_800) -> Result:
    """Do *jobs* short audits by two real workers, and kill one with SIGKILL when half of the jobs are done.

    Args:
        database: The address of an empty schema on PostgreSQL.
        site: The site; each job visits another host of it.
        jobs: The number of jobs.
        at_once: How many audits each worker does at once.
        timeout: The seconds that all of it may take.
    """
    with Archive.open(database) as archive, FleetDatabase.of(archive) as fleet:
        fleet.set_up()
        begin = time.monotonic()
        request = AuditRequest(tier="quick_scan")
        submit(archive, fleet, site.urls(jobs), request, Placement(), name="killed midway")
        command = (*REAL, "--jobs", str(at_once))
        with workers(database, command, command) as (first, second):
            wait_until(lambda: overview(fleet).count("completed") >= jobs // 2, timeout)
            wait_until(lambda: any(each.name == first.name and each.running for each in overview(fleet).workers))
            first.signal(signal.SIGKILL)
            killed = time.monotonic()
            wait_until(lambda: not any(each.name == first.name for each in overview(fleet).workers), timeout)
            takeover = time.monotonic() - killed
            wait_until(lambda: sum(map(overview(fleet).count, ("waiting", "running"))) == 0, timeout)
            seconds = time.monotonic() - begin
            second.end()
        rows = [row for row in runs_of(archive.log).rows(limit=None) if row.url]
        completed = Counter(row.run_id.rpartition(".")[0] for row in rows if row.status == "completed")
        result = Result(
            jobs=jobs,
            completed_once=sum(number == 1 for number in completed.values()),
            completed_again=sum(number > 1 for number in completed.values()),
            lost=jobs - len(completed),
            abandoned=sum(row.status == "abandoned" for row in rows),
            takeover=takeover,
            seconds=seconds,
            verified=archive.log.verify().fault is None,
        )
        with fleet.transaction() as connection:
            connection.execute(f'DROP SCHEMA "{fleet.tables.schema}" CASCADE')
        return result
