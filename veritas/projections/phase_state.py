"""What is known of one phase of an audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from veritas.events.json_schema import Count, Time
from veritas.events.progress import PHASES, ProgressEvent
from veritas.formatting import elapsed, iso_time

RUNNING, COMPLETED, FAILED, UNFINISHED = "running", "completed", "failed", "unfinished"

# The steps that turn a phase's status whenever they come, beside the phase's own first step. Any other step leaves a
# phase that has ended as it is: a straggler does not begin it anew.
_TURNS = {"done": COMPLETED, "error": FAILED, "start": RUNNING, "starting": RUNNING}


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
    """One phase as far as its events tell.

    Events may arrive out of order where two transports deliver them: the one with the highest number speaks for the
    present, whenever it comes.

    Attributes:
        name: The phase's name on the wire.
        status: `running`, `completed`, `failed`, or `unfinished` where the run ended before it did.
        started_at: When its first event was emitted.
        ended_at: When it was done or failed; None while it runs.
        pct: The highest percentage it reported, of the whole audit.
        error: What went wrong, the last time that something did.
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
    _turned: int = field(default=0, repr=False)
    _summarised: int = field(default=0, repr=False)
    _failed: int = field(default=0, repr=False)

    @property
    def label(self) -> str:
        """What people call it; a phase that VERITAS does not know keeps its own name."""
        return phase_label(self.name)

    @property
    def duration(self) -> float | None:
        """How long it took, in seconds; None while that is not known."""
        return elapsed(self.started_at, self.ended_at)

    def began(self) -> int:
        """Return the order of its first event in the run."""
        return self._first

    def apply(self, event: ProgressEvent, order: int) -> None:
        """Take in *event*, the *order*th of the run."""
        if not self.events or order < self._first:
            self._first, self.started_at = order, event.timestamp
        self.events += 1
        if event.pct > self.pct:
            self.pct = clamp_pct(event.pct)
        if order >= self._last:
            self._last = order
            self.step, self.detail = event.step, event.detail
        turn = self._turn(event.step)
        if turn and order >= self._turned:
            self._turned, self.status = order, turn
            self.ended_at = None if turn == RUNNING else event.timestamp
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

    def _turn(self, step: str) -> str | None:
        known = PHASES.get(self.name)
        return _TURNS.get(step) or (RUNNING if known and step == known.first_step else None)


def phase_label(name: str) -> str:
    """Return what people call the phase *name*; its own name where VERITAS does not know it."""
    known = PHASES.get(name)
    return known.label if known else name


def clamp_pct(pct: float) -> float:
    """Return *pct* within 0-100, whatever an emitter claims."""
    return min(max(pct, 0), 100)
