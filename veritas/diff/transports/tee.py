"""The comparison of the queue's and stdout's deliveries in a tee: a run whose every event went over both.

Nothing is left out and nothing is tolerated: both transports carried the same bytes. So the same bytes must have come,
in the same order, with the same attachments, and each transport's deliveries alone must give the same audit state.

    comparison = TransportComparison(lambda: archive.events(run_id))
    for difference in comparison.differences():
        print(difference.kind, difference.at_source, difference.first, difference.path)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from msgspec import to_builtins

from veritas.archive.archive import Archive
from veritas.core.mode_decision import IPC_MODE_VALIDATE
from veritas.diff.difference import (
    ABSENT,
    ALTERED,
    CONTENT,
    DUPLICATED,
    MISSING,
    REORDERED,
    TRANSPORT,
    VERDICT,
    ComparedRun,
)
from veritas.diff.field_path import path_text
from veritas.diff.fields import Fields
from veritas.diff.rules import Rules
from veritas.diff.transports.delivery import REDACTED, Deliveries, Delivery, has_timestamp, number_of
from veritas.diff.transports.difference_events import quoted
from veritas.diff.transports.latency import Latency
from veritas.errors import UsageError
from veritas.events.json import decode_json
from veritas.events.range_set import RangeSet
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import DifferenceFound
from veritas.formatting import count
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import describe_equality, describe_redacted
from veritas.projections.state_diff import diff_states

STATE = "state"  # the kind of a difference between the audit states of the two transports
ARTIFACT = "artifact"  # the path of a difference between attachments

STDOUT, QUEUE = "stdout", "queue"
SOURCES = (STDOUT, QUEUE)  # the first and the second side of a difference

# The fields of a state that depend on how its events came, which are compared event by event instead.
_OF_TRANSPORT = frozenset({"run_id", "audit_id", "events", "emitted", "position"})
_VERDICTS = frozenset({"verdict", "findings"})
_DATA = "data"  # the field with the hash of an attachment

_Read = Callable[[], Iterable[RecordedEvent]]


class TransportComparison:
    """Compares the deliveries of a run's two transports.

    The events are read once, and 45 bytes of each delivery are kept; if anything differs they are read again.

    Attributes:
        counts: The number of events by source.
        compared: How many events came over both and were compared.
        redacted: How many events could not be compared, because their content was removed from the log.
        latency: How long each transport took, and which one was first.
    """

    def __init__(self, read: _Read) -> None:
        """Read the run's events and compare them.

        Args:
            read: Returns all events of the run by position; it is called again for each pass over them.
        """
        self.latency = Latency.of(*SOURCES)
        self.compared = 0
        self.redacted = 0
        self._read = read
        self._missing = {source: RangeSet() for source in SOURCES}
        # How often a number came over both sources, for a number that came more often over this one.
        self._paired: dict[str, dict[int, int]] = {source: {} for source in SOURCES}
        self._altered = RangeSet()
        self._deliveries = self._read_deliveries()
        self.counts = {source: len(deliveries) for source, deliveries in self._deliveries.items()}
        self._match()
        self._late = self._reordered()

    def differences(self) -> Iterator[DifferenceFound]:
        """Yield all differences: those of events in the order in which they came, then those of the audit state."""
        events = (*self._missing.values(), *self._late.values(), self._altered)
        if any(numbers.last for numbers in events) or any(self._paired.values()):
            yield from self._event_differences()
        if not self.redacted:  # a redacted event may be missing from only one transport's state
            yield from self._state_differences()

    def _read_deliveries(self) -> dict[str, Deliveries]:
        key = os.urandom(16)
        by_source = {source: Deliveries(key) for source in SOURCES}
        for recorded in self._read():
            if (deliveries := by_source.get(recorded.source)) is None:
                continue
            deliveries.take(recorded)
            if has_timestamp(recorded):
                self.latency.delays[recorded.source].append(recorded.recorded_at - recorded.event.timestamp)
        return by_source

    def _match(self) -> None:
        """Pair the deliveries of both transports by number."""
        from_stdout, from_queue = (self._deliveries[source].by_number() for source in SOURCES)
        stdout, queue = next(from_stdout, None), next(from_queue, None)
        common, pairs = 0, 0  # the last number that both have, and how often it was paired
        while stdout is not None or queue is not None:
            if queue is None or (stdout is not None and stdout.number < queue.number):
                assert stdout is not None  # at least one of the two is there
                self._add_unpaired(STDOUT, stdout.number, pairs if stdout.number == common else 0)
                stdout = next(from_stdout, None)
            elif stdout is None or queue.number < stdout.number:
                self._add_unpaired(QUEUE, queue.number, pairs if queue.number == common else 0)
                queue = next(from_queue, None)
            else:
                pairs = pairs + 1 if stdout.number == common else 1
                common = stdout.number
                self._add_pair(stdout, queue)
                stdout, queue = next(from_stdout, None), next(from_queue, None)

    def _add_unpaired(self, source: str, number: int, pairs: int) -> None:
        if pairs:
            self._paired[source][number] = pairs
        else:
            self._missing[QUEUE if source == STDOUT else STDOUT].add(number)

    def _add_pair(self, stdout: Delivery, queue: Delivery) -> None:
        first = STDOUT if stdout.position < queue.position else QUEUE
        self.latency.add_lead(stdout.number, first, abs(queue.at - stdout.at))
        if REDACTED in (stdout.digest, queue.digest):
            self.redacted += 1
            return
        self.compared += 1
        if stdout.digest != queue.digest:
            self._altered.add(stdout.number)

    def _reordered(self) -> dict[str, RangeSet]:
        """Return the numbers that came late over each source; none if both delivered in the same order."""
        late = {source: deliveries.late for source, deliveries in self._deliveries.items()}
        if any(numbers.last for numbers in late.values()):
            uncommon = RangeSet()
            for number in chain.from_iterable(
                range(first, last + 1) for missing in self._missing.values() for first, last in missing.ranges()
            ):
                uncommon.add(number)
            stdout, queue = (self._deliveries[source].order(uncommon) for source in SOURCES)
            if stdout == queue:
                return {source: RangeSet() for source in SOURCES}
        return late

    def _event_differences(self) -> Iterator[DifferenceFound]:
        missing = {source: dict(numbers.ranges()) for source, numbers in self._missing.items()}
        paired = {source: dict(pairs) for source, pairs in self._paired.items()}
        waiting: dict[int, list[RecordedEvent]] = {}
        for recorded in self._read():
            if recorded.source not in SOURCES:
                continue
            source, number, event = recorded.source, number_of(recorded), recorded.event
            other = QUEUE if source == STDOUT else STDOUT
            name = (event.phase, event.step)
            if (last := missing[other].pop(number, None)) is not None:
                yield DifferenceFound(MISSING, TRANSPORT, other, number, last, *name)
            if (remaining := paired[source].get(number)) is not None:
                if remaining == 0:
                    yield DifferenceFound(DUPLICATED, TRANSPORT, source, number, number, *name)
                paired[source][number] = max(0, remaining - 1)
            elif number in self._late[source]:
                yield DifferenceFound(REORDERED, TRANSPORT, source, number, number, *name)
            if number in self._altered:
                before = waiting.setdefault(number, [])
                if not before or before[0].source == source:
                    before.append(recorded)
                    continue
                pair = (before.pop(0), recorded)
                if not before:
                    del waiting[number]
                yield from _pair_differences(*(pair if source == QUEUE else reversed(pair)))

    def _state_differences(self) -> Iterator[DifferenceFound]:
        stdout, queue = (self._deliveries[source].state.as_dict() for source in SOURCES)
        for change in diff_states(stdout, queue):
            names = change.path.split(".")
            if names[0] in _OF_TRANSPORT or (names[0] == "phases" and names[-1] == "events"):
                continue
            category = VERDICT if names[0] in _VERDICTS else CONTENT
            values = {"before": quoted(change.before), "after": quoted(change.after)}
            yield DifferenceFound(STATE, category, None, None, None, path=change.path, **values)


@dataclass(frozen=True)
class TeeComparison:
    """The result of comparing the queue's and stdout's deliveries in a tee.

    Attributes:
        run: The run.
        counts: The number of events by transport.
        differences: All differences.
        compared: How many events came over both and were compared.
        redacted: How many events could not be compared, because their content was removed from the log.
        latency: How long each transport took, and which one was first.
    """

    run: ComparedRun
    counts: dict[str, int]
    differences: list[DifferenceFound]
    compared: int
    redacted: int
    latency: Latency

    @property
    def equal(self) -> bool:
        """Whether there were events to compare, and all were delivered with the same bytes and in the same order."""
        return not self.differences and self.compared > 0

    @property
    def outcome(self) -> str:
        """The result in a few words."""
        if self.differences:
            return count(len(self.differences), "difference")
        return (
            describe_equality(self.redacted)
            if self.equal
            else f"nothing could be compared; {describe_redacted(self.redacted)}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values.

        Returns:
            `run`, the fields of `ComparedRun`; `equal`; `counts` of events by transport; `compared`, a number of
            events; `differences`, the fields of `DifferenceFound`; `redacted`, a number of events; `latency`.
        """
        return {
            "run": self.run.as_dict(),
            "equal": self.equal,
            "counts": self.counts,
            "compared": self.compared,
            "differences": [to_builtins(difference) for difference in self.differences],
            "redacted": self.redacted,
            "latency": self.latency.as_dict(),
        }


