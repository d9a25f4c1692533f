"""The LazyWorker: a worker process that is started for its first audit."""

from __future__ import annotations

import threading

from veritas.errors import UsageError
from veritas.recording.worker_process import WorkerProcess


class LazyWorker:
    """A worker process that is started for its first audit; its methods may be called from any thread."""

    def __init__(self) -> None:
        self._process: WorkerProcess | None = None
        self._is_closed = False
        self._changing = threading.Lock()

    def process(self) -> WorkerProcess:
        """Return the process; start it if there is none yet.

        Raises:
            UsageError: It cannot be started, or the batch was cancelled meanwhile.
        """
        with self._changing:
            if self._is_closed:
                raise UsageError("The batch has ended; begin another.")
            self._process = self._process or WorkerProcess()
            return self._process

    def close(self) -> None:
        """End the process, if there is one, and start none from now on."""
        with self._changing:
            self._is_closed = True
            if self._process is not None:
                self._process.close()
