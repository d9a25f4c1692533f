"""A queue in a manager process of its own, which every process that has its address and key can reach.

The manager process holds bytes only; a ProgressEvent crosses as its wire form, any other plain value as a pickle that
names no class. `put` and `get` of the proxy turn them into bytes and back, so code written for an ordinary queue works.

The queue also knows how far its consumer is. A consumer that uses `get` has taken an item over when it has it. One that
uses `get_packed` says so itself, with `confirm`, once the items are safe; until then whoever put them can keep them.
"""

from __future__ import annotations

import io
import os
import pickle
import signal
import threading
import time
from collections.abc import Sequence
from multiprocessing import connection, parent_process, util
from multiprocessing.managers import (  # type: ignore[attr-defined]  # typeshed leaves one out
    BaseProxy,
    SyncManager,
    convert_to_error,
)
from queue import Queue
from typing import Any

from veritas.core.events import ProgressEvent, decode_event, encode_event
from veritas.errors import UndecodableEvent
from veritas.scratch import remove_directory

_PATIENCE = 3.0  # seconds in which a manager that is alive answers, however busy the machine is

EVENT, CONTROL, VALUE = b"E", b"C", b"V"  # the first byte of a packed item says what the rest is


class EventQueue(Queue[bytes]):
    """The queue inside the manager process. It counts its items from 1, in the order of putting."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self._accepted = self._handed_out = self._confirmed = 0
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
            for item in items[:room]:
                self._put(item)
            self.unfinished_tasks += len(items[:room])
            self.not_empty.notify(len(items[:room]))
            return len(items[:room]), self._accepted, self._confirmed

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
            while self._qsize() and len(items) < limit:
                size += len(self.queue[0])
                if items and size > most_bytes:
                    break
                items.append(self._get())
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


class QueueProxy(BaseProxy):
    """The queue as another process holds it; `put`, `get`, `empty`, `full`, `qsize` as of `queue.Queue`."""

    _exposed_ = (
        "put", "get", "empty", "full", "qsize", "put_packed", "get_packed", "confirm", "await_confirmed",
    )  # fmt: skip

    owned_directory: str | None = None
    _token: Any  # BaseProxy's own, of which typeshed does not know
    _authkey: Any
    _manager: Any
    _tls: Any
    _id: Any
    _connect: Any

    @property
    def address(self) -> str:
        """Where the manager listens."""
        return str(self._token.address)

    @property
    def key(self) -> bytes:
        """The manager's key, which is secret."""
        return bytes(self._authkey)

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
        return bool(self._call("empty"))

    def full(self) -> bool:
        """Whether there is no room."""
        return bool(self._call("full"))

    def qsize(self) -> int:
        """How many items there are."""
        return int(self._call("qsize"))

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
        if not hasattr(manager, "shutdown"):
            return  # only who started a manager can end it
        asking = threading.Thread(target=manager.shutdown, daemon=True)
        asking.start()
        asking.join(_PATIENCE)
        if asking.is_alive():
            manager._process.kill()  # it hangs, and so does whoever waits for its answer
        remove_directory(self.owned_directory)

    def _call(self, method: str, *arguments: Any, limit: float | None = None) -> Any:
        """Call the queue's method; with *limit*, give up that many seconds and a margin later.

        A manager that is stopped keeps its connections: without a limit on this side a call would wait for ever.
        """
        if limit is None:
            return self._callmethod(method, arguments)
        if not hasattr(self._tls, "connection"):
            self._connect()
        connection = self._tls.connection
        connection.send((self._id, method, arguments, {}))
        if not connection.poll(limit + _PATIENCE):
            connection.close()
            del self._tls.connection  # its answer, should it come, must not be taken for another's
            raise TimeoutError("the queue's manager does not answer")
        kind, result = connection.recv()
        if kind == "#RETURN":
            return result
        raise convert_to_error(kind, result)


class QueueManager(SyncManager):
    """The manager process's two ends."""


_served: EventQueue | None = None  # in the manager process: the one queue that it is there for


def serve(maxsize: int, directory: str | None) -> None:
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


def _the_queue() -> EventQueue:
    assert _served is not None
    return _served


QueueManager.register("queue", callable=_the_queue, proxytype=QueueProxy)


def pack_event(body: bytes) -> bytes:
    """Return an event's wire form as the queue carries it."""
    return EVENT + body


def pack(item: Any) -> bytes:
    """Return *item* as the queue carries it.

    Raises:
        TypeError: It is neither a ProgressEvent nor made of plain values only.
    """
    if isinstance(item, ProgressEvent):
        return pack_event(encode_event(item))
    try:
        pickled = pickle.dumps(item, protocol=5)
        _PlainUnpickler(io.BytesIO(pickled)).load()
    except (pickle.PickleError, AttributeError, TypeError, RecursionError) as error:
        raise TypeError(f"A queue carries ProgressEvents and plain values, not {item!r:.200}: {error}.") from None
    return VALUE + pickled


def unpack(packed: bytes) -> Any:
    """Return the item that `pack` was given; bytes that are no event come back as bytes."""
    kind, body = packed[:1], packed[1:]
    if kind == VALUE:
        return _PlainUnpickler(io.BytesIO(body)).load()
    try:
        return decode_event(body, received_at=time.time())
    except UndecodableEvent:
        return body


class _PlainUnpickler(pickle.Unpickler):
    """Reads pickles of built-in values; whatever names a class or function is refused."""

    def find_class(self, module_name: str, global_name: str) -> Any:
        raise pickle.UnpicklingError(f"{module_name}.{global_name} is not a plain value")
