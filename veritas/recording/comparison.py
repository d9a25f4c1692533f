"""Record a comparison of the two transports: every difference, and then the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from msgspec import structs

from veritas.archive.archive import Archive
from veritas.diff.transports.tee import TransportComparison
from veritas.events.recorder_events import TEE, ComparisonMade, DifferenceFound
from veritas.recording.recorder import RunRecorder

_BATCH = 1000  # differences that are committed at once


def record_comparison(
    recorder: RunRecorder, differences: Iterable[DifferenceFound], comparison: ComparisonMade
) -> ComparisonMade:
    """Record differences, and then the comparison, which is equal if it has neither a difference nor an error.

    Args:
        recorder: The recorder of the run that was compared, before its end.
        differences: The differences.
        comparison: The comparison, without its result.

    Returns:
        The comparison with its result.
    """
    kinds: Counter[str] = Counter()
    remaining = iter(differences)
    while batch := list(islice(remaining, _BATCH)):
        recorder.note(*batch)
        kinds.update(difference.kind for difference in batch)
    comparison = structs.replace(
        comparison,
        equal=comparison.error is None and not kinds,
        differences=kinds.total(),
        kinds=dict(sorted(kinds.items())),
    )
    recorder.note(comparison)
    return comparison


def record_tee(archive: Archive, recorder: RunRecorder) -> ComparisonMade:
    """Compare the two deliveries of a run that used both transports, and record the comparison."""
    compared = TransportComparison(lambda: archive.events(recorder.run_id))
    comparison = ComparisonMade(
        by=TEE,
        equal=False,
        counts=compared.counts,
        redacted=compared.redacted,
        latency=compared.latency.as_dict(),
        runs=[recorder.run_id],
        error=_why_incomparable(compared.counts),
    )
    return record_comparison(recorder, () if comparison.error else compared.differences(), comparison)


def _why_incomparable(counts: dict[str, int]) -> str | None:
    """Return why the transports cannot be compared; None if they can."""
    sources = [source for source, number in counts.items() if number]
    if len(sources) == len(counts):
        return None
    fault = f"events came over {sources[0]} only" if sources else "no event came over either"
    return f"The queue and stdout cannot be compared: {fault}."
