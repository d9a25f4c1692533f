"""The WorkerProcess: the parent's side of a child process that does one audit after another."""

from __future__ import annotations

import secrets
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import veritas
from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.framing import MarkerParser
from veritas.channels.messages import STDOUT
from veritas.channels.section import Section
from veritas.channels.stdout import PipeReceiver
from veritas.config import audit_environment
from veritas.core.queue_host import QueueHost
from veritas.errors import UsageError
from veritas.events.recorder_events import ProcessEnd, ProcessExited, ProcessReleased, ProcessStarted
from veritas.recording.child_input import ChildInput
from veritas.recording.child_process import ChildProcess
from veritas.recording.child_run import DRAIN_TIMEOUT
from veritas.recording.worker_job import WorkerJob
from veritas.scratch import HeldDirectory, remove_scratch

# Seconds after the time of an audit in which a worker is expected to end it, and without a sign of life after which it
# is taken to hang. An audit ends by itself in time, so only a worker that hangs does not.
_PATIENCE = 60.0
_LOOK_INTERVAL = 0.5  # seconds between two looks at a worker that says nothing


class WorkerProcess:
    """A child process that is kept for the next audit, with its browser; a context manager that ends it.

    It does one audit at a time. One that died is replaced when the next audit begins.

    Attributes:
        host: Keeps the process of the runs' queues.
    """

    def __init__(self) -> None:
        """Start the process.

        Raises:
            UsageError: It cannot be started.
        """
        self.host = QueueHost()
        self._process: ChildProcess | None = None
        self._scratch: HeldDirectory | None = None
        self._audits = 0
        self.take()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, audit: ChildInput, mode: str, variables: Mapping[str, str]) -> WorkerRun:
        """Return the run of an audit in this process; see `WorkerJob`."""
        return WorkerRun(self, WorkerJob(secrets.token_hex(16), mode, dict(variables), audit))

    def take(self) -> tuple[ChildProcess, int]:
        """Return the process, or a new one if that has ended, and how many audits it has done.

        Raises:
            UsageError: It cannot be started.
        """
        if self._process is not None and self._process.has_ended:
            self.discard()
        if self._process is None:
            self._scratch = HeldDirectory.make()
            temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._scratch.path)
            environment = audit_environment(Path(veritas.__file__).parent.parent, **temporary)
            try:
                self._process = ChildProcess(self._command(self._scratch.path), environment=environment, ours=True)
            except UsageError:
                self.discard()
                raise
            self._audits = 0
        return self._process, self._audits

    def release(self) -> None:
        """Keep the process, which has done an audit, for the next one."""
        self._audits += 1

    def discard(self) -> None:
        """End the process, so that the next audit gets a new one."""
        process, self._process = self._process, None
        scratch, self._scratch = self._scratch, None
        if process is not None:
            process.stop()
            process.wait()
            process.end_group()
            process.close()
        if scratch is not None:
            remove_scratch(scratch.path)
            scratch.remove()

    def close(self) -> None:
        """End the process; a second call does nothing. No audit may be running."""
        self.discard()
        self.host.close()

    def _command(self, scratch: str) -> list[str]:
        # -P: a folder of the working directory that has the name of one of our packages must not be imported.
        return [sys.executable, "-P", "-m", "veritas.recording.child", "--worker", "--scratch", scratch]


class WorkerRun:
    """A run by a worker process; see `ChildRun`."""

    _process: ChildProcess
    _buffer: ReceiveBuffer
    _pipes: Sequence[PipeReceiver]

    def __init__(self, worker: WorkerProcess, job: WorkerJob) -> None:
        self._worker = worker
        self._job = job
        self._sections = (Section(job.token), Section(job.token))  # of standard output and standard error
        self._changed = threading.Condition()
        self._is_stopping = False
        self._is_released = False
        self._has_hung = False
        self._deadline = time.monotonic() + job.audit.options.timeout + _PATIENCE

    @property
    def fault(self) -> str | None:
        """See `ChildRun.fault`."""
        timeout = self._job.audit.options.timeout
        fault = f"The child process did not end the audit in its {timeout:g} s, and was killed."
        return fault if self._has_hung else None

    def start(self) -> ProcessStarted:
        """See `ChildRun.start`."""
        self._process, audits_before = self._worker.take()
        return ProcessStarted(self._process.pid, self._process.command, audits_before)

    def receive(self, buffer: ReceiveBuffer) -> None:
        """See `ChildRun.receive`."""
        self._buffer = buffer
        parsers = (MarkerParser(STDOUT), MarkerParser("stderr", markers=False))
        streams = (self._process.stdout, self._process.stderr)
        self._pipes = [
            PipeReceiver(stream, parser, buffer, section=section, ended=self._notify)
            for stream, parser, section in zip(streams, parsers, self._sections, strict=True)
        ]
        with self._changed:
            if not self._is_stopping:
                self._process.send(self._job.encode())
                return
        self._process.stop()  # it was requested before the audit began

    def wait(self) -> int:
        """See `ChildRun.wait`."""
        with self._changed:
            while not (self._has_done_audit or self._has_lost_process):
                self._changed.wait(_LOOK_INTERVAL)
                self._kill_if_it_hangs()
            if self._has_done_audit and not self._is_stopping:
                self._is_released = True
                self._worker.release()
                exit_status = self._sections[0].exit_status
                assert exit_status is not None  # the section has ended
                return exit_status
        self._process.stop()
        status = self._process.wait()
        self._process.end_group()
        for pipe in self._pipes:
            pipe.finish(DRAIN_TIMEOUT)
        return status

    def stop(self) -> None:
        """See `ChildRun.stop`."""
        with self._changed:
            self._is_stopping = True
            is_running = hasattr(self, "_pipes") and not self._is_released
        if is_running:
            self._process.stop()

    def abandon(self) -> None:
        """See `ChildRun.abandon`."""
        self._process.kill()
        self._process.end_group()

    def end_event(self, exit_status: int, emitted: int | None, received: dict[str, int]) -> ProcessEnd:
        """See `ChildRun.end_event`."""
        return (ProcessReleased if self._is_released else ProcessExited)(exit_status, emitted, received)

    def close(self) -> None:
        """See `ChildRun.close`."""
        if not self._is_released:
            self._worker.discard()

    @property
    def _has_done_audit(self) -> bool:
        return all(pipe.has_ended for pipe in self._pipes) and all(section.has_ended for section in self._sections)

    @property
    def _has_lost_process(self) -> bool:
        is_cut_off = self._pipes[0].has_ended and not self._sections[0].has_ended
        return is_cut_off or self._process.has_ended

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _kill_if_it_hangs(self) -> None:
        if time.monotonic() > self._deadline and self._buffer.idle > _PATIENCE:
            self._has_hung = True
            self._process.kill()
