"""The buffer of received messages, between the parent's receivers and the recorder."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable

from veritas.channels.messages import Message, size_of

# A single item may be larger: a 10 MB attachment is 13.4 MB on the wire.
MAX_BYTES = 8 * 1024 * 1024
MAX_ITEMS = 10_000

# About 2,000 events of 300 bytes. With four times as many, a commit takes as long for each event, and the process takes
# 10 MB more.
_COMMIT_BYTES = 1024 * 1024


class ReceiveBuffer:
    """A bounded buffer of messages; `put` blocks while it is full."""

    def __init__(self, *, max_bytes: int = MAX_BYTES, max_items: int = MAX_ITEMS) -> None:
        self._max_bytes = max_bytes
        self._max_items = max_items
        self._items: deque[tuple[Message, int]] = deque()  # with their sizes
        self._bytes = 0  # of those, and of the messages taken last, which are being recorded
        self._taken = 0
        self._closed = False
        self._moved_at = time.monotonic()
        self._changed = threading.Condition()

    @property
    def idle(self) -> float:
        """The seconds since a message came in, or the last ones were recorded; 0 while there are any."""
        with self._changed:
            return 0.0 if self._bytes else time.monotonic() - self._moved_at

    def put(self, items: Iterable[Message]) -> None:
        """Add *items*, waiting for room before each; after `close` they are discarded."""
        with self._changed:
            for item in items:
                size = size_of(item)
                while self._bytes and not self._closed and self._is_full(size):
                    self._changed.notify_all()
                    self._changed.wait()
                if self._closed:
                    return
                self._items.append((item, size))
                self._moved_at = time.monotonic()
                self._bytes += size
            self._changed.notify_all()

    def take(self) -> list[Message]:
        """Take the messages of one commit, waiting for the first; return [] once the buffer is closed and empty."""
        with self._changed:
            self._bytes -= self._taken
            self._taken = 0
            self._moved_at = time.monotonic()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._items or self._closed)
            taken: list[Message] = []
            size = 0
            while self._items and (not taken or size + self._items[0][1] <= _COMMIT_BYTES):
                item, item_size = self._items.popleft()
                size += item_size
                taken.append(item)
            self._taken = size
            return taken

    def close(self) -> None:
        """Accept no further messages, so that no receiver waits for room; those in the buffer can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _is_full(self, size: int) -> bool:
        return self._bytes + size > self._max_bytes or len(self._items) >= self._max_items
