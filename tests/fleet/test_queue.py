"""The queue gives each job to one worker, no host to two, and takes nothing from a worker that lost its job."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from tests.fleet.conftest import Fleet
from veritas.archive.archive import Archive
from veritas.batch.batch import Batch
from veritas.errors import UsageError
from veritas.fleet.batch_end import end_batch, end_batches
from veritas.fleet.job import FleetJob
from veritas.fleet.overview import (
    cancel_jobs,
    list_jobs,
    overview,
    overview_of,
    pause,
    remove_ended,
    resume,
    retry_jobs,
)
from veritas.fleet.queue import JobQueue
from veritas.fleet.submission import Placement
from veritas.fleet.takeover import take_over


def joined(fleet: Fleet, *queues: str) -> JobQueue:
    """Return the queue of a new worker."""
    queue = JobQueue(fleet.tables, queues=queues, jobs=1)
    queue.join()
    return queue


def taken(queue: JobQueue) -> FleetJob:
    job = queue.take()
    assert job is not None
    return job


def test_jobs_are_taken_by_priority_and_then_in_their_order(fleet: Fleet) -> None:
    fleet.submit("http://a.test/", "http://b.test/")
    fleet.submit("http://c.test/", placement=Placement(priority=5))
    fleet.submit("http://d.test/", placement=Placement("other"))
    queue = joined(fleet, "default")
    assert [taken(queue).url for _ in range(3)] == ["http://c.test/", "http://a.test/", "http://b.test/"]
    assert queue.take() is None
    assert taken(joined(fleet)).url == "http://d.test/"


def test_a_host_is_given_to_one_worker_at_a_time(fleet: Fleet) -> None:
    """A job that waits for a later time leaves its host to the others, which procrastinate's own locks would not."""
    fleet.submit("http://a.test/later", placement=Placement(at=datetime.now(UTC) + timedelta(hours=1), priority=9))
    fleet.submit("http://a.test/1", "http://A.test/2", "http://b.test/")
    first, second = joined(fleet), joined(fleet)
    job = taken(first)
    assert job.url == "http://a.test/1"
    assert taken(second).url == "http://b.test/"
    assert second.take() is None
    assert first.finish(job, "succeeded")
    assert taken(second).url == "http://A.test/2"


def test_a_paused_fleet_gives_no_job(fleet: Fleet) -> None:
    fleet.submit("http://a.test/")
    queue = joined(fleet)
    pause(fleet.tables, "an operator")
    assert queue.take() is None
    assert overview(fleet.tables).paused_by == "an operator"
    resume(fleet.tables)
    assert queue.take() is not None


def test_many_workers_share_the_jobs_and_never_a_host(fleet: Fleet) -> None:
    """Eight take and finish at once; of each host at most one job runs, and each job is given once."""
    fleet.submit(*(f"http://host{number % 7}.test/{number}" for number in range(120)))
    running: Counter[str] = Counter()
    done: list[int] = []
    clashes: list[str] = []
    lock = threading.Lock()

    def work() -> None:
        queue = joined(fleet)
        while len(done) < 120:
            job = queue.take()
            if job is None:
                continue
            host = job.url.split("/")[2]
            with lock:
                running[host] += 1
                if running[host] > 1:
                    clashes.append(host)
            with lock:
                running[host] -= 1
                done.append(job.id)
            assert queue.finish(job, "succeeded")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not clashes
    assert sorted(done) == sorted({job.id for job in fleet.jobs()})
    assert set(fleet.statuses()) == {"completed"}


def test_a_worker_that_lost_its_job_changes_nothing(fleet: Fleet) -> None:
    """Its job may run again, by another worker or even by itself under the same number."""
    fleet.submit("http://a.test/")
    first, second = joined(fleet), joined(fleet)
    job = taken(first)
    _forget_heartbeats(fleet)
    assert second.beat(draining=False)
    (lost,) = take_over(fleet.archive, fleet.tables, stale=30, report=print)
    assert lost.id == job.id
    assert not first.owns(job)
    again = taken(second)
    assert (again.id, again.attempt) == (job.id, 2)
    assert not first.finish(job, "succeeded")
    assert not first.retry(job, 0, cause="other", elsewhere=False)
    assert not first.beat(draining=False)
    assert first.take() is None  # until it joins again
    first.join()
    assert first.take() is None
    assert second.owns(again)
    assert second.finish(again, "succeeded")


def test_a_job_whose_worker_is_not_known_any_more_is_taken_over(fleet: Fleet) -> None:
    """procrastinate's tools can remove the row of a worker that seems to be gone."""
    fleet.submit("http://a.test/")
    queue = joined(fleet)
    taken(queue)
    with fleet.tables.transaction() as connection:
        connection.execute("DELETE FROM procrastinate_workers")
    assert len(take_over(fleet.archive, fleet.tables, stale=30, report=print)) == 1
    assert fleet.statuses() == ["waiting"]


