"""The `queue` format: puts a run's events into the queue that the environment names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from veritas.channels.queue_client import QueueProxy
from veritas.channels.queue_codec import EVENT
from veritas.core.ipc import deserialize_queue_from_env
from veritas.errors import QueueUnavailable, UsageError
from veritas.events.recorded import RecordedEvent, TimedEvent
from veritas.formatting import count
from veritas.replay.formats.base import Context

_TIMEOUT = 40.0  # seconds to wait for room in a full queue: its reader may be waiting for a locked log
_BATCH, _BATCH_BYTES = 500, 1 << 20
_MOST_NAMED = 20


def put_into_queue(events: Iterable[TimedEvent], context: Context) -> Iterator[bytes]:
    """Put each of the child's events into the queue that the environment names; yield nothing.

    Raises:
        UsageError: The environment does not name a queue.
        QueueUnavailable: The queue cannot be reached, breaks, or stays full.
    """
    queue = deserialize_queue_from_env()
    if queue is None:
        raise UsageError(
            "No queue to put the events into: AUDIT_QUEUE_ADDRESS and AUDIT_QUEUE_KEY are not set; "
            "`veritas record -- veritas replay AUDIT --format queue` sets them."
        )
    batch: list[bytes] = []
    size = 0
    for recorded in events_with_bytes(events, warn=context.warn):
        if recorded.source == "recorder":
            continue
        batch.append(EVENT + context.wire(recorded))
        size += len(batch[-1])
        if not context.at_once or len(batch) >= _BATCH or size >= _BATCH_BYTES:
            _put(queue, batch)
            batch, size = [], 0
    _put(queue, batch)
    yield from ()


def events_with_bytes(events: Iterable[TimedEvent], *, warn: Callable[[str], None]) -> Iterator[RecordedEvent]:
    """Yield the events whose bytes are in the log; at the end, warn which of the child's events were left out."""
    named: list[str] = []
    absent = 0
    for _, recorded in events:
        if recorded.body is not None:
            yield recorded
        elif recorded.source != "recorder":
            absent += 1
            if len(named) < _MOST_NAMED:
                named.append(str(recorded.seq))
    if absent:
        numbers = ", ".join(named) + (", …" if absent > len(named) else "")
        warn(f"Left out {count(absent, 'event')} whose bytes were removed from the log: {numbers}.")


def _put(queue: QueueProxy, packed: list[bytes]) -> None:
    while packed:
        try:
            accepted, _, _ = queue.put_packed(packed, _TIMEOUT)
        except Exception as error:  # a manager raises here any exception that its server raised
            raise QueueUnavailable(f"The event queue broke: {error!r}; replay into a queue that works.") from error
        if not accepted:
            raise QueueUnavailable(f"The event queue stayed full for {_TIMEOUT:g} s; start a program that reads it.")
        packed = packed[accepted:]
