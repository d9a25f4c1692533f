"""A site's history as one HTML page that needs nothing beside itself: no script, and no network.

What sites and programs wrote is hostile text here: all of it is escaped (`veritas.report.html`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from itertools import pairwise

from veritas.diff.site.history import FactKey, FindingTrace, SiteHistory
from veritas.diff.site.presence import APPEARED, CHANGED, STAYED, WENT, Trace
from veritas.diff.site.recording import SiteRecording
from veritas.diff.site.text import TITLES, fact_name, fates_sentence, recordings_sentence, score_sentence
from veritas.formatting import count, short
from veritas.report.findings import SEVERITY_TONES
from veritas.report.html import DOCTYPE, Content, Markup, chip, head, line, pairs, table, tag
from veritas.report.phases import STATUS_TONES
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


_FATE_TONES = {APPEARED: "note", WENT: "fair", CHANGED: "fair"}


def site_page(history: SiteHistory) -> bytes:
    """Return the page."""
    style = (files("veritas.diff.site") / "site.css").read_text(encoding="utf-8")
    body = tag(
        "body",
        tag("p", "What changed on", class_="kicker"),
        tag("h1", history.site.text),
        tag("div", pairs(_facts(history)), class_="card"),
        _scores(history),
        (_findings(fate, history.of_fate(fate)) for fate in (APPEARED, WENT, STAYED)),
        (_topic(topic, history) for topic in history.facts),
        tag("footer", "Made from recorded events alone. All times are UTC."),
    )
    return DOCTYPE + line(head(f"VERITAS: {history.site.text} over time", style)) + line(body) + b"</html>\n"


def _facts(history: SiteHistory) -> Iterable[tuple[str, Content]]:
    yield "recorded", recordings_sentence(history)
    yield "score", score_sentence(history)
    yield "findings", fates_sentence(history)


def _scores(history: SiteHistory) -> Markup:
    heads = ("started", "score", "risk", "findings", "status", "page", "run")
    rows = map(_recording_row, history.recordings)
    told = table(heads, rows, right=("score", "findings"))
    drawn = tag("div", score_plot(history.recordings), class_="wide")
    return tag("section", tag("h2", "Score over time"), tag("div", drawn, told, class_="card"))


def _recording_row(recording: SiteRecording) -> list[Content]:
    score, level = recording.trust_score, recording.risk_level
    return [
        str(recording.when),
        "–" if score is None else short(score),
        chip(level.replace("_", " "), {level.replace("_", " "): RISK_TONES.get(level, "")}) if level else "",
        f"{sum(recording.severities.values()):,}",
        chip(recording.status, STATUS_TONES),
        str(recording.page),
        tag("code", recording.when.run_id),
    ]


def _findings(fate: str, found: list[FindingTrace]) -> Markup:
    if not found:
        return Markup()
    heads = ("severity", "count", "finding", "when")
    told = table(heads, map(_finding_row, found), right=("count",))
    return tag("section", tag("h2", f"Findings that {fate} ({len(found)})"), tag("div", told, class_="card"))


def _finding_row(found: FindingTrace) -> list[Content]:
    key, seen = found.trace.key, found.seen
    return [
        chip(seen.severity, SEVERITY_TONES),
        f"{seen.count:,}",
        [
            seen.title,
            tag("div", seen.detail, class_="soft"),
            tag("div", [tag("code", key.about), " on "] if key.about else "on ", key.page, class_="soft"),
        ],
        _lines(found.trace.when),
    ]


def _topic(topic: str, history: SiteHistory) -> Markup:
    kept = history.facts[topic]
    if not kept:
        return Markup()
    moved = [trace for trace in kept if trace.fate != STAYED]
    stayed = [trace for trace in kept if trace.fate == STAYED]
    shown: list[Content] = [_fact_table(moved, history)] if moved else []
    if stayed:
        summary = tag(
            "summary", f"{count(len(stayed), 'other')} as before" if moved else f"{len(stayed):,}, all as before"
        )
        shown.append(tag("details", summary, _fact_table(stayed, history)))
    return tag("section", tag("h2", TITLES[topic]), tag("div", shown, class_="card"))


def _fact_table(kept: Iterable[Trace[FactKey]], history: SiteHistory) -> Markup:
    rows = (
        [chip(trace.fate, _FATE_TONES), fact_name(trace.key, history), _value(trace), _lines(trace.when)]
        for trace in kept
    )
    return table(("", "name", "value", "when"), rows)


def _value(trace: Trace[FactKey]) -> Content:
    match trace.fate:
        case "changed":
            return [tag("del", trace.steps[0].value), " → ", tag("ins", trace.value)]
        case "appeared":
            return tag("ins", trace.value)
        case "went":
            return tag("del", trace.value)
        case _:
            return trace.value


def _lines(said: Iterable[str]) -> list[Markup]:
    return [tag("div", line, class_="moment") for line in said]
