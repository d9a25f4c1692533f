"""Where the parent's receivers put what they receive, until the recorder takes it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from veritas.channels.messages import Message, size_of

# A single item may be larger: a 10 MB attachment is 13.4 MB on the wire.
MAX_BYTES = 8 * 1024 * 1024
MAX_ITEMS = 10_000

# Some 2,000 events of 300 bytes: with four times as many, a commit takes no less time for each, and the process 10 MB
# more, which only a long run comes to.
_COMMIT_BYTES = 1024 * 1024


class ReceiveBuffer:
    """A bounded buffer of received items; putting blocks while it is full."""

    def __init__(self, *, most_bytes: int = MAX_BYTES, most_items: int = MAX_ITEMS) -> None:
        self._most_bytes = most_bytes
        self._most_items = most_items
        self._items: deque[tuple[Message, int]] = deque()  # with their sizes
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, items: Iterable[Message]) -> None:
        """Add *items*, waiting for room before each; after `close` they are let go."""
        with self._changed:
            for item in items:
                size = size_of(item)
                while self._items and not self._closed and self._is_full(size):
                    self._changed.notify_all()
                    self._changed.wait()
                if self._closed:
                    return
                self._items.append((item, size))
                self._bytes += size
            self._changed.notify_all()

    def take(self) -> list[Message]:
        """Take what has arrived, as much as one commit should hold, waiting for the first; [] once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._closed)
            taken: list[Message] = []
            size = 0
            while self._items and (not taken or size + self._items[0][1] <= _COMMIT_BYTES):
                item, own = self._items.popleft()
                size += own
                taken.append(item)
            self._bytes -= size
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Let nothing more in, so that nobody waits for room; what is there can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _is_full(self, size: int) -> bool:
        return self._bytes + size > self._most_bytes or len(self._items) >= self._most_items
