"""Recording what a comparison of the two transports found: every difference, and then what it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from veritas.archive.archive import Archive
from veritas.diff.transports.tee import TransportComparison
from veritas.events.recorder_events import TEE, ComparisonMade, DifferenceFound
from veritas.recording.recorder import RunRecorder

_BATCH = 1000  # differences that are committed at once


def record_comparison(recorder: RunRecorder, found: Iterable[DifferenceFound], made: ComparisonMade) -> ComparisonMade:
    """Record differences, and then what the comparison came to, which is equal where there are none and no error.

    Args:
        recorder: Of the run that was compared, before its end.
        found: The differences.
        made: What else is to be said of the comparison.

    Returns:
        What was recorded.
    """
    kinds: Counter[str] = Counter()
    rest = iter(found)
    while batch := list(islice(rest, _BATCH)):
        recorder.note(*batch)
        kinds.update(difference.kind for difference in batch)
    made = replace(
        made, equal=made.error is None and not kinds, differences=kinds.total(), kinds=dict(sorted(kinds.items()))
    )
    recorder.note(made)
    return made


def record_tee(archive: Archive, recorder: RunRecorder) -> ComparisonMade:
    """Compare the two halves of a run that went over both transports, and record what came of it."""
    compared = TransportComparison(lambda: archive.events(recorder.run_id))
    made = ComparisonMade(
        by=TEE,
        equal=False,
        counts=compared.counts,
        redacted=compared.redacted,
        latency=compared.latency.as_dict(),
        runs=[recorder.run_id],
        error=_obstacle(compared.counts),
    )
    return record_comparison(recorder, () if made.error else compared.differences(), made)


def _obstacle(counts: dict[str, int]) -> str | None:
    """Return why there is nothing to compare; None where there is."""
    carried = [source for source, number in counts.items() if number]
    if len(carried) == len(counts):
        return None
    came = f"events came over {carried[0]} only" if carried else "no event came over either"
    return f"The queue and stdout cannot be compared: {came}."
