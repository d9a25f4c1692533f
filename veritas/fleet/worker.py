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
from functools import partial
from typing import Any

from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.fleet.batch_end import end_batch
from veritas.fleet.database import FleetDatabase
from veritas.fleet.heartbeat import Heartbeat
from veritas.fleet.job import FleetJob
from veritas.fleet.job_auditor import JobAuditor, Means
from veritas.fleet.listener import Listener
from veritas.fleet.queue import JobQueue
from veritas.fleet.reporter import Reporter
from veritas.fleet.retry import OTHER
from veritas.fleet.retrying_caller import RetryingCaller
from veritas.fleet.running_job import RunningJob
from veritas.fleet.takeover import Timing
from veritas.fleet.upkeep import Upkeep
from veritas.formatting import count
from veritas.recording.log_retry import DATABASE_TIMEOUT, LogRetry

_THREADS_A_JOB = 3  # one records, one reads back what was recorded, one uses the queue
_OTHER_THREADS = 6  # heartbeats must not wait for an audit's end


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
        self._report = Reporter(report)
        self._calls = RetryingCaller(LogRetry(database_timeout, report=self._report))
        self._auditor = JobAuditor(
            archive,
            self._queue,
            means=means or Means(),
            calls=self._calls,
            database_timeout=database_timeout,
            report=self._report,
        )
        self._timing = timing or Timing()
        self._heartbeat = Heartbeat(
            self._queue,
            calls=self._calls,
            timing=self._timing,
            is_draining=lambda: self._draining,
            lost=self._stop_lost_jobs,
        )
        self._upkeep = Upkeep(
            archive,
            fleet,
            calls=self._calls,
            heartbeat=self._heartbeat,
            timing=self._timing,
            wake=lambda: self._wake.set(),
            report=self._report,
        )
        self._listener = Listener(fleet, wake=lambda: self._wake.set(), report=self._report, look=self._timing.look)
        self._running: dict[int, RunningJob] = {}
        self._wake = asyncio.Event()
        self._draining = False
        self._interrupted = False
        self._error: Exception | None = None

    async def run(self) -> int:
        """Work until `drain` or `interrupt` is called; return how many jobs were ended.

        Raises:
            store.errors.StoreError: The database was not available for too long; running audits were interrupted.
        """
        self._ended = 0
        threads = ThreadPoolExecutor(_THREADS_A_JOB * self._jobs + _OTHER_THREADS, "worker")
        asyncio.get_running_loop().set_default_executor(threads)
        await self._calls.call(self._queue.join)
        self._report(f"Worker {self._queue.name!r} takes {count(self._jobs, 'job')} at once.")
        loops = [self._heartbeat.run(), self._upkeep.run(), self._listener.run(), self._stop_cancelled_jobs()]
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
            await asyncio.to_thread(self._auditor.close)
        if self._error is not None:
            raise self._error
        await self._calls.call(self._queue.leave)
        self._report(f"Worker {self._queue.name!r} has ended {count(self._ended, 'job')}, and stops.")
        return self._ended

    def drain(self) -> None:
        """Take no further job, finish what runs, keep the pauses of its hosts, and stop."""
        self._draining = True
        self._wake.set()

    def interrupt(self) -> None:
        """Stop at once: running audits end as interrupted, and their jobs wait for another worker."""
        self.drain()
        self._interrupted = True
        for each in self._running.values():
            each.stop()

    def handle_signals(self) -> None:
        """Drain at the first SIGTERM or SIGINT, and stop at once at the second."""

        def handle(name: str) -> None:
            if not self._draining:
                self._report(
                    f"{name}: the worker takes no further job, and stops after those that run and the pauses of their"
                    " hosts; a second signal interrupts them."
                )
                self.drain()
            else:
                self.interrupt()

        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, handle, number.name)

    async def _take_jobs(self) -> None:
        while not self._draining:
            self._wake.clear()
            if sum(each.is_auditing for each in self._running.values()) < self._jobs:
                if self._calls.has_failed:
                    await self._give_back_jobs()
                job = await self._calls.call(self._queue.take)
                if job is not None:
                    self._begin(job)
                    continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._timing.look)

    async def _give_back_jobs(self) -> None:
        """Give back the jobs that the queue gave to this worker in an answer that was lost."""
        self._calls.has_failed = False
        for job in await self._calls.call(self._queue.running):
            if job.id not in self._running:
                await self._calls.call(partial(self._queue.retry, job, 0, cause=OTHER.cause, elsewhere=False))

    def _begin(self, job: FleetJob) -> None:
        running = self._running[job.id] = RunningJob(job)
        running.task = asyncio.create_task(self._do(running))

    async def _do(self, running: RunningJob) -> None:
        job = running.job
        try:
            end, pause = await self._auditor.audit(running, is_interrupted=lambda: self._interrupted)
            running.is_auditing = False
            self._wake.set()
            if end is not None:  # the job keeps its host's lock until the pause is over
                await self._pause(pause)
            if end is not None and await self._calls.call(end.record) and end.is_last:
                self._ended += 1
                await self._calls.call(partial(end_batch, self._archive, self._fleet, job.batch))
        except StoreError as error:
            self._fail(error)
        finally:
            if self._running.get(job.id) is running:  # it may have been given to this worker again
                del self._running[job.id]
            self._wake.set()

    async def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while (left := end - loop.time()) > 0 and not self._interrupted:
            await asyncio.sleep(min(left, 0.5))

    def _stop_lost_jobs(self) -> None:
        self._report("The worker was silent for too long, and others have its jobs; it joins again.")
        for each in self._running.values():
            each.stop()

    async def _stop_cancelled_jobs(self) -> None:
        """Stop the audits of jobs that a user has cancelled."""
        while True:
            await asyncio.sleep(1.0 if self._running else self._timing.look)
            if self._running:
                for number in await self._calls.call(self._queue.to_abort):
                    if (running := self._running.get(number)) is not None and not running.is_cancelled:
                        running.is_cancelled = True
                        running.stop()

    def _fail(self, error: Exception) -> None:
        self._error = self._error or error
        self.interrupt()

    async def _guarded(self, loop: Coroutine[Any, Any, None]) -> None:
        try:
            await loop
        except Exception as error:  # without one of its loops, the worker must not go on
            self._fail(error)
