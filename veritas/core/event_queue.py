"""The queue inside the manager process. It holds bytes only.

It also knows how far its consumer is. A consumer that uses `get` has taken an item over when it has it. One that uses
`get_packed` says so itself, with `confirm`, once the items are safe; until then whoever put them can keep them.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import islice
from queue import Queue

from veritas.core.packing import CONTROL
from veritas.events.progress import encode_json

_MOST_REFUSALS = 20  # of which the consumer is told; whoever keeps trying shall not fill its log


class EventQueue(Queue[bytes]):
    """A queue of packed items, which it counts from 1, in the order of putting."""

    def __init__(self, maxsize: int) -> None:
        super().__init__(maxsize)
        self._accepted = self._handed_out = self._confirmed = self._refused = 0
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
            accepted = items[:room]
            self.queue.extend(accepted)
            self._accepted += len(accepted)
            self.unfinished_tasks += len(accepted)
            self.not_empty.notify(len(accepted))
            return len(accepted), self._accepted, self._confirmed

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
            for item in islice(self.queue, limit):
                size += len(item)
                if items and size > most_bytes:
                    break
                items.append(item)
            for _ in items:
                self.queue.popleft()
            self._handed_out += len(items)
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

    def refuse(self, reason: str) -> None:
        """Tell the consumer that somebody without the key was turned away."""
        with self.not_empty:
            self._refused += 1
            if self._refused <= _MOST_REFUSALS:
                self._put(CONTROL + encode_json({"refused": {"reason": reason, "count": self._refused}}))
                self.unfinished_tasks += 1
                self.not_empty.notify()
