"""The client of the queue's manager process: a proxy of the queue, given its address and key.

`put` and `get` convert ProgressEvents and plain values to bytes and back, so code written for an ordinary queue works.
"""

from __future__ import annotations

import hashlib
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from multiprocessing import util
from multiprocessing.context import get_spawning_popen
from multiprocessing.managers import BaseProxy, Token
from queue import Full
from typing import Any, TypeVar

import msgspec

from veritas.channels.queue_codec import CONTROL, pack, unpack
from veritas.channels.queue_connection import (
    MAX_ITEM_BYTES,
    METHODS,
    SERIALIZER,
    QueueConnection,
    connect,
)
from veritas.events.json import encode_json

QUEUE_ID = "the queue"  # the manager's name for its one queue
BATCH_ITEMS = 1000  # events of 300 bytes; 2000 at once carried a fifth fewer a second (nine bursts each, two cores)
BATCH_BYTES = 4 * 1024 * 1024
ANSWER_TIMEOUT = 3.0  # seconds in which a manager that is alive answers, however busy the machine is

_NO_ANSWER = "the queue's manager does not answer"

_T = TypeVar("_T")


def first_batch(items: Iterable[bytes]) -> list[bytes]:
    """Return the first of *items* that fit into one request: as many as `BATCH_BYTES` hold, but at least one."""
    batch: list[bytes] = []
    size = 0
    for item in islice(items, BATCH_ITEMS):
        size += len(item)
        if batch and size > BATCH_BYTES:
            break
        batch.append(item)
    return batch


