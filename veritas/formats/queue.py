"""A run's events put again into a queue, for whatever takes them out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_codec import EVENT
from veritas.core.ipc import deserialize_queue_from_env
from veritas.errors import QueueUnavailable, UsageError
from veritas.events.recorded import TimedEvent
from veritas.formats.format import Context
from veritas.formats.received import with_bytes

_PATIENCE = 40.0  # seconds for room in a queue that is full: its reader may be waiting for a locked log
_BATCH, _BATCH_BYTES = 500, 1 << 20


def into_queue(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Put each of the child's events into the queue that the environment names; no bytes come out here.

    Raises:
        UsageError: The environment names no queue.
        QueueUnavailable: It cannot be reached, breaks, or nobody takes anything out of it.
    """
    queue = deserialize_queue_from_env()
    if queue is None:
        raise UsageError(
            "There is no queue to put the events into, for AUDIT_QUEUE_ADDRESS and AUDIT_QUEUE_KEY are not set; "
            "`veritas record -- veritas replay AUDIT --format queue` sets them."
        )
    batch: list[bytes] = []
    size = 0
    for recorded in with_bytes(events, warn=context.warn):
        if recorded.source == "recorder":
            continue
        batch.append(EVENT + context.wire(recorded))
        size += len(batch[-1])
        if not context.at_once or len(batch) >= _BATCH or size >= _BATCH_BYTES:
            _put(queue, batch)
            batch, size = [], 0
    _put(queue, batch)
    yield from ()


def _put(queue: QueueProxy, packed: list[bytes]) -> None:
    while packed:
        try:
            accepted, _, _ = queue.put_packed(packed, _PATIENCE)
        except Exception as error:  # a manager's failures come as whatever its server raised
            raise QueueUnavailable(f"The event queue broke: {error!r}; replay into one that is served.") from error
        if not accepted:
            raise QueueUnavailable(f"The event queue stayed full for {_PATIENCE:g} s; something has to read it.")
        packed = packed[accepted:]
