"""The manager process: it holds the queue, lets in who has the key, and ends with the process that started it."""

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

_MOST_REFUSALS = 20  # of which the consumer is told; whoever keeps trying shall not fill its log


class EventQueue(Queue[bytes]):
    """A queue of packed items, which it counts from 1, in the order of putting."""

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
        """Take one item, and count it as taken over; the channel's own messages are passed over."""
        while True:
            item = super().get(block, timeout)
            self.confirm(self._handed_out)
            if not item.startswith(CONTROL):
                return item

    def put_packed(self, items: Sequence[bytes], timeout: float | None = None) -> tuple[int, int, int]:
        """Put as many of *items* as there is room for, waiting up to *timeout* seconds for room for the first.

        Returns:
            How many went in, the number of the last one that did, and the number confirmed so far.
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

    def get_packed(self, limit: int, most_bytes: int, timeout: float | None = None) -> tuple[int, list[bytes]]:
        """Take what is there, waiting up to *timeout* seconds for the first item.

        Returns:
            The number of the last item handed out so far, and the items: at most *limit* of them, and no more than
            *most_bytes* together unless the first alone is larger. None is confirmed yet.
        """
        with self.not_empty:
            self.not_empty.wait_for(self._qsize, timeout)
            items: list[bytes] = []
            size = 0
            for item in islice(self.queue, limit):
                size += len(item)
                if items and size > most_bytes:
                    break
                items.append(item)
            for _ in items:
                self.queue.popleft()
            self._handed_out += len(items)
            if items:
                self.not_full.notify_all()
            return self._handed_out, items

    def confirm(self, number: int) -> None:
        """Say that all items up to *number* have been taken over."""
        with self._moved:
            self._confirmed = max(self._confirmed, number)
            self._moved.notify_all()

    def await_confirmed(self, number: int, timeout: float) -> int:
        """Wait up to *timeout* seconds until item *number* is confirmed; return the number confirmed so far."""
        with self._moved:
            self._moved.wait_for(lambda: self._confirmed >= number, timeout)
            return self._confirmed

    def refuse(self, reason: str) -> None:
        """Tell the consumer that somebody without the key was turned away."""
        with self.not_empty:
            self._refused += 1
            if self._refused <= _MOST_REFUSALS:
                self._put(CONTROL + encode_json({"refused": {"reason": reason, "count": self._refused}}))
                self.unfinished_tasks += 1
                self.not_empty.notify()


_served: EventQueue | None = None  # in the manager process: the one queue that it is there for


class _Server(Server):
    """A manager's server that knows one queue by name, and tells its consumer of whom it turned away."""

    authkey: bytes  # Server's own, of which typeshed does not know

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        assert _served is not None  # made by the initializer, which runs before
        self.queue = _served
        self.id_to_obj[QUEUE_ID] = (_served, set(QueueProxy._exposed_), {})

    def _handle_request(self, c: Connection) -> None:
        """Let a connection in and answer its first request; each has a thread of its own."""
        try:
            set_socket_timeout(c, socket.SO_RCVTIMEO, ANSWER_TIMEOUT)
            connection.deliver_challenge(c, self.authkey)
            connection.answer_challenge(c, self.authkey)
            set_socket_timeout(c, socket.SO_RCVTIMEO, 0)
        except BlockingIOError:
            self.queue.refuse(f"it did not give the key call_with_timeout {ANSWER_TIMEOUT:g} s")
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
                call_with_timeout(ANSWER_TIMEOUT, self.shutdown)
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
