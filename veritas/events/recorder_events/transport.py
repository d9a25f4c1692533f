"""The events of a run's transports: what did not arrive as it should, and how long it took."""

from __future__ import annotations

import msgspec

from veritas.events.recorder_events.base import RecorderEvent


class IpcFellBack(RecorderEvent, frozen=True):
    """The events continued over another transport, because the first was not available or stopped working.

    Attributes:
        from_mode: The transport before.
        to_mode: The transport from here on.
        kind: The kind of cause, one of `FALLBACK_KINDS`; version 1 of the body does not have it.
        cause: The cause in one sentence, often in the system's words.
        last_confirmed: The number of the last event that the first transport confirmed.
        sent_again: How many events were sent again over the second transport.
    """

    type = "ipc_fell_back"
    from_mode: str
    to_mode: str
    kind: str
    cause: str
    last_confirmed: int = 0
    sent_again: int = 0


class EventsDropped(RecorderEvent, frozen=True):
    """The emitter reported that it emitted these numbers, and no source delivered them.

    Attributes:
        ranges: The missing numbers as ranges, first and last included; at most 1,000 ranges.
        count: How many numbers are missing in all.
    """

    type = "events_dropped"
    ranges: list[tuple[int, int]]
    count: int

    @classmethod
    def of(cls, ranges: list[tuple[int, int]]) -> EventsDropped:
        """Return the event for these missing numbers."""
        return cls(ranges[:1000], sum(last - first + 1 for first, last in ranges))


class GapFound(RecorderEvent, frozen=True):
    """A source went from one number to a later one, and the numbers between are missing.

    Attributes:
        at_source: The source.
        first: The first missing number.
        last: The last missing number.
    """

    type = "gap_found"
    at_source: str
    first: int
    last: int


class LineRejected(RecorderEvent, frozen=True):
    """Bytes were received in the place of an event, and are not one; they are attached unchanged.

    Attributes:
        at_source: The source.
        reason: Why it cannot be an event.
        size: How many bytes were received. None is attached if a line exceeded the maximum: `output_captured` has them,
            from the same offset on; and none if an item was too long for the queue, whose sender got an error.
        sha256: The SHA-256 of all the bytes received, in hex.
        offset: How many bytes of the stream came before it; None if it did not come in a stream.
    """

    type = "line_rejected"
    at_source: str
    reason: str
    size: int
    sha256: str
    offset: int | None = None


class ConnectionRefused(RecorderEvent, frozen=True):
    """A connection to the queue was refused: it did not give the key, or sent what is not a request.

    Attributes:
        reason: Why it was refused.
        count: How many of this run were refused so far; after twenty, only round numbers (100, 1000, …) are recorded.
    """

    type = "connection_refused"
    reason: str
    count: int


class DelayMeasured(msgspec.Struct, frozen=True):
    """The time from the emission of events until they were committed, over one transport, in seconds.

    The percentiles are within a hundredth of the true ones; see `veritas.recording.quantiles`.

    Attributes:
        count: How many events have a time of emission.
        p50: The median.
        p95: The 95th percentile.
        p99: The 99th percentile.
        longest: The longest.
    """

    count: int
    p50: float
    p95: float
    p99: float
    longest: float


class TransportMeasured(RecorderEvent, frozen=True):
    """The recorder's measurements of the transports; written once, when the child has ended.

    Attributes:
        delays: How long events took, by source.
        repeated: How often each source delivered an event that it had delivered before.
        queue_start: How long it took to start the queue's manager, in seconds; None if there was none.
    """

    type = "transport_measured"
    delays: dict[str, DelayMeasured]
    repeated: dict[str, int]
    queue_start: float | None = None

    def most_measured(self) -> DelayMeasured | None:
        """Return the delays over the transport that carried most of the events; None if nothing was measured."""
        return max(self.delays.values(), key=lambda delay: delay.count, default=None)
