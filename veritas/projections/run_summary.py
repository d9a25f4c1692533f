"""The read model of the runs: the RunSummary, which folds a run's events to the row that `veritas list` shows."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Self

import msgspec

from store.log import EventLog, RunReadModel, RunRow, SkippedEvents, StoredEvent
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
    ProcessReleased,
    ProcessStarted,
    RunArchived,
    RunFinished,
    TransportMeasured,
)
from veritas.events.upcasting import current_version, is_current
from veritas.projections.audit_state import AuditState
from veritas.projections.phase_state import RUNNING
from veritas.projections.url_key import url_key

if TYPE_CHECKING:
    from store.read_model.verify import ReadModelCheck

__all__ = ["RunRow", "RunSummary", "prefilter", "read_model_check", "runs_of", "summary_version"]

_FOLD = 8  # raise it when the same events give another row
_MAX_COUNT = 2**40  # larger counts are not stored, so that the sum over all runs fits into 64 bits
_NO_NUMBER = -1  # in place of a child's number, for an event of the recorder
_MOST_KINDS = 200  # kinds of findings that a row names; a program may invent any number
_LONGEST_KIND = 100  # characters
_ERASED = Redaction("", "", 0.0)  # a row does not show who redacted an event, or why
_FIELDS = itemgetter(*map(StoredEvent._fields.index, ("position", "run_id", "source", "seq", "schema_version", "body")))

# The types of the recorder's events that change a row.
_RELEVANT_TYPES = frozenset(
    kind.type
    for kind in (
        AuditRequested,
        IpcModeSelected,
        ProcessStarted,
        IpcFellBack,
        EventsDropped,
        ProcessExited,
        ProcessReleased,
        TransportMeasured,
        ComparisonMade,
        RunArchived,
        RunFinished,
    )
)


def summary_version() -> int:
    """Return the version of the fold; if it differs from the read model's, all rows are computed again."""
    return _FOLD + current_version() - 1


def runs_of(log: EventLog) -> RunReadModel:
    """Return the read model of the log's runs.

    An append with the run's row (`veritas.recording.run_writer`) keeps it current, and so do a redaction and an import,
    which are given the runs' summaries. After any other append it is behind, and `rows` catches up.
    """
    return log.run_read_model(RunSummary, summary_version())


def read_model_check(log: EventLog) -> ReadModelCheck:
    """Return the check that compares the read model with the events during a verification of the log, or of a run."""
    return log.read_model_check(RunSummary, prefilter, summary_version())


class RunSummary:
    """The fold of one run to its row of the read model `run`: an `AuditState` that skips irrelevant events.

    Attributes:
        run_id: The run.
        version: The version of the fold.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = storable(run_id)
        self.version = summary_version()
        self.reset()

    def reset(self) -> None:
        """Begin again, before any event."""
        self._state = AuditState()
        self._row: RunRow | None = None  # as of the last relevant event
        self._first = self._findings = 0
        self._kinds: dict[str, int] = {}  # how many findings there are of each kind; replaced when it changes

    @property
    def position(self) -> int:
        """The position of the last event applied; 0 before any."""
        return self._state.position

    def apply(self, event: StoredEvent) -> None:
        """Apply the run's next event."""
        if not self._first:
            self._first = event.position
        number = _number_if_irrelevant(event.source, event.schema_version, event.body)
        if number is None:
            self._apply(from_row(event, _ERASED if event.body is None else None))
        else:
            self._skip(event.position, event.seq, number)

    def can_change(self, source: str, event: ProgressEvent) -> bool:
        """Return whether the row can change with an event; every other event only adds to the numbers seen."""
        begins = source != RECORDER and not self._state.ended and self._state.status != RUNNING
        return begins or _is_relevant(source, event.type, event.phase, event.step)

    def apply_decoded(self, source: str, seq: int, event: ProgressEvent) -> None:
        """Apply the run's next event, which was decoded already and is about to be appended."""
        if _is_relevant(source, event.type, event.phase, event.step):
            self._apply(RecordedEvent(0, self.run_id, source, seq, 0.0, event, None, None))
        else:
            self._skip(0, seq, _NO_NUMBER if source == RECORDER else event.seq)

    def begin(self, position: int) -> None:
        """Set the position of the run's first event."""
        self._first, self._row = position, None

    def skip(self, skipped: SkippedEvents) -> None:
        """Apply the run's next events, which are irrelevant."""
        if not self._first:
            self._first = skipped.first
        self._state.skip(skipped.position, skipped.numbers, skipped.unnumbered)

    def row(self) -> RunRow:
        """Return the row after the events applied; there must be one."""
        state = self._state
        if self._row is None or self._row.status != state.status:
            self._row = self._make_row()
        return self._row

    def copy(self) -> Self:
        """Return a copy, which further events change independently of this summary."""
        copied = copy.copy(self)
        copied._state = self._state.copy()
        return copied

    def _apply(self, recorded: RecordedEvent) -> None:
        self._row = None
        self._state.apply(recorded)
        self._findings += len(self._state.findings)
        for finding in self._state.findings:
            self._kinds = _with_kind(self._kinds, finding.get("kind"))
        self._state.findings.clear()  # a row has only their number, and for many runs at once they take much memory

    def _skip(self, position: int, seq: int, number: int) -> None:
        """Skip an event that has the number *number*, and is recorded under *seq*."""
        if number == _NO_NUMBER:
            self._state.skip(position, (), None)
        elif number == seq:
            self._state.skip(position, ((number, number),), None)
        else:
            self._state.skip(position, (), seq)

    def _make_row(self) -> RunRow:
        state = self._state
        request, decision, comparison, measured = state.request, state.decision, state.comparison, state.measured
        emitted = state.exit.emitted if state.exit else None
        lost = sum(drop.count for drop in state.drops)
        delay = measured.most_measured() if measured else None
        host, page = url_key(request.url if request else None)
        job = request.job if request else None
        archived = state.archived
        kinds = _compact(dict(sorted(self._kinds.items()))) if self._kinds else None
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
            findings=archived.findings if archived else self._findings,
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
            host=host,
            page=page,
            batch=_text(request and request.batch),
            tags=_compact([*map(storable, request.tags)]) if request and request.tags else None,
            kinds=archived.kinds if archived else kinds,
            failure=state.failure,
            job=_text(job and job.id),
            queue=_text(job and job.queue),
            worker=_text(job and job.worker),
            worker_host=_text(job and job.host),
        )


