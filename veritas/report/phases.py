"""The phases in a report: when each of them ran, drawn and in figures."""

from __future__ import annotations

from collections.abc import Iterable

from veritas.formatting import duration, moment
from veritas.projections.phase_state import PhaseState
from veritas.report.html import Content, Markup, chip, table, tag
from veritas.report.run import ReportedRun

STATUS_TONES = {
    "completed": "good",
    "failed": "bad",
    "interrupted": "fair",
    "unfinished": "fair",
    "abandoned": "fair",
    "running": "note",
}

_LEAST_WIDTH = 0.4  # percent of the timeline, so that the shortest phase is seen


def phases(run: ReportedRun) -> Markup:
    """Return the phases in the order in which they began."""
    ran = run.state.ordered_phases()
    if not ran:
        return Markup()
    rows: list[list[Content]] = [
        [
            phase.label,
            chip(phase.status, STATUS_TONES),
            moment(phase.started_at, "milliseconds"),
            duration(phase.duration),
            f"{phase.events:,}",
            phase.error or phase.detail,
        ]
        for phase in ran
    ]
    told = table(("phase", "status", "started", "took", "events", "detail"), rows, right=("took", "events"))
    drawn = _timeline(run.state.started_at, run.state.finished_at, ran)
    return tag("section", tag("h2", "Phases"), tag("div", drawn, told, class_="card"))


def _timeline(requested_at: float | None, finished_at: float | None, ran: Iterable[PhaseState]) -> Markup:
    """Draw each phase as a bar from its start to its end, on one scale from the first moment known to the last.

    A phase without an end reaches as far as anything is known. Where the clocks contradict each other nothing is drawn.
    """
    begun = [(phase, phase.started_at) for phase in ran if phase.started_at is not None]
    moments = [at for _, at in begun] + [phase.ended_at for phase, _ in begun if phase.ended_at is not None]
    moments += [at for at in (requested_at, finished_at) if at is not None]
    if not begun:
        return Markup()
    start, end = min(moments), max(moments)
    whole = duration(end - start)
    if not (end - start > 0 and whole):
        return Markup()

    def share(at: float) -> float:
        return 100 * (at - start) / (end - start)

    bars = []
    for phase, began in begun:
        left = share(began)
        width = max((end if phase.ended_at is None else phase.ended_at) - began, 0.0) * 100 / (end - start)
        bar = tag(
            "i",
            class_=STATUS_TONES.get(phase.status, ""),
            style=f"left:{min(left, 100 - _LEAST_WIDTH):.3f}%;width:{max(width, _LEAST_WIDTH):.3f}%",
        )
        bars.append([tag("dt", phase.label), tag("dd", bar)])
    scale = [tag("dt"), tag("dd", tag("span", "0 s"), tag("span", whole), class_="scale")]
    return tag("dl", bars, scale, class_="timeline", aria_hidden="true")
