"""One run's events as a comparison reads them: the child's events, each once, and the run's outcome."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any

from veritas.diff.difference import ComparedRun, EventRef
from veritas.diff.fields import Fields
from veritas.diff.rules import Rules
from veritas.events.json import as_mapping
from veritas.events.progress import FIELDS
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState, is_numbered

_LONGEST_SUBJECT = 200
_FIELDS_COMPARED = tuple(name for name in FIELDS if name != "data")  # for `data` its hash is compared


class RunEvents:
    """The events of one run's child, in the order in which they came, with the keys to align them by.

    If an event came over two transports, its first observation counts. An event that came twice over the same transport
    is included twice.

    Attributes:
        refs: References to the events.
        keys: The levels of an alignment: the events' content, their subject, and their kind.
        numbers: The child's own number of each event; 0 if it gave none.
        redacted: The indices of redacted events.
        left_out: How many events a rule excludes, by rule and event name.
        state: The run's state after all events.
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
        first_source: dict[int, str] = {}
        for recorded in events:
            self.state.apply(recorded)
            if recorded.source == "recorder":
                continue
            if is_numbered(recorded) and first_source.setdefault(recorded.seq, recorded.source) != recorded.source:
                continue
            name = f"{recorded.event.phase}/{recorded.event.step}"
            rule = self.fields(name).root.hidden
            if rule is None:
                self._take(recorded, name)
            else:
                self.left_out[rule, name] += 1
        self._lost = self._lost_numbers()

    @property
    def run(self) -> ComparedRun:
        """The run's part of a comparison's result."""
        return ComparedRun.of(self.state, len(self.refs))

    def fields(self, event: str) -> Fields:
        """Return the fields of the events of this name; they are created once."""
        fields = self._fields.get(event)
        if fields is None:
            fields = self._fields[event] = Fields(event, self._rules)
        return fields

    def body(self, index: int) -> bytes | None:
        """Return an event's bytes; None if it is redacted."""
        return self._events[index].body

    def wire(self, index: int) -> dict[str, Any]:
        """Return an event's fields in their current form, with its time as seconds since the run's first event."""
        return self._read(self._events[index])

    def numbered(self, level: int) -> list[bytes]:
        """Return the keys of a level, each combined with the event's number."""
        return [b"%d\0%b" % pair for pair in zip(self.numbers, self.keys[level], strict=True)]

    def irregularities(self) -> int:
        """Return how many differences the numbers alone prove: events lost, repeated, or out of order."""
        numbers = [number for number in self.numbers if number]
        lost = sum(last - first + 1 for first, last in self._lost)
        swapped = sum(2 for before, after in pairwise(numbers) if before > after)
        return lost + swapped + len(numbers) - len(set(numbers))

    def has_lost_between(self, before: int | None, after: int | None) -> bool:
        """Return whether the child's numbers have a gap between two events; None is the run's beginning or end."""
        first = 0 if before is None else self.numbers[before]
        last = None if after is None else self.numbers[after]
        at = bisect_right(self._lost, (first, first))  # the first gap after the event *before*
        return at < len(self._lost) and (last is None or self._lost[at][0] < last)

    def is_out_of_order(self, index: int) -> bool:
        """Return whether an event directly follows one with a greater number, or precedes one with a smaller number."""
        number = self.numbers[index]
        before = self.numbers[index - 1] if index else 0
        after = self.numbers[index + 1] if index + 1 < len(self.numbers) else 0
        return bool(number) and (before > number or 0 < after < number)

    def is_repetition(self, index: int) -> bool:
        """Return whether an event is repeated: with the same number and content, or, unnumbered, directly before."""
        number, contents = self.numbers[index], self.keys[0]
        if number:
            return self._occurrences[number, contents[index]] > 1
        return index > 0 and contents[index - 1] == contents[index]

    def outcome(self) -> dict[str, Any]:
        """Return the fields of the run's outcome that are compared."""
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
        content = b"redacted\0" + kind if recorded.body is None else fields.key(wire)
        about = kind + b"\0" + subject.encode("utf-8", "backslashreplace")
        for level, key in zip(self.keys, (content, about, kind), strict=True):
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
        """Return what an event is about, such as a finding's title or a URL; "" if its fields do not show it."""
        finding, summary = as_mapping(wire.get("finding")), as_mapping(wire.get("summary"))
        selector = as_mapping(finding.get("evidence")).get("selector")
        parts = (finding.get("title"), selector, summary.get("test"), wire.get("url"), summary.get("url"))
        text = " ".join([part for part in parts if type(part) is str])[:_LONGEST_SUBJECT]
        return fields.root.comparable_text(text)[0] if text else ""

    @cached_property
    def _occurrences(self) -> Counter[tuple[int, bytes]]:
        """How many events have the same number and content; valid after all events have been read."""
        return Counter(zip(self.numbers, self.keys[0], strict=True))

    def _lost_numbers(self) -> list[tuple[int, int]]:
        """Return the numbers without an event, as (first, last), up to the number of events that the child reported."""
        seen = list(self.state.seen.ranges())
        emitted = self.state.exit.emitted if self.state.exit else None
        if not seen:
            return []
        if emitted is not None and emitted > seen[-1][1]:
            seen.append((emitted + 1, emitted + 1))
        return [(high + 1, low - 1) for (_, high), (low, _) in pairwise([(0, 0), *seen]) if low > high + 1]
