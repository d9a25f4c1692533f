"""The phases in a report: a table and a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from veritas.formatting import duration, utc_time
from veritas.projections.phase_state import PhaseState
from veritas.report.chips import Chip, status_chip, status_tone
from veritas.report.run import ReportedRun

_LEAST_WIDTH = 0.4  # percent of the timeline, so that the shortest phase is visible


@dataclass(frozen=True)
class PhaseRow:
    """One phase as a row of a table."""

    label: str
    status: Chip
    started: str | None
    duration: str | None
    events: str
    detail: str


@dataclass(frozen=True)
class Bar:
    """One phase as a bar of the timeline; left end and width are in percent."""

    label: str
    tone: str
    left: float
    width: float


@dataclass(frozen=True)
class Timeline:
    """All phases on one scale.

    Attributes:
        bars: A bar for each phase.
        length: The time from the left end to the right end.
    """

    bars: Sequence[Bar]
    length: str


def phases_of(run: ReportedRun) -> list[PhaseRow]:
    """Return the phases in the order in which they began."""
    return [
        PhaseRow(
            label=phase.label,
            status=status_chip(phase.status),
            started=utc_time(phase.started_at, "milliseconds"),
            duration=duration(phase.duration),
            events=f"{phase.events:,}",
            detail=phase.error or phase.detail,
        )
        for phase in run.state.ordered_phases()
    ]


def timeline_of(run: ReportedRun) -> Timeline | None:
    """Return each phase as a bar from its start to its end, on one scale from the first known time to the last.

    The bar of a phase without an end extends to the last known time. None if no phase has a start, or the clocks
    contradict each other.
    """
    return _timeline(run.state.started_at, run.state.finished_at, run.state.ordered_phases())


def _timeline(requested_at: float | None, finished_at: float | None, phases: Iterable[PhaseState]) -> Timeline | None:
    begun = [(phase, phase.started_at) for phase in phases if phase.started_at is not None]
    if not begun:
        return None
    times = [at for _, at in begun] + [phase.ended_at for phase, _ in begun if phase.ended_at is not None]
    times += [at for at in (requested_at, finished_at) if at is not None]
    start, end = min(times), max(times)
    length = duration(end - start)
    if not (end - start > 0 and length):
        return None
    bars = []
    for phase, began in begun:
        left = 100 * (began - start) / (end - start)
        width = max((end if phase.ended_at is None else phase.ended_at) - began, 0.0) * 100 / (end - start)
        tone = status_tone(phase.status)
        bars.append(Bar(phase.label, tone, min(left, 100 - _LEAST_WIDTH), max(width, _LEAST_WIDTH)))
    return Timeline(bars, length)
