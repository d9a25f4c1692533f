"""The JobAuditor: it does the audit of a job, and says how the job is to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.audit.egress.policy import EgressPolicy
from veritas.audit.network import Network
from veritas.audit.robots import DISALLOWED, Robots, RobotsAnswer
from veritas.batch.batch_log import BatchLog
from veritas.batch.ids import audit_id_of
from veritas.batch.retry_after import retry_after
from veritas.batch.robots_fetcher import robots_fetcher
from veritas.config import Settings
from veritas.errors import RunSpooled, RunTakenOver, SpoolFailed, UsageError, VeritasError
from veritas.events.job import Job
from veritas.events.recorder_events import COMPLETED, INTERRUPTED
from veritas.fleet.job import FleetJob
from veritas.fleet.queue import JobQueue
from veritas.fleet.request import AuditRequest
from veritas.fleet.retry import (
    INTERRUPTED_CAUSE,
    LOST,
    NO_MEANS,
    OTHER,
    ROBOTS_DISALLOWED,
    ROBOTS_UNKNOWN,
    Rule,
    delay_before,
    rule_of_run,
)
from veritas.fleet.retrying_caller import RetryingCaller
from veritas.fleet.running_job import RunningJob
from veritas.recording.audit_options import AuditOptions
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.log_retry import LogRetry
from veritas.recording.request_context import RequestContext
from veritas.recording.run import RunOutcome
from veritas.recording.worker_process import WorkerProcess


@dataclass(frozen=True)
class End:
    """How the queue is to have a job after its audit.

    Attributes:
        record: Records it in the queue; returns whether the job was still this worker's.
        is_last: Whether the job has ended; else it waits again.
    """

    record: Callable[[], bool]
    is_last: bool


@dataclass(frozen=True)
class Means:
    """What a worker brings to its audits, and no job decides.

    Attributes:
        browser: The browser to start; None to find one.
        proxy: The proxy for every request; None for those of the environment.
    """

    browser: str | None = None
    proxy: str | None = None


class _Refused(Exception):
    """A site's robots.txt does not let a page be visited."""

    def __init__(self, answer: RobotsAnswer) -> None:
        super().__init__(answer.reason)
        self.answer = answer


