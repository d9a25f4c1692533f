"""The findings in a report, each with its evidence, and the checks of the security phase."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.events.json import as_items, as_mapping, as_number, as_text, encode_json
from veritas.formatting import percent, short_number
from veritas.report.chips import Chip, severity_chip
from veritas.report.run import ReportedRun
from veritas.report.screenshots import Crop, Gallery

_MAX_DEPTH = 3  # levels of evidence that are written as words; deeper ones are written as JSON

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FindingCard:
    """One finding.

    Attributes:
        id: Its id in the page.
        number: Its number in the run.
        severity: How severe it is.
        title: A few words.
        detail: What was seen, in a sentence.
        crop: Its element cut out of the screenshot; None if the page cannot show it.
        url: The page that it is on.
        kind: Its kind.
        signal: The signal that it counts for.
        confidence: How certain it is.
        taxonomy: Its names in published taxonomies.
        screenshot: The SHA-256 of the screenshot, in hex.
        screenshot_id: The screenshot's id in the page; None if the page does not have it.
        evidence: The other evidence, by name.
        seq: The number of its event.
    """

    id: str
    number: int
    severity: Chip
    title: str
    detail: str | None
    crop: Crop | None
    url: str | None
    kind: str | None
    signal: str | None
    confidence: str | None
    taxonomy: Pairs
    screenshot: str | None
    screenshot_id: str | None
    evidence: Pairs
    seq: str


@dataclass(frozen=True)
class Check:
    """One check of the security phase.

    Attributes:
        name: Its name.
        outcome: `passed`, `failed` or `unknown`.
        points: What it adds to the score.
        detail: What was seen.
        header: The header that it looked at, with its value; None if it looked at none.
    """

    name: str | None
    outcome: Chip
    points: str
    detail: str | None
    header: str | None


@dataclass(frozen=True)
class Security:
    """The security phase: its score out of 100, its grade, and its checks."""

    score: str | None
    grade: str | None
    checks: Sequence[Check]


def finding_cards(gallery: Gallery) -> Iterator[FindingCard]:
    """Yield the findings of the gallery's run, the most severe first."""
    for number, finding in gallery.findings:
        yield _card(number, finding, gallery)


def security_of(run: ReportedRun) -> Security | None:
    """Return the result of each check of the security phase; None if it made no checks."""
    phase = run.state.phases.get("security")
    summary = as_mapping(phase.summary if phase else None)
    checks = [
        _check(as_mapping(check)) for check in [*as_items(summary.get("checks")), *as_items(summary.get("unknown"))]
    ]
    if not checks:
        return None
    score = as_number(summary.get("score"))
    return Security(None if score is None else short_number(score), as_text(summary.get("grade")), checks)


def _card(number: int, finding: Mapping[str, Any], gallery: Gallery) -> FindingCard:
    evidence = dict(as_mapping(finding.get("evidence")))
    screenshot = as_text(evidence.pop("screenshot", None))
    kind = as_text(finding.get("kind"))
    return FindingCard(
        id=gallery.finding_id(number),
        number=number,
        severity=severity_chip(str(finding.get("severity"))),
        title=as_text(finding.get("title")) or kind or "Finding",
        detail=as_text(finding.get("detail")),
        crop=gallery.crop(number),
        url=as_text(finding.get("url")),
        kind=kind,
        signal=as_text(finding.get("signal")),
        confidence=percent(as_number(finding.get("confidence"))),
        taxonomy=_pairs(as_mapping(finding.get("taxonomy"))),
        screenshot=screenshot,
        screenshot_id=gallery.screenshot_id(screenshot),
        evidence=_pairs(evidence),
        seq=str(finding["seq"]),
    )


def _pairs(values: Mapping[str, Any]) -> Pairs:
    return [(str(name), _text(value)) for name, value in values.items()]


def _text(value: object, depth: int = 0) -> str:
    """Return a piece of evidence as text: a string unchanged, a mapping as names and values, the rest as JSON."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list) and depth < _MAX_DEPTH:
        return ", ".join(_text(item, depth + 1) for item in value)
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        in_one_line = depth or all(as_number(item) is not None for item in value.values())
        return ("; " if in_one_line else "\n").join(f"{name}: {_text(item, depth + 1)}" for name, item in value.items())
    return encode_json({"": value})[4:-1].decode("utf-8")


_OUTCOMES = {True: Chip("passed", "good"), False: Chip("failed", "bad")}


def _check(check: Mapping[str, Any]) -> Check:
    passed, points = check.get("passed"), as_number(check.get("modifier"))
    header, value = as_text(check.get("header")), as_text(check.get("value"))
    return Check(
        name=as_text(check.get("test")),
        outcome=_OUTCOMES[passed] if isinstance(passed, bool) else Chip("unknown"),
        points="" if points is None else short_number(points),
        detail=as_text(check.get("detail")) or as_text(check.get("reason")),
        header=f"{header}: {value}" if header and value else None,
    )
