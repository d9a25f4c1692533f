"""The Supervisor: it runs one child process, and passes everything that it sends or prints to the recorder."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.framing import MarkerParser
from veritas.channels.messages import STDOUT
from veritas.channels.receiver import Receiver
from veritas.channels.stdout import PipeReceiver
from veritas.errors import UsageError
from veritas.events.fallback import BROKE
from veritas.events.recorder_events import EventsDropped, IpcFellBack, ProcessExited, ProcessStarted
from veritas.recording.recorder import RunRecorder

# Timeouts for the end of a run, in seconds.
_STOP_TIMEOUT = 5.0  # from the request to stop until the child is killed; a browser is closed in that time
_INTERRUPT_TIMEOUT = 1.0  # for another program to end by the interrupt that it also received, before it is terminated
_DRAIN_TIMEOUT = 1.0  # without data after the child's end; a grandchild may hold the pipes open for ever


class Supervisor:
    """Starts a command, receives everything that it sends and prints, and has it recorded.

    What arrives during a commit is appended with the next one. So a slow log leads to larger batches, and then makes
    the child wait.
    """

    def __init__(
        self,
        recorder: RunRecorder,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        receiver: Receiver | None,
        ours: bool,
        stdin: bytes = b"",
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare to run a command.

        Args:
            recorder: The recorder of everything that is received.
            command: The program and its arguments.
            environment: The child's whole environment.
            receiver: The parent's end of the transport that the child may use besides its stdout, if any.
            ours: Whether the child is the audit's own program. It stops when its standard input is closed, and none of
                its processes may be left; another program keeps our standard input and our terminal.
            stdin: What our own child reads from its standard input first.
            committed: Called after each commit, from the recording thread.
        """
        self._recorder = recorder
        self._command = list(command)
        self._environment = dict(environment)
        self._receiver = receiver
        self._ours = ours
        self._stdin = stdin
        self._committed = committed
        self._buffer = ReceiveBuffer()
        self._process: subprocess.Popen[bytes] | None = None
        self._failure: BaseException | None = None
        self._stopping = threading.Event()

    def run(self) -> int:
        """Run the child to its end and return its exit status; negative if a signal ended it.

        Raises:
            UsageError: The program cannot be started.
            store.errors.StoreError: The log cannot be written; the child was stopped.
        """
        process = self._process = self._start()
        try:
            self._recorder.note(ProcessStarted(process.pid, self._command))
            self._receive(process)
        except BaseException:
            process.kill()
            self._end_group()
            raise
        finally:
            exit_status = process.wait()
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        if self._failure is not None:
            raise self._failure
        self._record_exit(exit_status)
        return exit_status

    def stop(self) -> None:
        """Ask the child to end, and kill it if it does not; return at once."""
        self._stopping.set()
        if self._process is not None:
            threading.Thread(target=self._stop, name="stopping", daemon=True).start()

    def _receive(self, process: subprocess.Popen[bytes]) -> None:
        """Receive until the child has ended and everything from it is recorded."""
        recording = threading.Thread(target=self._record, name="recording")
        recording.start()
        # In a thread, because a child that hangs does not read.
        threading.Thread(target=self._send_stdin, name="options", daemon=True).start()
        assert process.stdout and process.stderr  # both are pipes
        pipes = [
            PipeReceiver(process.stdout, MarkerParser(STDOUT), self._buffer),
            PipeReceiver(process.stderr, MarkerParser("stderr", markers=False), self._buffer),
        ]
        if self._receiver is not None:
            self._receiver.start(self._buffer)
        if self._stopping.is_set():
            self.stop()  # it was requested before the child existed
        try:
            process.wait()
            self._end_group()
            for pipe in pipes:
                pipe.finish(_DRAIN_TIMEOUT)
            if self._receiver is not None:
                self._receiver.finish(_DRAIN_TIMEOUT)
        finally:
            self._buffer.close()
            recording.join()

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                self._command,
                bufsize=0,
                stdin=subprocess.PIPE if self._ours else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=self._ours,  # so that ^C reaches only us, and we stop the child in an orderly way
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UsageError(
                f"The command {self._command[0]!r} cannot be started: {reason}; give an executable program."
            ) from error

    def _send_stdin(self) -> None:
        assert self._process is not None
        unsent = memoryview(self._stdin)
        with contextlib.suppress(OSError, ValueError):  # the child has ended, or was asked to
            while unsent and self._process.stdin is not None:
                unsent = unsent[self._process.stdin.write(unsent) :]

    def _record(self) -> None:
        try:
            while items := self._buffer.take():
                number = self._recorder.record(items)
                del items  # while the next are waited for; they may be large
                if number and self._receiver is not None:
                    self._receiver.confirm(number)
                self._committed()
        except BaseException as error:  # raised again by `run`, in the thread that asked for the run
            self._failure = error
            self._buffer.close()
            self.stop()

    def _stop(self) -> None:
        process = self._process
        assert process is not None
        if process.stdin is not None:
            process.stdin.close()
        elif not _ended(process, _INTERRUPT_TIMEOUT):
            process.terminate()
        if not _ended(process, _STOP_TIMEOUT):
            process.kill()

    def _end_group(self) -> None:
        """Wait until no process of our own child's session is left; kill those that do not end.

        If it has the time, a browser's driver closes the browser, even if the child was killed.
        """
        if sys.platform == "win32" or not self._ours or self._process is None:
            return
        deadline = time.monotonic() + _DRAIN_TIMEOUT
        with contextlib.suppress(ProcessLookupError, PermissionError):  # raised when no process is left
            while time.monotonic() < deadline:
                os.killpg(self._process.pid, 0)
                time.sleep(0.02)
            os.killpg(self._process.pid, signal.SIGKILL)

    def _record_exit(self, exit_status: int) -> None:
        """Record the child's exit, the missing events, and a transport that broke unless the child reported that."""
        recorder = self._recorder
        if not recorder.fell_back:
            recorder.note(*(IpcFellBack(source, STDOUT, BROKE, cause) for source, cause in recorder.broken.items()))
        if missing := recorder.missing():
            recorder.note(EventsDropped.of(missing))
        recorder.note(ProcessExited(exit_status, recorder.emitted, recorder.received))
        self._committed()


def _ended(process: subprocess.Popen[bytes], timeout: float) -> bool:
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        return False
    return True
