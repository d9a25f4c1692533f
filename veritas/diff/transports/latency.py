"""The latency of each transport in a run that used both, and which one delivered first."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_PERCENTILES = (50, 95, 99)
_MILLI = 1000


@dataclass(frozen=True, slots=True)
class Lead:
    """An event that came over both transports: its number, the transport that was first, and by how many seconds."""

    number: int
    source: str
    seconds: float


@dataclass
class Latency:
    """The latencies of one run's events, in seconds; eight bytes each, and nine for the number and the first transport.

    Attributes:
        first: How many events each transport delivered first.
        leads: For each event that came over both, how much earlier the first delivery was.
        numbers: The numbers of these events, in the same order.
        firsts: The transports that delivered them first, in the same order, each as its place in *first*.
        delays: By transport, the times from an event's emission until it was in the log, for events with a timestamp.
    """

    first: dict[str, int]
    delays: Mapping[str, array[float]]
    leads: array[float] = field(default_factory=lambda: array("d"))
    numbers: array[int] = field(default_factory=lambda: array("q"))
    firsts: array[int] = field(default_factory=lambda: array("b"))

    @classmethod
    def of(cls, *sources: str) -> Latency:
        """Return a Latency without events."""
        return cls(dict.fromkeys(sources, 0), {source: array("d") for source in sources})

    def add_lead(self, number: int, source: str, seconds: float) -> None:
        """Add an event that was recorded first over *source*, by so many seconds."""
        self.first[source] += 1
        self.leads.append(seconds)
        self.numbers.append(number)
        self.firsts.append([*self.first].index(source))

    def each(self) -> Iterator[Lead]:
        """Yield the lead of each event that came over both transports, in the order of the numbers."""
        sources = [*self.first]
        for number, first, seconds in zip(self.numbers, self.firsts, self.leads, strict=True):
            yield Lead(number, sources[first], seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return as JSON values how often each transport was first, and percentiles in milliseconds."""
        return {
            "first": dict(self.first),
            "lead_ms": percentiles(self.leads),
            "delay_ms": {source: percentiles(delays) for source, delays in self.delays.items()},
        }


def percentiles(seconds: array[float]) -> dict[str, float] | None:
    """Return p50, p95 and p99 in milliseconds, or None without times.

    They are nearest-rank percentiles: each is a measured time, and at least that percentage of the
    times are not longer.
    """
    if not seconds:
        return None
    ordered = sorted(seconds)
    ranks = {percent: math.ceil(percent / 100 * len(ordered)) for percent in _PERCENTILES}
    return {f"p{percent}": round(ordered[rank - 1] * _MILLI, 3) for percent, rank in ranks.items()}