def compare_transports(archive: Archive, run_id: str) -> TeeComparison:
    """Compare a run's transports.

    Raises:
        UsageError: The run did not use both.
        store.errors.StoreError: The log cannot be read.
    """
    state = AuditState.of(archive.events(run_id))
    comparison = TransportComparison(lambda: archive.events(run_id))
    validated = state.decision is None or state.decision.mode == IPC_MODE_VALIDATE
    if not validated or not all(comparison.counts.values()):
        raise UsageError(
            f"Run {run_id!r} did not send its events over both transports; name a second run to compare it with, "
            "or audit with --validate-ipc."
        )
    return TeeComparison(
        run=ComparedRun.of(state, state.emitted),
        counts=comparison.counts,
        differences=list(comparison.differences()),
        compared=comparison.compared,
        redacted=comparison.redacted,
        latency=comparison.latency,
    )


def _pair_differences(stdout: RecordedEvent, queue: RecordedEvent) -> Iterator[DifferenceFound]:
    """Yield the fields that differ between two deliveries of one event; the bytes if only the encoding differs."""
    number, event = number_of(stdout), stdout.event
    if stdout.body is None or queue.body is None or (stdout.body == queue.body and stdout.artifact == queue.artifact):
        return
    fields = Fields(f"{event.phase}/{event.step}", Rules.of(defaults=False))
    differences = fields.differences(decode_json(stdout.body), decode_json(queue.body))
    by_path = {path_text(each.path): (each.before, each.after) for each in differences}
    if stdout.artifact != queue.artifact:
        by_path.pop(_DATA, None)  # it refers to the artifact
        by_path[ARTIFACT] = (stdout.artifact or ABSENT, queue.artifact or ABSENT)
    if not by_path:
        by_path[""] = (_text(stdout.body), _text(queue.body))
    for path, (before, after) in by_path.items():
        values = {"path": path, "before": quoted(before), "after": quoted(after)}
        yield DifferenceFound(ALTERED, TRANSPORT, None, number, number, event.phase, event.step, **values)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")
