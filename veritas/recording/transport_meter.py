"""The TransportMeter: it measures how long events take from their emission until they are in the log."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from veritas.events.recorder_events import RECORDER, DelayMeasured, TransportMeasured
from veritas.recording.entry import Entry
from veritas.recording.quantiles import QuantileSketch

_MICRO = 1_000_000


class TransportMeter:
    """Measures the transports of one run.

    An event that is older than the recording was not emitted during it: a program replayed it.
    """

    def __init__(self, began: float) -> None:
        """Begin at a time in seconds since the epoch."""
        self._began = began
        self._delays: defaultdict[str, QuantileSketch] = defaultdict(QuantileSketch)
        self._repeated: Counter[str] = Counter()

    def committed(self, entries: Sequence[Entry], now: float) -> None:
        """Measure the delays of events that were committed just now."""
        for record, _ in entries:
            if record.source == RECORDER or record.emitted_at is None:
                continue
            emitted = record.emitted_at / _MICRO
            if emitted >= self._began:
                self._delays[record.source].add(now - emitted)

    def repeated(self, source: str) -> None:
        """Count an event that a source delivered again."""
        self._repeated[source] += 1

    def measurements(self, queue_start: float | None) -> TransportMeasured:
        """Return the measurements so far.

        Args:
            queue_start: The seconds that it took to start the queue's manager; None without a queue.
        """
        delays = {source: _delay(sketch) for source, sketch in self._delays.items() if sketch.count}
        return TransportMeasured(delays, dict(self._repeated), queue_start)


def _delay(sketch: QuantileSketch) -> DelayMeasured:
    p50, p95, p99 = (round(sketch.percentile(percent) or 0.0, 9) for percent in (50, 95, 99))
    return DelayMeasured(sketch.count, p50, p95, p99, round(sketch.longest, 9))
