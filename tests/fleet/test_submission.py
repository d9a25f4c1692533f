"""A submission is queued as one batch or not at all, and the log has it either way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store.errors import StoreError
from tests.fleet.conftest import Fleet
from veritas.audit.egress.policy import EgressPolicy, PrivateHost
from veritas.audit.limits import Limits
from veritas.batch.batch import Batch
from veritas.events.recorder_events import BatchCreated
from veritas.events.visitor import Visitor
from veritas.fleet.request import AuditRequest
from veritas.fleet.submission import Placement
from veritas.recording.audit_options import AuditOptions


def test_the_log_has_the_batch_and_the_queue_its_jobs(fleet: Fleet) -> None:
    at = datetime(2027, 1, 1, tzinfo=UTC)
    urls = [f"http://host{number}.test/?password=Zk29vQ7Lx1" for number in range(2_500)]
    batch = fleet.submit(*urls, placement=Placement("night", 7, at))
    jobs = fleet.jobs()
    assert [job.url for job in jobs] == urls
    assert {(job.queue, job.priority, job.at, job.batch) for job in jobs} == {("night", 7, at, batch)}
    made = Batch.read(fleet.archive, batch)
    assert (made.request.origin, made.request.tags, made.request.count) == ("submit", ["nightly"], 2_500)
    assert [job.audit for job in jobs] == [made.audit_id(number) for number in range(1, 2_501)]
    assert not any("Zk29vQ7Lx1" in url for url in made.urls.values())


def test_a_batch_that_cannot_be_queued_ends_as_failed(fleet: Fleet) -> None:
    """The database refuses the queue's name, which is too long, after the log has the batch."""
    with pytest.raises(StoreError):
        fleet.submit("http://a.test/", placement=Placement("q" * 200))
    assert fleet.jobs() == []
    (created,) = (each.run_id for each in fleet.archive.recorder_events(BatchCreated.type))
    finished = Batch.read(fleet.archive, created).finished
    assert finished is not None
    assert (finished.status, finished.counts) == ("failed", {"waiting": 1})


def test_the_options_survive_the_queue_except_for_the_workers_own() -> None:
    options = AuditOptions(
        browser="/opt/chromium",
        proxy="http://user:password@proxy.test:3128",
        policy=EgressPolicy((PrivateHost.parse("10.0.0.5:8080"),)),
        timeout=60,
        limits=Limits.parse(["bytes=100MB"]),
        visitor=Visitor.parse(viewport="mobile", locale="de-DE", time_zone="Europe/Berlin", user_agent="x"),
    )
    request = AuditRequest.of(options, tier="deep_forensic", tags=("a",), per_host=2.5)
    assert "password" not in str(request.stored())
    read = AuditRequest.read(request.stored())
    assert read == request
    back = read.audit_options(browser="/usr/bin/chromium", proxy=None)
    assert (back.browser, back.proxy) == ("/usr/bin/chromium", None)
    assert (back.policy, back.timeout, back.limits, back.visitor) == (
        *(options.policy, options.timeout, options.limits),
        options.visitor,
    )
