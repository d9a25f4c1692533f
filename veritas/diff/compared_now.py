"""Comparing a run's two transports from its events, where that was not recorded, or not in full."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from veritas.diff.transports import TransportComparison
from veritas.diff.validated_run import FoundDifference, ValidatedRun
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import TEE

_MOST_TOLD = 1000  # of the differences; all of them are counted


def compared_now(run_id: str, read: Callable[[], Iterable[RecordedEvent]]) -> ValidatedRun:
    """Compare what came over the two transports, byte for byte.

    Args:
        run_id: The run.
        read: Gives all of its events by position, anew each time.
    """
    comparison = TransportComparison(read)
    differences = comparison.differences() if all(comparison.counts.values()) else iter(())
    found = tuple(map(FoundDifference.of, islice(differences, _MOST_TOLD)))
    total = len(found) + sum(1 for _ in differences)
    return ValidatedRun(
        run_id,
        TEE,
        equal=not total and all(comparison.counts.values()),
        counts=comparison.counts,
        total=total,
        redacted=comparison.redacted,
        found=found,
        latency=comparison.latency.as_dict(),
    )
