"""One run as a comparison reads it: the child's events, each once, and how the run went."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any

from veritas.diff.difference import EventRef, Side
from veritas.diff.fields import Fields
from veritas.diff.rules import Rules
from veritas.events.json import as_mapping
from veritas.events.progress import FIELDS
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState, is_numbered

_LONGEST_SUBJECT = 200
_FIELDS_COMPARED = tuple(name for name in FIELDS if name != "data")  # of that, its hash is compared


class Recording:
    """The events of one run's child, in the order in which they came, with what they are aligned by.

    Of an event that came over two transports the first observation counts. One that came twice over the same is there
    twice.

    Attributes:
        refs: Which events they are.
        keys: What they say, what they are about, and of what kind they are: the levels of an alignment.
        numbers: The child's own number of each; 0 where it gave none.
        redacted: Which of them say nothing any more.
        left_out: How many events a rule keeps from being looked at, by the rule and what they are called.
        state: What came of the run.
    """

    def __init__(self, events: Iterable[RecordedEvent], rules: Rules) -> None:
        self.refs: list[EventRef] = []
        self.keys: tuple[list[bytes], list[bytes], list[bytes]] = ([], [], [])
        self.numbers: list[int] = []
        self.redacted: set[int] = set()
        self.left_out: Counter[tuple[str, str]] = Counter()
        self.state = AuditState()
        self._events: list[RecordedEvent] = []
        self._rules = rules
        self._fields: dict[str, Fields] = {}
        self._began: float | None = None
        over: dict[int, str] = {}
        for recorded in events:
            self.state.apply(recorded)
            if recorded.source == "recorder":
                continue
            if is_numbered(recorded) and over.setdefault(recorded.seq, recorded.source) != recorded.source:
                continue
            name = f"{recorded.event.phase}/{recorded.event.step}"
            rule = self.fields(name).whole.hidden
            if rule is None:
                self._take(recorded, name)
            else:
                self.left_out[rule, name] += 1
        self._lost = self._lost_numbers()

    @property
    def side(self) -> Side:
        """What a comparison tells of the run."""
        return Side.of(self.state, len(self.refs))

    def fields(self, event: str) -> Fields:
        """Return the fields of the events of this name, which are looked up once."""
        found = self._fields.get(event)
        if found is None:
            found = self._fields[event] = Fields(event, self._rules)
        return found

    def body(self, place: int) -> bytes | None:
        """Return an event's bytes; None where they are gone."""
        return self._events[place].body

    def wire(self, place: int) -> dict[str, Any]:
        """Return what an event says, in its current form, with its time as seconds since the run's first event."""
        return self._read(self._events[place])

    def numbered(self, level: int) -> list[bytes]:
        """Return the keys of a level together with the events' numbers."""
        return [b"%d\0%b" % pair for pair in zip(self.numbers, self.keys[level], strict=True)]

    def irregularities(self) -> int:
        """Return how many differences the numbers alone prove: what was lost, came twice, or out of order."""
        numbers = [number for number in self.numbers if number]
        lost = sum(last - first + 1 for first, last in self._lost)
        swapped = sum(2 for before, behind in pairwise(numbers) if before > behind)
        return lost + swapped + len(numbers) - len(set(numbers))

    def has_lost_between(self, before: int | None, behind: int | None) -> bool:
        """Whether the child's numbers have a hole between two events; None for the run's beginning and its end."""
        first = 0 if before is None else self.numbers[before]
        last = None if behind is None else self.numbers[behind]
        at = bisect_right(self._lost, (first, first))  # the first range that begins behind the one event
        return at < len(self._lost) and (last is None or self._lost[at][0] < last)

    def is_out_of_order(self, place: int) -> bool:
        """Whether an event stands behind one with a greater number, or before one with a smaller."""
        number = self.numbers[place]
        before = self.numbers[place - 1] if place else 0
        behind = self.numbers[place + 1] if place + 1 < len(self.numbers) else 0
        return bool(number) and (before > number or 0 < behind < number)

    def is_repetition(self, place: int) -> bool:
        """Whether the same event, by its number or by being alike, came right before, or anywhere under its number."""
        number, said = self.numbers[place], self.keys[0]
        if number:
            return self._often[number, said[place]] > 1
        return place > 0 and said[place - 1] == said[place]

    def outcome(self) -> dict[str, Any]:
        """Return how the run went, as far as two runs can be told apart by it."""
        state = self.state
        return {
            "status": state.status,
            "error": state.error,
            "exit_code": state.exit.exit_code if state.exit else None,
            "rejected": state.rejected,
            "fallbacks": [fallback.cause for fallback in state.fallbacks],
        }

    def _take(self, recorded: RecordedEvent, name: str) -> None:
        event, fields = recorded.event, self.fields(name)
        if self._began is None:
            self._began = event.timestamp
        wire = self._read(recorded)
        kind = "\0".join((event.type, event.phase, event.step)).encode("utf-8", "backslashreplace")
        subject = self._subject(wire, fields)
        if recorded.body is None:
            self.redacted.add(len(self._events))
        said = b"redacted\0" + kind if recorded.body is None else fields.key(wire)
        about = kind + b"\0" + subject.encode("utf-8", "backslashreplace")
        for level, key in zip(self.keys, (said, about, kind), strict=True):
            level.append(key)
        self.numbers.append(event.seq)
        self._events.append(recorded)
        self.refs.append(
            EventRef(recorded.position, recorded.source, recorded.seq, event.type, event.phase, event.step, subject)
        )

    def _read(self, recorded: RecordedEvent) -> dict[str, Any]:
        event = recorded.event
        wire = {name: getattr(event, name) for name in _FIELDS_COMPARED}
        wire["timestamp"] = round(event.timestamp - (self._began or 0.0), 6)
        if recorded.artifact is not None:
            wire["data"] = recorded.artifact
        return wire | event.extra

    def _subject(self, wire: Mapping[str, Any], fields: Fields) -> str:
        """Return what an event is about, as far as its fields tell."""
        finding, summary = as_mapping(wire.get("finding")), as_mapping(wire.get("summary"))
        selector = as_mapping(finding.get("evidence")).get("selector")
        told = (finding.get("title"), selector, summary.get("test"), wire.get("url"), summary.get("url"))
        text = " ".join([said for said in told if type(said) is str])[:_LONGEST_SUBJECT]
        return fields.whole.comparable(text)[0] if text else ""

    @cached_property
    def _often(self) -> Counter[tuple[int, bytes]]:
        """How often the same was said under the same number; looked at once all events are there."""
        return Counter(zip(self.numbers, self.keys[0], strict=True))

    def _lost_numbers(self) -> list[tuple[int, int]]:
        """Return the numbers that no event has, as (first, last), up to the count that the child said."""
        seen = list(self.state.seen.intervals())
        emitted = self.state.exit.emitted if self.state.exit else None
        if not seen:
            return []
        if emitted is not None and emitted > seen[-1][1]:
            seen.append((emitted + 1, emitted + 1))
        return [(high + 1, low - 1) for (_, high), (low, _) in pairwise([(0, 0), *seen]) if low > high + 1]
