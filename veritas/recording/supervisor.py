"""The Supervisor: it passes everything that a run's child process sends or prints to the recorder."""

from __future__ import annotations

import threading
from collections.abc import Callable

from veritas.channels.buffer import ReceiveBuffer
from veritas.channels.messages import STDOUT
from veritas.channels.receiver import Receiver
from veritas.events.fallback import BROKE
from veritas.events.recorder_events import EventsDropped, IpcFellBack
from veritas.recording.child_run import DRAIN_TIMEOUT, ChildRun
from veritas.recording.recorder import RunRecorder


class Supervisor:
    """Has a child process do a run, receives everything that it sends and prints, and has it recorded.

    What arrives during a commit is appended with the next one. So a slow log leads to larger batches, and then makes
    the child wait.
    """

    def __init__(
        self,
        recorder: RunRecorder,
        child: ChildRun,
        *,
        receiver: Receiver | None,
        committed: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare a run.

        Args:
            recorder: The recorder of everything that is received.
            child: What does the run.
            receiver: The parent's end of the transport that the child may use besides its stdout, if any.
            committed: Called after each commit, from the recording thread.
        """
        self._recorder = recorder
        self._child = child
        self._receiver = receiver
        self._committed = committed
        self._buffer = ReceiveBuffer()
        self._failure: BaseException | None = None

    def run(self) -> int:
        """Have the run done and return the child's exit status; negative if a signal ended it.

        Raises:
            UsageError: The program cannot be started.
            store.errors.StoreError: The log cannot be written; the child was stopped.
        """
        started = self._child.start()
        try:
            self._recorder.note(started)
            exit_status = self._receive()
        except BaseException:
            self._child.abandon()
            raise
        finally:
            self._child.close()
        if self._failure is not None:
            raise self._failure
        self._record_end(exit_status)
        return exit_status

    def stop(self) -> None:
        """Ask the child to end, and kill it if it does not; return at once. May be called from any thread."""
        self._child.stop()

    def _receive(self) -> int:
        """Receive until the run has ended and everything from it is recorded; return the child's exit status."""
        recording = threading.Thread(target=self._record, name="recording")
        recording.start()
        try:
            if self._receiver is not None:
                self._receiver.start(self._buffer)
            self._child.receive(self._buffer)
            exit_status = self._child.wait()
            if self._receiver is not None:
                self._receiver.finish(DRAIN_TIMEOUT)
            return exit_status
        finally:
            self._buffer.close()
            recording.join()

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

    def _record_end(self, exit_status: int) -> None:
        """Record the end, the missing events, and a transport that broke unless the child reported that."""
        recorder = self._recorder
        if not recorder.fell_back:
            recorder.note(*(IpcFellBack(source, STDOUT, BROKE, cause) for source, cause in recorder.broken.items()))
        if missing := recorder.missing():
            recorder.note(EventsDropped.of(missing))
        recorder.note(self._child.end_event(exit_status, recorder.emitted, recorder.received))
        self._committed()
