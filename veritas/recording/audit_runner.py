"""Running one audit: its child process, its queue, its record, and the messages for whoever watches."""

from __future__ import annotations

import asyncio
import inspect
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import veritas
from veritas.archive.archive import Archive
from veritas.channels.messages import STDOUT
from veritas.channels.receiver import Receiver
from veritas.config import Settings, child_environment
from veritas.core.rollout import IPC_MODE_STDOUT, IPC_MODE_VALIDATE, Decision, decide
from veritas.core.transports import TRANSPORTS, transport_of
from veritas.errors import TransportUnavailable
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    RERUN,
    TEE,
    ComparisonMade,
    IpcFellBack,
    RunFinished,
)
from veritas.files import scratch_directory
from veritas.projections.client_messages import ClientMessages
from veritas.recording.child import EXIT_INTERRUPTED
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import RunOutcome, carried, finish, request
from veritas.recording.supervisor import Supervisor
from veritas.rollout.ledger import Ledger

_PAGE = 500  # events that are read back at once

Send = Callable[[dict[str, Any]], Awaitable[None] | None]
Conclude = Callable[[RunRecorder, RunFinished], ComparisonMade | None]


class AuditRunner:
    """Runs one audit, or records one run of another program's, from the request to its end in the log."""

    def __init__(
        self,
        audit_id: str,
        url: str | None,
        tier: str | None = "standard_audit",
        *,
        archive: Archive,
        decision: Decision | None = None,
        browser: str | None = None,
        command: Sequence[str] | None = None,
        conclude: Conclude | None = None,
    ) -> None:
        """Make a runner.

        Args:
            audit_id: The audit's id; see `run.new_audit_id`.
            url: What to audit; None where a command's own run is recorded.
            tier: How thoroughly.
            archive: Where it is recorded.
            decision: The mode; None to decide by the environment and the rollout.
            browser: The browser to start; None for the one that is found.
            command: A program to record, in place of the audit's own.
            conclude: Records what is to be said of the run before its end, given that end; called where the run was not
                interrupted. None to compare the transports, where both were asked for.

        Raises:
            InvalidSetting: The mode is to be decided by an environment that makes no sense.
        """
        self.audit_id = audit_id
        self.run_id = f"{audit_id}.{len(archive.runs(audit_id)) + 1}"
        self._url = url
        self._tier = tier
        self._archive = archive
        self._decision = decision or decide(
            Settings.from_environment(), key=audit_id, stage=Ledger(archive).stage_for(tier)
        )
        self._browser = browser
        self._foreign = command is not None
        self._command = list(command or ())
        self._conclude = conclude or self._compare_tee
        self._supervisor: Supervisor | None = None
        self._queue_start: float | None = None
        self._stopped = False
        self._committed: Callable[[], None] = lambda: None

    async def run(self, send: Send) -> RunOutcome:
        """Run it, and call *send* with each client message once what it tells is in the log.

        A *send* that fails gets nothing more; the run goes on and is recorded to its end, and then its error is raised.
        When this task is cancelled, the child is stopped and the run ends in the log as interrupted.

        Raises:
            UsageError: The command cannot be started.
            store.errors.StoreError: The log cannot be written; the child was stopped.
        """
        loop = asyncio.get_running_loop()
        news = asyncio.Event()
        self._committed = lambda: _wake(loop, news)
        recording = asyncio.create_task(asyncio.to_thread(self._record))
        recording.add_done_callback(lambda task: news.set())
        telling = asyncio.create_task(self._tell(send, news, recording))
        both = asyncio.gather(recording, telling, return_exceptions=True)
        try:
            await asyncio.shield(both)
        except asyncio.CancelledError:
            self.stop()
            await both
            raise
        outcome = recording.result()
        telling.result()  # raises what `send` raised
        return outcome

    def stop(self) -> None:
        """Stop the child; the run ends in the log as interrupted. May be called from any thread."""
        self._stopped = True
        if self._supervisor is not None:
            self._supervisor.stop()

    async def _tell(self, send: Send, news: asyncio.Event, recording: asyncio.Task[RunOutcome]) -> None:
        """Read the run back from the log as it grows, and send what it means."""
        messages, position = ClientMessages(), 0
        while True:
            ended = recording.done()
            news.clear()
            while page := await asyncio.to_thread(self._recorded_after, position):
                for recorded in page:
                    position = recorded.position
                    for message in messages.fold(recorded):
                        sent = send(message)
                        if inspect.isawaitable(sent):
                            await sent
            if ended:
                return
            await news.wait()

    def _recorded_after(self, position: int) -> list[RecordedEvent]:
        return list(islice(self._archive.events(self.run_id, after=position), _PAGE))

    def _record(self) -> RunOutcome:
        recorder = RunRecorder(self._archive.log, self.run_id)
        recorder.note(
            request(
                self.audit_id,
                origin="record" if self._foreign else "audit",
                url=self._url,
                tier=self._tier,
                command=self._command,
            ),
            self._decision.event(),
        )
        self._committed()
        receiver = self._make_receiver(recorder)
        try:
            exit_status = self._supervise(recorder, receiver)
        except Exception as error:
            with suppress(Exception):  # where the log itself is what failed
                finish(self._archive, recorder, RunFinished(FAILED, carried(recorder), str(error)))
            raise
        finally:
            if receiver is not None:
                receiver.close()
        return self._finish(recorder, exit_status)

    def _make_receiver(self, recorder: RunRecorder) -> Receiver | None:
        """Make the parent's end of the transport; None where that is stdout, or where stdout takes its place."""
        transport = transport_of(self._decision.mode)
        make = TRANSPORTS[transport].make_receiver
        if make is None:
            return None
        begun = time.perf_counter()
        try:
            receiver = make()
        except TransportUnavailable as error:
            recorder.note(IpcFellBack(transport, STDOUT, error.kind, str(error)))
            return None
        self._queue_start = time.perf_counter() - begun
        return receiver

    def _supervise(self, recorder: RunRecorder, receiver: Receiver | None) -> int:
        mode = self._decision.mode if receiver is not None else IPC_MODE_STDOUT
        with scratch_directory() as scratch:
            self._supervisor = Supervisor(
                recorder,
                self._command if self._foreign else self._own_command(mode, scratch),
                environment=self._environment(receiver, scratch),
                receiver=receiver,
                ours=not self._foreign,
                committed=self._committed,
            )
            if self._stopped:
                self._supervisor.stop()
            return self._supervisor.run()

    def _own_command(self, mode: str, scratch: str) -> list[str]:
        assert self._url is not None and self._tier is not None  # an audit has both
        browser = ["--browser", self._browser] if self._browser else []
        # -P: a folder named like one of our packages, where the user happens to stand, must not be imported.
        program = [sys.executable, "-P", "-m", "veritas.recording.child"]
        return [*program, "--tier", self._tier, "--ipc", mode, "--scratch", scratch, *browser, "--", self._url]

    def _environment(self, receiver: Receiver | None, scratch: str) -> dict[str, str]:
        reach = receiver.environment if receiver is not None else {}
        if self._foreign:
            return child_environment(**reach)
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), scratch)
        return child_environment(Path(veritas.__file__).parent.parent, **reach, **temporary)

    def _finish(self, recorder: RunRecorder, exit_status: int) -> RunOutcome:
        if self._stopped or (exit_status == EXIT_INTERRUPTED and not self._foreign):
            status, error = INTERRUPTED, "The run was interrupted."
        elif exit_status == 0 and recorder.emitted is None and not self._foreign:
            status, error = FAILED, "The child process ended without saying how many events it emitted."
        elif exit_status == 0:
            status, error = COMPLETED, None
        else:
            status, error = FAILED, _why(recorder, exit_status)
        recorder.note(recorder.measured(self._queue_start))
        end = RunFinished(status, carried(recorder), error)
        comparison = self._concluded(recorder, end) if status != INTERRUPTED else None
        finish(self._archive, recorder, end)
        self._committed()
        return RunOutcome(self.run_id, status, error, comparison)

    def _concluded(self, recorder: RunRecorder, end: RunFinished) -> ComparisonMade | None:
        """Compare; what the comparison cannot deal with is said in the log, and costs the run nothing else."""
        try:
            return self._conclude(recorder, end)
        except (ArithmeticError, LookupError, MemoryError, RecursionError, TypeError, ValueError) as error:
            by = TEE if self._conclude == self._compare_tee else RERUN
            why = f"The comparison broke off: {type(error).__name__}: {error}"
            made = ComparisonMade(by, equal=False, counts=recorder.received, error=why)
            recorder.note(made)
            return made

    def _compare_tee(self, recorder: RunRecorder, end: RunFinished) -> ComparisonMade | None:
        if self._decision.mode != IPC_MODE_VALIDATE:
            return None
        from veritas.recording.comparison import record_tee  # 28 ms beside the 330 of this module, and few runs need it

        return record_tee(self._archive, recorder)


def _why(recorder: RunRecorder, exit_status: int) -> str:
    if exit_status < 0:
        return f"The child process was killed by {_signal_name(-exit_status)}."
    if recorder.last_error is not None:
        return recorder.last_error
    return f"The child process ended with exit status {exit_status}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _wake(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop was closed by a second interrupt
        loop.call_soon_threadsafe(news.set)