def test_a_job_that_costs_its_worker_again_and_again_fails(fleet: Fleet) -> None:
    fleet.submit("http://a.test/")
    for _ in range(4):
        taken(joined(fleet))
        _forget_heartbeats(fleet)
        take_over(fleet.archive, fleet.tables, stale=30, report=print)
    (job,) = fleet.jobs()
    assert (job.status, job.cause, job.attempts) == ("failed", "lost", 4)


def test_a_machine_that_lacks_something_leaves_the_job_to_another(fleet: Fleet) -> None:
    fleet.submit("http://a.test/")
    first, second = joined(fleet), joined(fleet)
    assert first.retry(taken(first), 0, cause="no_means", elsewhere=True)
    assert first.take() is None
    assert taken(second).cause == "no_means"


def test_a_job_of_an_answer_that_was_lost_is_found(fleet: Fleet) -> None:
    fleet.submit("http://a.test/")
    queue = joined(fleet)
    job = taken(queue)
    assert queue.running() == [job]


def test_only_failed_jobs_are_tried_again_and_ended_ones_stay(fleet: Fleet) -> None:
    batch = fleet.submit("http://a.test/", "http://b.test/", "http://c.test/")
    queue = joined(fleet)
    for status in ("succeeded", "failed"):
        assert queue.finish(taken(queue), status)
    first, second, third = fleet.jobs()
    with pytest.raises(UsageError, match=f"Job {first.id} is completed; only a failed one"):
        retry_jobs(fleet.tables, [first])
    assert cancel_jobs(fleet.tables, [first, third]) == 1
    assert end_batch(fleet.archive, fleet.tables, batch)
    assert not end_batch(fleet.archive, fleet.tables, batch)
    finished = Batch.read(fleet.archive, batch).finished
    assert finished is not None
    assert finished.counts == {"completed": 1, "failed": 1, "interrupted": 1}
    assert retry_jobs(fleet.tables, [second]) == 1
    assert fleet.statuses() == ["completed", "waiting", "cancelled"]
    (again,) = list_jobs(fleet.tables, status="waiting", batch=batch)
    assert (again.id, second.attempts, again.attempts, again.attempt) == (second.id, 1, 1, 2)


def test_an_attempt_that_was_cancelled_counts_as_one(fleet: Fleet) -> None:
    """So that a further one has a run of its own."""
    fleet.submit("http://a.test/")
    queue = joined(fleet)
    job = taken(queue)
    cancel_jobs(fleet.tables, [job])
    assert queue.retry(job, 0, cause="other", elsewhere=False)
    (cancelled,) = fleet.jobs()
    assert (cancelled.status, cancelled.attempts) == ("failed", 1)
    assert retry_jobs(fleet.tables, [cancelled]) == 1
    assert [job.attempt for job in fleet.jobs()] == [2]


def test_the_jobs_of_ended_batches_are_removed_and_no_others(fleet: Fleet) -> None:
    ended = fleet.submit("http://a.test/", "http://b.test/")
    cancel_jobs(fleet.tables, fleet.jobs())
    assert end_batch(fleet.archive, fleet.tables, ended)
    fleet.submit("http://c.test/")
    now = datetime.now(UTC)
    assert remove_ended(fleet.tables, now - timedelta(hours=1)) == (0, 0)
    assert remove_ended(fleet.tables, now + timedelta(hours=1)) == (1, 2)
    assert [job.url for job in fleet.jobs()] == ["http://c.test/"]


def test_the_end_of_a_batch_is_recorded_if_the_worker_of_its_last_job_is_killed(fleet: Fleet) -> None:
    """The worker has ended the job, and not the batch; a batch with a job that is left goes on."""
    batch = fleet.submit("http://a.test/")
    queue = joined(fleet)
    assert queue.finish(taken(queue), "succeeded")
    running = fleet.submit("http://b.test/")
    for _ in range(2):
        end_batches(fleet.archive, fleet.tables)
    assert [each.event.type for each in fleet.events(batch)].count("batch_finished") == 1
    made = Batch.read(fleet.archive, batch)
    assert made.finished is not None
    assert made.finished.counts == {"completed": 1}
    assert Batch.read(fleet.archive, running).finished is None


def test_the_overview_counts_jobs_and_workers(fleet: Fleet) -> None:
    fleet.submit("http://a.test/", "http://b.test/")
    queue = joined(fleet)
    taken(queue)
    now = overview_of(fleet.archive)
    assert now is not None
    assert (now.jobs, now.due) == ({"default": {"waiting": 1, "running": 1}}, 1)
    assert (now.count("waiting"), now.count("failed")) == (1, 0)
    (worker,) = now.workers
    assert (worker.name, worker.state, worker.running, worker.lives) == (queue.name, "working", 1, True)
    _forget_heartbeats(fleet)
    assert [each.state for each in overview(fleet.tables).workers] == ["silent"]


def test_a_log_without_a_fleet_has_no_overview(postgresql: str, sqlite_archive: Archive) -> None:
    with Archive.open(postgresql) as archive:
        assert overview_of(archive) is None
    assert overview_of(sqlite_archive) is None


def _forget_heartbeats(fleet: Fleet) -> None:
    """Let every worker have been silent for a minute."""
    with fleet.tables.transaction() as connection:
        connection.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 minute'")
