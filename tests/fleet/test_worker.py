"""Real workers against a real PostgreSQL: they are killed, stopped, drained and interrupted, and no audit is lost."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from typing import cast

import pytest

from tests.cli.invoking import invoke_in
from tests.fleet.conftest import Fleet
from tests.fleet.killed_midway import run
from tests.fleet.relay import Relay
from tests.fleet.running import OF_TESTS, workers
from tests.fleet.site import Site
from tests.fleet.worker import SHORT
from tests.own_postgresql import free_port, own_server
from tests.processes import wait_until
from veritas.archive.archive import Archive
from veritas.batch.batch import Batch
from veritas.events.recorder_events import RunFinished
from veritas.fleet.database import FleetDatabase
from veritas.fleet.overview import cancel_jobs, overview, pause, resume
from veritas.fleet.worker import Worker
from veritas.projections.audit_state import AuditState
from veritas.recording.takeover import end_abandoned

TWO_AT_ONCE = (*OF_TESTS[:2], "2")


def ends(fleet: Fleet, audit: str) -> list[str]:
    """Return how an audit's runs ended, in their order."""
    return [AuditState.of(fleet.events(run)).status for run in fleet.archive.runs(audit)]


def workers_of(fleet: Fleet, audit: str) -> list[str]:
    """Return the names of the workers of an audit's runs, in their order."""
    requests = [AuditState.of(fleet.events(run)).request for run in fleet.archive.runs(audit)]
    return [each.job.worker for each in requests if each and each.job]


def under_way(fleet: Fleet, site: Site, count: int) -> None:
    """Wait until *count* audits show a page that does not come."""
    wait_until(lambda: len(site.visits) >= count)
    wait_until(lambda: fleet.statuses().count("running") == len(set(site.visits)))


def test_two_workers_lose_no_job(fleet: Fleet, site: Site) -> None:
    """One of them is killed, and the other drains; one story, because each worker takes seconds to start.

    A paused fleet takes nothing. A failed audit is tried again, because something may listen on the port then. A job
    that the worker cannot read, such as one of another version, does not keep its host. The job of the killed worker
    is done by the other, which finishes what it does when it drains, stops what a user cancels, and takes nothing new.
    """
    pause(fleet.tables, "test")
    unreadable = fleet.submit("http://a.test/?token=Wb4x9QmZ7tR2")
    with fleet.tables.transaction() as connection:
        connection.execute("UPDATE fleet_batch SET request = '{}'")
    fleet.submit(f"http://127.0.0.1:{free_port()}/")
    with workers(fleet.address, OF_TESTS) as (first,):
        assert [job.attempts for job in fleet.jobs()] == [0, 0]
        resume(fleet.tables)
        first.wait_for("failed (no_answer), and is tried again in 60 s: '127.0.0.1:")
        first.wait_for("failed (other), and is tried again in 60 s: ValidationError: ")
        wait_until(lambda: fleet.statuses() == ["waiting", "waiting"])
        assert not any("Wb4x9QmZ7tR2" in line for line in first.said)
        (unread, refused) = fleet.jobs()
        assert unread.batch == unreadable
        assert (refused.cause, refused.attempts, ends(fleet, refused.audit)) == ("no_answer", 1, ["failed"])
        assert refused.at is not None
        cancel_jobs(fleet.tables, [unread, refused])

        site.gate.clear()
        batch = fleet.submit(site.url(0))
        under_way(fleet, site, 1)
        with workers(fleet.address, TWO_AT_ONCE) as (second,):
            fleet.submit(site.url(1))
            under_way(fleet, site, 2)
            first.signal(signal.SIGKILL)
            under_way(fleet, site, 3)  # the killed worker's job, again
            fleet.submit(site.url(2))
            second.signal(signal.SIGTERM)
            second.wait_for("takes no further job")
            lost, stopped, left = fleet.jobs()[2:]
            cancel_jobs(fleet.tables, [stopped])
            wait_until(lambda: fleet.statuses()[2:] == ["running", "cancelled", "waiting"])
            site.gate.set()
            assert second.process.wait(90) == 0
            second.wait_for("has ended 2 jobs, and stops.")
    assert fleet.statuses()[2:] == ["completed", "cancelled", "waiting"]
    assert [ends(fleet, job.audit) for job in (lost, stopped, left)] == [
        ["abandoned", "completed"],
        ["interrupted"],
        [],
    ]
    *_, last = fleet.events(f"{lost.audit}.1")
    end = last.from_recorder
    assert isinstance(end, RunFinished)
    assert f"{first.name!r}" in str(end.error)
    assert workers_of(fleet, lost.audit) == [first.name, second.name]
    made = Batch.read(fleet.archive, batch)
    assert made.finished is not None
    assert (made.finished.status, made.finished.counts) == ("completed", {"completed": 1})
    invoke = invoke_in(fleet.address)
    assert invoke("verify").status == 0
    (abandoned,) = invoke("list", "--status", "abandoned", "--format", "json").json
    assert abandoned["batch"] == batch


