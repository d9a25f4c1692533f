"""The verdict in a report: the score, what it is made of, and what follows."""

from __future__ import annotations

import shlex

from veritas.events.json import as_items, as_mapping, as_number, as_text
from veritas.formatting import duration, moment, percent, short
from veritas.projections.audit_state import AuditState
from veritas.report.findings import SEVERITY_TONES
from veritas.report.html import Content, Markup, chip, join, pairs, table, tag
from veritas.report.phases import STATUS_TONES
from veritas.report.run import ReportedRun

RISK_TONES = {
    "trusted": "good",
    "probably_safe": "good",
    "suspicious": "fair",
    "high_risk": "bad",
    "likely_fraudulent": "bad",
}
_GOOD_SCORE, _FAIR_SCORE = 70, 40


def subject(state: AuditState) -> str:
    """Return what was audited: the address, or the command that was recorded."""
    request = state.request
    return (request.url or shlex.join(request.command)) if request else state.run_id


def heading(run: ReportedRun) -> Markup:
    """Return what was audited, and how it came out."""
    state, verdict = run.state, as_mapping(run.state.verdict)
    score, level = as_number(state.trust_score), state.risk_level
    ended = duration(state.duration)
    facts = (
        ("run", tag("code", state.run_id)),
        ("tier", state.request.tier if state.request else None),
        ("started", moment(state.started_at)),
        ("status", [chip(state.status, STATUS_TONES), f" in {ended}" if ended else ""]),
        ("error", state.error),
        ("capped", as_text(as_mapping(verdict.get("capped_by")).get("why"))),
        ("findings", _finding_counts(state)),
    )
    shown = "–" if score is None else short(score)
    words = "no verdict" if not verdict else (level or "unknown").replace("_", " ")
    return join(
        [
            tag("p", "Audit of", class_="kicker"),
            tag("h1", subject(state)),
            tag(
                "div",
                tag(
                    "div",
                    tag("div", shown, tag("small", " of 100") if score is not None else None, class_="score"),
                    tag("div", words, class_="chip"),
                ),
                tag("div", pairs(facts)),
                class_=f"card verdict {RISK_TONES.get(level or '', '')}".rstrip(),
            ),
        ]
    )


def narrative(run: ReportedRun) -> Markup:
    """Return the verdict in words."""
    text = as_text(as_mapping(run.state.verdict).get("narrative"))
    return tag("section", tag("h2", "In short"), tag("p", text)) if text else Markup()


def signals(run: ReportedRun) -> Markup:
    """Return the signals that the score is made of."""
    rows: list[list[Content]] = []
    for name, said in as_mapping(as_mapping(run.state.verdict).get("signals")).items():
        signal = as_mapping(said)
        score = as_number(signal.get("score"))
        width = 0.0 if score is None else min(max(score, 0.0), 100.0)
        tone = "good" if width >= _GOOD_SCORE else "fair" if width >= _FAIR_SCORE else "bad"
        bar = tag("span", tag("i", style=f"width:{width:g}%"), class_=f"bar {tone}")
        shown = "unknown" if score is None else short(score)
        weight = percent(as_number(signal.get("used_weight")))
        rows.append([name, "" if score is None else bar, shown, weight, as_text(signal.get("why"))])
    if not rows:
        return Markup()
    shown_signals = table(("signal", "", "score", "weight", "why"), rows, right=("score", "weight"))
    return tag("section", tag("h2", "Signals"), tag("div", shown_signals, class_="card"))


def recommendations(run: ReportedRun) -> Markup:
    """Return what is recommended, and to whom."""
    told: dict[str, list[str]] = {}
    for said in map(as_mapping, as_items(as_mapping(run.state.verdict).get("recommendations"))):
        if text := as_text(said.get("text")):
            told.setdefault(as_text(said.get("audience")) or "reader", []).append(text)
    if not told:
        return Markup()
    lists = ([tag("h3", f"For the {audience}"), tag("ul", map(_item, texts))] for audience, texts in told.items())
    return tag("section", tag("h2", "Recommendations"), tag("div", lists, class_="card"))


def _item(text: str) -> Markup:
    return tag("li", text)


def _finding_counts(state: AuditState) -> Content:
    counts = state.severities
    if not counts:
        return "none" if state.verdict else None
    return [
        [chip(told, {told: SEVERITY_TONES.get(severity, "")}), " "]
        for severity, told in ((severity, f"{number} {severity}") for severity, number in counts.items())
    ]
