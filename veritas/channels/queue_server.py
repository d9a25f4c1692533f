"""The queue's manager process: it accepts clients that have the key, and ends with the process that started it."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing import connection, get_context, parent_process, resource_tracker, util
from multiprocessing.connection import Connection
from multiprocessing.managers import Server, SyncManager
from queue import Queue
from traceback import format_exc
from typing import Any

from veritas.channels.queue_client import ANSWER_TIMEOUT, QUEUE_ID, QueueProxy, call_with_timeout, set_socket_timeout
from veritas.channels.queue_codec import CONTROL
from veritas.events.json import encode_json
from veritas.files import remove_directory

_MAX_REFUSALS = 20  # reported to the consumer, so that repeated attempts do not fill its log


class EventQueue(Queue[bytes]):
    """A queue of packed items, numbered from 1 in the order in which they were put."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self._accepted = self._handed_out = self._confirmed = self._refused = 0
        self._moved = threading.Condition(self.mutex)

    def _put(self, item: bytes) -> None:
        super()._put(item)
        self._accepted += 1

    def _get(self) -> bytes:
        self._handed_out += 1
        return super()._get()

    def get(self, block: bool = True, timeout: float | None = None) -> bytes:
        """Take one item and confirm it; skip the channel's own messages."""
        while True:
            item = super().get(block, timeout)
            self.confirm(self._handed_out)
            if not item.startswith(CONTROL):
                return item

    def put_packed(self, items: Sequence[bytes], timeout: float | None = None) -> tuple[int, int, int]:
        """Put as many of *items* as the queue has room for, waiting up to *timeout* seconds for room for the first.

        Returns:
            How many were put, the number of the last item put so far, and the number confirmed so far.
        """
        with self.not_full:
            if self.maxsize > 0 and not self.not_full.wait_for(lambda: self._qsize() < self.maxsize, timeout):
                return 0, self._accepted, self._confirmed
            room = len(items) if self.maxsize <= 0 else self.maxsize - self._qsize()
            accepted = items[:room]
            self.queue.extend(accepted)
            self._accepted += len(accepted)
            self.unfinished_tasks += len(accepted)
            self.not_empty.notify(len(accepted))
            return len(accepted), self._accepted, self._confirmed

    def get_packed(self, limit: int, max_bytes: int, timeout: float | None = None) -> tuple[int, list[bytes]]:
        """Take the available items, waiting up to *timeout* seconds for the first.

        Returns:
            The number of the last item taken so far, and the items: at most *limit*, with no more than *max_bytes*
            together unless the first alone is larger. They are not confirmed yet.
        """
        with self.not_empty:
            self.not_empty.wait_for(self._qsize, timeout)
            items: list[bytes] = []
            size = 0
            for item in islice(self.queue, limit):
                size += len(item)
                if items and size > max_bytes:
                    break
                items.append(item)
            for _ in items:
                self.queue.popleft()
            self._handed_out += len(items)
            if items:
                self.not_full.notify_all()
            return self._handed_out, items

    def confirm(self, number: int) -> None:
        """Confirm that all items up to *number* have been processed."""
        with self._moved:
            self._confirmed = max(self._confirmed, number)
            self._moved.notify_all()

    def await_confirmed(self, number: int, timeout: float) -> int:
        """Wait up to *timeout* seconds until item *number* is confirmed; return the number confirmed so far."""
        with self._moved:
            self._moved.wait_for(lambda: self._confirmed >= number, timeout)
            return self._confirmed

    def refuse(self, reason: str) -> None:
        """Report to the consumer that a connection without the key was refused."""
        with self.not_empty:
            self._refused += 1
            if self._refused <= _MAX_REFUSALS:
                self._put(CONTROL + encode_json({"refused": {"reason": reason, "count": self._refused}}))
                self.unfinished_tasks += 1
                self.not_empty.notify()


_served: EventQueue | None = None  # the queue that this process, a manager, serves


class _Server(Server):
    """A manager's server of one queue, which reports refused connections to the queue's consumer."""

    authkey: bytes  # an attribute of Server that typeshed does not declare

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        assert _served is not None  # set by the initializer, which runs before
        self.queue = _served
        self.id_to_obj[QUEUE_ID] = (_served, set(QueueProxy._exposed_), {})

    def _handle_request(self, c: Connection) -> None:
        """Authenticate a connection and answer its first request; each connection has a thread of its own."""
        try:
            set_socket_timeout(c, socket.SO_RCVTIMEO, ANSWER_TIMEOUT)
            connection.deliver_challenge(c, self.authkey)
            connection.answer_challenge(c, self.authkey)
            set_socket_timeout(c, socket.SO_RCVTIMEO, 0)
        except BlockingIOError:
            self.queue.refuse(f"it did not give the key within {ANSWER_TIMEOUT:g} s")
            return
        except Exception as error:  # bytes from another program may raise anything
            self.queue.refuse(f"it did not give the key: {error!r:.200}")
            return
        try:
            _, name, arguments, options = c.recv()
            if name not in self.public:
                raise ValueError(f"{name!r:.200} is not a request")  # sent back, as every other error is
            answer = "#RETURN", getattr(self, name)(c, *arguments, **options)
        except Exception:
            answer = "#TRACEBACK", format_exc()
        with suppress(OSError):  # after a shutdown request, the client does not wait for the answer
            c.send(answer)


class QueueManager(SyncManager):
    """A manager process with one queue in it."""

    _Server = _Server
    _process: Any

    def __init__(self, address: str, key: bytes, directory: str | None) -> None:
        """Create a manager that will listen at *address*, in *directory*, which it removes when it ends."""
        super().__init__(address, key, ctx=get_context("spawn"))
        self._key = key
        self._directory = directory

    def serve(self, maxsize: int) -> QueueProxy:
        """Start the process and return its queue.

        Raises:
            OSError: The process ended at once.
        """
        try:
            with _interrupts_blocked():
                self.start(_serve, (maxsize, self._directory))
        except EOFError:
            main = "if __name__ == '__main__':"
            raise OSError(f"its process ended at once; create a queue in a script only under `{main}`") from None
        return QueueProxy(str(self.address), self._key, manager=self)

    @property
    def pid(self) -> int:
        """The id of the process."""
        return int(self._process.pid)

    def end(self) -> None:
        """End the process, and remove its directory."""
        process = getattr(self, "_process", None)
        if process is not None:
            try:
                call_with_timeout(self.shutdown, ANSWER_TIMEOUT)
            except TimeoutError:
                process.kill()  # it hangs
        remove_directory(self._directory)


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """Block interrupts while a process is started, until it ignores them itself.

    A terminal sends an interrupt to all its processes, and it would end this one with a traceback. The starting process
    receives it after that.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it later, with the process, would unblock the interrupts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(maxsize: int, directory: str | None) -> None:
    """Set up the manager process: create the queue, and end when the parent ends, however it ends."""
    global _served
    _served = EventQueue(maxsize)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the parent handles a closed terminal
    util.Finalize(None, remove_directory, (directory,), exitpriority=0)
    threading.Thread(target=_end_with_parent, args=(directory,), daemon=True).start()


def _end_with_parent(directory: str | None) -> None:
    parent = parent_process()
    assert parent is not None  # a manager process always has one
    connection.wait([parent.sentinel])
    remove_directory(directory)
    os._exit(1)  # no process is left to report to