def prefilter(rows: Sequence[tuple[Any, ...]]) -> list[StoredEvent | SkippedEvents]:
    """Return the relevant events of *rows*, and the others of each run, between these, joined to `SkippedEvents`.

    It implements `store.read_model.prefilter.Prefilter`.
    """
    items: list[tuple[Any, ...] | _Skipping] = []
    skipping: dict[str, _Skipping] = {}  # by run, while its events are irrelevant
    for row in rows:
        position, run_id, source, seq, version, body = _FIELDS(row)
        number = _number_if_irrelevant(source, version, body)
        if number is None:
            items.append(row)
            skipping.pop(run_id, None)
            continue
        skipped = skipping.get(run_id)
        if skipped is None:
            skipped = skipping[run_id] = _Skipping(run_id, position)
            items.append(skipped)
        skipped.position = position
        if number == _NO_NUMBER:
            continue
        if number != seq:
            skipped.unnumbered = max(skipped.unnumbered or 0, seq)
        elif number == skipped.last + 1:
            skipped.last = number
        else:
            skipped.begin(number)
    events = iter(events_of([item for item in items if not isinstance(item, _Skipping)]))
    return [item.skipped_events() if isinstance(item, _Skipping) else next(events) for item in items]


class _Skipping:
    """A `SkippedEvents` that still grows."""

    __slots__ = ("_first", "_numbers", "_range_start", "_run_id", "last", "position", "unnumbered")

    def __init__(self, run_id: str, first: int) -> None:
        self.position = first
        self.last = -2  # of the last range of numbers; -2 before any
        self.unnumbered: int | None = None
        self._run_id = run_id
        self._first = first
        self._range_start = 0
        self._numbers: list[tuple[int, int]] = []

    def begin(self, number: int) -> None:
        """Begin a new range of numbers."""
        if self.last >= 0:
            self._numbers.append((self._range_start, self.last))
        self._range_start = self.last = number

    def skipped_events(self) -> SkippedEvents:
        numbers = [*self._numbers, (self._range_start, self.last)] if self.last >= 0 else []
        return SkippedEvents(self._run_id, self._first, self.position, numbers, self.unnumbered)


class _EventHead(msgspec.Struct, gc=False):
    """The fields that decide whether an event must be decoded in full; reading only these is nine times faster."""

    type: str | None = "progress"
    phase: str | None = None
    step: str | None = None
    seq: int | float | None = None


_decode_head = msgspec.json.Decoder(_EventHead).decode


def _number_if_irrelevant(source: str, version: int, body: bytes | None) -> int | None:
    """Return the number of an event that no row shows anything of: a child's own, or `_NO_NUMBER` of the recorder.

    None for an event that may be relevant.
    """
    if body is None:
        return None
    try:
        head = _decode_head(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None  # the tolerant decoder may be able to read it
    if not is_current(head.type, version, source) or _is_relevant(source, head.type, head.phase, head.step):
        return None
    if source == RECORDER:
        return _NO_NUMBER
    return head.seq if type(head.seq) is int and head.seq >= 0 else 0


def _is_relevant(source: str, kind: str | None, phase: str | None, step: str | None) -> bool:
    """Return whether a row shows anything of an event."""
    if source == RECORDER:
        return kind in _RELEVANT_TYPES
    return kind == "finding" or phase == "judge" or step == "error"


def _with_kind(kinds: dict[str, int], kind: object) -> dict[str, int]:
    """Return *kinds* with one more finding of *kind*; a finding without a kind, or with an unusual one, is left out."""
    if not isinstance(kind, str) or not 0 < len(kind) <= _LONGEST_KIND:
        return kinds
    kind = storable(kind)
    if kind not in kinds and len(kinds) >= _MOST_KINDS:
        return kinds
    return kinds | {kind: kinds.get(kind, 0) + 1}


def _compact(value: list[str] | dict[str, int]) -> str:
    return msgspec.json.encode(value).decode("utf-8")


def _text(value: Any) -> str | None:
    return storable(value) if isinstance(value, str) else None


def _count(value: int | None) -> int | None:
    """Return a count if it can be stored; a program may have recorded one that is larger than a column holds."""
    return None if value is None or not 0 <= value <= _MAX_COUNT else value
