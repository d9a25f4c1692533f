"""The result of validating one run: whether its transports delivered the same, and the differences if not.

A run's comparison is recorded in the run itself: as `comparison_made`, preceded by a `difference_found` for each
difference; older versions recorded it within `run_finished`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from veritas.diff.difference import ABSENT
from veritas.diff.transports.tee import TransportComparison
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import TEE, ComparisonMade, DifferenceFound, RunFinished
from veritas.formatting import count

RECORDED_IN = (DifferenceFound.type, ComparisonMade.type, RunFinished.type)

# Why a run's transports were not compared.
ONE_TRANSPORT = "one_transport"
ABANDONED = "abandoned"
RUNNING = "running"
FAILED = "failed"
REDACTED = "redacted"
INTERRUPTED = "interrupted"

_SENTENCES = {
    ABANDONED: "the process that recorded it exited without recording its end",
    RUNNING: "it has not ended yet",
    INTERRUPTED: "it was interrupted, and its transports may have delivered different parts of it",
}

_LIST_INDEX = re.compile(r"\[\d+(?:>\d+)?\]")
_MOST_LISTED = 1000  # differences that are listed; all of them are counted


@dataclass(frozen=True)
class TransportDifference:
    """One difference between the deliveries of two transports.

    Attributes:
        kind: `missing`, `duplicated`, `reordered`, `altered`, or `state`: of the audit state.
        category: `transport`, `verdict`, `content` or `timing`.
        source: The transport that lost, repeated or delayed the event; "" if it is not one transport alone.
        event: The event, as `phase/step`; "" if it is not known.
        path: The field; "" for the event as a whole, its bytes included.
        first: The child's number of the event.
        last: The number of the last event, if the difference is about several consecutive ones.
        before: The value over stdout; `ABSENT` if there is none.
        after: The value over the queue.
    """

    kind: str
    category: str
    source: str
    event: str
    path: str
    first: int | None
    last: int | None
    before: Any = ABSENT
    after: Any = ABSENT

    @property
    def field(self) -> str:
        """The path without list indices: `summary.links[].url`."""
        return _LIST_INDEX.sub("[]", self.path)

    @property
    def count(self) -> int:
        """The number of events it is about."""
        if self.first is None or self.last is None:
            return 1
        return max(self.last - self.first + 1, 1)

    @classmethod
    def of(cls, event: DifferenceFound) -> TransportDifference:
        """Return the difference that a `difference_found` records."""
        return cls(
            kind=event.kind,
            category=event.category,
            source=event.at_source or "",
            event=f"{event.phase}/{event.step}" if event.phase or event.step else "",
            path=event.path,
            first=event.first,
            last=event.last,
            before=_unquoted(event.before),
            after=_unquoted(event.after),
        )


@dataclass(frozen=True)
class ValidatedRun:
    """A validated run, and the comparison of its transports if there is one.

    Attributes:
        run_id: The run.
        by: `tee` (one run over both) or `rerun` (several runs); None if nothing was compared yet.
        equal: Whether the transports delivered the same.
        counts: The number of events by transport.
        total: The number of differences.
        redacted: How many events could not be compared, because their content was removed from the log.
        differences: The differences that are listed, which may be fewer than *total*.
        latency: The measured latencies of the transports, as recorded.
        error: Why nothing could be compared, in a sentence.
    """

    run_id: str
    by: str | None = None
    equal: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    redacted: int = 0
    differences: tuple[TransportDifference, ...] = ()
    latency: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def is_one_sided(self) -> bool:
        """Whether it has events of at most one transport, so that nothing could be compared."""
        return sum(count > 0 for count in self.counts.values()) < 2


@dataclass(frozen=True)
class UncomparedRun:
    """A run whose transports could not be compared.

    Attributes:
        run_id: The run.
        reason: `one_transport`, `abandoned`, `running`, `interrupted`, `redacted`, or `failed`: one of the runs needed
            for the comparison failed.
        counts: The number of events by transport.
        redacted: How many events could not be compared, because their content was removed from the log.
        error: What went wrong, if a run failed.
    """

    run_id: str
    reason: str
    counts: Mapping[str, int] = field(default_factory=dict)
    redacted: int = 0
    error: str | None = None

    @property
    def sentence(self) -> str:
        """The reason in words."""
        if self.reason == ONE_TRANSPORT:
            carried = [f"{count(amount, 'event')} over {source}" for source, amount in self.counts.items() if amount]
            return f"only one transport delivered any: {carried[0]}" if carried else "neither transport delivered any"
        if self.reason == REDACTED:
            return f"the content of {count(self.redacted, 'event')} was removed, and the rest is equal"
        return self.error or _SENTENCES[self.reason]


def validated_run(run_id: str, events: Iterable[RecordedEvent]) -> ValidatedRun:
    """Return a run's recorded comparison from its events of the types `RECORDED_IN`; `by` is None if there is none."""
    differences: list[TransportDifference] = []
    comparison: ComparisonMade | None = None
    for recorded in events:
        match recorded.from_recorder:
            case DifferenceFound() as difference:
                differences.append(TransportDifference.of(difference))
            case ComparisonMade() as made:
                comparison = made
            case RunFinished(tee=dict(tee)) if comparison is None:  # recorded by an older version
                comparison = ComparisonMade.of_tee(tee)
    if comparison is None:
        return ValidatedRun(run_id)
    return ValidatedRun(
        run_id,
        by=comparison.by,
        equal=comparison.equal,
        counts=comparison.counts,
        total=comparison.differences,
        redacted=comparison.redacted,
        differences=tuple(differences),
        latency=comparison.latency or {},
        error=comparison.error,
    )


def compare_now(run_id: str, read: Callable[[], Iterable[RecordedEvent]]) -> ValidatedRun:
    """Compare the deliveries of a run's two transports, byte for byte.

    Args:
        run_id: The run.
        read: Returns all of its events by position; it is called again for each pass over them.
    """
    comparison = TransportComparison(read)
    differences = comparison.differences() if all(comparison.counts.values()) else iter(())
    listed = tuple(map(TransportDifference.of, islice(differences, _MOST_LISTED)))
    total = len(listed) + sum(1 for _ in differences)
    return ValidatedRun(
        run_id,
        TEE,
        equal=not total and all(comparison.counts.values()),
        counts=comparison.counts,
        total=total,
        redacted=comparison.redacted,
        differences=listed,
        latency=comparison.latency.as_dict(),
    )


def _unquoted(value: object) -> Any:
    """Return a recorded value of a difference; `ABSENT` for the form in which an absent one is recorded."""
    return ABSENT if value == {"absent": True} else value
