"""The events of a comparison of a run's transports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from veritas.events.json import as_mapping
from veritas.events.recorder_events.base import RecorderEvent


class DifferenceFound(RecorderEvent, frozen=True):
    """Two transports differ in one place: in a run that used both, or in the last of several runs.

    Consecutive missing numbers are one difference. A value that is missing is `{"absent": true}`, and one of more than
    10 kB `{"size": bytes of JSON, "sha256": of them}`.

    Attributes:
        kind: `missing`, `duplicated`, `reordered`, `altered` or `state`.
        category: `transport`, `timing`, `content` or `verdict`.
        at_source: The transport that lacks, repeats, moves or alters it; None if that is not known.
        first: The event's number; None if the runs as wholes differ.
        last: The last of consecutive missing numbers; otherwise the same as `first`.
        phase: The event's phase.
        step: The event's step.
        path: The field; empty if the event as a whole differs, or only in how its values are written.
        before: The value over stdout.
        after: The value over the queue.
    """

    type = "difference_found"
    kind: str
    category: str
    at_source: str | None
    first: int | None
    last: int | None
    phase: str = ""
    step: str = ""
    path: str = ""
    before: Any = None
    after: Any = None


TEE, RERUN = "tee", "rerun"  # how transports are compared: in one run over both, or by running it several times


class ComparisonMade(RecorderEvent, frozen=True):
    """The two transports were compared; each difference was recorded before this event.

    Attributes:
        by: `tee` (in one run over both) or `rerun` (by running the audit several times).
        equal: Whether both delivered the same.
        counts: How many events each transport delivered.
        differences: How many differences there are.
        kinds: How many differences there are of each kind.
        redacted: How many events could not be compared, because their content was removed.
        latency: For a tee: which transport was first, and how long each took, in milliseconds.
        runs: The runs that were compared.
        noise: How many differences stdout alone shows too, by place.
        hidden: How many differences each rule kept from counting, by rule.
        error: Why nothing could be compared, in a sentence; None if something was.
    """

    type = "comparison_made"
    by: str
    equal: bool
    counts: dict[str, int]
    differences: int = 0
    kinds: dict[str, int] = msgspec.field(default_factory=dict)
    redacted: int = 0
    latency: dict[str, Any] | None = None
    runs: list[str] = msgspec.field(default_factory=list)
    noise: dict[str, int] = msgspec.field(default_factory=dict)
    hidden: dict[str, int] = msgspec.field(default_factory=dict)
    error: str | None = None

    @classmethod
    def of_tee(cls, tee: Mapping[str, Any]) -> ComparisonMade:
        """Return the comparison of a tee that an older version recorded at the run's end; skip malformed values."""
        counts, differences, redacted = as_mapping(tee.get("counts")), tee.get("differences"), tee.get("redacted")
        return cls(
            by=TEE,
            equal=tee.get("equal") is True,
            counts={name: number for name, number in counts.items() if type(number) is int},
            differences=differences if type(differences) is int else 0,
            redacted=redacted if type(redacted) is int else 0,
        )
