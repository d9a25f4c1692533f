"""The state of one run of an audit, as a fold over its events: the one that everything shown is made from.

The same event may be observed over two transports: a sequence number counts once, at its first observation. The fold
gives the same state for a prefix and the rest as for the whole, and however the transports' deliveries interleave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from veritas.events.range_set import RangeSet
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import (
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
    ProcessExited,
    ProcessStarted,
    RecorderEvent,
    RunFinished,
    TransportMeasured,
)
from veritas.formatting import iso_time, run_duration
from veritas.projections.findings import collected_item, count_by_severity, insert_in_order
from veritas.projections.phase_state import COMPLETED, RUNNING, UNFINISHED, PhaseState, clamp_pct
from veritas.projections.state_json import field_values, state_json

REQUESTED = "requested"
ABANDONED = "abandoned"
UNKNOWN = "unknown"

# The phase that only marks a further round of the others.
_ITERATION = "iteration"


@dataclass(slots=True)
class AuditState:
    """One run as far as the log tells. Change it through `apply` alone.

    Attributes:
        status: `unknown` before any event, then `requested`, `running`, and how it ended: `completed`, `failed`,
            `interrupted`. A run whose end is not in the log counts as running, until it is known from elsewhere that
            it is `abandoned` (see `veritas.archive.liveness`); one whose end was redacted is `unknown`.
        request: What was asked for.
        started_at: When that was.
        decision: The configured mode, and why it was chosen.
        effective_mode: What really carried the events; None until the run has ended.
        phase: The current phase; `step` and `detail` are its latest.
        pct: The highest percentage reported.
        rounds: How often the phases were gone through.
        phases: Every phase that has begun, by name.
        pages: `url`, `title`, `status`, `error` and `seq` of every page that the scout has visited, or could not visit.
        findings: Every finding as it was emitted, with its `seq`.
        screenshots: `sha256`, `url`, `kind`, `phase` and `seq` of every screenshot.
        observations: How many events the log holds, by source.
        seen: The sequence numbers that the child's events had, whichever source saw them.
        emitted: How many events the child emitted, each counted once.
        rejected: How many lines could not be read as events.
        refused: How many connections to the queue were turned away.
        captured: How many characters of other output there are, by stream.
        measured: How the transports did; None where no recorder measured it.
        comparison: What the comparison of the transports came to, where one was made.
        redactions: What was removed from the log of this run: the `observation`'s `source` and `seq`, `by` whom, the
            `reason`, and when (`at`).
        position: Of the last event taken in.
        last_seq: The highest number of a child's event.
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
    findings: list[dict[str, Any]] = field(default_factory=list)
    screenshots: list[dict[str, Any]] = field(default_factory=list)
    observations: Counter[str] = field(default_factory=Counter)
    seen: RangeSet = field(default_factory=RangeSet)
    emitted: int = 0
    fallbacks: list[IpcFellBack] = field(default_factory=list)
    gaps: list[GapFound] = field(default_factory=list)
    drops: list[EventsDropped] = field(default_factory=list)
    rejected: int = 0
    refused: int = 0
    captured: Counter[str] = field(default_factory=Counter)
    exit: ProcessExited | None = None
    measured: TransportMeasured | None = None
    comparison: ComparisonMade | None = None
    redactions: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0
    last_seq: int = 0
    _current: int = field(default=0, repr=False)

    @classmethod
    def of(cls, events: Iterable[RecordedEvent]) -> Self:
        """Return the state after *events*, one run's in the order of their positions."""
        state = cls()
        for recorded in events:
            state.apply(recorded)
        return state

    def apply(self, recorded: RecordedEvent) -> bool:
        """Take in the run's next event; return whether it said something that was not known yet."""
        self.run_id = recorded.run_id
        self.position = recorded.position
        self.observations[recorded.source] += 1
        if recorded.source == "recorder":
            said = recorded.from_recorder
            if said is not None:
                self._apply_recorder(said, recorded.event.timestamp)
            elif recorded.redacted is not None:
                self._apply_envelope(recorded.event.type, recorded.event.timestamp)
            return True
        numbered = is_numbered(recorded)
        if numbered and not self.seen.add(recorded.seq):
            return False
        self._apply_child(recorded, order=recorded.seq if numbered else max(recorded.seq, self.last_seq))
        return True

    def skip(self, position: int, numbers: Iterable[tuple[int, int]], unnumbered: int | None) -> None:
        """Take in events, up to a position, of which only their numbers are known: no finding, and none of the judge.

        What a run comes to (its status, its verdict, how many findings there are) does not hang on what else a child
        says, so that much is the same as after `apply`. The phases, and what is counted, are not.

        Args:
            numbers: The numbers that the child gave them, as intervals (first, last).
            unnumbered: The highest number of one that the child did not number; None where there is none.
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
        """Return the same state, to be folded further independently of this one."""
        return replace(
            self,
            phases={name: replace(phase) for name, phase in self.phases.items()},
            pages=[*self.pages],
            findings=[*self.findings],
            screenshots=[*self.screenshots],
            observations=self.observations.copy(),
            seen=self.seen.copy(),
            fallbacks=[*self.fallbacks],
            gaps=[*self.gaps],
            drops=[*self.drops],
            captured=self.captured.copy(),
            redactions=[*self.redactions],
        )

    @property
    def audit_id(self) -> str:
        """The audit that the run belongs to."""
        return self.run_id.rpartition(".")[0]

    @property
    def ended(self) -> bool:
        """Whether the log holds the run's end."""
        return self.finished_at is not None

    @property
    def duration(self) -> float | None:
        """Seconds from the request to the end; None while the run has not ended, or where they say nothing."""
        return run_duration(self.request.origin if self.request else None, self.started_at, self.finished_at)

    @property
    def mode(self) -> str | None:
        """What carried the events, or what was to carry them while the run has not ended."""
        return self.effective_mode or (self.decision.mode if self.decision else None)

    @property
    def verdict(self) -> dict[str, Any] | None:
        """What the judge concluded: the summary of `judge/done`."""
        judge = self.phases.get("judge")
        return judge.summary or None if judge and judge.status == COMPLETED else None

    @property
    def trust_score(self) -> float | None:
        """The verdict's score, 0-100; None where there is none that can be one."""
        score = (self.verdict or {}).get("trust_score")
        valid = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 100
        return score if valid else None

    @property
    def risk_level(self) -> str | None:
        """The verdict's risk level; None where there is none."""
        level = (self.verdict or {}).get("risk_level")
        return level if isinstance(level, str) else None

    @property
    def severities(self) -> dict[str, int]:
        """How many findings there are, by severity, the most severe first."""
        return count_by_severity(self.findings)

    def ordered_phases(self) -> list[PhaseState]:
        """Return the phases in the order in which they began."""
        return sorted(self.phases.values(), key=PhaseState.began)

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return field_values(state_json(self))

    def mark_abandoned(self) -> None:
        """Take in that nobody will write the run's end, which its events cannot say."""
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
        if event.pct > self.pct:
            self.pct = clamp_pct(event.pct)
        if (new := collected_item(recorded, order)) is not None:
            name, item = new
            insert_in_order(getattr(self, name), item)
        self.last_seq = max(self.last_seq, order)

    def _apply_recorder(self, said: RecorderEvent, at: float) -> None:
        match said:
            case AuditRequested():
                self.request, self.started_at, self.status = said, at, REQUESTED
            case IpcModeSelected():
                self.decision = said
            case ProcessStarted():
                self.status = RUNNING
            case IpcFellBack():
                self.fallbacks.append(said)
            case EventsDropped():
                self.drops.append(said)
            case GapFound():
                self.gaps.append(said)
            case LineRejected():
                self.rejected += 1
            case ConnectionRefused():
                self.refused = max(self.refused, said.count)
            case OutputCaptured():
                self.captured[said.stream] += len(said.text)
            case ProcessExited():
                self.exit = said
            case ObservationRedacted():
                self.redactions.append({**asdict(said), "at": iso_time(at)})
            case TransportMeasured():
                self.measured = said
            case ComparisonMade():
                self.comparison = said
            case RunFinished():
                self._finish(said.status, at)
                self.error, self.effective_mode = said.error, said.effective_mode
                if said.tee is not None:
                    self.comparison = ComparisonMade.of_tee(said.tee)

    def _apply_envelope(self, kind: str, at: float) -> None:
        """Take in one of the recorder's events whose body was removed: that it was there, and when."""
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
    """Return whether the child numbered the event itself: only then is the same number elsewhere the same event."""
    return recorded.source != "recorder" and recorded.event.seq == recorded.seq
