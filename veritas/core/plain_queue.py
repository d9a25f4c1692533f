"""PlainQueueSender, for a queue whose reader does not confirm what it has received."""

from __future__ import annotations

import logging
from typing import Any

from veritas.core.ipc import safe_put
from veritas.events.progress import decode_event

_log = logging.getLogger(__name__)


class PlainQueueSender:
    """Puts each event into the queue at once; if the queue stays full, the oldest event is dropped with a warning."""

    def __init__(self, queue: Any) -> None:
        """Create a sender.

        Args:
            queue: Any queue with the methods of `queue.Queue`.
        """
        self._queue = queue

    def send(self, body: bytes, *, wait: bool = False) -> None:
        """Put an event; no one confirms it, so *wait* changes nothing."""
        safe_put(self._queue, decode_event(body), _log)

    def close(self, emitted: int) -> None:
        """Do nothing: every event has been put."""
