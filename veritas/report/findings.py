"""The findings in a report, each with the evidence that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from veritas.events.json import as_items, as_mapping, as_number, as_text
from veritas.events.progress import encode_json
from veritas.formatting import percent, short
from veritas.report.html import Content, Markup, chip, pairs, table, tag
from veritas.report.run import ReportedRun
from veritas.report.screenshots import Gallery

SEVERITY_TONES = {"critical": "bad", "high": "bad", "medium": "fair", "low": "note"}

_DEEPEST = 3  # levels of evidence that are told in words


def findings_section(gallery: Gallery) -> Markup:
    """Return the findings of the gallery's run, the most severe first."""
    if not gallery.findings:
        return Markup()
    cards = (_finding(number, finding, gallery) for number, finding in gallery.findings)
    return tag("section", tag("h2", f"Findings ({len(gallery.findings)})"), cards)


def _finding(number: int, finding: Mapping[str, Any], gallery: Gallery) -> Markup:
    severity = str(finding.get("severity"))
    evidence = dict(as_mapping(finding.get("evidence")))
    crop = gallery.crop(number)
    facts: list[tuple[str, Content]] = [
        ("page", as_text(finding.get("url"))),
        ("kind", as_text(finding.get("kind"))),
        ("signal", as_text(finding.get("signal"))),
        ("confidence", percent(as_number(finding.get("confidence")))),
        *((str(name), _value(value)) for name, value in as_mapping(finding.get("taxonomy")).items()),
        ("screenshot", gallery.link(evidence.pop("screenshot", None))),
        *((str(name), _value(value)) for name, value in evidence.items()),
        ("event", str(finding["seq"])),
    ]
    return tag(
        "div",
        tag(
            "div",
            chip(severity, SEVERITY_TONES),
            tag("h3", as_text(finding.get("title")) or as_text(finding.get("kind")) or "Finding"),
            tag("span", f"no. {number}", class_="number"),
            class_="head",
        ),
        tag("p", as_text(finding.get("detail"))),
        crop,
        pairs(facts),
        class_="card",
        id=gallery.finding_id(number),
    )


def _value(value: object, depth: int = 0) -> str:
    """Return a piece of evidence in words: text as it is, names with what they stand for, the rest as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and depth < _DEEPEST:
        return ", ".join(_value(item, depth + 1) for item in value)
    if isinstance(value, Mapping) and depth < _DEEPEST:
        in_one_line = depth or all(as_number(item) is not None for item in value.values())
        return ("; " if in_one_line else "\n").join(
            f"{name}: {_value(item, depth + 1)}" for name, item in value.items()
        )
    return encode_json({"": value})[4:-1].decode("utf-8")


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
