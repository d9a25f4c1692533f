"""A job whose page robots.txt does not let be visited, and the pause that a host has; no browser is needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.fleet.conftest import Fleet
from tests.own_postgresql import free_port
from tests.serving import serving
from veritas.batch.batch import Batch
from veritas.batch.summary import summarize
from veritas.errors import VeritasError
from veritas.fleet.batch_end import end_batch
from veritas.fleet.job_auditor import End, JobAuditor, Means
from veritas.fleet.overview import cancel_jobs
from veritas.fleet.queue import JobQueue
from veritas.fleet.request import AuditRequest
from veritas.fleet.retrying_caller import RetryingCaller
from veritas.fleet.running_job import RunningJob
from veritas.fleet.worker import Worker
from veritas.recording.audit_options import AuditOptions
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.log_retry import LogRetry
from veritas.recording.run import RunOutcome

Receive = Callable[[Mapping[str, Any]], None]

OBEYING = AuditRequest.of(AuditOptions(obey_robots=True), tier="quick_scan", tags=(), per_host=0.5)


def do_next(fleet: Fleet, said: list[str]) -> tuple[bool, float]:
    """Take the next job and do it; return whether it has ended, and the pause of its host."""
    queue = JobQueue(fleet.tables, queues=(), jobs=1)
    queue.join()
    calls = RetryingCaller(LogRetry(0))
    auditor = JobAuditor(fleet.archive, queue, means=Means(), calls=calls, database_timeout=0, report=said.append)
    job = queue.take()
    assert job is not None
    end, pause = asyncio.run(auditor.audit(RunningJob(job), is_interrupted=lambda: False))
    assert end is not None and end.record()
    return end.is_last, pause


def test_a_page_that_robots_txt_disallows_is_skipped(fleet: Fleet) -> None:
    """The log says so and has no audit of it, and the job has failed for good."""
    robots = b"User-agent: *\nDisallow: /private\nCrawl-delay: 3\n"
    with serving(lambda path: robots, "text/plain") as url:
        batch = fleet.submit("http://a.test/", f"{url}/private/page", request=OBEYING)
        cancel_jobs(fleet.tables, fleet.jobs()[:1])
        said: list[str] = []
        assert do_next(fleet, said) == (True, 3)
    job = fleet.jobs()[1]
    assert (job.status, job.cause) == ("failed", "robots_disallowed")
    assert "disallows" in said[0]
    assert fleet.archive.runs(job.audit) == []
    assert end_batch(fleet.archive, fleet.tables, batch)
    made = Batch.read(fleet.archive, batch)
    assert made.finished is not None
    assert made.finished.counts == {"interrupted": 1, "skipped": 1}
    assert made.skipped[2].kind == "robots_disallowed"
    assert summarize(fleet.archive, batch).counts["skipped"] == 1


def test_a_page_waits_if_its_robots_txt_cannot_be_read(fleet: Fleet) -> None:
    batch = fleet.submit(f"http://127.0.0.1:{free_port()}/", request=OBEYING)
    assert do_next(fleet, []) == (False, 0.5)
    (job,) = fleet.jobs()
    assert (job.status, job.cause, job.attempt) == ("waiting", "robots_unknown", 2)
    assert Batch.read(fleet.archive, batch).skipped == {}


def test_a_host_has_the_pause_that_it_asks_for(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it is longer than the pause of the batch."""

    async def run(_: AuditRunner, receive: Receive) -> RunOutcome:
        page = {"status": 503, "headers": [["Retry-After", "120"]]}
        receive({"step": "page_loaded", "summary": page})
        raise VeritasError("The page answered 503.")

    monkeypatch.setattr(AuditRunner, "run", run)
    fleet.submit("http://a.test/")
    assert do_next(fleet, []) == (False, 120)


@pytest.mark.parametrize(("pause", "is_interrupted"), [(1.0, False), (600.0, True)], ids=["drained", "interrupted"])
def test_a_worker_that_drains_keeps_the_pause_of_a_host(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch, pause: float, is_interrupted: bool
) -> None:
    """Else another worker would visit the host at once. A worker that is to stop at once does not wait."""
    fleet.submit("http://a.test/")
    worker = Worker(fleet.archive, fleet.tables, report=lambda sentence: None)
    times: list[float] = []

    def record() -> bool:
        times.append(time.monotonic())
        return True

    async def audit(*_: object, **__: object) -> tuple[End, float]:
        times.append(time.monotonic())
        worker.drain()
        if is_interrupted:
            worker.interrupt()
        return End(record, is_last=False), pause

    monkeypatch.setattr(JobAuditor, "audit", audit)
    assert asyncio.run(worker.run()) == 0
    audited, recorded = times
    assert (recorded - audited >= pause) is not is_interrupted
