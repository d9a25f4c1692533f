"""Running one audit: its child process, its queue, its record, and the messages for whoever watches."""

from __future__ import annotations

import asyncio
import inspect
import platform
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import veritas
from veritas.config import QUEUE_ADDRESS, QUEUE_KEY, Settings, child_environment
from veritas.core.event_queue import QueueProxy
from veritas.core.events import AuditRequested, IpcFellBack, IpcModeSelected, RunFinished
from veritas.core.ipc import IPC_MODE_STDOUT, IPC_MODE_VALIDATE, create_queue, serialize_queue
from veritas.core.recorded import RecordedEvent
from veritas.core.rollout import Decision, decide
from veritas.errors import BadUrl, QueueUnavailable, VeritasError
from veritas.projections.client import ClientMessages
from veritas.projections.tee import compare_tee
from veritas.recorder import Archive, RunRecorder
from veritas.supervisor import Supervisor

COMPLETED, FAILED, INTERRUPTED = "completed", "failed", "interrupted"

Send = Callable[[dict[str, Any]], Awaitable[None] | None]


def new_audit_id() -> str:
    """Return a fresh audit id: `vrts_` and 16 random hex digits."""
    return f"vrts_{secrets.token_hex(8)}"


def check_url(url: str) -> str:
    """Return *url* if it is one that can be audited.

    Raises:
        BadUrl: It is not a full http:// or https:// URL.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise BadUrl(f"{url!r} is not a URL: {error}.") from None
    if not parts.scheme or (parts.scheme not in ("http", "https") and "." in parts.scheme):
        raise BadUrl(f"{url!r} has no scheme; did you mean {'https://' + url!r}?")
    if parts.scheme not in ("http", "https"):
        raise BadUrl(f"{url!r} cannot be audited: only http: and https: pages can, not {parts.scheme}: ones.")
    if not host:
        raise BadUrl(f"{url!r} names no host; give a full URL such as 'https://example.com/'.")
    return url


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended.

    Attributes:
        run_id: The run.
        status: `completed`, `failed` or `interrupted`.
        error: One sentence; None where it completed.
        tee: The comparison of a validate run.
    """

    run_id: str
    status: str
    error: str | None = None
    tee: dict[str, Any] | None = None

    @property
    def ok(self) -> bool:
        """Whether it completed, and both transports agreed if both were asked for."""
        return self.status == COMPLETED and (self.tee is None or bool(self.tee["equal"]))


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
    ) -> None:
        """Make a runner.

        Args:
            audit_id: The audit's id; see `new_audit_id`.
            url: What to audit; None where a command's own run is recorded.
            tier: How thoroughly.
            archive: Where it is recorded.
            decision: The mode; None to decide by the environment and the rollout.
            browser: The browser to start; None for the one that is found.
            command: A program to record, in place of the audit's own.

        Raises:
            BadSetting: The mode is to be decided by an environment that makes no sense.
        """
        self.audit_id = audit_id
        self.run_id = f"{audit_id}.{len(archive.runs(audit_id)) + 1}"
        self._url = url
        self._tier = tier
        self._archive = archive
        self._decision = decision or decide(Settings.from_environment(), key=audit_id)
        self._browser = browser
        self._foreign = command is not None
        self._command = list(command or ())
        self._supervisor: Supervisor | None = None
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
        telling = asyncio.create_task(self._tell(send, news, recording))
        try:
            outcome = await asyncio.shield(recording)
        except asyncio.CancelledError:
            self.stop()
            with suppress(VeritasError):
                await recording
            await telling
            raise
        finally:
            news.set()
        await telling
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
            for recorded in await asyncio.to_thread(self._recorded_after, position):
                position = recorded.position
                for message in messages.fold(recorded):
                    sent = send(message)
                    if inspect.isawaitable(sent):
                        await sent
            if ended:
                return
            await news.wait()

    def _recorded_after(self, position: int) -> list[RecordedEvent]:
        return list(self._archive.events(self.run_id, after=position))

    def _record(self) -> RunOutcome:
        recorder = RunRecorder(self._archive.log, self.run_id)
        decision = self._decision
        recorder.note(
            AuditRequested(
                audit_id=self.audit_id,
                url=self._url,
                tier=self._tier,
                origin="record" if self._foreign else "audit",
                command=self._command,
                veritas_version=veritas.__version__,
                platform=platform.platform(),
                python=platform.python_version(),
            ),
            IpcModeSelected(
                decision.mode,
                decision.reason,
                decision.origin,
                decision.bucket,
                decision.share,
                decision.share_origin,
            ),
        )
        self._committed()
        queue = self._create_queue(recorder)
        try:
            exit_status = self._supervise(recorder, queue)
        except VeritasError as error:
            recorder.note(RunFinished(FAILED, _carried(recorder), str(error)))
            raise
        finally:
            if queue is not None:
                queue.close()
        return self._finish(recorder, exit_status)

    def _create_queue(self, recorder: RunRecorder) -> QueueProxy | None:
        if self._decision.mode == IPC_MODE_STDOUT:
            return None
        try:
            return create_queue()
        except QueueUnavailable as error:
            recorder.note(IpcFellBack("queue", "stdout", str(error)))
            return None

    def _supervise(self, recorder: RunRecorder, queue: QueueProxy | None) -> int:
        mode = self._decision.mode if queue is not None else IPC_MODE_STDOUT
        self._supervisor = Supervisor(
            recorder,
            self._command if self._foreign else self._own_command(mode),
            environment=self._environment(queue),
            queue=queue,
            ours=not self._foreign,
            committed=self._committed,
        )
        if self._stopped:
            self._supervisor.stop()
        return self._supervisor.run()

    def _own_command(self, mode: str) -> list[str]:
        assert self._url is not None and self._tier is not None  # an audit has both
        browser = ["--browser", self._browser] if self._browser else []
        # -P: a folder named like one of our packages, where the user happens to stand, must not be imported.
        program = [sys.executable, "-P", "-m", "veritas.audit_child"]
        return [*program, "--tier", self._tier, "--ipc", mode, *browser, "--", self._url]

    def _environment(self, queue: QueueProxy | None) -> dict[str, str]:
        reach = dict(zip((QUEUE_ADDRESS, QUEUE_KEY), serialize_queue(queue), strict=True)) if queue else {}
        return child_environment(python_path=None if self._foreign else Path(veritas.__file__).parent.parent, **reach)

    def _finish(self, recorder: RunRecorder, exit_status: int) -> RunOutcome:
        tee = None
        if self._decision.mode == IPC_MODE_VALIDATE:
            tee = compare_tee(self._archive.events(self.run_id)).as_dict()
        if self._stopped:
            status, error = INTERRUPTED, "The run was interrupted."
        elif exit_status == 0:
            status, error = COMPLETED, None
        else:
            status, error = FAILED, _why(recorder, exit_status)
        recorder.note(RunFinished(status, _carried(recorder), error, tee))
        self._committed()
        return RunOutcome(self.run_id, status, error, tee)


def _why(recorder: RunRecorder, exit_status: int) -> str:
    if exit_status < 0:
        return f"The child process was killed by {_signal_name(-exit_status)}."
    if recorder.complaint is not None:
        return recorder.complaint
    return f"The child process ended with exit status {exit_status}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _carried(recorder: RunRecorder) -> str:
    """Return the effective mode: which transports events really came over."""
    return "+".join(sorted(recorder.received)) or "none"


def _wake(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    with suppress(RuntimeError):  # the loop was closed by a second interrupt
        loop.call_soon_threadsafe(news.set)
