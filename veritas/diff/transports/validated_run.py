"""What one run that was validated came to: whether its transports told the same, and where they did not.

A run's comparison is recorded in the run itself: as `comparison_made`, with a `difference_found` for each difference
before it, or by an older version within `run_finished`.
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

_PLACES = re.compile(r"\[\d+(?:>\d+)?\]")  # in a list, where the same field of another item is the same field here


@dataclass(frozen=True)
class TransportDifference:
    """One difference between what two transports told.

    Attributes:
        kind: `missing`, `duplicated`, `reordered`, `altered`, or `state`: what either half tells of the audit.
        category: `transport`, `verdict`, `content` or `timing`.
        source: The transport at which it is; "" where it is at neither alone.
        event: Of which event, as `phase/step`; "" where that is not known.
        path: The field; "" for the event as a whole, its bytes included.
        first: The child's number of the event.
        last: That of the last one, where it is a stretch of them.
        before: What stdout said; `ABSENT` where it said nothing.
        after: What the queue said.
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
        """The path without places in lists: `summary.links[].url`."""
        return _PLACES.sub("[]", self.path)

    @property
    def count(self) -> int:
        """How many events it is about."""
        if self.first is None or self.last is None:
            return 1
        return max(self.last - self.first + 1, 1)

    @classmethod
    def of(cls, said: DifferenceFound) -> TransportDifference:
        """Return what a `difference_found` says."""
        return cls(
            kind=said.kind,
            category=said.category,
            source=said.at_source or "",
            event=f"{said.phase}/{said.step}" if said.phase or said.step else "",
            path=said.path,
            first=said.first,
            last=said.last,
            before=_quoted(said.before),
            after=_quoted(said.after),
        )


@dataclass(frozen=True)
class ValidatedRun:
    """How one run's transports compare, as far as that is known.

    Attributes:
        run_id: The run.
        by: `tee` (one run over both) or `rerun` (several runs); None where nothing was compared yet.
        equal: Whether they told the same.
        counts: How many events came, by transport.
        total: How many differences there are.
        redacted: How many events could not be compared, because what they said was removed from the log.
        found: The differences that are told one by one; there may be fewer than *total*.
        latency: What was measured of when the transports delivered, as it was recorded.
        error: Why nothing could be compared, in a sentence.
    """

    run_id: str
    by: str | None = None
    equal: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    total: int = 0
    redacted: int = 0
    found: tuple[TransportDifference, ...] = ()
    latency: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def is_one_sided(self) -> bool:
        """Whether it has the events of one transport at most, so that nothing was held against anything."""
        return sum(count > 0 for count in self.counts.values()) < 2


def validated_run(run_id: str, events: Iterable[RecordedEvent]) -> ValidatedRun:
    """Return what a run's events of the types `RECORDED_IN` tell of its comparison; by None where that is nothing."""
    found: list[TransportDifference] = []
    made: ComparisonMade | None = None
    for recorded in events:
        match recorded.from_recorder:
            case DifferenceFound() as said:
                found.append(TransportDifference.of(said))
            case ComparisonMade() as said:
                made = said
            case RunFinished(tee=dict(tee)) if made is None:  # as an older version told of it
                made = ComparisonMade.of_tee(tee)
    if made is None:
        return ValidatedRun(run_id)
    return ValidatedRun(
        run_id,
        by=made.by,
        equal=made.equal,
        counts=made.counts,
        total=made.differences,
        redacted=made.redacted,
        found=tuple(found),
        latency=made.latency or {},
        error=made.error,
    )


def _quoted(value: object) -> Any:
    """Return a value as a difference quotes it: in another form where it is not there at all."""
    return ABSENT if value == {"absent": True} else value


ONE_TRANSPORT = "one_transport"
ABANDONED = "abandoned"
RUNNING = "running"
FAILED = "failed"
REDACTED = "redacted"
INTERRUPTED = "interrupted"

_SENTENCES = {
    ABANDONED: "the process that recorded it is gone, and nobody wrote its end",
    RUNNING: "it has not ended yet",
    INTERRUPTED: "it was interrupted, so that its transports may have brought different parts of it",
}


@dataclass(frozen=True)
class UncomparedRun:
    """A run whose transports could not be compared.

    Attributes:
        run_id: The run.
        reason: `one_transport`, `abandoned`, `running`, `interrupted`, `redacted`, or `failed`: one of the runs that it
            takes did.
        counts: How many events came, by transport.
        redacted: How many events could not be compared, because what they said was removed from the log.
        error: What went wrong, where a run failed.
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
            return f"only one transport brought any: {carried[0]}" if carried else "no event came over either transport"
        if self.reason == REDACTED:
            return f"what {count(self.redacted, 'event')} said was removed, and the rest is equal"
        return self.error or _SENTENCES[self.reason]


_MOST_TOLD = 1000  # of the differences; all of them are counted


def compare_now(run_id: str, read: Callable[[], Iterable[RecordedEvent]]) -> ValidatedRun:
    """Compare what came over the two transports, byte for byte.

    Args:
        run_id: The run.
        read: Gives all of its events by position, anew each time.
    """
    comparison = TransportComparison(read)
    differences = comparison.differences() if all(comparison.counts.values()) else iter(())
    found = tuple(map(TransportDifference.of, islice(differences, _MOST_TOLD)))
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
