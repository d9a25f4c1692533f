"""The QueueHost: one manager process for the queues of several runs, one after another."""

from __future__ import annotations

import contextlib

from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_server import QueueManager
from veritas.core.ipc import start_manager

_MAXSIZE = 1000  # items, as in `create_queue`


class QueueHost:
    """Gives each run a queue with a key of its own, in a process that is kept.

    At most one queue is open. The connections to an earlier one are closed, and its key is worth nothing any more, so
    what comes late for one run never reaches the next.
    """

    def __init__(self) -> None:
        self._manager: QueueManager | None = None

    def open(self) -> QueueProxy:
        """Return an empty queue; its `close` ends the connections to it, and not the process.

        Raises:
            QueueUnavailable: See `create_queue`.
        """
        if self._manager is not None:
            with contextlib.suppress(Exception):  # it has ended or hangs, and raises whatever its server raised
                return self._replace(self._manager)
            self.close()
        self._manager, first = start_manager(_MAXSIZE)
        with contextlib.suppress(Exception):
            return self._replace(self._manager)
        self._manager = None
        return first  # which reports what is wrong with the process, and ends it

    def close(self) -> None:
        """End the process; a second call does nothing."""
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.end()

    def _replace(self, manager: QueueManager) -> QueueProxy:
        return QueueProxy(str(manager.address), manager.replace_queue(_MAXSIZE), manager=_Lease(manager))


class _Lease:
    """What a run's proxy has in place of the manager.

    Attributes:
        pid: The id of the manager's process.
    """

    def __init__(self, manager: QueueManager) -> None:
        self._manager = manager
        self.pid = manager.pid

    def end(self) -> None:
        """End the connections to the run's queue."""
        with contextlib.suppress(Exception):  # the process has ended or hangs; the next run starts another
            self._manager.replace_queue(_MAXSIZE)