class JobAuditor:
    """Does the audits of a worker's jobs, with processes that it keeps warm."""

    def __init__(
        self,
        archive: Archive,
        queue: JobQueue,
        *,
        means: Means,
        calls: RetryingCaller,
        database_timeout: float,
        report: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is started yet.

        Args:
            archive: The log.
            queue: The queue.
            means: What the worker brings to its audits.
            calls: Calls the log and the queue.
            database_timeout: The seconds for which an audit waits for a log that is not available.
            report: Called with a sentence about each end of an audit.
        """
        self._archive = archive
        self._queue = queue
        self._means = means
        self._calls = calls
        self._database_timeout = database_timeout
        self._report = report
        self._processes: list[WorkerProcess] = []
        self._idle: list[WorkerProcess] = []
        self._robots: dict[EgressPolicy, Robots] = {}

    async def audit(self, running: RunningJob, *, is_interrupted: Callable[[], bool]) -> tuple[End | None, float]:
        """Do a job's audit; return how the job ends, and the pause that its host is to have.

        The end is None if the job is no longer this worker's.

        Raises:
            store.errors.StoreError: The database was not available for too long.
        """
        pauses = [0.0]
        try:
            request = await self._calls.call(partial(self._queue.request_of, running.job.batch))
            pauses.append(request.per_host)
            running.audit = asyncio.create_task(self._run(running.job, request, pauses))
            if is_interrupted():
                running.stop()
            end = await self._end_of(running)
        except StoreError:
            raise
        except Exception as error:  # a job without an end would keep its host for as long as this worker lives
            end = self._again(running.job, OTHER, f"{type(error).__name__}: {error}")
        return end, max(pauses)

    def close(self) -> None:
        """End the processes; no audit may be running."""
        for process in self._processes:
            process.close()

    async def _end_of(self, running: RunningJob) -> End | None:
        """Wait for an audit; return how its job ends."""
        job = running.job
        assert running.audit is not None
        try:
            outcome: RunOutcome = await running.audit
            status, failure = outcome.status, outcome.error or "the audit failed"
        except asyncio.CancelledError:
            status, failure = INTERRUPTED, ""
        except _Refused as refused:
            return await self._refuse(job, refused.answer)
        except RunTakenOver as error:
            self._report(f"Job {job.id} ({job.url}) was given to another worker: {error}")
            # It is still ours if the other was killed after it had ended the run; else this changes nothing.
            await self._calls.call(self._retry_of(job, LOST.cause).record)
            return None
        except (RunSpooled, SpoolFailed) as error:
            self._report(f"Job {job.id} ({job.url}): {error}")
            return self._again(job, OTHER, str(error))
        except StoreError as error:
            if not error.is_temporary:
                raise
            self._report(f"Job {job.id} ({job.url}) could not begin, and waits again: {error}")
            return self._retry_of(job, INTERRUPTED_CAUSE)
        except VeritasError as error:
            return self._again(job, NO_MEANS if isinstance(error, UsageError) else OTHER, str(error))
        if status == COMPLETED:
            self._report(f"Job {job.id} ({job.url}) is completed.")
            return End(partial(self._queue.finish, job, "succeeded"), is_last=True)
        if status == INTERRUPTED:
            if running.is_cancelled:
                self._report(f"Job {job.id} ({job.url}) was cancelled.")
                return End(partial(self._queue.finish, job, "aborted"), is_last=True)
            self._report(f"Job {job.id} ({job.url}) was interrupted, and waits for another worker.")
            return self._retry_of(job, INTERRUPTED_CAUSE)
        run = f"{job.audit}.{job.attempt}"
        rule = await self._calls.call(lambda: rule_of_run(self._archive.events(run)))
        return self._again(job, rule, failure)

    async def _refuse(self, job: FleetJob, answer: RobotsAnswer) -> End:
        """Let the job of a page that robots.txt refuses wait, or record that the page is skipped and end the job."""
        rule = ROBOTS_DISALLOWED if answer.refusal == DISALLOWED else ROBOTS_UNKNOWN
        if delay_before(rule, job.attempt) is None:
            await self._calls.call(partial(self._skip, job, rule.cause, answer.reason))
        return self._again(job, rule, answer.reason)

    def _skip(self, job: FleetJob, kind: str, reason: str) -> None:
        number = 1
        while audit_id_of(job.batch, number) != job.audit:
            number += 1
        BatchLog(self._archive, job.batch).skip(number, kind, reason)

    def _again(self, job: FleetJob, rule: Rule, error: str) -> End:
        """Let a job wait for its next attempt, or end it as failed if it has none left."""
        delay = delay_before(rule, job.attempt)
        if delay is None:
            self._report(f"Job {job.id} ({job.url}) failed ({rule.cause}): {error}")
            return End(partial(self._queue.finish, job, "failed", cause=rule.cause), is_last=True)
        self._report(f"Job {job.id} ({job.url}) failed ({rule.cause}), and is tried again in {delay:g} s: {error}")
        again = partial(self._queue.retry, job, delay, cause=rule.cause, elsewhere=rule.elsewhere)
        return End(again, is_last=False)

    def _retry_of(self, job: FleetJob, cause: str) -> End:
        return End(partial(self._queue.retry, job, 0, cause=cause, elsewhere=False), is_last=False)

    async def _run(self, job: FleetJob, request: AuditRequest, pauses: list[float]) -> RunOutcome:
        """Audit a job's URL; add the pauses that its site asks for to *pauses*."""
        options = request.audit_options(browser=self._means.browser, proxy=self._means.proxy)
        if options.obey_robots:
            answer = await self._robots_for(options).ask(job.url)
            pauses.append(answer.delay or 0.0)
            if answer.refusal is not None:
                raise _Refused(answer)

        def receive(message: Mapping[str, Any]) -> None:
            pauses.append(retry_after(message) or 0.0)

        process = await asyncio.to_thread(self._process)
        try:
            own = Job(str(job.id), job.queue, job.attempt, self._queue.name, self._queue.host)
            runner = await self._calls.call(
                lambda: AuditRunner(
                    job.audit,
                    job.url,
                    request.tier,
                    archive=self._archive,
                    options=options,
                    request=RequestContext(batch=job.batch, tags=request.tags, job=own),
                    retry=LogRetry(self._database_timeout, report=self._report),
                    worker=process,
                    confirm=lambda: self._confirm(job),
                )
            )
            return await runner.run(receive)
        finally:
            self._idle.append(process)

    def _robots_for(self, options: AuditOptions) -> Robots:
        if options.policy not in self._robots:
            settings = Settings.from_environment()
            network = Network.of(replace(settings, proxy=options.proxy or settings.proxy))
            self._robots[options.policy] = Robots(robots_fetcher(options.policy, network))
        return self._robots[options.policy]

    def _confirm(self, job: FleetJob) -> None:
        if not self._calls.call_in_thread(lambda: self._queue.owns(job)):
            raise RunTakenOver("The job was given to another worker before this audit had begun.")

    def _process(self) -> WorkerProcess:
        if self._idle:
            return self._idle.pop()
        process = WorkerProcess()
        self._processes.append(process)
        return process
