"""A process that works on a log, reports each step as soon as it is done, and can be killed at any moment."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

# A process that is forked from one that has imported everything starts twenty times as fast as a new one.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.store.abandoner", "tests.store.appender", "tests.store.redactor", "psycopg"])

# Starting a process also polls all others, and only one of two threads that poll at once gets a process's exit code.
_lock = threading.Lock()

READY, GO = "ready", "go"


class Worker:
    """A worker process, which begins its work on command.

    Args:
        work: A function of a module. It receives a connection, on which it sends `READY`, waits for `GO`, and then
            sends one list of numbers after another.
        arguments: Further arguments for it.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._connection, theirs = _context.Pipe()
        self._process = _context.Process(target=work, args=(theirs, *arguments), daemon=True)
        with _lock:
            self._process.start()
        theirs.close()  # so that reading ends when the process ends

    def wait_until_ready(self) -> None:
        """Wait until the process has the log open."""
        assert self._connection.recv() == READY

    def go(self) -> None:
        """Let the process begin."""
        self._connection.send(GO)

    def acknowledged(self) -> Iterator[list[int]]:
        """Yield the lists that the process sends, until it ends; an incomplete one does not count."""
        while True:
            try:
                yield self._connection.recv()
            except (EOFError, OSError):
                return

    def kill(self) -> None:
        """Kill the process, as `kill -9` does."""
        self._process.kill()

    def join(self) -> int | None:
        """Wait until the process has ended, and return its exit code."""
        wait([self._process.sentinel], 60)
        with _lock:
            return self._process.exitcode

    def close(self) -> None:
        """Kill the process and free its resources."""
        self.kill()
        self.join()
        with _lock:
            self._process.close()
        self._connection.close()


@contextmanager
def working(work: Callable[..., None], *arguments: Any) -> Iterator[Worker]:
    """Yield a worker that is closed afterwards."""
    worker = Worker(work, *arguments)
    try:
        yield worker
    finally:
        worker.close()


def begin(connection: Connection) -> None:
    """Send from the worker process that it is ready, and wait for the command to begin."""
    connection.send(READY)
    assert connection.recv() == GO
