"""The security checks in a report."""

from __future__ import annotations

from veritas.events.json import as_items, as_mapping, as_number, as_text
from veritas.formatting import short
from veritas.report.markup import Content, Markup, chip, pairs, table, tag
from veritas.report.reported_run import ReportedRun

_TONES = {"passed": "good", "failed": "bad"}


def security(run: ReportedRun) -> Markup:
    """Return what each check of the security phase found, and what it costs."""
    phase = run.state.phases.get("security")
    summary = as_mapping(phase.summary if phase else None)
    rows = []
    for said in map(as_mapping, [*as_items(summary.get("checks")), *as_items(summary.get("unknown"))]):
        passed, modifier = said.get("passed"), as_number(said.get("modifier"))
        outcome = "passed" if passed is True else "failed" if passed is False else "unknown"
        header, value = as_text(said.get("header")), as_text(said.get("value"))
        found: list[Content] = [as_text(said.get("detail")) or as_text(said.get("reason"))]
        if header and value:
            found.append([tag("br"), tag("code", f"{header}: {value}", class_="soft")])
        points = "" if modifier is None else short(modifier)
        rows.append([as_text(said.get("test")), chip(outcome, _TONES), points, found])
    if not rows:
        return Markup()
    score = as_number(summary.get("score"))
    graded = [("score", None if score is None else f"{short(score)} of 100"), ("grade", as_text(summary.get("grade")))]
    checks = table(("check", "outcome", "points", "what was found"), rows, right=("points",))
    return tag("section", tag("h2", "Security"), tag("div", pairs(graded), checks, class_="card"))
