"""Comparing what came over the queue with what came over stdout in one run whose every event went over both.

Nothing is left out here and nothing is tolerated: both carried the same bytes, so the same bytes have to have come, in
the same order, with the same attachments, and either half alone has to tell the same state of the audit.

    comparison = TransportComparison(lambda: archive.events(run_id))
    for difference in comparison.differences():
        print(difference.kind, difference.at_source, difference.first, difference.path)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from veritas.archive.archive import Archive
from veritas.core.rollout import IPC_MODE_VALIDATE
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
from veritas.diff.transports.delivery import GONE, Deliveries, Delivery, number_of, says_when
from veritas.diff.transports.difference_events import quoted
from veritas.diff.transports.latency import Latency
from veritas.errors import UsageError
from veritas.events.progress import decode_json
from veritas.events.range_set import SequenceSet
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import DifferenceFound
from veritas.formatting import count
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import tell_equal, tell_redacted
from veritas.projections.state_diff import state_changes

STATE = "state"  # the kind of what the two halves tell of the audit differently
ARTIFACT = "artifact"  # the path of a difference between attachments

STDOUT, QUEUE = "stdout", "queue"
SOURCES = (STDOUT, QUEUE)  # in the order in which a difference tells of them

# What a state tells of how its events came, which is compared by the events themselves.
_OF_TRANSPORT = frozenset({"run_id", "audit_id", "events", "emitted", "position"})
_VERDICTS = frozenset({"verdict", "findings"})
_DATA = "data"  # where the hash of an attachment stands

_Read = Callable[[], Iterable[RecordedEvent]]


class TransportComparison:
    """What the two halves of one run have in common, and what not.

    The events are read once, and 40 bytes of each observation are kept; where anything differs they are read again.

    Attributes:
        counts: Events by source.
        compared: How many events both have, and were held against each other.
        redacted: How many events could not be compared, because what they said was removed from the log.
        latency: Which transport was first, and how long either took.
    """

    def __init__(self, read: _Read) -> None:
        """Compare.

        Args:
            read: Gives all events of the run by position, anew each time.
        """
        self.latency = Latency.of(*SOURCES)
        self.compared = 0
        self.redacted = 0
        self._read = read
        self._missing = {source: SequenceSet() for source in SOURCES}
        self._paired: dict[str, dict[int, int]] = {source: {} for source in SOURCES}  # of a number that came too often
        self._altered = SequenceSet()
        self._halves = self._read_halves()
        self.counts = {source: len(half) for source, half in self._halves.items()}
        self._match()
        self._late = self._reordered()

    def differences(self) -> Iterator[DifferenceFound]:
        """Yield all that differs: events in the order in which they came, then what the halves tell of the audit."""
        events = (*self._missing.values(), *self._late.values(), self._altered)
        if any(numbers.last for numbers in events) or any(self._paired.values()):
            yield from self._of_events()
        if not self.redacted:  # of what is gone, one half may tell what the other cannot
            yield from self._of_states()

    def _read_halves(self) -> dict[str, Deliveries]:
        key = os.urandom(16)
        halves = {source: Deliveries(key) for source in SOURCES}
        for recorded in self._read():
            if (half := halves.get(recorded.source)) is None:
                continue
            half.take(recorded)
            if says_when(recorded):
                self.latency.delays[recorded.source].append(recorded.recorded_at - recorded.event.timestamp)
        return halves

    def _match(self) -> None:
        """Walk through both halves by number."""
        stdout, queue = (self._halves[source].by_number() for source in SOURCES)
        one, other = next(stdout, None), next(queue, None)
        met, times = 0, 0  # the last number that both have, and how often
        while one is not None or other is not None:
            if other is None or (one is not None and one.number < other.number):
                assert one is not None  # there is one of the two
                self._alone(STDOUT, one.number, times if one.number == met else 0)
                one = next(stdout, None)
            elif one is None or other.number < one.number:
                self._alone(QUEUE, other.number, times if other.number == met else 0)
                other = next(queue, None)
            else:
                times = times + 1 if one.number == met else 1
                met = one.number
                self._meet(one, other)
                one, other = next(stdout, None), next(queue, None)

    def _alone(self, source: str, number: int, times: int) -> None:
        if times:
            self._paired[source][number] = times
        else:
            self._missing[QUEUE if source == STDOUT else STDOUT].add(number)

    def _meet(self, stdout: Delivery, queue: Delivery) -> None:
        self.latency.add_lead(STDOUT if stdout.position < queue.position else QUEUE, abs(queue.at - stdout.at))
        if GONE in (stdout.digest, queue.digest):
            self.redacted += 1
            return
        self.compared += 1
        if stdout.digest != queue.digest:
            self._altered.add(stdout.number)

    def _reordered(self) -> dict[str, SequenceSet]:
        """Return what came late over each source; nothing where both delivered in the same order, whichever it was."""
        late = {source: half.late for source, half in self._halves.items()}
        if any(numbers.last for numbers in late.values()):
            uncommon = SequenceSet()
            for number in chain.from_iterable(
                range(first, last + 1) for missing in self._missing.values() for first, last in missing.intervals()
            ):
                uncommon.add(number)
            stdout, queue = (self._halves[source].order(uncommon) for source in SOURCES)
            if stdout == queue:
                return {source: SequenceSet() for source in SOURCES}
        return late

    def _of_events(self) -> Iterator[DifferenceFound]:
        missing = {source: dict(numbers.intervals()) for source, numbers in self._missing.items()}
        paired = {source: dict(often) for source, often in self._paired.items()}
        waiting: dict[int, list[RecordedEvent]] = {}
        for recorded in self._read():
            if recorded.source not in SOURCES:
                continue
            source, number, event = recorded.source, number_of(recorded), recorded.event
            other = QUEUE if source == STDOUT else STDOUT
            named = (event.phase, event.step)
            if (last := missing[other].pop(number, None)) is not None:
                yield DifferenceFound(MISSING, TRANSPORT, other, number, last, *named)
            if (still := paired[source].get(number)) is not None:
                if still == 0:
                    yield DifferenceFound(DUPLICATED, TRANSPORT, source, number, number, *named)
                paired[source][number] = max(0, still - 1)
            elif number in self._late[source]:
                yield DifferenceFound(REORDERED, TRANSPORT, source, number, number, *named)
            if number in self._altered:
                before = waiting.setdefault(number, [])
                if not before or before[0].source == source:
                    before.append(recorded)
                    continue
                pair = (before.pop(0), recorded)
                if not before:
                    del waiting[number]
                yield from _of_pair(*(pair if source == QUEUE else reversed(pair)))

    def _of_states(self) -> Iterator[DifferenceFound]:
        stdout, queue = (self._halves[source].state.as_dict() for source in SOURCES)
        for change in state_changes(stdout, queue):
            names = change.path.split(".")
            if names[0] in _OF_TRANSPORT or (names[0] == "phases" and names[-1] == "events"):
                continue
            category = VERDICT if names[0] in _VERDICTS else CONTENT
            said = {"before": quoted(change.before), "after": quoted(change.after)}
            yield DifferenceFound(STATE, category, None, None, None, path=change.path, **said)


def _of_pair(stdout: RecordedEvent, queue: RecordedEvent) -> Iterator[DifferenceFound]:
    """Yield what two observations of one event say differently, or that they only write it differently."""
    number, event = number_of(stdout), stdout.event
    if stdout.body is None or queue.body is None or (stdout.body == queue.body and stdout.artifact == queue.artifact):
        return
    fields = Fields(f"{event.phase}/{event.step}", Rules.of(defaults=False))
    differences = fields.differences(decode_json(stdout.body), decode_json(queue.body))
    found = {path_text(each.path): (each.before, each.after) for each in differences}
    if stdout.artifact != queue.artifact:
        found.pop(_DATA, None)  # which refers to it
        found[ARTIFACT] = (stdout.artifact or ABSENT, queue.artifact or ABSENT)
    if not found:
        found[""] = (_text(stdout.body), _text(queue.body))
    for path, (before, after) in found.items():
        said = {"path": path, "before": quoted(before), "after": quoted(after)}
        yield DifferenceFound(ALTERED, TRANSPORT, None, number, number, event.phase, event.step, **said)


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")


@dataclass(frozen=True)
class TeeComparison:
    """How what came over the queue and what came over stdout differ.

    Attributes:
        run: The run.
        counts: How many events came, by transport.
        found: All that differs.
        compared: How many events could be held against each other.
        redacted: How many events could not be compared, because what they said was removed from the log.
        latency: Which transport was first, and how long either took, as `Latency.as_dict` has it.
    """

    run: ComparedRun
    counts: dict[str, int]
    found: list[DifferenceFound]
    compared: int
    redacted: int
    latency: dict[str, Any]

    @property
    def equal(self) -> bool:
        """Whether all that can be compared was delivered the same, in bytes and in order, and there is any of it."""
        return not self.found and self.compared > 0

    @property
    def outcome(self) -> str:
        """What it came to, in a few words."""
        if self.found:
            return count(len(self.found), "difference")
        return tell_equal(self.redacted) if self.equal else f"nothing could be compared; {tell_redacted(self.redacted)}"

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON values.

        Returns:
            `run`, as `Side` has it; `equal`; `counts` of events by transport; `compared`, a number of events;
            `differences`, as `difference_found` has them; `redacted`, a number of events; `latency`.
        """
        return {
            "run": self.run.as_dict(),
            "equal": self.equal,
            "counts": self.counts,
            "compared": self.compared,
            "differences": [asdict(difference) for difference in self.found],
            "redacted": self.redacted,
            "latency": self.latency,
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
        found=list(comparison.differences()),
        compared=comparison.compared,
        redacted=comparison.redacted,
        latency=comparison.latency.as_dict(),
    )
