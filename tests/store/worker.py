"""A process that works on a log, says each thing as soon as it is done, and can be killed at any moment."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

# Forked from one that has imported everything: a process is there in a twentieth of the time that a new one takes.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.store.abandoner", "tests.store.appender", "tests.store.redactor", "psycopg"])

# Whoever starts a process looks after all others too, and of two threads that ask how one ended only one is told.
_lock = threading.Lock()

READY, GO = "ready", "go"


class Worker:
    """A process at its work; it begins with that when it is told to.

    Args:
        work: A function of a module. It is given a connection, on which it says `READY`, waits for `GO`, and then says
            one list of numbers after the other.
        arguments: What it is given besides.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._connection, theirs = _context.Pipe()
        self._process = _context.Process(target=work, args=(theirs, *arguments), daemon=True)
        with _lock:
            self._process.start()
        theirs.close()  # so that the end of the process is the end of what it says

    def wait_until_ready(self) -> None:
        """Wait until it has the log open."""
        assert self._connection.recv() == READY

    def go(self) -> None:
        """Tell it to begin."""
        self._connection.send(GO)

    def acknowledged(self) -> Iterator[list[int]]:
        """Yield what it says, until it ends; what it did not say to the end does not count."""
        while True:
            try:
                yield self._connection.recv()
            except (EOFError, OSError):
                return

    def kill(self) -> None:
        """Kill it, as `kill -9` does."""
        self._process.kill()

    def join(self) -> int | None:
        """Wait for its end, and return its exit code."""
        wait([self._process.sentinel], 60)
        with _lock:
            return self._process.exitcode

    def close(self) -> None:
        """See to it that nothing is left of it."""
        self.kill()
        self.join()
        with _lock:
            self._process.close()
        self._connection.close()


@contextmanager
def working(work: Callable[..., None], *arguments: Any) -> Iterator[Worker]:
    """Give a worker that is closed afterwards."""
    worker = Worker(work, *arguments)
    try:
        yield worker
    finally:
        worker.close()


def begin(connection: Connection) -> None:
    """In the process itself: say that it is ready, and wait until it is told to begin."""
    connection.send(READY)
    assert connection.recv() == GO
