"""A run's events put again into a queue, for whatever takes them out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_codec import EVENT
from veritas.core.ipc import deserialize_queue_from_env
from veritas.errors import QueueUnavailable, UsageError
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.formatting import count
from veritas.replay.formats.base import Context

_MOST_NAMED = 20


def with_bytes(events: Iterable[TimedEvent], *, warn: Callable[[str], None]) -> Iterator[RecordedEvent]:
    """Yield the events whose bytes are in the log; which of the child's had to be left out is said at the end."""
    removed: list[str] = []
    absent = 0
    for _, recorded in events:
        if recorded.body is not None:
            yield recorded
        elif recorded.source != "recorder":
            absent += 1
            if len(removed) < _MOST_NAMED:
                removed.append(str(recorded.seq))
    if absent:
        named = ", ".join(removed) + (", …" if absent > len(removed) else "")
        warn(f"Left out {count(absent, 'event')} whose bytes were removed from the log: {named}.")


_PATIENCE = 40.0  # seconds for room in a queue that is full: its reader may be waiting for a locked log
_BATCH, _BATCH_BYTES = 500, 1 << 20


def put_into_queue(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
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
