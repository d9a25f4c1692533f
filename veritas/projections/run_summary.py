"""What `veritas list` shows of a run, folded from its events as they are recorded."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Self

import msgspec

from store.log import EventLog, ReadModelCheck, RunReadModel, RunRow, SkippedEvents, StoredEvent
from store.records import events_of
from store.text import storable
from veritas.events.progress import ProgressEvent
from veritas.events.recorded import RecordedEvent, Redaction, from_row
from veritas.events.recorder_events import (
    RECORDER,
    AuditRequested,
    ComparisonMade,
    EventsDropped,
    IpcFellBack,
    IpcModeSelected,
    ProcessExited,
    ProcessStarted,
    RunFinished,
    TransportMeasured,
)
from veritas.events.upcasting import current_version, is_current
from veritas.projections.audit_state import AuditState

_FOLD = 4  # raise it where another row is made of the same events
_TELLING = frozenset(
    kind.type
    for kind in (
        AuditRequested,
        IpcModeSelected,
        ProcessStarted,
        IpcFellBack,
        EventsDropped,
        ProcessExited,
        TransportMeasured,
        ComparisonMade,
        RunFinished,
    )
)
_MOST = 2**40  # that anything is counted to; the sum over all runs then has room in 64 bits
_NO_CHILD = -1  # what stands for a number where an event is no child's
_OF_ROW = itemgetter(*map(StoredEvent._fields.index, ("position", "run_id", "source", "seq", "schema_version", "body")))
_ERASED = Redaction("", "", 0.0)  # that it was is all that a row shows of it


class _Glimpse(msgspec.Struct, gc=False):
    """What of a child's event tells whether the rest of it matters here; to read that much takes a ninth as long."""

    type: str | None = "progress"
    phase: str | None = None
    seq: int | float | None = None


_glimpse = msgspec.json.Decoder(_Glimpse).decode


def summary_version() -> int:
    """Return the version of the fold: where it is another, the rows are made anew."""
    return _FOLD + current_version() - 1


class RunSummary:
    """The fold of one run to its row of the read model `run`: an `AuditState` that skips what no row shows.

    Attributes:
        run_id: The run.
        version: Of the fold.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = storable(run_id)
        self.version = summary_version()
        self.reset()

    def reset(self) -> None:
        """Begin anew, as if nothing had been taken in."""
        self._state = AuditState()
        self._row: RunRow | None = None  # as of the last event that was not passed over
        self._first = self._findings = 0

    @property
    def position(self) -> int:
        """The last event that it has taken in; 0 where there is none."""
        return self._state.position

    def apply(self, event: StoredEvent) -> None:
        """Take in the run's next event."""
        if not self._first:
            self._first = event.position
        number = _number_of_passing(event.source, event.schema_version, event.body)
        if number is None:
            self._row = None
            self._state.apply(from_row(event, _ERASED if event.body is None else None))
            self._count_findings()
        elif number == _NO_CHILD:
            self._state.skip(event.position, (), None)
        elif number == event.seq:
            self._state.skip(event.position, ((number, number),), None)
        else:
            self._state.skip(event.position, (), event.seq)

    def apply_decoded(self, source: str, seq: int, event: ProgressEvent) -> None:
        """Apply the run's next event, which was decoded already and is about to be appended."""
        if event.type in _TELLING if source == RECORDER else event.type == "finding" or event.phase == "judge":
            self._row = None
            self._state.apply(RecordedEvent(0, self.run_id, source, seq, 0.0, event, None, None))
            self._count_findings()
        elif source == RECORDER:
            self._state.skip(0, (), None)
        elif event.seq == seq:
            self._state.skip(0, ((seq, seq),), None)
        else:
            self._state.skip(0, (), seq)

    def begin(self, position: int) -> None:
        """Set the position of the run's first event."""
        self._first, self._row = position, None

    def skip(self, skipped: SkippedEvents) -> None:
        """Take in the run's next events, prefiltered."""
        if not self._first:
            self._first = skipped.first
        self._state.skip(skipped.position, skipped.numbers, skipped.unnumbered)

    def row(self) -> RunRow:
        """Return the row after the events taken in, of which there is at least one."""
        state = self._state
        if self._row is None or self._row.status != state.status:
            self._row = self._make_row()
        return self._row

    def copy(self) -> Self:
        """Return the same summary, to be folded further independently of this one."""
        copied = copy.copy(self)
        copied._state = self._state.copy()
        return copied

    def _count_findings(self) -> None:
        self._findings += len(self._state.findings)
        self._state.findings.clear()  # a row has their number, and of many runs at once they would be much

    def _make_row(self) -> RunRow:
        state = self._state
        request, decision, comparison, measured = state.request, state.decision, state.comparison, state.measured
        emitted = state.exit.emitted if state.exit else None
        lost = sum(drop.count for drop in state.drops)
        delay = measured.most_measured() if measured else None
        return RunRow(
            run_id=self.run_id,
            audit_id=self.run_id.rpartition(".")[0],
            position=self._first,
            url=_text(request and request.url),
            tier=_text(request and request.tier),
            origin=_text(request and request.origin),
            status=_text(state.status) or "unknown",
            trust_score=None if state.trust_score is None else float(state.trust_score),
            risk_level=_text(state.risk_level),
            mode=_text(state.mode),
            started_at=None if state.started_at is None else float(state.started_at),
            finished_at=None if state.finished_at is None else float(state.finished_at),
            findings=self._findings,
            command=json.dumps(request.command) if request and request.command else None,
            configured=_text(decision and decision.mode),
            reason=_text(decision and decision.reason),
            decided_by=_text(decision and decision.origin),
            share=None if decision is None or decision.share is None else float(decision.share),
            share_origin=_text(decision and decision.share_origin),
            fell_back=_text(state.fallbacks[0].kind) if state.fallbacks else None,
            events=_count(emitted),
            lost=_count(lost) if lost or emitted is not None else None,
            repeated=_count(sum(measured.repeated.values())) if measured else None,
            resent=_count(sum(change.sent_again for change in state.fallbacks)) if state.exit else None,
            mismatched=_count(comparison.differences) if comparison and comparison.error is None else None,
            latency_p50=delay.p50 if delay else None,
            latency_p95=delay.p95 if delay else None,
            latency_p99=delay.p99 if delay else None,
            queue_start=measured.queue_start if measured else None,
        )