@pytest.mark.slow
def test_a_worker_that_is_cut_off_visits_on_and_records_nothing_more(site: Site) -> None:
    """Another worker takes its job over, so the host has two visitors until the first is back and is refused."""
    with (
        own_server() as server,
        Relay(server.port) as relay,
        Archive.open(server.url()) as archive,
        FleetDatabase.of(archive) as tables,
    ):
        tables.set_up()
        fleet = Fleet(server.url(), archive, tables)
        site.gate.clear()
        fleet.submit(*site.urls(1))
        with ExitStack() as stack:
            (first,) = stack.enter_context(workers(server.url(relay.port), OF_TESTS))
            under_way(fleet, site, 1)
            (second,) = stack.enter_context(workers(fleet.address, OF_TESTS))
            relay.cut()
            under_way(fleet, site, 2)
            assert len(set(site.visits)) == 1
            relay.join()
            site.gate.set()
            wait_until(lambda: fleet.statuses() == ["completed"], 120)
            first.wait_for("was given to another worker")
            assert [first.end(), second.end()] == [0, 0]
        (job,) = fleet.jobs()
        assert ends(fleet, job.audit) == ["abandoned", "completed"]
        *_, last = fleet.events(f"{job.audit}.1")
        assert isinstance(last.from_recorder, RunFinished)


@pytest.mark.slow
def test_a_worker_that_was_stopped_is_refused_and_goes_on(fleet: Fleet, site: Site) -> None:
    """The log refuses what it records after its job was given to another."""
    site.gate.clear()
    fleet.submit(*site.urls(3))
    with workers(fleet.address, OF_TESTS, OF_TESTS) as (first, second):
        under_way(fleet, site, 2)
        first.signal(signal.SIGSTOP)
        site.gate.set()
        wait_until(lambda: fleet.statuses() == ["completed"] * 3)
        (lost,) = (job for job in fleet.jobs() if job.attempts == 2)
        run = f"{lost.audit}.1"
        *_, last = fleet.events(run)
        end = last.from_recorder
        assert isinstance(end, RunFinished)
        assert (end.status, f"{first.name!r}" in str(end.error)) == ("abandoned", True)
        first.signal(signal.SIGCONT)
        first.wait_for("was given to another worker")
        assert first.end() == 0
        assert second.end() == 0
        assert fleet.events(run)[-1] == last
    assert sorted(ends(fleet, job.audit) for job in fleet.jobs()) == [
        ["abandoned", "completed"],
        ["completed"],
        ["completed"],
    ]
    assert workers_of(fleet, lost.audit) == [first.name, second.name]


