"""The history of a site as one HTML page.

It needs no other file, and recorded text is harmless in it; see `veritas.report.rendering`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from veritas.diff.site.history import FactKey, FindingTrace, SiteHistory
from veritas.diff.site.presence import APPEARED, CHANGED, FATES, STAYED, WENT, Trace
from veritas.diff.site.recording import SiteRecording
from veritas.diff.site.text import (
    FATE_WORDS,
    TITLES,
    fact_name,
    fates_sentence,
    findings_title,
    recordings_sentence,
    score_sentence,
)
from veritas.formatting import short_number
from veritas.report.chips import Chip, risk_chip, risk_tone, severity_chip, status_chip
from veritas.report.plot import Frame, Tick, dates_of, x_of, y_of
from veritas.report.rendering import render

_HEIGHT = 260
_SCORES = (0, 25, 50, 75, 100)
_INSET = 0.02  # of the plot's width, so that the first mark is not on the axis
_FATE_TONES = {APPEARED: "note", WENT: "fair", CHANGED: "fair"}


@dataclass(frozen=True)
class Mark:
    """A recording in the plot.

    Attributes:
        x: Its place.
        y: Its place; None if it has no score.
        tone: The tone of its risk level.
        title: When it was, and its score.
    """

    x: float
    y: float | None
    tone: str
    title: str


@dataclass(frozen=True)
class ScorePlot:
    """The scores over time.

    Attributes:
        frame: The frame.
        lines: From each score to the next one: the places of both ends.
        marks: The recordings.
        gap_y: The place of a recording without a score.
    """

    frame: Frame
    lines: Sequence[tuple[float, float, float, float]]
    marks: Sequence[Mark]
    gap_y: float


@dataclass(frozen=True)
class RecordingRow:
    """A recording as a row of a table."""

    started: str
    score: str | None
    risk: Chip | None
    findings: str
    status: Chip
    page: str
    run_id: str


@dataclass(frozen=True)
class FindingRow:
    """A finding as a row of a table."""

    severity: Chip
    number: str
    title: str
    detail: str
    about: str
    page: str
    change: str | None
    when: Sequence[str]


@dataclass(frozen=True)
class FactRow:
    """A fact as a row of a table; an absent value before or after counts as None."""

    fate: Chip
    name: str
    before: str | None
    after: str | None
    changed: bool
    when: Sequence[str]


@dataclass(frozen=True)
class Topic:
    """The facts of one kind, such as headers.

    Attributes:
        title: The kind.
        moved: Those that are not as they were.
        stayed: Those that are.
        summary: How many stayed.
    """

    title: str
    moved: Sequence[FactRow]
    stayed: Sequence[FactRow]
    summary: str


def site_page(history: SiteHistory) -> bytes:
    """Return the page."""
    return b"".join(render("veritas.diff.site", "history.html", **history_values(history)))


def history_values(history: SiteHistory) -> dict[str, Any]:
    """Return the variables of a template that shows a history."""
    return {
        "site": history.site.text,
        "recorded": recordings_sentence(history),
        "score": score_sentence(history),
        "fates": fates_sentence(history),
        "plot": score_plot(history.recordings),
        "recordings": list(map(_recording_row, history.recordings)),
        "findings": [_findings(fate, history) for fate in FATES],
        "topics": [_topic(topic, history) for topic, traces in history.facts.items() if traces],
    }


def _findings(fate: str, history: SiteHistory) -> tuple[str, list[FindingRow]]:
    """Return the heading of the findings with one fate, and their rows."""
    traces = history.of_fate(fate)
    return findings_title(fate, len(traces)), list(map(_finding_row, traces))


def score_plot(recordings: Sequence[SiteRecording]) -> ScorePlot:
    """Return the scores of recordings, which are in the order of time, as a plot.

    The line is broken where a recording has no score; a cross under the axis marks that recording.
    """
    xs = _places(recordings)
    marks = [_mark(recording, x) for recording, x in zip(recordings, xs, strict=True)]
    lines = [
        (one.x, one.y, other.x, other.y) for one, other in pairwise(marks) if one.y is not None and other.y is not None
    ]
    frame = Frame(
        "Trust score over time; the table below has the same numbers",
        _HEIGHT,
        levels=[Tick(_y(score), str(score)) for score in _SCORES],
        dates=dates_of([(x, str(recording.ref)) for recording, x in zip(recordings, xs, strict=True)]),
    )
    return ScorePlot(frame, lines, marks, gap_y=_y(0) + 9)


def _places(recordings: Sequence[SiteRecording]) -> list[float]:
    """Return the place of each recording on the time axis; evenly spaced if all have the same time."""
    times = [recording.ref.at for recording in recordings]
    span = times[-1] - times[0]
    if 0 < span < float("inf"):
        shares = [(at - times[0]) / span for at in times]
    else:
        shares = [(number + 1) / (len(times) + 1) for number in range(len(times))]
    return [x_of(_INSET + share * (1 - 2 * _INSET)) for share in shares]


def _y(score: float) -> float:
    return y_of(score / 100, _HEIGHT)


def _mark(recording: SiteRecording, x: float) -> Mark:
    score, level = recording.trust_score, recording.risk_level
    if score is None:
        return Mark(x, None, "", f"{recording.ref}: {recording.status}, no score")
    title = f"{recording.ref}: {short_number(score)} of 100, {(level or 'unknown').replace('_', ' ')}"
    return Mark(x, _y(score), risk_tone(level), title)


def _recording_row(recording: SiteRecording) -> RecordingRow:
    score, level = recording.trust_score, recording.risk_level
    return RecordingRow(
        started=str(recording.ref),
        score=None if score is None else short_number(score),
        risk=risk_chip(level) if level else None,
        findings=f"{sum(recording.severities.values()):,}",
        status=status_chip(recording.status),
        page=str(recording.page),
        run_id=recording.ref.run_id,
    )


def _finding_row(found: FindingTrace) -> FindingRow:
    key, seen = found.trace.key, found.details
    return FindingRow(
        severity=severity_chip(seen.severity),
        number=f"{seen.count:,}",
        title=seen.title,
        detail=seen.detail,
        about=key.about,
        page=key.page,
        change=found.change if found.trace.fate == CHANGED else None,
        when=found.trace.when,
    )


def _topic(topic: str, history: SiteHistory) -> Topic:
    traces = history.facts[topic]
    moved = [_fact_row(trace, history) for trace in traces if trace.fate != STAYED]
    stayed = [_fact_row(trace, history) for trace in traces if trace.fate == STAYED]
    summary = f"{len(stayed):,} unchanged" if moved else f"{len(stayed):,}, all unchanged"
    return Topic(TITLES[topic], moved, stayed, summary)


def _fact_row(trace: Trace[FactKey], history: SiteHistory) -> FactRow:
    fate = trace.fate
    before = {CHANGED: trace.steps[0].value, APPEARED: None}.get(fate, trace.value)
    after = None if fate == WENT else trace.value
    chip = Chip(FATE_WORDS[fate], _FATE_TONES.get(fate, ""))
    return FactRow(chip, fact_name(trace.key, history), before, after, fate != STAYED, trace.when)