def prefilter(rows: Sequence[tuple[Any, ...]]) -> list[StoredEvent | SkippedEvents]:
    """Return what is left of events that were checked, for lines to take in: see `store.read_model.prefilter`."""
    left: list[tuple[Any, ...] | _Passing] = []
    passing: dict[str, _Passing] = {}  # of each run, what its next event can still be added to
    for row in rows:
        position, run_id, source, seq, version, body = _OF_ROW(row)
        number = _number_of_passing(source, version, body)
        if number is None:
            left.append(row)
            passing.pop(run_id, None)
            continue
        passed = passing.get(run_id)
        if passed is None:
            passed = passing[run_id] = _Passing(run_id, position)
            left.append(passed)
        passed.position = position
        if number == _NO_CHILD:
            continue
        if number != seq:
            passed.unnumbered = max(passed.unnumbered or 0, seq)
        elif number == passed.last + 1:
            passed.last = number
        else:
            passed.begin(number)
    events = iter(events_of([row for row in left if not isinstance(row, _Passing)]))
    return [some.made() if isinstance(some, _Passing) else next(events) for some in left]


class _Passing:
    """A `SkippedEvents` that is being made."""

    __slots__ = ("_begun", "_first", "_numbers", "_run_id", "last", "position", "unnumbered")

    def __init__(self, run_id: str, first: int) -> None:
        self.position = first
        self.last = -2  # of the last interval, where there is one
        self.unnumbered: int | None = None
        self._run_id = run_id
        self._first = first
        self._begun = 0
        self._numbers: list[tuple[int, int]] = []

    def begin(self, number: int) -> None:
        """Begin a new interval."""
        if self.last >= 0:
            self._numbers.append((self._begun, self.last))
        self._begun = self.last = number

    def made(self) -> SkippedEvents:
        numbers = [*self._numbers, (self._begun, self.last)] if self.last >= 0 else []
        return SkippedEvents(self._run_id, self._first, self.position, numbers, self.unnumbered)


def _number_of_passing(source: str, version: int, body: bytes | None) -> int | None:
    """Return a child's own number of an event that no row shows anything of, or `_NO_CHILD` of the recorder's.

    None stands for an event that is to be looked into.
    """
    if body is None:
        return None
    try:
        seen = _glimpse(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # perhaps it is read otherwise
    if not is_current(seen.type, version, source):
        return None
    if source == "recorder":
        return None if seen.type in _TELLING else _NO_CHILD
    if seen.type == "finding" or seen.phase == "judge":
        return None
    return seen.seq if type(seen.seq) is int and seen.seq >= 0 else 0


def _text(value: Any) -> str | None:
    return storable(value) if isinstance(value, str) else None


def _count(value: int | None) -> int | None:
    """Return a count that can be kept: what somebody else wrote may be greater than a column holds."""
    return None if value is None or not 0 <= value <= _MOST else value


__all__ = ["RunRow", "read_model_check", "runs_of"]


def runs_of(log: EventLog) -> RunReadModel:
    """Return the read model of the log's runs.

    An append that brings the run's row along keeps it current (`veritas.archive.run_writer`), and so do a redaction and
    an import, which are given the runs' summaries. After any other append it is behind, and `rows` catches up.
    """
    return log.run_read_model(RunSummary, summary_version())


def read_model_check(log: EventLog) -> ReadModelCheck:
    """Return what holds the read model to the events in one verification of the log, or of a run."""
    return log.read_model_check(RunSummary, prefilter, summary_version())
