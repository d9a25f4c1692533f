"""A site's history as one HTML page that needs nothing beside itself: no script, and no network.

What sites and programs wrote is hostile text here: all of it is escaped (`veritas.report.html`).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from veritas.diff.score_plot import score_plot
from veritas.diff.site import FactKey, FindingTrace, SiteHistory
from veritas.diff.site_recording import SiteRecording
from veritas.diff.site_words import TITLES, fact_name, fates_sentence, recordings_sentence, score_sentence
from veritas.diff.trace import APPEARED, CHANGED, STAYED, WENT, Trace
from veritas.formatting import count, short
from veritas.report.findings import SEVERITY_TONES
from veritas.report.html import DOCTYPE, Content, Markup, chip, head, line, pairs, table, tag
from veritas.report.phases import STATUS_TONES
from veritas.report.verdict import RISK_TONES

_FATE_TONES = {APPEARED: "note", WENT: "fair", CHANGED: "fair"}


def site_page(history: SiteHistory) -> bytes:
    """Return the page."""
    style = (files("veritas.diff") / "site.css").read_text(encoding="utf-8")
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
