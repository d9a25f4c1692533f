"""The ChildRun: what the supervisor sees of the process that does a run, and the process that does one run alone."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.framing import MarkerParser
from veritas.channels.messages import STDOUT
from veritas.channels.stdout import PipeReceiver
from veritas.events.recorder_events import ProcessEnd, ProcessExited, ProcessStarted
from veritas.recording.child_process import ChildProcess

DRAIN_TIMEOUT = 1.0  # seconds without data after a process's end; a grandchild may hold its pipes open for ever


class ChildRun(Protocol):
    """One run, done by a child process.

    Attributes:
        fault: Why the process was killed by this one, in a sentence; None if it was not.
    """

    @property
    def fault(self) -> str | None: ...

    def start(self) -> ProcessStarted:
        """Have a process for the run; return the event of it.

        Raises:
            UsageError: None can be started.
        """

    def receive(self, buffer: ReceiveBuffer) -> None:
        """Begin the run, and pass everything that the process prints during it to *buffer*."""

    def wait(self) -> int:
        """Wait until the run has ended and all that was printed is in the buffer; return the exit status.

        It is negative if a signal ended the process.
        """

    def stop(self) -> None:
        """Ask the process to end the run, and kill it if it does not; return at once. May be called from any thread."""

    def abandon(self) -> None:
        """Kill the process, because what it prints cannot be received."""

    def end_event(self, exit_status: int, emitted: int | None, received: dict[str, int]) -> ProcessEnd:
        """Return the event of the run's end in the process."""

    def close(self) -> None:
        """Release what was used for the run."""


class SingleRun:
    """A run by a process that does nothing else."""

    fault: str | None = None
    _process: ChildProcess
    _pipes: Sequence[PipeReceiver]

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], ours: bool, stdin: bytes = b""
    ) -> None:
        """Prepare to run a command; see `ChildProcess`.

        Args:
            stdin: What our own child reads from its standard input first.
        """
        self._command = command
        self._environment = environment
        self._ours = ours
        self._stdin = stdin
        self._stopping = threading.Event()
        self._started = threading.Event()

    def start(self) -> ProcessStarted:
        """See `ChildRun.start`."""
        self._process = ChildProcess(self._command, environment=self._environment, ours=self._ours)
        self._started.set()
        return ProcessStarted(self._process.pid, self._process.command)

    def receive(self, buffer: ReceiveBuffer) -> None:
        """See `ChildRun.receive`."""
        if self._stdin:
            self._process.send(self._stdin)
        self._pipes = [
            PipeReceiver(self._process.stdout, MarkerParser(STDOUT), buffer),
            PipeReceiver(self._process.stderr, MarkerParser("stderr", markers=False), buffer),
        ]
        if self._stopping.is_set():
            self._process.stop()  # it was requested before the process existed

    def wait(self) -> int:
        """See `ChildRun.wait`."""
        exit_status = self._process.wait()
        self._process.end_group()
        for pipe in self._pipes:
            pipe.finish(DRAIN_TIMEOUT)
        return exit_status

    def stop(self) -> None:
        """See `ChildRun.stop`."""
        self._stopping.set()
        if self._started.is_set():
            self._process.stop()

    def abandon(self) -> None:
        """See `ChildRun.abandon`."""
        self._process.kill()
        self._process.end_group()

    def end_event(self, exit_status: int, emitted: int | None, received: dict[str, int]) -> ProcessEnd:
        """See `ChildRun.end_event`."""
        return ProcessExited(exit_status, emitted, received)

    def close(self) -> None:
        """See `ChildRun.close`."""
        self._process.wait()
        self._process.close()
