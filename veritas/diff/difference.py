"""The result of a comparison of two runs: a Difference for each, and all of them as Differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Self

from veritas.diff.field_path import Path, names_of, path_text, reversed_path
from veritas.formatting import iso_time
from veritas.projections.audit_state import AuditState
from veritas.projections.conditions import describe_login, describe_visitor

# The kinds of differences.
MISSING = "missing"  # one run has it, the other does not
DUPLICATED = "duplicated"  # one run has it once more than the other
REORDERED = "reordered"  # it is in another place
ALTERED = "altered"  # both have it, with another content

# The categories of differences.
TRANSPORT = "transport"  # an event was lost, delivered twice, out of order, or with other bytes
TIMING = "timing"
CONTENT = "content"
VERDICT = "verdict"
CATEGORIES = (TRANSPORT, VERDICT, CONTENT, TIMING)

RUN = "run/end"  # used as the event's name for a difference between the runs as a whole


class Absent:
    """The value of a field that is absent, which is not the same as null."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()


@dataclass(frozen=True, slots=True)
class EventRef:
    """A reference to an event of a run.

    Attributes:
        position: Its position in the log.
        source: How it reached the log.
        seq: Its number there.
        type: Its type.
        phase: Its phase.
        step: Its step.
        subject: What it is about, if known: a URL, a check, a finding's title and element.
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
        """Its name in patterns: `phase/step`."""
        return f"{self.phase}/{self.step}"


@dataclass(frozen=True)
class Difference:
    """One difference between two runs.

    Attributes:
        kind: `missing`, `duplicated`, `reordered` or `altered`.
        category: `transport`, `timing`, `content` or `verdict`.
        a: The event in the first run; None if it does not have it, or if the runs as a whole differ.
        b: The event in the second run.
        path: The field that differs; empty if the event as a whole does.
        before: The field's value in the first run, as recorded; `ABSENT` if it is missing.
        after: Its value in the second run.
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
        """The event's name in patterns: `phase/step`; `run/end` for the runs as a whole."""
        ref = self.a or self.b
        return RUN if ref is None else ref.name

    @property
    def signature(self) -> Hashable:
        """An identity that is the same for this difference between two other runs: without values and list indices."""
        ref = self.a or self.b
        whole = (ref.type, ref.subject) if ref is not None and not self.path else ()
        return (self.event, self.kind, names_of(self.path), whole)

    def reversed(self) -> Difference:
        """Return the difference with the sides exchanged."""
        return replace(self, a=self.b, b=self.a, path=reversed_path(self.path), before=self.after, after=self.before)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values, without the value of a side that does not have the field."""
        fields: dict[str, Any] = {
            "kind": self.kind,
            "category": self.category,
            "event": self.event,
            "a": asdict(self.a) if self.a else None,
            "b": asdict(self.b) if self.b else None,
            "path": path_text(self.path),
        }
        if self.path:
            sides = {"before": self.before, "after": self.after}
            fields |= {name: value for name, value in sides.items() if value is not ABSENT}
        return fields


@dataclass(frozen=True)
class ComparedRun:
    """One of the two runs that are compared.

    Attributes:
        run_id: The run.
        url: The URL audited.
        status: How the run ended, or that it is running.
        mode: The mode that carried its events.
        started_at: When it was requested, in seconds since the epoch, UTC.
        duration: How long it took, in seconds.
        trust_score: Its verdict, 0-100; None if there is none.
        risk_level: The verdict in words.
        events: How many events of the child were compared.
        visitor: The visitor that the site saw; None if it is not known.
        login: What the audit logged in with; None for nothing.
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
    visitor: str | None = None
    login: str | None = None

    @classmethod
    def of(cls, state: AuditState, events: int) -> Self:
        """Return the description of a run from its state; *events* of its events are compared."""
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
            visitor=describe_visitor(state),
            login=describe_login(state),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return asdict(self) | {"started_at": iso_time(self.started_at)}


@dataclass
class Hidden:
    """The differences that a rule hides.

    Attributes:
        count: How many differences; for events that are excluded as a whole, how many events.
        example: The event and field of the first one: `scout/page_loaded summary.timing`.
    """

    count: int
    example: str


@dataclass(frozen=True)
class Differences:
    """All differences between two runs.

    Attributes:
        a: The first run.
        b: The second.
        differences: The differences that count, in the order of the events.
        hidden: The differences that do not count, by the rule that hides them.
        redacted: How many events could not be compared, because their content was removed from the log.
    """

    a: ComparedRun
    b: ComparedRun
    differences: list[Difference] = field(default_factory=list)
    hidden: dict[str, Hidden] = field(default_factory=dict)
    redacted: int = 0

    @property
    def equal(self) -> bool:
        """Whether there are no differences that count."""
        return not self.differences

    @property
    def categories(self) -> Counter[str]:
        """The number of differences in each category."""
        return Counter(difference.category for difference in self.differences)

    def reversed(self) -> Differences:
        """Return the differences with the sides exchanged."""
        reversed_differences = [difference.reversed() for difference in self.differences]
        return Differences(self.b, self.a, reversed_differences, self.hidden, self.redacted)

    def as_dict(self) -> dict[str, Any]:
        """Return them as JSON values.

        Returns:
            `equal`; `a` and `b`, the fields of `ComparedRun`; `categories`, the number of differences in each;
            `differences`, each with `kind`, `category`, `event` (`phase/step`, or `run/end`), `a` and `b` (the fields
            of `EventRef`, or null), `path`, and the values `before` and `after`: one is left out if the field is absent
            on its side, both if the event as a whole differs; `hidden`, by rule, with `count` and `example`;
            `redacted`, a number of events.
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
