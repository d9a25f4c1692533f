"""What differs between two recordings."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from veritas.diff.path import Path, names_of, path_text, reversed_path

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
