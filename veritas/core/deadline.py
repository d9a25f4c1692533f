"""Not waiting for ever for a process that is there and does not answer."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

PATIENCE = 3.0  # seconds in which a manager that is alive answers, however busy the machine is
NO_ANSWER = "the queue's manager does not answer"

_T = TypeVar("_T")


def within(seconds: float, function: Callable[[], _T]) -> _T:
    """Return what *function* gives, or raise what it raises.

    Raises:
        TimeoutError: It takes longer than that; the thread that waits in it is left behind.
    """
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # raised again by whoever waits
            errors.append(error)

    thread = threading.Thread(target=run, name="under a deadline", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(NO_ANSWER)
    return results[0]


def limit_waiting(connection: Connection, option: int, seconds: float) -> None:
    """Let reads or writes that make no progress fail with BlockingIOError.

    Args:
        connection: One over a socket; the named pipes of Windows have no such limit.
        option: `socket.SO_RCVTIMEO` for reads, `socket.SO_SNDTIMEO` for writes.
        seconds: How long they may wait; 0 for as long as it takes.
    """
    if os.name == "nt":
        return
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(seconds), 0))
