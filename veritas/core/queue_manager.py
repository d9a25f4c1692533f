"""The manager process: it holds the queue, lets in who has the key, and ends with the process that started it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context, parent_process, resource_tracker, util
from multiprocessing.connection import Connection
from multiprocessing.managers import Server, SyncManager
from traceback import format_exc
from typing import Any

from veritas.core.deadline import PATIENCE, limit_waiting, within
from veritas.core.event_queue import EventQueue
from veritas.core.queue_proxy import QUEUE, QueueProxy
from veritas.files import remove_directory

_served: EventQueue | None = None  # in the manager process: the one queue that it is there for


class _Server(Server):
    """A manager's server that knows one queue by name, and tells its consumer of whom it turned away."""

    authkey: bytes  # Server's own, of which typeshed does not know

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        assert _served is not None  # made by the initializer, which runs before
        self.queue = _served
        self.id_to_obj[QUEUE] = (_served, set(QueueProxy._exposed_), {})

    def _handle_request(self, c: Connection) -> None:
        """Let a connection in and answer its first request; each has a thread of its own."""
        try:
            limit_waiting(c, socket.SO_RCVTIMEO, PATIENCE)
            connection.deliver_challenge(c, self.authkey)
            connection.answer_challenge(c, self.authkey)
            limit_waiting(c, socket.SO_RCVTIMEO, 0)
        except BlockingIOError:
            self.queue.refuse(f"it did not give the key within {PATIENCE:g} s")
            return
        except Exception as error:  # a stranger's bytes raise anything
            self.queue.refuse(f"it did not give the key: {error!r:.200}")
            return
        try:
            _, name, arguments, options = c.recv()
            if name not in self.public:
                raise ValueError(f"{name!r:.200} is no request")  # told to who asked, as all else
            answer = "#RETURN", getattr(self, name)(c, *arguments, **options)
        except Exception:
            answer = "#TRACEBACK", format_exc()
        with suppress(OSError):  # who asked to shut down has been answered, and does not wait
            c.send(answer)


class QueueManager(SyncManager):
    """A manager process with one queue in it."""

    _Server = _Server
    _process: Any

    def __init__(self, address: str, key: bytes, directory: str | None) -> None:
        """Make one that will listen at *address*, in *directory*, which goes with it."""
        super().__init__(address, key, ctx=get_context("spawn"))
        self._key = key
        self._directory = directory

    def serve(self, maxsize: int) -> QueueProxy:
        """Start the process, and return its queue.

        Raises:
            OSError: The process ended before it served anything.
        """
        try:
            with _interrupts_held():
                self.start(_serve, (maxsize, self._directory))
        except EOFError:
            main = "if __name__ == '__main__':"
            raise OSError(f"its process ended at once; a script creates a queue under `{main}` only") from None
        return QueueProxy(str(self.address), self._key, manager=self)

    @property
    def pid(self) -> int:
        """The process."""
        return int(self._process.pid)

    def end(self) -> None:
        """End the process, and remove its directory."""
        process = getattr(self, "_process", None)
        if process is not None:
            try:
                within(PATIENCE, self.shutdown)
            except TimeoutError:
                process.kill()  # it hangs, and so does whoever waits for its answer
        remove_directory(self._directory)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep interrupts from a process that is being started, until it ignores them itself.

    A terminal sends them to all, and they would end it with a traceback. Who starts it hears of them a moment later.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # which is started along with the first process, and lets them through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(maxsize: int, directory: str | None) -> None:
    """Set up the manager process: make the queue, and end with the parent, however the parent ends."""
    global _served
    _served = EventQueue(maxsize)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a closed terminal is for the parent to deal with
    util.Finalize(None, remove_directory, (directory,), exitpriority=0)
    threading.Thread(target=_end_with_parent, args=(directory,), daemon=True).start()


def _end_with_parent(directory: str | None) -> None:
    parent = parent_process()
    assert parent is not None  # a manager is always started by one
    connection.wait([parent.sentinel])
    remove_directory(directory)
    os._exit(1)  # nobody is left to report to
