"""The queue's manager process: it accepts clients that have the key, and ends with the process that started it."""

from __future__ import annotations

import os
import secrets
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing import connection, get_context, parent_process, resource_tracker, util
from multiprocessing.managers import Server, SyncManager
from time import sleep
from typing import Any

import msgspec

from veritas.channels.event_queue import EventQueue
from veritas.channels.queue_client import ANSWER_TIMEOUT, QueueProxy, call_with_timeout
from veritas.channels.queue_connection import (
    HANDSHAKE_TIMEOUT,
    METHODS,
    SERIALIZER,
    QueueConnection,
    QueueListener,
)
from veritas.scratch import HeldDirectory, remove_directory

KEY_BYTES = 32

_MAX_PENDING_BYTES = 64 * 1024 * 1024  # of large requests
_SMALL = 64 * 1024  # a request that is not large

# Connections at once. Each is a thread and a file descriptor, of which a process may have 256 (macOS) or 1,024.
_MAX_STRANGERS = 32
_MAX_CLIENTS = 160

_ACCEPT_PAUSE = 0.05  # seconds
_MAX_REASON = 200  # characters


_served: EventQueue | None = None  # the queue that this process, a manager, serves


class _Server(Server):
    """A manager's server of one queue; it accepts what `queue_connection` declares, and reports what it refuses.

    Who has the manager's own key can replace the queue by that of the next run, which has a key of its own.
    """

    authkey: bytes  # this and the next are attributes of Server that typeshed does not declare
    stop_event: threading.Event
    listener: QueueListener

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        assert _served is not None  # set by the initializer, which runs before
        self.queue = _served
        self._run_key: bytes | None = None  # of the queue, if it replaced the first one
        self._pending = _PendingBytes()
        self._lock = threading.Lock()
        self._strangers: dict[QueueConnection, None] = {}  # that have not given the key yet, oldest first
        self._clients: set[QueueConnection] = set()  # that have given a key

    def accepter(self) -> None:
        """Accept connections for ever; each has a thread of its own."""
        while True:
            try:
                opened = self.listener.accept(self._pending.reserve)
            except OSError:
                sleep(_ACCEPT_PAUSE)  # there may be no file descriptor for it now
                continue
            with self._lock:
                self._strangers[opened] = None
                if len(self._strangers) > _MAX_STRANGERS:
                    oldest = next(iter(self._strangers))
                    del self._strangers[oldest]
                    oldest.abort()
            threading.Thread(target=self._handle, args=(opened,), daemon=True).start()

    def _handle(self, opened: QueueConnection) -> None:
        """Serve a connection to its end, and report if it was refused."""
        has_key = False
        try:
            key = opened.accept_client(self.authkey, *([self._run_key] if self._run_key else ()))
            has_key = True
            with self._place_for(opened, key) as queue:
                while not self.stop_event.is_set():
                    opened.serve(partial(self._answer, opened, queue, key))
        except Exception as error:  # bytes from another program may raise anything
            ended = isinstance(error, EOFError | OSError) and not isinstance(error, TimeoutError)
            if not (has_key and ended):
                self.queue.refuse(_reason(error, has_key=has_key))
        finally:
            with self._lock:  # so that `abort` does not meet another connection with the same file descriptor
                self._strangers.pop(opened, None)
                opened.close()

    @contextmanager
    def _place_for(self, opened: QueueConnection, key: bytes) -> Iterator[EventQueue]:
        """Count a connection that has given *key*, while the context lasts; give it the queue, which stays the same.

        Raises:
            ValueError: Too many are open, or the queue of the key was replaced.
        """
        with self._lock:
            self._strangers.pop(opened, None)
            if len(self._clients) >= _MAX_CLIENTS:
                raise ValueError(f"{_MAX_CLIENTS} other connections are open")
            if key not in (self.authkey, self._run_key):
                raise ValueError("its queue was replaced by that of another run")
            self._clients.add(opened)
            queue = self.queue
        try:
            yield queue
        finally:
            with self._lock:
                self._clients.discard(opened)

    def _answer(
        self, opened: QueueConnection, queue: EventQueue, key: bytes, method: str, arguments: msgspec.Raw
    ) -> tuple[Any, ...] | None:
        """Return the answer to a request."""
        if method == "shutdown":
            self.shutdown(opened)  # type: ignore[arg-type]  # it has what a Connection must have
            return None
        try:
            values = METHODS[method].arguments.decode(arguments)
            called = partial(self._replace, opened, key) if method == "replace" else getattr(queue, method)
            result = called(*values)
        except Exception as error:  # raised again by the client
            return "#ERROR", (type(error).__name__, str(error)[:_MAX_REASON])
        return "#RETURN", result

    def _replace(self, opened: QueueConnection, key: bytes, run_key: bytes, maxsize: int) -> None:
        """Replace the queue by an empty one that has *run_key*, and end the connections to the old one."""
        if key != self.authkey:
            raise ValueError("only who started the manager can replace its queue")
        with self._lock:
            old, self.queue, self._run_key = self.queue, EventQueue(maxsize), run_key
            for client in self._clients - {opened}:
                client.abort()
        old.close()


