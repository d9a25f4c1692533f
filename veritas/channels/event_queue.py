"""The EventQueue: the queue in the manager's process, with a limit in items and in bytes, and with confirmations."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import islice
from queue import Empty, Full, Queue
from time import monotonic

from veritas.channels.queue_codec import CONTROL
from veritas.events.json import encode_json

# The refusals that are reported to the consumer, so that repeated attempts do not fill its log.
_MAX_REFUSALS = 20
_ROUND_NUMBERS = frozenset(10**power for power in range(2, 10))

_MAX_BYTES = 128 * 1024 * 1024  # of the items in the queue


class EventQueue(Queue[bytes]):
    """A queue of packed items, numbered from 1 in the order in which they were put.

    It is also full if its items have `_MAX_BYTES` together, unless it has no maximum size.
    """

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self._bytes = self._accepted = self._handed_out = self._confirmed = self._refused = 0
        self._closed = False
        self._moved = threading.Condition(self.mutex)

    def put(self, item: bytes, block: bool = True, timeout: float | None = None) -> None:
        """Put one item."""
        if not self.put_packed([item], timeout if block else 0)[0]:
            raise Full

    def get(self, block: bool = True, timeout: float | None = None) -> bytes:
        """Take one item and confirm it; skip the channel's own messages."""
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            remaining = None if deadline is None else max(0.0, deadline - monotonic())
            number, items = self.get_packed(1, 0, remaining if block else 0)
            if not items:
                raise Empty
            self.confirm(number)
            if not items[0].startswith(CONTROL):
                return items[0]

    def full(self) -> bool:
        """Return whether no item can be put."""
        with self.mutex:
            return not self._has_room()

    def put_packed(self, items: Sequence[bytes], timeout: float | None = None) -> tuple[int, int, int]:
        """Put as many of *items* as the queue has room for, waiting up to *timeout* seconds for room for the first.

        Returns:
            How many were put, the number of the last item put so far, and the number confirmed so far.
        """
        with self.not_full:
            if not self.not_full.wait_for(lambda: self._closed or self._has_room(), timeout):
                return 0, self._accepted, self._confirmed
            self._require_open()
            room = len(items) if self.maxsize <= 0 else self.maxsize - self._qsize()
            accepted = items[:room]
            self._add(accepted)
            return len(accepted), self._accepted, self._confirmed

    def get_packed(self, limit: int, max_bytes: int, timeout: float | None = None) -> tuple[int, list[bytes]]:
        """Take the available items, waiting up to *timeout* seconds for the first.

        Returns:
            The number of the last item taken so far, and the items: at most *limit*, with no more than *max_bytes*
            together unless the first alone is larger. They are not confirmed yet.
        """
        with self.not_empty:
            self.not_empty.wait_for(lambda: self._closed or self._qsize(), timeout)
            self._require_open()
            items: list[bytes] = []
            size = 0
            for item in islice(self.queue, limit):
                size += len(item)
                if items and size > max_bytes:
                    break
                items.append(item)
            for item in items:
                self.queue.popleft()
                self._bytes -= len(item)
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
            self._moved.wait_for(lambda: self._closed or self._confirmed >= number, timeout)
            return self._confirmed

    def close(self) -> None:
        """Discard the items, and let every call that waits, and every later one, raise EOFError."""
        with self.mutex:
            self._closed = True
            self.queue.clear()
            for waiting in (self.not_full, self.not_empty, self._moved):
                waiting.notify_all()

    def refuse(self, reason: str) -> None:
        """Report to the consumer that a connection was refused."""
        with self.mutex:
            self._refused += 1
            if self._refused <= _MAX_REFUSALS or self._refused in _ROUND_NUMBERS:
                self._add([CONTROL + encode_json({"refused": {"reason": reason, "count": self._refused}})])

    def _require_open(self) -> None:
        if self._closed:
            raise EOFError("the queue was replaced by that of another run")

    def _has_room(self) -> bool:
        return self.maxsize <= 0 or (self._qsize() < self.maxsize and self._bytes < _MAX_BYTES)

    def _add(self, items: Sequence[bytes]) -> None:
        self.queue.extend(items)
        self._bytes += sum(map(len, items))
        self._accepted += len(items)
        self.not_empty.notify(len(items))
