"""The ChildProcess: a process that the parent starts with pipes, asks to end, and leaves nothing of."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import IO

from veritas.errors import UsageError

# Timeouts for the end of a process, in seconds.
_STOP_TIMEOUT = 5.0  # from the request to stop until it is killed; a browser is closed in that time
_INTERRUPT_TIMEOUT = 1.0  # for another program to end by the interrupt that it also received, before it is terminated
_GROUP_TIMEOUT = 1.0  # for its other processes to end after it


class ChildProcess:
    """A process whose standard output and standard error are pipes to this one.

    Attributes:
        command: The program and its arguments.
        stdout: The pipe from its standard output.
        stderr: The pipe from its standard error.
    """

    stdout: IO[bytes]
    stderr: IO[bytes]

    def __init__(self, command: Sequence[str], *, environment: Mapping[str, str], ours: bool) -> None:
        """Start it.

        Args:
            command: The program and its arguments.
            environment: Its whole environment.
            ours: Whether it is the audit's own program. It stops when its standard input is closed, and none of its
                processes may be left; another program keeps our standard input and our terminal.

        Raises:
            UsageError: It cannot be started.
        """
        self.command = list(command)
        self._ours = ours
        try:
            self._process = subprocess.Popen(
                self.command,
                bufsize=0,
                stdin=subprocess.PIPE if ours else None,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=dict(environment),
                start_new_session=ours,  # so that ^C reaches only us, and we stop the child in an orderly way
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UsageError(
                f"The command {self.command[0]!r} cannot be started: {reason}; give an executable program."
            ) from error
        assert self._process.stdout and self._process.stderr  # both are pipes
        self.stdout, self.stderr = self._process.stdout, self._process.stderr

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def send(self, data: bytes) -> None:
        """Write *data* to its standard input in a thread, because a process that hangs does not read."""
        threading.Thread(target=self._send, args=(data,), name="input of the child", daemon=True).start()

    def stop(self) -> None:
        """Ask it to end, and kill it if it does not; return at once. May be called from any thread."""
        threading.Thread(target=self._stop, name="stopping", daemon=True).start()

    def kill(self) -> None:
        """Kill it at once."""
        self._process.kill()

    def wait(self) -> int:
        """Wait until it has ended; return its exit status, negative if a signal ended it."""
        return self._process.wait()

    def end_group(self) -> None:
        """Wait until no process of our own child's session is left; kill those that do not end.

        If it has the time, a browser's driver closes the browser, even if the child was killed.
        """
        if sys.platform == "win32" or not self._ours:
            return
        deadline = time.monotonic() + _GROUP_TIMEOUT
        with contextlib.suppress(ProcessLookupError, PermissionError):  # raised when no process is left
            while time.monotonic() < deadline:
                os.killpg(self.pid, 0)
                time.sleep(0.02)
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> None:
        """Close the pipes to a process that has ended."""
        for stream in (self._process.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()

    def _send(self, data: bytes) -> None:
        unsent = memoryview(data)
        with contextlib.suppress(OSError, ValueError):  # it has ended, or was asked to
            while unsent and self._process.stdin is not None:
                unsent = unsent[self._process.stdin.write(unsent) :]

    def _stop(self) -> None:
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        elif not self._ends_within(_INTERRUPT_TIMEOUT):
            process.terminate()
        if not self._ends_within(_STOP_TIMEOUT):
            process.kill()

    def _ends_within(self, timeout: float) -> bool:
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True
