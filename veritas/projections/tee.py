"""Comparing what came over the queue with what came over stdout in a run that used both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from veritas.core.recorded import RecordedEvent

_SOURCES = ("queue", "stdout")
_MOST_NAMED = 100


@dataclass
class TeeComparison:
    """How the two transports' observations of one run's events differ; equal means byte for byte, in the same order.

    Attributes:
        counts: Events by source.
        missing: Numbers that one source did not deliver, by that source; at most 100 are named.
        different: Numbers under which the two delivered different bytes; at most 100 are named.
        reordered: Numbers that came after a greater one, by source; at most 100 are named.
        differences: How many there are of all these together.
        redacted: How many numbers could not be compared, because what they said was removed from the log.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_SOURCES, 0))
    missing: dict[str, list[int]] = field(default_factory=lambda: {source: [] for source in _SOURCES})
    different: list[int] = field(default_factory=list)
    reordered: dict[str, list[int]] = field(default_factory=lambda: {source: [] for source in _SOURCES})
    differences: int = 0
    redacted: int = 0

    @property
    def equal(self) -> bool:
        """Whether there is no difference, and something to compare."""
        return self.differences == 0 and all(self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON values."""
        return {"equal": self.equal, **asdict(self)}

    def _add(self, to: list[int], seq: int) -> None:
        self.differences += 1
        if len(to) < _MOST_NAMED:
            to.append(seq)


def compare_tee(events: Iterable[RecordedEvent]) -> TeeComparison:
    """Compare one run's observations over its two transports, in the memory that their distance takes."""
    comparison = TeeComparison()
    alone: dict[int, tuple[str, bytes | None]] = {}  # observed over one source so far
    last = dict.fromkeys(_SOURCES, 0)
    for recorded in events:
        source, seq = recorded.source, recorded.seq
        if source not in _SOURCES:
            continue
        comparison.counts[source] += 1
        if seq < last[source]:
            comparison._add(comparison.reordered[source], seq)
        last[source] = max(last[source], seq)
        digest = None if recorded.body is None else hashlib.sha256(recorded.body).digest()
        other = alone.pop(seq, None)
        if other is None:
            alone[seq] = (source, digest)
        elif None in (other[1], digest):
            comparison.redacted += 1
        elif other[1] != digest:
            comparison._add(comparison.different, seq)
    for seq, (source, _) in sorted(alone.items()):
        absent = _SOURCES[1 - _SOURCES.index(source)]
        comparison._add(comparison.missing[absent], seq)
    return comparison