def call_with_timeout(function: Callable[[], _T], timeout: float) -> _T:
    """Call *function* in a thread; return what it returns, or raise what it raises.

    Raises:
        TimeoutError: It takes longer than *timeout* seconds; the thread is left waiting in it.
    """
    results: list[_T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(function())
        except BaseException as error:  # raised again in the calling thread
            errors.append(error)

    thread = threading.Thread(target=run, name="call with timeout", daemon=True)
    thread.start()
    thread.join(timeout)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(_NO_ANSWER)
    return results[0]


class QueueProxy(BaseProxy):
    """A proxy of the queue; `put`, `get`, `empty`, `full` and `qsize` behave as those of `queue.Queue`."""

    _exposed_ = tuple(METHODS)

    _token: Any  # this and the next are attributes of BaseProxy that typeshed does not declare
    _authkey: Any
    _manager: Any
    _tls: Any
    _id: Any
    __str__ = BaseProxy.__repr__

    def __init__(self, address: str, key: bytes, *, manager: Any = None) -> None:
        """Create a proxy of the queue that a manager serves at *address*; it connects when it is first used.

        Args:
            address: The address at which the manager listens.
            key: Its key, which is secret.
            manager: The manager, in the process that started it.
        """
        super().__init__(Token("queue", address, QUEUE_ID), SERIALIZER, manager=manager, authkey=key, incref=False)
        self._tls = util.ForkAwareLocal()  # by default, proxies with the same address share connections

    def __reduce__(self) -> Any:
        """Pickle the proxy for a process that `multiprocessing` starts, and for nothing else, because it has the key.

        Raises:
            TypeError: No such process is being started.
        """
        if get_spawning_popen() is None:
            raise TypeError("A queue is pickled only for a process that is being started; use serialize_queue.")
        return QueueProxy, (self.address, self.key)

    @property
    def address(self) -> str:
        """The address at which the manager listens."""
        return str(self._token.address)

    @property
    def is_served_here(self) -> bool:
        """Whether this process started the manager; else it is the child of the one that did."""
        return self._manager is not None

    @property
    def key(self) -> bytes:
        """The manager's key, which is secret."""
        return bytes(self._authkey)

    def connect(self) -> None:
        """Connect this thread.

        Raises:
            OSError, AuthenticationError: No manager listens at the address, or it does not accept the key.
            TimeoutError: The manager does not answer.
        """
        self._tls.connection = call_with_timeout(self._connect, ANSWER_TIMEOUT)

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a ProgressEvent or a plain value.

        Raises:
            queue.Full: The queue stayed full.
            TypeError: The item is neither.
            ValueError: It is longer than `MAX_ITEM_BYTES`; the recorder records its length and hash.
        """
        packed, waits = self._pack(item), block and timeout is None
        try:
            self._call("put", packed, bool(block), timeout, stalled=self.is_served if waits else None)
        except TimeoutError:  # in the middle of the request, so the item was not put
            if self.is_served():
                raise Full from None
            raise

    def put_nowait(self, item: Any) -> None:
        """Put an item if there is room now."""
        self.put(item, block=False)

    def put_many(self, items: Sequence[Any], timeout: float | None = None) -> int:
        """Put *items* in order; return how many were put, fewer than all if the queue stayed full."""
        packed = [self._pack(item) for item in items]
        deadline = None if timeout is None else time.monotonic() + timeout
        done = 0
        while done < len(packed):
            remaining = None if deadline is None else max(0.0, deadline - time.monotonic())
            accepted, _, _ = self.put_packed(first_batch(islice(packed, done, None)), remaining)
            if not accepted:
                break
            done += accepted
        return done

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take one item, as it was put.

        Raises:
            queue.Empty: The queue stayed empty.
        """
        return unpack(self._call("get", block, timeout))

    def get_nowait(self) -> Any:
        """Take one item if there is one now."""
        return self.get(block=False)

    def get_many(self, limit: int = 1000, timeout: float | None = None) -> list[Any]:
        """Take the available items, at most *limit*, waiting up to *timeout* seconds for the first."""
        items: list[Any] = []
        while len(items) < limit:
            number, packed = self.get_packed(limit - len(items), BATCH_BYTES, 0 if items else timeout)
            self.confirm(number)
            items += [unpack(item) for item in packed if not item.startswith(CONTROL)]
            if not packed:
                break
        return items

    def empty(self) -> bool:
        """Return whether the queue is empty."""
        return bool(self._call("empty", limit=0))

    def full(self) -> bool:
        """Return whether the queue is full."""
        return bool(self._call("full", limit=0))

    def qsize(self) -> int:
        """Return the number of items in the queue."""
        return int(self._call("qsize", limit=0))

    def put_packed(self, items: Sequence[bytes], timeout: float | None = None) -> tuple[int, int, int]:
        """See `EventQueue.put_packed`."""
        accepted, last, confirmed = self._call("put_packed", items, timeout, limit=timeout)
        return accepted, last, confirmed

    def get_packed(self, limit: int, max_bytes: int, timeout: float | None = None) -> tuple[int, list[bytes]]:
        """See `EventQueue.get_packed`."""
        last, items = self._call("get_packed", limit, max_bytes, timeout)
        return last, items

    def confirm(self, number: int) -> None:
        """See `EventQueue.confirm`."""
        self._call("confirm", number, limit=0)

    def await_confirmed(self, number: int, timeout: float) -> int:
        """See `EventQueue.await_confirmed`."""
        return int(self._call("await_confirmed", number, timeout, limit=timeout))

    def replace(self, key: bytes, maxsize: int) -> None:
        """Replace the queue by an empty one with another key; this proxy must have the manager's own key."""
        self._call("replace", key, maxsize, limit=0)

    def report_too_long(self, packed: bytes) -> None:
        """Report to the recorder that a packed item is longer than `MAX_ITEM_BYTES`, with its length and hash."""
        body = memoryview(packed)[1:]
        report = {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        self.put_packed([CONTROL + encode_json({"too_long": report})])

    def is_served(self) -> bool:
        """Return whether the manager answers."""
        try:
            call_with_timeout(self._connect, ANSWER_TIMEOUT).close()
        except Exception:  # whatever the system or the other end does
            return False
        return True

    def close(self) -> None:
        """End the manager process and remove its socket, if this is the process that created the queue."""
        manager, self._manager = self._manager, None
        if manager is not None:
            manager.end()

    def _pack(self, item: Any) -> bytes:
        packed = pack(item)
        if len(packed) > MAX_ITEM_BYTES:
            self.report_too_long(packed)
            limit = f"the queue carries at most {MAX_ITEM_BYTES:,}"
            raise ValueError(f"The item has {len(packed) - 1:,} bytes, and {limit}; put it in parts.")
        return packed

    def _call(
        self, method: str, *arguments: Any, limit: float | None = None, stalled: Callable[[], bool] | None = None
    ) -> Any:
        """Call a method of the queue; with *limit*, give up after that many seconds and `ANSWER_TIMEOUT`.

        A stopped manager process keeps its connections open, so a call without a limit would wait for ever. One that
        has many large requests receives no more of them for a time; *stalled* decides whether to wait for it.
        """
        if not hasattr(self._tls, "connection"):
            self.connect()
        open_connection: QueueConnection = self._tls.connection
        try:
            open_connection.send((self._id, method, arguments, {}), stalled=stalled or (lambda: False))
            if limit is not None and not open_connection.poll(limit + ANSWER_TIMEOUT):
                raise TimeoutError
            kind, result = open_connection.recv()
        except (OSError, EOFError) as error:
            open_connection.close()
            del self._tls.connection  # a late answer must not be taken for the answer to another call
            if isinstance(error, BlockingIOError | TimeoutError):
                raise TimeoutError(_NO_ANSWER) from None
            raise
        if kind != "#RETURN":
            raise result
        try:
            return METHODS[method].result.decode(result)
        except msgspec.MsgspecError as error:
            raise OSError(f"what the queue's manager sent is not an answer: {error}") from None

    def _connect(self) -> QueueConnection:
        """Return a new connection for this thread, on which a write that makes no progress fails."""
        opened = connect(self.address, self.key)
        limit_writes(opened, int(ANSWER_TIMEOUT))
        return opened


def limit_writes(connection: QueueConnection, seconds: int) -> None:
    """Make writes fail with BlockingIOError if they make no progress for *seconds*; on Windows, do nothing."""
    if os.name == "nt":
        return  # a named pipe does not have such a limit
    with socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", seconds, 0))
