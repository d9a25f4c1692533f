"""What differs between two recordings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

from veritas.diff.field_path import Path, names_of, path_text, reversed_path
from veritas.formatting import utc_text
from veritas.projections.audit_state import AuditState

# How the two differ.
MISSING = "missing"  # one has it, the other does not
DUPLICATED = "duplicated"  # one has it once more
REORDERED = "reordered"  # it stands elsewhere
ALTERED = "altered"  # both have it, and it says something else

# What the difference is one of.
TRANSPORT = "transport"  # something was lost, delivered twice, out of order, or with other bytes
TIMING = "timing"
CONTENT = "content"
VERDICT = "verdict"
CATEGORIES = (TRANSPORT, VERDICT, CONTENT, TIMING)

RUN = "run/end"  # what stands for an event where the difference is one of the runs as a whole


class Absent:
    """That a field is not there, which is not the same as its being null."""

    def __repr__(self) -> str:
        """Name it."""
        return "absent"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class EventRef:
    """Which event of a recording.

    Attributes:
        position: Its place in the log.
        source: How it reached the log.
        seq: Its number there.
        type: Its type.
        phase: Its phase.
        step: Its step.
        subject: What it tells of, where that can be told: an address, a check, a finding's kind and element.
    """

    position: int
    source: str
    seq: int
    type: str
    phase: str
    step: str
    subject: str = ""

    @property
    def name(self) -> str:
        """What patterns call it: `phase/step`."""
        return f"{self.phase}/{self.step}"


@dataclass(frozen=True)
class Difference:
    """One difference.

    Attributes:
        kind: `missing`, `duplicated`, `reordered` or `altered`.
        category: `transport`, `timing`, `content` or `verdict`.
        a: The event in the first recording; None where it does not have it, or where the runs as a whole differ.
        b: The event in the second.
        path: The field that differs; empty where the event as a whole does.
        before: What the first has there, as it was recorded; `ABSENT` where the field is missing.
        after: What the second has.
    """

    kind: str
    category: str
    a: EventRef | None
    b: EventRef | None
    path: Path = ()
    before: Any = None
    after: Any = None

    @property
    def event(self) -> str:
        """Of which event, as patterns call it: `phase/step`; `run/end` for the runs as a whole."""
        ref = self.a or self.b
        return RUN if ref is None else ref.name

    @property
    def signature(self) -> Hashable:
        """What it has in common with the same difference between two other recordings: all but values and places."""
        ref = self.a or self.b
        whole = (ref.type, ref.subject) if ref is not None and not self.path else ()
        return (self.event, self.kind, names_of(self.path), whole)

    def reversed(self) -> Difference:
        """Return it as it is told from the other side."""
        return replace(self, a=self.b, b=self.a, path=reversed_path(self.path), before=self.after, after=self.before)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values; a field that is absent on a side has no value there."""
        told: dict[str, Any] = {
            "kind": self.kind,
            "category": self.category,
            "event": self.event,
            "a": asdict(self.a) if self.a else None,
            "b": asdict(self.b) if self.b else None,
            "path": path_text(self.path),
        }
        if self.path:
            sides = {"before": self.before, "after": self.after}
            told |= {name: value for name, value in sides.items() if value is not ABSENT}
        return told


@dataclass(frozen=True)
class Side:
    """One of the two recordings.

    Attributes:
        run_id: The run.
        url: What was audited.
        status: How the run ended, or that it runs.
        mode: What carried its events.
        started_at: When it was asked for, in seconds since the epoch, UTC.
        duration: How long it took, in seconds.
        trust_score: Its verdict, 0-100; None where there is none.
        risk_level: The same in words.
        events: How many events of the child were compared.
    """

    run_id: str
    url: str | None
    status: str
    mode: str | None
    started_at: float | None
    duration: float | None
    trust_score: float | None
    risk_level: str | None
    events: int

    @classmethod
    def of(cls, state: AuditState, events: int) -> Self:
        """Return what is told of a run in this state, of which so many events are compared."""
        return cls(
            run_id=state.run_id,
            url=state.request.url if state.request else None,
            status=state.status,
            mode=state.mode,
            started_at=state.started_at,
            duration=state.duration,
            trust_score=state.trust_score,
            risk_level=state.risk_level,
            events=events,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self) | {"started_at": utc_text(self.started_at)}


@dataclass
class Hidden:
    """What a rule kept from counting.

    Attributes:
        count: How many differences; of events that are not looked at at all, how many events.
        example: Where the first one is: `scout/page_loaded summary.timing`.
    """

    count: int
    example: str


@dataclass(frozen=True)
class Differences:
    """All that differs between two recordings.

    Attributes:
        a: The first recording.
        b: The second.
        differences: In the order of the events.
        hidden: What did not count, by the rule that says so.
        redacted: How many events could not be compared, because what they said was removed from the log.
    """

    a: Side
    b: Side
    differences: list[Difference] = field(default_factory=list)
    hidden: dict[str, Hidden] = field(default_factory=dict)
    redacted: int = 0

    @property
    def equal(self) -> bool:
        """Whether nothing that counts differs."""
        return not self.differences

    @property
    def categories(self) -> Counter[str]:
        """How many differences there are of each category."""
        return Counter(difference.category for difference in self.differences)

    def reversed(self) -> Differences:
        """Return them as they are told from the other side."""
        turned = [difference.reversed() for difference in self.differences]
        return Differences(self.b, self.a, turned, self.hidden, self.redacted)

    def as_dict(self) -> dict[str, Any]:
        """Return them as JSON values.

        Returns:
            `equal`; `a` and `b`, as `Side` has them; `categories`, how many differences there are of each;
            `differences`, each with `kind`, `category`, `event` (`phase/step`, or `run/end`), `a` and `b` (as
            `EventRef` has them, or null), `path`, and what stands there as `before` and `after`, of which one is left
            out where the field is absent on its side, and both where the event as a whole differs; `hidden`, by rule,
            with `count` and `example`; `redacted`, a number of events.
        """
        return {
            "equal": self.equal,
            "a": self.a.as_dict(),
            "b": self.b.as_dict(),
            "categories": dict(self.categories),
            "differences": [difference.as_dict() for difference in self.differences],
            "hidden": {rule: asdict(hidden) for rule, hidden in self.hidden.items()},
            "redacted": self.redacted,
        }

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)
