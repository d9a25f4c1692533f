"""The BatchRunner: it audits the URLs of a batch, several at once, each as an audit of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from store.errors import StoreError
from veritas.audit.robots import Robots
from veritas.batch.batch import Batch
from veritas.batch.batch_log import BatchLog
from veritas.batch.lazy_worker import LazyWorker
from veritas.batch.observer import BatchObserver
from veritas.batch.retry_after import retry_after
from veritas.batch.schedule import Schedule, Target
from veritas.errors import BatchTakenOver, RunSpooled, RunTakenOver, SpoolFailed, VeritasError
from veritas.events.process_identity import ProcessIdentity
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import RunOutcome
from veritas.recording.worker_process import WorkerProcess

_ATTEMPTS = 3  # to begin an audit, each after the log was available again
_THREADS_A_JOB = 3  # one records, one reads back what was recorded, one prepares

MakeAudit = Callable[[str, str, WorkerProcess], AuditRunner]  # (audit id, URL, worker)


class BatchRunner:
    """Runs the audits of one batch that are still to be done.

    Attributes:
        unequal: The runs whose transports were compared, and are not equal.
    """

    def __init__(
        self,
        batch: Batch,
        targets: Sequence[Target],
        *,
        log: BatchLog,
        make_audit: MakeAudit,
        jobs: int,
        per_host: float,
        robots: Robots | None = None,
        observer: BatchObserver | None = None,
    ) -> None:
        """Prepare to run.

        Args:
            batch: The batch.
            targets: The URLs that are to be audited.
            log: The writer of the batch's stream.
            make_audit: Returns the runner of one audit; it is called in any thread.
            jobs: How many audits are done at once.
            per_host: The least pause between two audits of one host, in seconds.
            robots: The robots.txt of sites; None to visit every page.
            observer: Is called with what happens; None for no one.
        """
        self.unequal: list[str] = []
        self._batch = batch
        self._log = log
        self._make_audit = make_audit
        self._schedule = Schedule(targets, pause=per_host)
        self._jobs = max(1, min(jobs, self._schedule.hosts))
        self._robots = robots
        self._observer = observer or BatchObserver()
        self._changed = asyncio.Event()
        self._own = ProcessIdentity.own()

    async def run(self) -> None:
        """Run the audits. If this task is cancelled, those that run end in the log as interrupted.

        Raises:
            BatchTakenOver: Another process has resumed the batch.
            RunSpooled: The log was not available for too long, so the rest of a run is in a file.
            SpoolFailed: Neither the log nor that file can be written.
            store.errors.StoreError: The log cannot be read or written.
        """
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(_THREADS_A_JOB * self._jobs + 2, "batch") as threads:
            loop.set_default_executor(threads)
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(self._jobs):
                        group.create_task(self._work())
            except BaseExceptionGroup as errors:
                raise errors.exceptions[0] from None
            await self._require_batch()

    async def _work(self) -> None:
        """Do one audit after another with one worker."""
        worker = LazyWorker()
        try:
            while (target := await self._next()) is not None:
                pause = None
                try:
                    pause = await self._visit(target, worker)
                finally:
                    self._schedule.release(target, asyncio.get_running_loop().time(), pause=pause)
                    self._changed.set()
        finally:
            await asyncio.shield(asyncio.to_thread(worker.close))

    async def _next(self) -> Target | None:
        """Wait for a URL whose host may be visited, and return it; None if no URL waits."""
        clock = asyncio.get_running_loop().time
        while (target := self._schedule.take(clock())) is None:
            if not self._schedule.waiting:
                return None
            self._changed.clear()
            ready = self._schedule.next_ready()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), None if ready is None else max(0.0, ready - clock()))
        return target

    async def _visit(self, target: Target, worker: LazyWorker) -> float | None:
        """Audit a URL, unless robots.txt forbids it; return the seconds for which its host asks for a pause."""
        await self._require_batch()
        delay = None
        if self._robots is not None:
            answer = await self._robots.ask(target.url)
            delay = answer.delay
            if answer.refusal is not None:
                await asyncio.to_thread(self._log.skip, target.number, answer.refusal, answer.reason)
                self._observer.skipped(target, answer.reason)
                return delay
        asked = await self._audit(target, worker)
        if asked is not None:
            self._observer.paused(target, asked)
        return max((pause for pause in (delay, asked) if pause is not None), default=None)

    async def _audit(self, target: Target, worker: LazyWorker) -> float | None:
        audit_id = self._batch.audit_id(target.number)
        pauses: list[float] = []

        def receive(message: Mapping[str, Any]) -> None:
            if (seconds := retry_after(message)) is not None:
                pauses.append(seconds)
            self._observer.progressed(target, message)

        self._observer.started(target, audit_id)
        try:
            outcome = await self._run(audit_id, target.url, worker, receive)
        except (RunSpooled, SpoolFailed) as error:
            self._observer.could_not_start(target, error)  # several audits may end so, and `run` raises one error
            raise
        except RunTakenOver as error:
            raise self._taken_over() from error
        except VeritasError as error:  # the run has ended in the log as failed
            self._observer.could_not_start(target, error)
        else:
            if outcome.comparison is not None and not outcome.comparison.equal:
                self.unequal.append(outcome.run_id)
            self._observer.ended(target, outcome)
        return max(pauses, default=None)

    async def _run(
        self, audit_id: str, url: str, worker: LazyWorker, receive: Callable[[Mapping[str, Any]], None]
    ) -> RunOutcome:
        """Run an audit; begin again if the log was not available for its first event."""
        attempt = 1
        while True:
            try:
                runner = await asyncio.to_thread(
                    self._log.retry.call, lambda: self._make_audit(audit_id, url, worker.process())
                )
                return await runner.run(receive)
            except StoreError as error:
                if not error.is_temporary or attempt == _ATTEMPTS:
                    raise
                attempt += 1

    async def _require_batch(self) -> None:
        """Stop if another process has resumed the batch, which took this one for gone.

        Raises:
            BatchTakenOver: It has.
        """
        if await asyncio.to_thread(self._log.is_taken_over, self._own):
            raise self._taken_over()

    def _taken_over(self) -> BatchTakenOver:
        return BatchTakenOver(
            f"Another process has resumed the batch {self._batch.id!r}, so this one stops;"
            f" `veritas show {self._batch.id}` shows its state."
        )
