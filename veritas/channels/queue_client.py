"""The queue as another process holds it, by its address and its key.

`put` and `get` turn ProgressEvents and plain values into bytes and back, so code written for an ordinary queue works.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import get_spawning_popen
from multiprocessing.managers import (  # type: ignore[attr-defined]  # typeshed leaves two out
    BaseProxy,
    Token,
    convert_to_error,
    dispatch,
)
from typing import Any, TypeVar

from veritas.channels.queue_codec import CONTROL, pack, unpack

ANSWER_TIMEOUT = 3.0  # seconds in which a manager that is alive answers, however busy the machine is
_NO_ANSWER = "the queue's manager does not answer"

_T = TypeVar("_T")


def call_with_timeout(seconds: float, function: Callable[[], _T]) -> _T:
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
        raise TimeoutError(_NO_ANSWER)
    return results[0]


def set_socket_timeout(connection: Connection, option: int, seconds: float) -> None:
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


QUEUE_ID = "the queue"  # the name by which a manager knows the one queue that it is there for


class QueueProxy(BaseProxy):
    """The queue as another process holds it; `put`, `get`, `empty`, `full`, `qsize` as of `queue.Queue`."""

    _exposed_ = (
        "put", "get", "empty", "full", "qsize", "put_packed", "get_packed", "confirm", "await_confirmed",
    )  # fmt: skip

    _token: Any  # BaseProxy's own, of which typeshed does not know
    _authkey: Any
    _manager: Any
    _tls: Any
    _id: Any

    def __init__(self, address: str, key: bytes, *, manager: Any = None) -> None:
        """Make a proxy of the queue that a manager serves at *address*; it connects when it is first used.

        Args:
            address: Where the manager listens.
            key: Its key, which is secret.
            manager: The manager itself, for who has started it.
        """
        super().__init__(Token("queue", address, QUEUE_ID), "pickle", manager=manager, authkey=key, incref=False)

    def __reduce__(self) -> Any:
        """Let a process that `multiprocessing` starts have it; the key goes nowhere else.

        Raises:
            TypeError: It is not being handed to such a process.
        """
        if get_spawning_popen() is None:
            raise TypeError("A queue is pickled for a process that is being started only; use serialize_queue.")
        return QueueProxy, (self.address, self.key)

    @property
    def address(self) -> str:
        """Where the manager listens."""
        return str(self._token.address)

    @property
    def key(self) -> bytes:
        """The manager's key, which is secret."""
        return bytes(self._authkey)

    def connect(self) -> None:
        """Connect this thread.

        Raises:
            OSError, AuthenticationError: Nobody listens, or does not accept the key.
            TimeoutError: There is no answer.
        """
        self._tls.connection = call_with_timeout(ANSWER_TIMEOUT, self._connected)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a ProgressEvent or a plain value.

        Raises:
            queue.Full: There is no room in time.
            TypeError: It is neither.
        """
        self._call("put", pack(item), block, timeout)

    def put_nowait(self, item: Any) -> None:
        """Put an item if there is room now."""
        self.put(item, block=False)

    def put_many(self, items: Sequence[Any], timeout: float | None = None) -> int:
        """Put *items* in order; return how many went in, fewer than all where there is no room in time."""
        packed = [pack(item) for item in items]
        deadline = None if timeout is None else time.monotonic() + timeout
        done = 0
        while done < len(packed):
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            accepted, _, _ = self.put_packed(packed[done:], left)
            if not accepted:
                break
            done += accepted
        return done

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take one item, as it was put.

        Raises:
            queue.Empty: There is none in time.
        """
        return unpack(self._call("get", block, timeout))

    def get_nowait(self) -> Any:
        """Take one item if there is one now."""
        return self.get(block=False)

    def get_many(self, limit: int = 1000, timeout: float | None = None) -> list[Any]:
        """Take what is there, at most *limit* items, waiting up to *timeout* seconds for the first."""
        number, packed = self.get_packed(limit, 1 << 62, timeout)
        self.confirm(number)
        return [unpack(item) for item in packed if not item.startswith(CONTROL)]

    def empty(self) -> bool:
        """Whether there is no item."""
        return bool(self._call("empty", limit=0))

    def full(self) -> bool:
        """Whether there is no room."""
        return bool(self._call("full", limit=0))

    def qsize(self) -> int:
        """How many items there are."""
        return int(self._call("qsize", limit=0))

    def put_packed(self, items: Sequence[bytes], timeout: float | None = None) -> tuple[int, int, int]:
        """See `EventQueue.put_packed`."""
        accepted, last, confirmed = self._call("put_packed", items, timeout, limit=timeout)
        return accepted, last, confirmed

    def get_packed(self, limit: int, most_bytes: int, timeout: float | None = None) -> tuple[int, list[bytes]]:
        """See `EventQueue.get_packed`."""
        last, items = self._call("get_packed", limit, most_bytes, timeout)
        return last, items

    def confirm(self, number: int) -> None:
        """See `EventQueue.confirm`."""
        self._call("confirm", number, limit=0)

    def await_confirmed(self, number: int, timeout: float) -> int:
        """See `EventQueue.await_confirmed`."""
        return int(self._call("await_confirmed", number, timeout, limit=timeout))

    def close(self) -> None:
        """End the manager process and remove its socket, if this is the process that created the queue."""
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.end()

    def _call(self, method: str, *arguments: Any, limit: float | None = None) -> Any:
        """Call the queue's method; with *limit*, give up that many seconds and a margin later.

        A manager that is stopped keeps its connections: without limits on this side a call would wait for ever.
        """
        if not hasattr(self._tls, "connection"):
            self.connect()
        made = self._tls.connection
        try:
            made.send((self._id, method, arguments, {}))
            if limit is not None and not made.poll(limit + ANSWER_TIMEOUT):
                raise BlockingIOError
        except BlockingIOError:
            made.close()
            del self._tls.connection  # its answer, should it come, must not be taken for another's
            raise TimeoutError(_NO_ANSWER) from None
        kind, result = made.recv()
        if kind == "#RETURN":
            return result
        raise convert_to_error(kind, result)

    def _connected(self) -> connection.Connection:
        """Return a connection of this thread's own, on which a write that makes no progress fails."""
        made = connection.Client(self.address, authkey=self.key)
        set_socket_timeout(made, socket.SO_SNDTIMEO, ANSWER_TIMEOUT)
        dispatch(made, None, "accept_connection", (threading.current_thread().name,))
        return made
