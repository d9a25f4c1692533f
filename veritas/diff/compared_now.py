"""Comparing a run's two transports from its events, where that was not recorded, or not in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from veritas.core.events import decode_json
from veritas.core.recorded import RecordedEvent
from veritas.diff.difference import ALTERED, MISSING, REORDERED, TRANSPORT
from veritas.diff.fields import Fields
from veritas.diff.path import path_text
from veritas.diff.rules import Rules
from veritas.diff.validated_run import TEE, FoundDifference, ValidatedRun
from veritas.errors import UndecodableEvent

_TRANSPORTS = ("stdout", "queue")  # in the order in which a difference tells of them
_MOST_TOLD = 1000


def compared_now(run_id: str, read: Callable[[], Iterable[RecordedEvent]]) -> ValidatedRun:
    """Compare what came over the two transports, byte for byte, in the memory that their distance takes.

    Args:
        run_id: The run.
        read: Gives all of its events, by position.
    """
    tee = _Tee()
    for recorded in read():
        if recorded.source in _TRANSPORTS:
            tee.take(recorded)
    tee.end()
    counts = {source: tee.counts[source] for source in _TRANSPORTS}
    equal = tee.total == 0 and all(counts.values())
    found = tuple(tee.found[:_MOST_TOLD])
    return ValidatedRun(run_id, TEE, equal, counts, tee.total, tee.redacted, found)


class _Tee:
    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.found: list[FoundDifference] = []
        self.total = 0
        self.redacted = 0
        self._alone: dict[int, RecordedEvent] = {}  # seen over one transport so far
        self._last: Counter[str] = Counter()
        self._fields: dict[str, Fields] = {}

    def take(self, recorded: RecordedEvent) -> None:
        source, seq = recorded.source, recorded.seq
        self.counts[source] += 1
        if seq < self._last[source]:
            self._add([_difference(REORDERED, source, recorded)])
        self._last[source] = max(self._last[source], seq)
        other = self._alone.pop(seq, None)
        if other is None:
            self._alone[seq] = recorded
        elif other.body is None or recorded.body is None:
            self.redacted += 1
        elif other.body != recorded.body:
            first, second = (other, recorded) if other.source == _TRANSPORTS[0] else (recorded, other)
            self._add(list(self._altered(first, second)))

    def end(self) -> None:
        """Count what never came over the other transport."""
        for _, recorded in sorted(self._alone.items()):
            self._add([_difference(MISSING, _TRANSPORTS[1 - _TRANSPORTS.index(recorded.source)], recorded)])

    def _add(self, found: list[FoundDifference]) -> None:
        self.total += 1
        if len(self.found) < _MOST_TOLD:
            self.found.extend(found)

    def _altered(self, first: RecordedEvent, second: RecordedEvent) -> Iterator[FoundDifference]:
        """Yield the fields in which stdout's event differs from the queue's; the event as a whole where none does."""
        altered = _difference(ALTERED, "", first)
        none = True
        try:
            wires = [decode_json(recorded.body or b"") for recorded in (first, second)]
        except UndecodableEvent:
            yield altered
            return
        for found in self._fields_of(altered.event).differences(*wires):
            none = False
            yield replace(altered, path=path_text(found.path), before=found.before, after=found.after)
        if none:
            yield altered

    def _fields_of(self, event: str) -> Fields:
        return self._fields.setdefault(event, Fields(event, Rules.of(defaults=False)))


def _difference(kind: str, source: str, recorded: RecordedEvent) -> FoundDifference:
    event, seq = recorded.event, recorded.seq
    return FoundDifference(kind, TRANSPORT, source, f"{event.phase}/{event.step}", "", seq, seq)
