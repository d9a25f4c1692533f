"""How long events took over each transport of a run that used both, and which one was first."""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PERCENTILES = (50, 95, 99)
_MILLI = 1000


@dataclass
class Latency:
    """The times of one run's events, in seconds; eight bytes a time.

    Attributes:
        first: How many events each transport delivered first.
        leads: How much earlier than over the other that was, of each event that came over both.
        delays: From an event's emission until it was in the log, by transport, where the event says when it was
            emitted.
    """

    first: dict[str, int]
    delays: Mapping[str, array[float]]
    leads: array[float] = field(default_factory=lambda: array("d"))

    @classmethod
    def of(cls, *sources: str) -> Latency:
        """Return that of no events yet."""
        return cls(dict.fromkeys(sources, 0), {source: array("d") for source in sources})

    def add_lead(self, source: str, seconds: float) -> None:
        """Take in that an event was recorded first over *source*, and by how much."""
        self.first[source] += 1
        self.leads.append(seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return who was first how often, and percentiles in milliseconds, as JSON values."""
        return {
            "first": dict(self.first),
            "lead_ms": percentiles(self.leads),
            "delay_ms": {source: percentiles(delays) for source, delays in self.delays.items()},
        }


def percentiles(seconds: array[float]) -> dict[str, float] | None:
    """Return p50, p95 and p99 in milliseconds, each a time that was measured (nearest rank); None where there is none.

    At least so many percent of the times are no longer than a percentile.
    """
    if not seconds:
        return None
    ordered = sorted(seconds)
    ranks = {percent: math.ceil(percent / 100 * len(ordered)) for percent in _PERCENTILES}
    return {f"p{percent}": round(ordered[rank - 1] * _MILLI, 3) for percent, rank in ranks.items()}
