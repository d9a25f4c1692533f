"""Comparing a run's two transports from its events, where that was not recorded, or not in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from veritas.core.recorded import RecordedEvent
from veritas.diff.transports import TransportComparison
from veritas.diff.validated_run import TEE, FoundDifference, ValidatedRun

_MOST_TOLD = 1000


def compared_now(run_id: str, read: Callable[[], Iterable[RecordedEvent]]) -> ValidatedRun:
    """Compare what came over the two transports, byte for byte.

    Args:
        run_id: The run.
        read: Gives all of its events by position, anew each time.
    """
    comparison = TransportComparison(read)
    found = list(islice(comparison.differences(), _MOST_TOLD)) if all(comparison.counts.values()) else []
    return ValidatedRun(
        run_id,
        TEE,
        equal=not found and all(comparison.counts.values()),
        counts=comparison.counts,
        total=len(found),
        redacted=comparison.redacted,
        found=tuple(map(FoundDifference.of, found)),
        latency=comparison.latency.as_dict(),
    )
