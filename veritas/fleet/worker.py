"""The Worker: it takes jobs from the queue, and does their audits.

procrastinate has a worker too. Ours differs where its issues show that it matters for audits: it sends heartbeats until
its last audit has ended, also while it drains; it waits for a database that is away, and does not end; and it ends the
runs of workers that are gone in the log before their jobs are given to others.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import psycopg

from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.errors import RunSpooled, RunTakenOver, SpoolFailed, UsageError, VeritasError
from veritas.events.job import Job
from veritas.events.recorder_events import COMPLETED, INTERRUPTED
from veritas.fleet.batch_end import end_batch, end_batches
from veritas.fleet.database import FleetDatabase
from veritas.fleet.job import FleetJob
from veritas.fleet.queue import JobQueue
from veritas.fleet.request import AuditRequest
from veritas.fleet.retry import LOST, NO_MEANS, OTHER, Rule, delay_before, rule_of_run
from veritas.fleet.schedule import submit_due
from veritas.fleet.takeover import Timing, take_over
from veritas.formatting import count
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.log_retry import DATABASE_TIMEOUT, LogRetry
from veritas.recording.request_context import RequestContext
from veritas.recording.run import RunOutcome
from veritas.recording.worker_process import WorkerProcess
from veritas.secrets import Secrets

_CHANNEL = "procrastinate_any_queue_v1"  # on which procrastinate announces new jobs, and of jobs to abort

_THREADS_A_JOB = 3  # one records, one reads back what was recorded, one uses the queue
_OTHER_THREADS = 6  # heartbeats must not wait for an audit's end

T = TypeVar("T")


@dataclass(frozen=True)
class Means:
    """What a worker brings to its audits, and no job decides.

    Attributes:
        browser: The browser to start; None to find one.
        proxy: The proxy for every request; None for those of the environment.
    """

    browser: str | None = None
    proxy: str | None = None


@dataclass
class _Running:
    """A job that this worker does."""

    job: FleetJob
    task: asyncio.Task[None] | None = None
    aborted: bool = False  # by a user
    stopped: bool = False  # by a user, or because the worker stops
    auditing: bool = True  # else the audit has ended, and the pause of its host is waited for
    audit: asyncio.Task[Any] | None = field(default=None)


class Worker:
    """Does jobs until it is stopped."""

    def __init__(
        self,
        archive: Archive,
        fleet: FleetDatabase,
        *,
        queues: tuple[str, ...] = (),
        jobs: int = 1,
        means: Means | None = None,
        database_timeout: float = DATABASE_TIMEOUT,
        timing: Timing | None = None,
        report: Callable[[str], None] = print,
    ) -> None:
        """Prepare to work.

        Args:
            archive: The log.
            fleet: The fleet's tables, which are ready.
            queues: The queues to take jobs from; empty for all.
            jobs: How many audits to do at once.
            means: What the worker brings to its audits; None for the machine's own.
            database_timeout: The seconds for which to wait for a database that is not available.
            timing: By which workers know of each other that they live; None for the default.
            report: Called with sentences about what happens.
        """
        self._archive = archive
        self._fleet = fleet
        self._queue = JobQueue(fleet, queues=queues, jobs=jobs)
        self._jobs = jobs
        self._means = means or Means()
        self._retry = LogRetry(database_timeout, report=self._report)
        self._reporting = report
        self._reported = ""
        self._secrets = Secrets()  # the queue has the URLs as they were given
        self._running: dict[int, _Running] = {}
        self._processes: list[WorkerProcess] = []
        self._idle: list[WorkerProcess] = []
        self._wake = asyncio.Event()
        self._draining = False
        self._interrupted = False
        self._timing = timing or Timing()
        self._steady_since = float("inf")  # since when every heartbeat was in time
        self._last_beat = 0.0
        self._error: Exception | None = None
        self._finding = False  # jobs of ours that an answer of the database was lost for

    async def run(self) -> int:
        """Work until `drain` or `interrupt` is called; return how many jobs were ended.

        Raises:
            store.errors.StoreError: The database was not available for too long; running audits were interrupted.
        """
        self._ended = 0
        threads = ThreadPoolExecutor(_THREADS_A_JOB * self._jobs + _OTHER_THREADS, "worker")
        asyncio.get_running_loop().set_default_executor(threads)
        await self._patiently(self._queue.join)
        self._report(f"Worker {self._queue.name!r} takes {count(self._jobs, 'job')} at once.")
        loops = [self._beat(), self._tend(), self._listen(), self._abort()]
        side = [asyncio.create_task(self._guarded(loop)) for loop in loops]
        try:
            await self._take_jobs()
            await asyncio.gather(*(each.task for each in self._running.values() if each.task))
        except BaseException:
            self.interrupt()
            await asyncio.gather(*(each.task for each in self._running.values() if each.task), return_exceptions=True)
            raise
        finally:
            for task in side:
                task.cancel()
            await asyncio.gather(*side, return_exceptions=True)
            await asyncio.to_thread(self._close_processes)
        if self._error is not None:
            raise self._error
        await self._patiently(self._queue.leave)
        self._report(f"Worker {self._queue.name!r} has ended {count(self._ended, 'job')}, and stops.")
        return self._ended

    def drain(self) -> None:
        """Take no further job, finish what runs, and stop."""
        self._draining = True
        self._wake.set()

    def interrupt(self) -> None:
        """Stop at once: running audits end as interrupted, and their jobs wait for another worker."""
        self.drain()
        self._interrupted = True
        for each in self._running.values():
            self._stop(each)

    def handle_signals(self) -> None:
        """Drain at the first SIGTERM or SIGINT, and stop at once at the second."""

        def handle(name: str) -> None:
            if not self._draining:
                self._report(f"{name}: the worker takes no further job; a second signal interrupts those that run.")
                self.drain()
            else:
                self.interrupt()

        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, handle, number.name)

    # Jobs

    async def _take_jobs(self) -> None:
        while not self._draining:
            self._wake.clear()
            if sum(each.auditing for each in self._running.values()) < self._jobs:
                if self._finding:
                    await self._find_jobs()
                job = await self._patiently(self._queue.take)
                if job is not None:
                    self._begin(job)
                    continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._timing.look)

    async def _find_jobs(self) -> None:
        """Give back the jobs that the queue gave to this worker in an answer that was lost."""
        self._finding = False
        for job in await self._patiently(self._queue.running):
            if job.id not in self._running:
                await self._patiently(partial(self._queue.retry, job, 0, cause=OTHER.cause, elsewhere=False))

    def _begin(self, job: FleetJob) -> None:
        running = self._running[job.id] = _Running(job)
        running.task = asyncio.create_task(self._do(running))

    async def _do(self, running: _Running) -> None:
        job = running.job
        try:
            pause = 0.0
            try:
                request = await self._patiently(partial(self._queue.request_of, job.batch))
                pause = request.per_host
                end = await self._audit(running, request)
            except StoreError:
                raise
            except Exception as error:  # a job without an end would keep its host for as long as this worker lives
                end = self._again(job, OTHER, f"{type(error).__name__}: {error}")
            running.auditing = False
            self._wake.set()
            if not self._draining and end is not None:
                # The job keeps its host's lock until the pause is over.
                await self._pause(pause)
            if end is not None and await self._patiently(end):
                self._ended += 1
                await self._patiently(partial(end_batch, self._archive, self._fleet, job.batch))
        except StoreError as error:
            self._fail(error)
        finally:
            if self._running.get(job.id) is running:  # it may have been given to this worker again
                del self._running[job.id]
            self._wake.set()

    async def _audit(self, running: _Running, request: AuditRequest) -> Callable[[], bool] | None:
        """Do a job's audit; return the call that ends the job in the queue, or None if it is no longer ours."""
        job = running.job
        try:
            running.audit = asyncio.create_task(self._run_audit(job, request))
            if self._interrupted:
                self._stop(running)
            outcome = await running.audit
            status, failure = outcome.status, outcome.error or "the audit failed"
        except asyncio.CancelledError:
            status, failure = INTERRUPTED, ""
        except RunTakenOver as error:
            self._report(f"Job {job.id} ({job.url}) was given to another worker: {error}")
            # It is still ours if the other was killed after it had ended the run; else this changes nothing.
            await self._patiently(partial(self._queue.retry, job, 0, cause=LOST.cause, elsewhere=False))
            return None
        except (RunSpooled, SpoolFailed) as error:
            self._report(f"Job {job.id} ({job.url}): {error}")
            return self._again(job, OTHER, str(error))
        except StoreError as error:
            if not error.is_temporary:
                raise
            self._report(f"Job {job.id} ({job.url}) could not begin, and waits again: {error}")
            return partial(self._queue.retry, job, 0, cause="interrupted", elsewhere=False)
        except VeritasError as error:
            return self._again(job, NO_MEANS if isinstance(error, UsageError) else OTHER, str(error))
        if status == COMPLETED:
            self._report(f"Job {job.id} ({job.url}) is completed.")
            return partial(self._queue.finish, job, "succeeded")
        if status == INTERRUPTED:
            if running.aborted:
                self._report(f"Job {job.id} ({job.url}) was cancelled.")
                return partial(self._queue.finish, job, "aborted")
            self._report(f"Job {job.id} ({job.url}) was interrupted, and waits for another worker.")
            return partial(self._queue.retry, job, 0, cause="interrupted", elsewhere=False)
        run = f"{job.audit}.{job.attempt}"
        rule = await self._patiently(lambda: rule_of_run(self._archive.events(run)))
        return self._again(job, rule, failure)

    def _again(self, job: FleetJob, rule: Rule, error: str) -> Callable[[], bool]:
        """Return the call that lets a job wait for its next attempt, or that ends it as failed if it has none left."""
        delay = delay_before(rule, job.attempt)
        if delay is None:
            self._report(f"Job {job.id} ({job.url}) failed ({rule.cause}): {error}")
            return partial(self._queue.finish, job, "failed", cause=rule.cause)
        self._report(f"Job {job.id} ({job.url}) failed ({rule.cause}), and is tried again in {delay:g} s: {error}")
        return partial(self._queue.retry, job, delay, cause=rule.cause, elsewhere=rule.elsewhere)

    async def _run_audit(self, job: FleetJob, request: AuditRequest) -> RunOutcome:
        process = await asyncio.to_thread(self._process)
        try:
            own = Job(str(job.id), job.queue, job.attempt, self._queue.name, self._queue.host)
            runner = await self._patiently(
                lambda: AuditRunner(
                    job.audit,
                    job.url,
                    request.tier,
                    archive=self._archive,
                    options=request.audit_options(browser=self._means.browser, proxy=self._means.proxy),
                    request=RequestContext(batch=job.batch, tags=request.tags, job=own),
                    retry=LogRetry(self._retry.timeout, report=self._report),
                    worker=process,
                    confirm=lambda: self._confirm(job),
                )
            )
            return await runner.run(lambda message: None)
        finally:
            self._idle.append(process)

    def _confirm(self, job: FleetJob) -> None:
        if not self._retry.call(lambda: self._queue.owns(job)):
            raise RunTakenOver("The job was given to another worker before this audit had begun.")

    def _process(self) -> WorkerProcess:
        if self._idle:
            return self._idle.pop()
        process = WorkerProcess()
        self._processes.append(process)
        return process

    def _close_processes(self) -> None:
        for process in self._processes:
            process.close()

    def _stop(self, running: _Running) -> None:
        """Cancel the audit, once: a second time would cancel the record of its end."""
        if running.audit is not None and not running.stopped:
            running.stopped = True
            running.audit.cancel()

    async def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0 and not self._draining:
            await asyncio.sleep(min(left, 0.5))

    # What is done beside them

    async def _beat(self) -> None:
        clock = asyncio.get_running_loop().time
        self._last_beat = self._steady_since = clock()
        while True:
            await asyncio.sleep(self._timing.heartbeat)
            lives = await self._patiently(lambda: self._queue.beat(draining=self._draining))
            if clock() - self._last_beat > self._timing.stale / 2:
                self._steady_since = clock()
            self._last_beat = clock()
            if not lives:
                self._report("The worker was silent for too long, and others have its jobs; it joins again.")
                for each in self._running.values():
                    self._stop(each)
                await self._patiently(self._queue.join)

    async def _tend(self) -> None:
        """Take over the jobs of workers that are gone, end batches, and submit those of schedules that are due.

        After a time without the database, the other workers' heartbeats are as late as this worker's own. So it waits
        until it has sent its own in time for as long as another may be silent.
        """
        while True:
            taken: list[FleetJob] = []
            if self._is_steady():
                # Not patiently: after a time without the database it would no longer be steady.
                with contextlib.suppress(StoreError):
                    taken = await asyncio.to_thread(
                        partial(take_over, self._archive, self._fleet, stale=self._timing.stale, report=self._report)
                    )
            if taken:
                self._wake.set()
            await self._patiently(partial(end_batches, self._archive, self._fleet))
            due = partial(submit_due, self._archive, self._fleet, now=lambda: datetime.now(UTC), report=self._report)
            await self._patiently(due)
            await asyncio.sleep(self._timing.look)

    def _is_steady(self) -> bool:
        """Return whether this worker's own heartbeats were all in time, for as long as another may be silent."""
        now, stale = asyncio.get_running_loop().time(), self._timing.stale
        return now - self._last_beat < stale / 2 and now - self._steady_since > stale

    async def _abort(self) -> None:
        while True:
            await asyncio.sleep(1.0 if self._running else self._timing.look)
            if self._running:
                for number in await self._patiently(self._queue.to_abort):
                    if (running := self._running.get(number)) is not None and not running.aborted:
                        running.aborted = True
                        self._stop(running)

    async def _listen(self) -> None:
        """Wake up at every notification; without one, the worker looks every few seconds anyway."""
        while True:
            try:
                connection = await asyncio.to_thread(self._fleet.tables.connect)
            except StoreError:
                await asyncio.sleep(self._timing.look)
                continue
            try:
                with contextlib.closing(connection):
                    await asyncio.to_thread(connection.execute, f'LISTEN "{_CHANNEL}"')
                    self._wake.set()
                    while True:
                        if await asyncio.to_thread(_notifications, connection):
                            self._wake.set()
            except psycopg.Error:
                await asyncio.sleep(1.0)

    def _report(self, sentence: str) -> None:
        """Report a sentence, unless several of the worker's threads say the same."""
        if sentence != self._reported:
            self._reported = sentence
            self._reporting(self._secrets.mask(sentence))

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.interrupt()

    async def _guarded(self, loop: Coroutine[Any, Any, None]) -> None:
        try:
            await loop
        except Exception as error:  # without one of its loops, the worker must not go on
            self._fail(error)

    async def _patiently(self, call: Callable[[], T]) -> T:
        """Call in a thread, and again while the database is not available.

        Raises:
            store.errors.StoreError: It was not available for too long.
        """

        def attempt() -> T:
            try:
                return call()
            except StoreError:
                self._finding = True  # what was lost may have been the answer only
                raise

        return await asyncio.to_thread(lambda: self._retry.call(attempt))


def _notifications(connection: psycopg.Connection[Any]) -> int:
    """Return the number of notifications that arrive within a second; as soon as there is one."""
    return len(list(connection.notifies(timeout=1.0, stop_after=1)))
