"""The state of one phase of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from veritas.events.json_schema import Count, Time
from veritas.events.progress import PHASES, ProgressEvent
from veritas.formatting import elapsed, iso_time

RUNNING, COMPLETED, FAILED, UNFINISHED = "running", "completed", "failed", "unfinished"

# The steps that change a phase's status whenever they arrive; so does the phase's first step. Any other step leaves the
# status of a phase that has ended: a late event does not begin the phase again.
_STATUS_OF_STEP = {"done": COMPLETED, "error": FAILED, "start": RUNNING, "starting": RUNNING}


class PhaseJson(msgspec.Struct, frozen=True, kw_only=True):
    """A phase of a run.

    Attributes:
        phase: The phase's name on the wire.
        label: What people call the phase.
        status: `running`, `completed`, `failed`, or `unfinished` if the run ended before the phase did.
        started_at: When its first event was emitted (RFC 3339, UTC); null if that is not known.
        ended_at: When it was done or failed (RFC 3339, UTC); null while it runs.
        duration: How long it took, in seconds; null if that is not known.
        step: Its latest step.
        pct: The highest percentage that it reported, of the whole audit, 0-100.
        detail: Its latest sentence.
        summary: Its latest summary as it was emitted. Those of an audit of VERITAS are described by the schema
            `progress`.
        error: What went wrong last; null if nothing did.
        events: How many events it emitted.
    """

    phase: str
    label: str
    status: str
    started_at: Time | None
    ended_at: Time | None
    duration: float | None
    step: str
    pct: float
    detail: str
    summary: dict[str, Any]
    error: str | None
    events: Count


@dataclass(slots=True)
class PhaseState:
    """One phase, as its events describe it.

    With two transports, events may arrive out of order: the one with the highest number determines the present state,
    whenever it arrives.

    Attributes:
        name: The phase's name on the wire.
        status: `running`, `completed`, `failed`, or `unfinished` if the run ended before the phase did.
        started_at: When its first event was emitted.
        ended_at: When it was done or failed; None while it runs.
        step: Its latest step.
        pct: The highest percentage that it reported, of the whole audit.
        detail: Its latest detail.
        summary: Its latest summary.
        error: Its last error; None if it had none.
        events: How many events it emitted.
    """

    name: str
    status: str = RUNNING
    started_at: float | None = None
    ended_at: float | None = None
    step: str = ""
    pct: float = 0
    detail: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    events: int = 0
    _first: int = field(default=0, repr=False)
    _last: int = field(default=0, repr=False)
    _status_changed: int = field(default=0, repr=False)
    _summarised: int = field(default=0, repr=False)
    _failed: int = field(default=0, repr=False)

    @property
    def label(self) -> str:
        """The label of the phase for people; the name of a phase that VERITAS does not have."""
        return phase_label(self.name)

    @property
    def duration(self) -> float | None:
        """The seconds that it took; None if that is not known."""
        return elapsed(self.started_at, self.ended_at)

    def began(self) -> int:
        """Return the order of its first event in the run."""
        return self._first

    def apply(self, event: ProgressEvent, order: int) -> None:
        """Apply *event*, which is number *order* of the run."""
        if not self.events or order < self._first:
            self._first, self.started_at = order, event.timestamp
        self.events += 1
        if event.pct > self.pct:
            self.pct = clamp_pct(event.pct)
        if order >= self._last:
            self._last = order
            self.step, self.detail = event.step, event.detail
        status = self._status_after(event.step)
        if status and order >= self._status_changed:
            self._status_changed, self.status = order, status
            self.ended_at = None if status == RUNNING else event.timestamp
        if event.summary and order >= self._summarised:
            self._summarised, self.summary = order, event.summary
        if event.step == "error" and order >= self._failed:
            self._failed, self.error = order, event.detail or "unknown"

    def as_json(self) -> PhaseJson:
        """Return the JSON of the phase."""
        return PhaseJson(
            phase=self.name,
            label=self.label,
            status=self.status,
            started_at=iso_time(self.started_at),
            ended_at=iso_time(self.ended_at),
            duration=self.duration,
            step=self.step,
            pct=self.pct,
            detail=self.detail,
            summary=self.summary,
            error=self.error,
            events=self.events,
        )

    def _status_after(self, step: str) -> str | None:
        """Return the status that *step* sets; None if it leaves the status."""
        phase = PHASES.get(self.name)
        return _STATUS_OF_STEP.get(step) or (RUNNING if phase and step == phase.first_step else None)


def phase_label(name: str) -> str:
    """Return the label of the phase *name* for people; *name* for a phase that VERITAS does not have."""
    phase = PHASES.get(name)
    return phase.label if phase else name


def clamp_pct(pct: float) -> float:
    """Return *pct*, which an emitter gave, limited to 0-100."""
    return min(max(pct, 0), 100)