class _PendingBytes:
    """The bytes of the requests that are being received or answered; a large one waits while there are too many."""

    def __init__(self) -> None:
        self._bytes = 0
        self._changed = threading.Condition()

    @contextmanager
    def reserve(self, size: int) -> Iterator[None]:
        """Count *size* bytes while the context lasts."""
        if size <= _SMALL:
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: not self._bytes or self._bytes + size <= _MAX_PENDING_BYTES)
            self._bytes += size
        try:
            yield
        finally:
            with self._changed:
                self._bytes -= size
                self._changed.notify_all()


class QueueManager(SyncManager):
    """A manager process with one queue in it, which can be replaced by another one."""

    _Server = _Server
    _process: Any

    def __init__(self, address: str, key: bytes, directory: HeldDirectory | None) -> None:
        """Create a manager that will listen at *address*, in *directory*, which it removes when it ends."""
        super().__init__(address, key, SERIALIZER, get_context("spawn"))
        self._key = key
        self._directory = directory

    def serve(self, maxsize: int) -> QueueProxy:
        """Start the process and return its queue.

        Raises:
            OSError: The process ended at once.
        """
        try:
            with _interrupts_blocked():
                self.start(_serve, (maxsize, self._directory and self._directory.path))
        except EOFError:
            main = "if __name__ == '__main__':"
            raise OSError(f"its process ended at once; create a queue in a script only under `{main}`") from None
        return QueueProxy(str(self.address), self._key, manager=self)

    def replace_queue(self, maxsize: int) -> bytes:
        """Replace the queue by an empty one, to which no connection exists; return its key, which is new.

        Raises:
            OSError, TimeoutError: The process has ended, or does not answer.
        """
        key = secrets.token_bytes(KEY_BYTES)
        owner = QueueProxy(str(self.address), self._key)
        call_with_timeout(lambda: owner.replace(key, maxsize), ANSWER_TIMEOUT)
        return key

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
        if self._directory is not None:
            self._directory.remove()


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


def _reason(error: Exception, *, has_key: bool) -> str:
    """Return why a connection was refused."""
    if has_key:
        what = "it sent only a part of a message" if isinstance(error, TimeoutError) else str(error)
        return f"it gave the key, but {what}"[:_MAX_REASON]
    if isinstance(error, TimeoutError):
        return f"it did not give the key within {HANDSHAKE_TIMEOUT:g} s"
    return f"it did not give the key: {str(error) or 'the connection ended'}"[:_MAX_REASON]


def _serve(maxsize: int, directory: str | None) -> None:
    """Set up the manager process: create the queue, and end when the parent ends, however it ends."""
    global _served
    _served = EventQueue(maxsize)
    if directory is not None:
        HeldDirectory.hold(directory)  # as long as this process lives, whatever happens to the parent
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
