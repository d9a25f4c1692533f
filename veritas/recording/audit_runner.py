"""The AuditRunner: it runs one audit's child process, records its events, and sends client messages."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import veritas
from store.errors import StoreError
from veritas.archive.archive import Archive
from veritas.archive.mask_key import mask_key
from veritas.channels.messages import STDOUT
from veritas.channels.receiver import Receiver
from veritas.config import QUEUE_PATIENCE, Settings, audit_environment, child_environment
from veritas.core.mode_decision import IPC_MODE_STDOUT, IPC_MODE_VALIDATE, Decision, decide
from veritas.core.transports import TRANSPORTS, transport_of
from veritas.errors import RunTakenOver, TransportUnavailable
from veritas.events.recorder_events import (
    ABANDONED,
    COMPLETED,
    FAILED,
    INTERRUPTED,
    RERUN,
    TEE,
    ComparisonMade,
    IpcFellBack,
    RunFinished,
)
from veritas.recording.audit_options import AuditOptions
from veritas.recording.child import EXIT_INTERRUPTED
from veritas.recording.child_input import ChildInput
from veritas.recording.child_run import ChildRun, SingleRun
from veritas.recording.log_retry import LogRetry
from veritas.recording.memory import return_large_blocks
from veritas.recording.message_sender import MessageSender, Send
from veritas.recording.recorder import RunRecorder
from veritas.recording.request_context import RequestContext
from veritas.recording.run import RunOutcome, describe_failure, effective_mode, finish, request_event
from veritas.recording.spool_ingestion import unspool
from veritas.recording.supervisor import Supervisor
from veritas.recording.worker_process import WorkerProcess
from veritas.rollout.ledger import Ledger
from veritas.scratch import scratch_directory
from veritas.secrets import Secrets

_BROKEN_COMPARISON = (
    *(ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError),
    StoreError,  # the log cannot be read
)

Conclude = Callable[[RunRecorder, RunFinished], ComparisonMade | None]


class AuditRunner:
    """Runs one audit, or records one run of another program, from the request to the end in the log."""

    def __init__(
        self,
        audit_id: str,
        url: str | None,
        tier: str | None = "standard_audit",
        *,
        archive: Archive,
        decision: Decision | None = None,
        options: AuditOptions | None = None,
        request: RequestContext | None = None,
        command: Sequence[str] | None = None,
        conclude: Conclude | None = None,
        retry: LogRetry | None = None,
        worker: WorkerProcess | None = None,
        confirm: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare a run.

        Args:
            audit_id: The audit's id; see `run.new_audit_id`.
            url: The URL to audit; None if *command* is recorded.
            tier: The name of the audit's tier.
            archive: The log to record into.
            decision: The mode; None to decide by the environment and the rollout.
            options: How the audit is done; None for the defaults.
            request: The batch, tags and job that it belongs to; None without any.
            command: Another program to record, instead of an audit.
            conclude: Called with the run's end before that is recorded, unless the run was interrupted; it may record
                and return a comparison. None to compare the transports of a run that used both.
            retry: Decides how long to wait for a log that is not available; None for the default.
            worker: The process that does the audit; None to start one for it alone. It does nothing else meanwhile.
            confirm: Called from the recording thread once the request is in the log; with RunTakenOver it prevents the
                audit, and the run ends as abandoned.

        Raises:
            InvalidSetting: The environment, by which the mode is decided, is invalid.
        """
        self.audit_id = audit_id
        # Of two workers that do the same job, each has a run of its own, even if neither has begun it.
        attempt = request.job.attempt if request is not None and request.job is not None else None
        self.run_id = f"{audit_id}.{attempt or len(archive.runs(audit_id)) + 1}"
        self._url = url
        self._tier = tier
        self._archive = archive
        self._mask_key = mask_key(archive.log, self.run_id)
        self._decision = decision or decide(
            Settings.from_environment(), key=audit_id, stage=Ledger(archive).stage_for(tier)
        )
        self._options = options or AuditOptions()
        self._request = request
        self._confirm = confirm
        self._foreign = command is not None
        self._command = list(command or ())
        self._conclude = conclude or self._compare_tee
        self._retry = retry or LogRetry()
        self._worker = worker
        self._child: ChildRun | None = None
        self._supervisor: Supervisor | None = None
        self._queue_start: float | None = None
        self._stopped = False
        self._has_lost_log = False
        self._committed: Callable[[], None] = lambda: None

    async def run(self, send: Send) -> RunOutcome:
        """Run the audit, and call *send* with each client message after its event is in the log.

        If *send* raises an error, it is not called again; the run continues to its end, and then the error is raised.
        If this task is cancelled, the child is stopped, and the run ends in the log as interrupted.

        Raises:
            UsageError: The command cannot be started.
            RunSpooled: The log was not available for too long, so the rest of the run is in a file.
            SpoolFailed: Neither the log nor that file can be written; the child was stopped.
            RunTakenOver: Another process has ended the run; the child was stopped.
            store.errors.DatabaseLost: The log was deleted or replaced after its last commit.
            store.errors.StoreError: The log cannot be written, and nothing of the run is in it.
        """
        loop = asyncio.get_running_loop()
        committed = asyncio.Event()
        self._committed = lambda: _wake(loop, committed)
        recording = asyncio.create_task(asyncio.to_thread(self._record))
        recording.add_done_callback(lambda task: committed.set())
        sending = asyncio.create_task(MessageSender(self._archive, self.run_id, send).run(committed, recording))
        both = asyncio.gather(recording, sending, return_exceptions=True)
        try:
            await asyncio.shield(both)
        except asyncio.CancelledError:
            self.stop()
            await both
            if (error := recording.exception()) is not None:
                raise error from None
            self._archive.log.require_present()
            raise
        outcome = recording.result()
        self._archive.log.require_present()
        sending.result()  # raises what `send` raised
        return outcome

    def stop(self) -> None:
        """Stop the child; the run ends in the log as interrupted. May be called from any thread."""
        self._stopped = True
        self._retry.give_up()
        if self._supervisor is not None:
            self._supervisor.stop()

    def _record(self) -> RunOutcome:
        return_large_blocks()
        secrets = Secrets(self._mask_key) if self._foreign else self._child_input().secrets()
        recorder = RunRecorder(
            self._archive.log,
            self.run_id,
            secrets=secrets,
            mask_output=not self._foreign,
            retry=self._retry,
            spools=True,
        )
        recorder.note(
            request_event(
                self.audit_id,
                origin="record" if self._foreign else "audit",
                url=self._url,
                tier=self._tier,
                command=self._command,
                visitor=None if self._foreign else self._options.visitor,
                login=self._options.login.use,
                context=self._request,
            ),
            self._decision.event(),
        )
        self._committed()
        receiver = self._make_receiver(recorder)
        try:
            self._confirm()
            exit_status = self._supervise(recorder, receiver)
        except Exception as error:
            status = ABANDONED if isinstance(error, RunTakenOver) else FAILED
            with suppress(Exception):  # the log itself may have failed, or has the run's end
                finish(self._archive, recorder, RunFinished(status, effective_mode(recorder), str(error)))
            raise
        finally:
            if receiver is not None:
                receiver.close()
        return self._finish(recorder, exit_status)

    def _make_receiver(self, recorder: RunRecorder) -> Receiver | None:
        """Create the parent's end of the transport; return None for stdout, or if stdout replaces it."""
        transport = transport_of(self._decision.mode)
        make_receiver = TRANSPORTS[transport].make_receiver
        if make_receiver is None:
            return None
        start = time.perf_counter()
        try:
            receiver = make_receiver(self._worker.host if self._worker is not None else None)
        except TransportUnavailable as error:
            recorder.note(IpcFellBack(transport, STDOUT, error.kind, str(error)))
            return None
        self._queue_start = time.perf_counter() - start
        return receiver

    def _supervise(self, recorder: RunRecorder, receiver: Receiver | None) -> int:
        with self._child_run(receiver) as child:
            self._child = child
            self._supervisor = Supervisor(
                recorder, child, receiver=receiver, committed=lambda: self._after_commit(recorder)
            )
            if self._stopped:
                self._supervisor.stop()
            return self._supervisor.run()

    @contextmanager
    def _child_run(self, receiver: Receiver | None) -> Iterator[ChildRun]:
        """Prepare the child's part of the run."""
        mode = self._decision.mode if receiver is not None else IPC_MODE_STDOUT
        variables = {}
        if receiver is not None:
            variables = {QUEUE_PATIENCE: str(self._retry.timeout), **receiver.environment}
        if self._foreign:
            yield SingleRun(self._command, environment=child_environment(**variables), ours=False)
        elif self._worker is not None:
            yield self._worker.run(self._child_input(), mode, variables)
        else:
            with scratch_directory() as scratch:
                command, environment = self._own_command(mode, scratch), self._environment(variables, scratch)
                stdin = self._child_input().encode()
                yield SingleRun(command, environment=environment, ours=True, stdin=stdin)

    def _after_commit(self, recorder: RunRecorder) -> None:
        """Wake the sender of messages, and stop the child if the log was deleted or replaced."""
        self._committed()
        if recorder.lost is not None and not self._has_lost_log and self._supervisor is not None:
            self._has_lost_log = True
            self._supervisor.stop()

    def _own_command(self, mode: str, scratch: str) -> list[str]:
        # -P: a folder of the working directory that has the name of one of our packages must not be imported.
        return [sys.executable, "-P", "-m", "veritas.recording.child", "--ipc", mode, "--scratch", scratch]

    def _child_input(self) -> ChildInput:
        assert self._url is not None and self._tier is not None  # an audit has both
        settings = replace(Settings.from_environment(), database=None)
        return ChildInput(self._url, self._tier, self._options, settings, self._mask_key.hex())

    def _environment(self, variables: Mapping[str, str], scratch: str) -> dict[str, str]:
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
        return audit_environment(Path(veritas.__file__).parent.parent, **variables, **temporary)

    def _finish(self, recorder: RunRecorder, exit_status: int) -> RunOutcome:
        if recorder.lost is not None:
            status, error = FAILED, recorder.lost
        elif self._stopped or (exit_status == EXIT_INTERRUPTED and not self._foreign):
            status, error = INTERRUPTED, "The run was interrupted."
        elif exit_status == 0 and recorder.emitted is None and not self._foreign:
            status, error = FAILED, "The child process ended without reporting how many events it emitted."
        elif exit_status == 0:
            status, error = COMPLETED, None
        else:
            fault = self._child.fault if self._child is not None else None
            status, error = FAILED, fault or describe_failure(recorder, exit_status)
        recorder.note(recorder.measurements(self._queue_start))
        end = RunFinished(status, effective_mode(recorder), error)
        comparison = self._call_conclude(recorder, end) if status != INTERRUPTED else None
        unsigned = finish(self._archive, recorder, end)
        if recorder.spool is not None:
            unsigned = unspool(self._archive, recorder.spool, report=self._retry.report)
        self._committed()
        return RunOutcome(self.run_id, status, error, comparison, unsigned)

    def _call_conclude(self, recorder: RunRecorder, end: RunFinished) -> ComparisonMade | None:
        """Compare; an error of the comparison is recorded, and does not make the run fail."""
        by = TEE if self._conclude == self._compare_tee else RERUN
        try:
            if recorder.spool is None or (by == TEE and self._decision.mode != IPC_MODE_VALIDATE):
                return self._conclude(recorder, end)
            sentence = "The queue and stdout cannot be compared: the log does not have the whole run."
        except _BROKEN_COMPARISON as error:
            sentence = f"The comparison broke off: {type(error).__name__}: {error}"
        comparison = ComparisonMade(by, equal=False, counts=recorder.received, error=sentence)
        recorder.note(comparison)
        return comparison

    def _compare_tee(self, recorder: RunRecorder, end: RunFinished) -> ComparisonMade | None:
        if self._decision.mode != IPC_MODE_VALIDATE:
            return None
        from veritas.recording.comparison import record_tee  # it takes 28 ms, this module 330, and few runs need it

        return record_tee(self._archive, recorder)


def _wake(loop: asyncio.AbstractEventLoop, committed: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop was closed by a second interrupt
        loop.call_soon_threadsafe(committed.set)
