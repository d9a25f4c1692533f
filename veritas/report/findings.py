"""The findings in a report, each with its evidence, and the checks of the security phase."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veritas.events.json import as_items, as_mapping, as_number, as_text, encode_json
from veritas.formatting import percent, short_number
from veritas.projections.findings import FINDING_FIELDS, severity_of, title_of
from veritas.report.chips import Chip, severity_chip
from veritas.report.run import ReportedRun
from veritas.report.screenshots import Crop, Gallery

# The fields that are the same in all findings of a card.
_SAME_ON_A_CARD = ("severity", "kind", "title", "signal", "taxonomy")
_MAX_DEPTH = 3  # levels of evidence that are written as words; deeper ones are written as JSON

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FindingPlace:
    """One finding on a card.

    Attributes:
        id: Its id in the page.
        number: Its number in the run.
        url: The page that it is on; None if all findings of the card are on the same page.
        detail: What was seen, in a sentence; None if it is the same in all findings of the card.
        crop: Its element cut out of the screenshot; None if the page cannot show it.
        confidence: How certain it is.
        screenshot: The SHA-256 of the screenshot, in hex.
        screenshot_id: The screenshot's id in the page; None if the page does not have it.
        evidence: The other evidence, by name.
        seq: The number of its event.
    """

    id: str
    number: int
    url: str | None
    detail: str | None
    crop: Crop | None
    confidence: str | None
    screenshot: str | None
    screenshot_id: str | None
    evidence: Pairs
    seq: str


@dataclass(frozen=True)
class FindingCard:
    """All findings that are equal except for what was seen, and where.

    Attributes:
        id: Its id in the page.
        severity: How severe they are.
        title: A few words.
        kind: Their kind.
        signal: The signal that they count for.
        taxonomy: Their names in published taxonomies.
        url: The page that all of them are on; None if there are several.
        detail: What was seen, in a sentence; None if it is not the same in all of them.
        places: The findings.
    """

    id: str
    severity: Chip
    title: str
    kind: str | None
    signal: str | None
    taxonomy: Pairs
    url: str | None
    detail: str | None
    places: Sequence[FindingPlace]


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
    """The security phase.

    Attributes:
        score: Its score out of 100.
        grade: Its grade.
        others: The checks that did not pass, or whose result is unknown.
        passed: The checks that passed.
    """

    score: str | None
    grade: str | None
    others: Sequence[Check]
    passed: Sequence[Check]


def finding_cards(gallery: Gallery) -> list[FindingCard]:
    """Return the findings of the gallery's run, the most severe first, with equal findings on one card."""
    groups: dict[bytes, list[tuple[int, Mapping[str, Any]]]] = {}
    for number, finding in gallery.findings:
        same = encode_json({"": [finding.get(name) for name in _SAME_ON_A_CARD]})
        groups.setdefault(same, []).append((number, finding))
    return [_card(number, group, gallery) for number, group in enumerate(groups.values(), 1)]


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
    return Security(
        score=None if score is None else short_number(score),
        grade=as_text(summary.get("grade")),
        others=[check for check in checks if check.outcome != _PASSED],
        passed=[check for check in checks if check.outcome == _PASSED],
    )


def _card(number: int, group: Sequence[tuple[int, Mapping[str, Any]]], gallery: Gallery) -> FindingCard:
    _, first = group[0]
    kind = as_text(first.get("kind"))
    url, detail = (_common(as_text(finding.get(name)) for _, finding in group) for name in ("url", "detail"))
    return FindingCard(
        id=gallery.card_id(number),
        severity=severity_chip(severity_of(first)),
        title=title_of(first),
        kind=kind,
        signal=as_text(first.get("signal")),
        taxonomy=_pairs(as_mapping(first.get("taxonomy"))),
        url=url,
        detail=detail,
        places=[_place(at, finding, gallery, url=url, detail=detail) for at, finding in group],
    )


def _common(texts: Iterable[str | None]) -> str | None:
    """Return the text that all of *texts* are; None if they differ."""
    different = {*texts}
    return different.pop() if len(different) == 1 else None


def _place(
    number: int, finding: Mapping[str, Any], gallery: Gallery, *, url: str | None, detail: str | None
) -> FindingPlace:
    """Return one finding of a card that already shows *url* and *detail*."""
    others = {name: value for name, value in finding.items() if name not in FINDING_FIELDS}
    evidence = {**as_mapping(finding.get("evidence")), **others}
    screenshot = as_text(evidence.pop("screenshot", None))
    return FindingPlace(
        id=gallery.finding_id(number),
        number=number,
        url=as_text(finding.get("url")) if url is None else None,
        detail=as_text(finding.get("detail")) if detail is None else None,
        crop=gallery.crop(number),
        confidence=percent(as_number(finding.get("confidence"))),
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


_PASSED = Chip("passed", "good")
_OUTCOMES = {True: _PASSED, False: Chip("failed", "bad")}
_NO_OUTCOME = {True: Chip("unknown"), False: Chip("n/a")}  # by whether the test applies to the site


def _check(check: Mapping[str, Any]) -> Check:
    passed, points = check.get("passed"), as_number(check.get("modifier"))
    header, value = as_text(check.get("header")), as_text(check.get("value"))
    return Check(
        name=as_text(check.get("test")),
        outcome=_OUTCOMES[passed] if isinstance(passed, bool) else _NO_OUTCOME[check.get("applies") is not False],
        points="" if points is None else short_number(points),
        detail=as_text(check.get("detail")) or as_text(check.get("reason")),
        header=f"{header}: {value}" if header and value else None,
    )
