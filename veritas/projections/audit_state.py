"""The state of one run of an audit, a fold over its events; everything that is shown of a run is made from it.

The same event may be observed over two transports: a sequence number counts once, at its first observation. Folding a
prefix and then the rest gives the same state as folding the whole, and so does any interleaving of the transports'
deliveries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from msgspec import structs

from veritas.events.range_set import RangeSet
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import (
    ABANDONED,
    AuditRequested,
    ComparisonMade,
    ConnectionRefused,
    EventsDropped,
    GapFound,
    IpcFellBack,
    IpcModeSelected,
    LineRejected,
    ObservationRedacted,
    OutputCaptured,
    ProcessEnd,
    ProcessStarted,
    RecorderEvent,
    RecordingDelayed,
    RunArchived,
    RunFinished,
    TransportMeasured,
)
from veritas.formatting import iso_time, run_duration
from veritas.projections.failure import KILLED, OTHER, kind_of_error
from veritas.projections.findings import collected_item, count_by_severity, insert_in_order
from veritas.projections.phase_state import COMPLETED, FAILED, RUNNING, UNFINISHED, PhaseState, clamp_pct
from veritas.projections.state_json import field_values, state_json

REQUESTED = "requested"
UNKNOWN = "unknown"

# The phase whose events only mark a further round of the other phases.
_ITERATION = "iteration"

_TAIL = 2_000  # characters of stderr


@dataclass(slots=True)
class AuditState:
    """One run, as the events in the log describe it. Change it only through its methods.

    Attributes:
        run_id: The run.
        status: `unknown` before any event, then `requested`, `running`, and at the end `completed`, `failed`,
            `interrupted` or `abandoned`. A run without an end counts as running, unless it is known from elsewhere to
            be `abandoned` (see `veritas.archive.liveness`); one whose end was redacted is `unknown`.
        error: The error of the run; None if it did not fail.
        request: The request.
        started_at: The time of the request.
        finished_at: The time of the run's end.
        decision: The configured mode, and the reason for it.
        effective_mode: The transports that carried the events; None until the run has ended.
        phase: The current phase.
        step: Its latest step.
        pct: The highest percentage reported.
        detail: The latest detail of the current phase.
        rounds: How many rounds of the phases there were.
        phases: Every phase that has begun, by name.
        pages: `url`, `title`, `status`, `error` and `seq` of every page that the scout has visited, or could not visit.
        limits: `name`, `limit`, `url`, `left_out`, `phase` and `seq` of every limit that a visit has reached.
        findings: Every finding as it was emitted, with its `seq`.
        screenshots: `sha256`, `url`, `kind`, `phase` and `seq` of every screenshot; `base` if it is to be laid on one.
        observations: How many events the log has, by source.
        seen: The sequence numbers of the child's events, over all sources.
        emitted: How many events the child emitted, each counted once.
        fallbacks: The changes of transport.
        gaps: The gaps in the numbers of a source.
        drops: The events that no source delivered.
        delays: The times in which the recorder waited for the log.
        rejected: How many lines could not be read as events.
        refused: How many connections to the queue were refused.
        captured: How many characters of other output there are, by stream.
        stderr_tail: The last characters that the child wrote to stderr.
        exit: The child's exit.
        measured: The measurements of the transports, if any.
        comparison: The comparison of the transports, if any.
        redactions: The redactions in this run: `observation` (`source` and `seq`), `by`, `reason` and the time `at`.
        archived: Where the run was archived; None if it was not.
        position: The position of the last event applied.
        last_seq: The highest number of a child's event.
        first_error: The number of the first error that the child reported, and the kind of its cause; None without one.
    """

    run_id: str = ""
    status: str = UNKNOWN
    error: str | None = None
    request: AuditRequested | None = None
    started_at: float | None = None
    finished_at: float | None = None
    decision: IpcModeSelected | None = None
    effective_mode: str | None = None
    phase: str = ""
    step: str = ""
    pct: float = 0
    detail: str = ""
    rounds: int = 1
    phases: dict[str, PhaseState] = field(default_factory=dict)
    pages: list[dict[str, Any]] = field(default_factory=list)
    limits: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    screenshots: list[dict[str, Any]] = field(default_factory=list)
    observations: Counter[str] = field(default_factory=Counter)
    seen: RangeSet = field(default_factory=RangeSet)
    emitted: int = 0
    fallbacks: list[IpcFellBack] = field(default_factory=list)
    gaps: list[GapFound] = field(default_factory=list)
    drops: list[EventsDropped] = field(default_factory=list)
    delays: list[RecordingDelayed] = field(default_factory=list)
    rejected: int = 0
    refused: int = 0
    captured: Counter[str] = field(default_factory=Counter)
    stderr_tail: str = ""
    exit: ProcessEnd | None = None
    measured: TransportMeasured | None = None
    comparison: ComparisonMade | None = None
    redactions: list[dict[str, Any]] = field(default_factory=list)
    archived: RunArchived | None = None
    position: int = 0
    last_seq: int = 0
    first_error: tuple[int, str] | None = None
    _current: int = field(default=0, repr=False)

    @classmethod
    def of(cls, events: Iterable[RecordedEvent]) -> Self:
        """Return the state after *events*, which are one run's in the order of their positions."""
        state = cls()
        for recorded in events:
            state.apply(recorded)
        return state

    def apply(self, recorded: RecordedEvent) -> bool:
        """Apply the run's next event; return False if it only repeats one that was applied already."""
        self.run_id = recorded.run_id
        self.position = recorded.position
        self.observations[recorded.source] += 1
        if recorded.source == "recorder":
            event = recorded.from_recorder
            if event is not None:
                self._apply_recorder(event, recorded.event.timestamp)
            elif recorded.redacted is not None:
                self._apply_envelope(recorded.event.type, recorded.event.timestamp)
            return True
        numbered = is_numbered(recorded)
        if numbered and not self.seen.add(recorded.seq):
            return False
        self._apply_child(recorded, order=recorded.seq if numbered else max(recorded.seq, self.last_seq))
        return True

    def skip(self, position: int, numbers: Iterable[tuple[int, int]], unnumbered: int | None) -> None:
        """Apply events that were not decoded; none of them is a finding, an error, or an event of the judge.

        The run's status, verdict, failure and findings do not depend on such events, so those are the same as after
        `apply`. The phases and the counts are not.

        Args:
            position: The position of the last of these events.
            numbers: The numbers that the child gave the events, as ranges (first, last).
            unnumbered: The highest number of an event that the child did not number; None without one.
        """
        self.position = position
        new = unnumbered is not None
        self.last_seq = max(self.last_seq, unnumbered or 0)
        for first, last in numbers:
            new = self.seen.add_all(first, last) or new
            self.last_seq = max(self.last_seq, last)
        if new and not self.ended:
            self.status = RUNNING

    def copy(self) -> Self:
        """Return a copy, which further events change independently of this state."""
        return replace(
            self,
            phases={name: replace(phase) for name, phase in self.phases.items()},
            pages=[*self.pages],
            limits=[*self.limits],
            findings=[*self.findings],
            screenshots=[*self.screenshots],
            observations=self.observations.copy(),
            seen=self.seen.copy(),
            fallbacks=[*self.fallbacks],
            gaps=[*self.gaps],
            drops=[*self.drops],
            delays=[*self.delays],
            captured=self.captured.copy(),
            redactions=[*self.redactions],
        )

    @property
    def audit_id(self) -> str:
        """The audit that the run belongs to."""
        return self.run_id.rpartition(".")[0]

    @property
    def ended(self) -> bool:
        """True if the log has the run's end."""
        return self.finished_at is not None

    @property
    def duration(self) -> float | None:
        """The seconds from the request to the end; None if the run has not ended, or was ingested."""
        return run_duration(self.request.origin if self.request else None, self.started_at, self.finished_at)

    @property
    def mode(self) -> str | None:
        """The mode that carried the events or, until the run has ended, that is to carry them."""
        return self.effective_mode or (self.decision.mode if self.decision else None)

    @property
    def verdict(self) -> dict[str, Any] | None:
        """The judge's verdict: the summary of `judge/done`."""
        judge = self.phases.get("judge")
        return judge.summary or None if judge and judge.status == COMPLETED else None

    @property
    def trust_score(self) -> float | None:
        """The verdict's score, 0-100; None if it does not have a valid one."""
        if self.archived is not None:
            return self.archived.trust_score
        score = (self.verdict or {}).get("trust_score")
        valid = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 100
        return score if valid else None

    @property
    def risk_level(self) -> str | None:
        """The verdict's risk level; None if it does not have one."""
        if self.archived is not None:
            return self.archived.risk_level
        level = (self.verdict or {}).get("risk_level")
        return level if isinstance(level, str) else None

    @property
    def failure(self) -> str | None:
        """The kind of cause for which the run failed, one of `failure.FAILURE_KINDS`; None if it did not fail."""
        if self.status != FAILED:
            return None
        if self.archived is not None:
            return self.archived.failure
        if self.exit is not None and (self.exit.exit_code or 0) < 0:
            return KILLED
        return self.first_error[1] if self.first_error else OTHER

    @property
    def severities(self) -> dict[str, int]:
        """The number of findings by severity, the most severe first."""
        return count_by_severity(self.findings)

    def ordered_phases(self) -> list[PhaseState]:
        """Return the phases in the order in which they began."""
        return sorted(self.phases.values(), key=PhaseState.began)

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return field_values(state_json(self))

    def mark_abandoned(self) -> None:
        """Mark a run without an end as abandoned."""
        self._stop(ABANDONED)

    def _apply_child(self, recorded: RecordedEvent, *, order: int) -> None:
        event = recorded.event
        self.emitted += 1
        if not self.ended:
            self.status = RUNNING
        if event.phase == _ITERATION:
            self.rounds += event.step == "start"
        elif event.phase:
            phase = self.phases.get(event.phase)
            if phase is None:
                phase = self.phases[event.phase] = PhaseState(event.phase)
            phase.apply(event, order)
            if order >= self._current:
                self._current = order
                self.phase, self.step, self.detail = event.phase, event.step, event.detail
        if event.step == "error" and (self.first_error is None or order < self.first_error[0]):
            self.first_error = order, kind_of_error(event)
        if event.pct > self.pct:
            self.pct = clamp_pct(event.pct)
        if (new := collected_item(recorded, order)) is not None:
            name, item = new
            insert_in_order(getattr(self, name), item)
        self.last_seq = max(self.last_seq, order)

    def _apply_recorder(self, event: RecorderEvent, at: float) -> None:
        match event:
            case AuditRequested():
                self.request, self.started_at, self.status = event, at, REQUESTED
            case IpcModeSelected():
                self.decision = event
            case ProcessStarted():
                self.status = RUNNING
            case IpcFellBack():
                self.fallbacks.append(event)
            case EventsDropped():
                self.drops.append(event)
            case RecordingDelayed():
                self.delays.append(event)
            case GapFound():
                self.gaps.append(event)
            case LineRejected():
                self.rejected += 1
            case ConnectionRefused():
                self.refused = max(self.refused, event.count)
            case OutputCaptured():
                self.captured[event.stream] += len(event.text)
                if event.stream == "stderr":
                    self.stderr_tail = (self.stderr_tail + event.text)[-_TAIL:]
            case ProcessEnd():
                self.exit = event
            case ObservationRedacted():
                self.redactions.append({**structs.asdict(event), "at": iso_time(at)})
            case RunArchived():
                self.archived = event
            case TransportMeasured():
                self.measured = event
            case ComparisonMade():
                self.comparison = event
            case RunFinished():
                self._finish(event.status, at)
                self.error, self.effective_mode = event.error, event.effective_mode
                if event.tee is not None:
                    self.comparison = ComparisonMade.of_tee(event.tee)

    def _apply_envelope(self, kind: str, at: float) -> None:
        """Apply one of the recorder's events whose body was removed: its type and time are known."""
        match kind:
            case AuditRequested.type:
                self.started_at, self.status = at, REQUESTED
            case ProcessStarted.type:
                self.status = RUNNING
            case LineRejected.type:
                self.rejected += 1
            case RunFinished.type:
                self._finish(UNKNOWN, at)

    def _finish(self, status: str, at: float) -> None:
        self.finished_at = at
        self._stop(status)

    def _stop(self, status: str) -> None:
        self.status = status
        for phase in self.phases.values():
            if phase.status == RUNNING:
                phase.status = UNFINISHED


def is_numbered(recorded: RecordedEvent) -> bool:
    """Return whether the child numbered the event; only then is that number of another source the same event."""
    return recorded.source != "recorder" and recorded.event.seq == recorded.seq
