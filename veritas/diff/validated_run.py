"""What one run that was validated came to: whether its transports told the same, and where they did not.

A run's comparison is recorded in the run itself: as `comparison_made`, with a `difference_found` for each difference
before it, or by an older version within `run_finished`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from veritas.core.events import ProgressEvent
from veritas.core.recorded import RecordedEvent
from veritas.core.recorder_events import RunFinished
from veritas.diff.difference import ABSENT
from veritas.untrusted import as_mapping, as_number, as_text

COMPARISON_MADE = "comparison_made"
DIFFERENCE_FOUND = "difference_found"
RECORDED_IN = (DIFFERENCE_FOUND, COMPARISON_MADE, RunFinished.type)

TEE = "tee"

_PLACES = re.compile(r"\[\d+(?:>\d+)?\]")  # in a list, where the same field of another item is the same field here


@dataclass(frozen=True)
class FoundDifference:
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
    def of(cls, event: ProgressEvent) -> FoundDifference:
        """Return what a `difference_found` says."""
        said, phase, step = event.extra, event.phase, event.step
        return cls(
            kind=as_text(said.get("kind")) or "unknown",
            category=as_text(said.get("category")) or "unknown",
            source=as_text(said.get("at_source")) or "",
            event=f"{phase}/{step}" if phase or step else "",
            path=as_text(said.get("path")) or "",
            first=_whole(said.get("first")),
            last=_whole(said.get("last")),
            before=_quoted(said.get("before")),
            after=_quoted(said.get("after")),
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
    found: tuple[FoundDifference, ...] = ()
    latency: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None

    @property
    def is_one_sided(self) -> bool:
        """Whether it has the events of one transport at most, so that nothing was held against anything."""
        return sum(count > 0 for count in self.counts.values()) < 2


def validated_run(run_id: str, events: Iterable[RecordedEvent]) -> ValidatedRun:
    """Return what a run's events of the types `RECORDED_IN` tell of its comparison; by None where that is nothing."""
    found: list[FoundDifference] = []
    made: Mapping[str, Any] = {}
    older: Mapping[str, Any] = {}
    for recorded in events:
        said: Mapping[str, Any] = recorded.event.extra
        if recorded.body is None:
            continue
        if recorded.event.type == DIFFERENCE_FOUND:
            found.append(FoundDifference.of(recorded.event))
        elif recorded.event.type == COMPARISON_MADE:
            made = said
        elif recorded.event.type == RunFinished.type:
            older = as_mapping(said.get("tee"))
    said = made or older
    return _run(run_id, said, tuple(found)) if said else ValidatedRun(run_id)


def _run(run_id: str, said: Mapping[str, Any], found: tuple[FoundDifference, ...]) -> ValidatedRun:
    return ValidatedRun(
        run_id,
        by=as_text(said.get("by")) or TEE,
        equal=said.get("equal") is True,
        counts={name: _whole(count) or 0 for name, count in as_mapping(said.get("counts")).items()},
        total=_whole(said.get("differences")) or 0,
        redacted=_whole(said.get("redacted")) or 0,
        found=found,
        latency=as_mapping(said.get("latency")),
        error=as_text(said.get("error")),
    )


def _quoted(value: object) -> Any:
    """Return a value as a difference quotes it: in another form where it is not there at all."""
    return ABSENT if value == {"absent": True} else value


def _whole(value: object) -> int | None:
    number = as_number(value)
    return None if number is None else int(number)