@pytest.mark.slow
def test_a_second_signal_interrupts_the_audits_and_gives_the_jobs_back(fleet: Fleet, site: Site) -> None:
    site.gate.clear()
    fleet.submit(site.url(0))
    with workers(fleet.address, OF_TESTS) as (worker,):
        under_way(fleet, site, 1)
        worker.signal(signal.SIGINT)
        worker.wait_for("takes no further job")
        worker.signal(signal.SIGINT)
        worker.signal(signal.SIGTERM)  # a third one does not matter
        assert worker.process.wait(90) == 0
        worker.wait_for("has ended 0 jobs, and stops.")
    (job,) = fleet.jobs()
    assert (job.status, job.attempt, ends(fleet, job.audit)) == ("waiting", 2, ["interrupted"])


@pytest.mark.slow
def test_a_job_stays_with_a_worker_whose_run_was_ended_by_one_that_was_killed(fleet: Fleet, site: Site) -> None:
    """The other has ended the run in the log, and has not given the job away."""
    site.gate.clear()
    fleet.submit(site.url(0))
    with workers(fleet.address, OF_TESTS) as (worker,):
        under_way(fleet, site, 1)
        (job,) = fleet.jobs()
        end_abandoned(fleet.archive, f"{job.audit}.1", "The worker sent no heartbeat.")
        site.gate.set()
        wait_until(lambda: fleet.statuses() == ["completed"])
        assert worker.end() == 0
    assert ends(fleet, job.audit) == ["abandoned", "completed"]


def test_heartbeats_are_sent_while_every_job_records(fleet: Fleet) -> None:
    """An audit occupies a thread that records, and one that reads back what was recorded."""
    jobs = 20
    recorded = threading.Event()

    async def work() -> None:
        worker = Worker(fleet.archive, fleet.tables, jobs=jobs, timing=SHORT, report=lambda sentence: None)
        working = asyncio.create_task(worker.run())
        with ThreadPoolExecutor(1) as own:
            await asyncio.get_running_loop().run_in_executor(own, wait_until, lambda: overview(fleet.tables).workers)
            audits = [asyncio.create_task(asyncio.to_thread(recorded.wait, 120)) for _ in range(2 * jobs)]
            try:
                await asyncio.get_running_loop().run_in_executor(own, wait_for_heartbeats)
            finally:
                recorded.set()
        worker.drain()
        await asyncio.gather(working, *audits)

    def wait_for_heartbeats() -> None:
        for _ in range(3):
            wait_for_a_heartbeat()

    def wait_for_a_heartbeat() -> None:
        last = heartbeat()
        wait_until(lambda: heartbeat() > last)

    def heartbeat() -> datetime:
        with fleet.tables.transaction() as connection:
            row = connection.execute("SELECT last_heartbeat FROM procrastinate_workers").fetchone()
        assert row is not None
        return cast(datetime, row["last_heartbeat"])

    asyncio.run(work())


@pytest.mark.slow
@pytest.mark.timeout(2_000)
def test_two_hundred_jobs_survive_the_death_of_one_of_two_workers(postgresql: str, site: Site) -> None:
    """The workers are those of the command line, with its times."""
    result = run(postgresql, site, jobs=200)
    assert (result.completed_once, result.completed_again, result.lost) == (200, 0, 0)
    assert result.verified
    assert result.takeover < 60


@pytest.mark.slow
def test_workers_wait_for_a_server_and_do_not_take_each_other_for_gone(site: Site) -> None:
    """It is away for longer than a worker may be silent."""
    with own_server() as server, Archive.open(server.url()) as archive, FleetDatabase.of(archive) as tables:
        tables.set_up()
        fleet = Fleet(server.url(), archive, tables)
        fleet.submit(*site.urls(12))
        with workers(fleet.address, OF_TESTS, OF_TESTS) as both:
            wait_until(lambda: fleet.statuses().count("completed") >= 2)
            server.kill()
            wait_until(lambda: all(any("The run waits" in line for line in worker.said) for worker in both))
            back = time.monotonic() + 1.5 * SHORT.stale
            wait_until(lambda: time.monotonic() > back)
            server.start()
            wait_until(lambda: fleet.statuses() == ["completed"] * 12, 120)
            assert [worker.end() for worker in both] == [0, 0]
        assert [ends(fleet, job.audit) for job in fleet.jobs()] == [["completed"]] * 12
