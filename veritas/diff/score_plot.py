"""Scores over time, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from veritas.diff.site_recording import SiteRecording
from veritas.formatting import short
from veritas.report.html import Content, Markup, tag
from veritas.report.verdict import RISK_TONES

_WIDTH, _HEIGHT = 900, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 24, 16, 52
_LINES = (0, 25, 50, 75, 100)
_NEAR = 150  # pixels that a date takes


def score_plot(recordings: Sequence[SiteRecording]) -> Markup:
    """Return the scores of recordings, which are in the order of time, as a picture.

    The line is broken where a recording has no score, and a cross under the axis stands for that one.
    """
    places = _places(recordings)
    marks = [_mark(recording, x) for recording, x in zip(recordings, places, strict=True)]
    ends = pairwise(zip(recordings, places, strict=True))
    lines = [
        tag("line", x1=f"{x1:.1f}", y1=f"{_y(a):.1f}", x2=f"{x2:.1f}", y2=f"{_y(b):.1f}", class_="way")
        for (one, x1), (other, x2) in ends
        if (a := one.trust_score) is not None and (b := other.trust_score) is not None
    ]
    return tag(
        "svg",
        _grid(),
        _dates(recordings, places),
        lines,
        marks,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label="Trust score over time; the table below has the same",
        class_="plot",
    )


def _places(recordings: Sequence[SiteRecording]) -> list[float]:
    """Return where on the axis each recording is: by its time; evenly, where all have the same."""
    times = [recording.when.at for recording in recordings]
    span = times[-1] - times[0]
    if not 0 < span < float("inf"):
        shares = [(number + 1) / (len(times) + 1) for number in range(len(times))]
    else:
        shares = [(at - times[0]) / span for at in times]
    inner = 12  # so that the first mark does not stand on the axis
    return [_LEFT + inner + share * (_WIDTH - _LEFT - _RIGHT - 2 * inner) for share in shares]


def _y(score: float) -> float:
    return _TOP + (100 - score) / 100 * (_HEIGHT - _TOP - _BOTTOM)


def _grid() -> list[Markup]:
    drawn = []
    for score in _LINES:
        y = f"{_y(score):.1f}"
        drawn.append(tag("line", x1=_LEFT, y1=y, x2=_WIDTH - _RIGHT, y2=y, class_="grid"))
        drawn.append(tag("text", str(score), x=_LEFT - 8, y=f"{_y(score) + 4:.1f}", text_anchor="end"))
    return drawn


def _dates(recordings: Sequence[SiteRecording], places: Sequence[float]) -> list[Markup]:
    """Return the dates under the axis, those that have room: the first, the last, and what fits between."""
    shown: list[tuple[float, str]] = []
    last = len(recordings) - 1
    for number, (recording, x) in enumerate(zip(recordings, places, strict=True)):
        room_behind = number in (0, last) or places[last] - x >= _NEAR
        if room_behind and (not shown or x - shown[-1][0] >= _NEAR):
            shown.append((x, str(recording.when)))
    return [tag("text", text, x=f"{x:.1f}", y=_HEIGHT - 10, text_anchor=_anchor(x)) for x, text in shown]


def _anchor(x: float) -> str:
    if x < _LEFT + _NEAR / 2:
        return "start"
    return "end" if x > _WIDTH - _RIGHT - _NEAR / 2 else "middle"


def _mark(recording: SiteRecording, x: float) -> Markup:
    told: Content = [str(recording.when), ": ", _told(recording)]
    if recording.trust_score is None:
        cross = f"M{x - 4:.1f} {_y(0) + 9:.1f} l8 8 m0 -8 l-8 8"
        return tag("path", tag("title", told), d=cross, class_="gap")
    tone = RISK_TONES.get(recording.risk_level or "", "")
    y = _y(recording.trust_score)
    return tag("circle", tag("title", told), cx=f"{x:.1f}", cy=f"{y:.1f}", r="5.5", class_=f"mark {tone}".rstrip())


def _told(recording: SiteRecording) -> str:
    if recording.trust_score is None:
        return f"{recording.status}, no score"
    return f"{short(recording.trust_score)} of 100, {(recording.risk_level or 'unknown').replace('_', ' ')}"
