"""One thing that an audit found, with the evidence for it."""

from __future__ import annotations

from typing import Any, TypedDict

import msgspec

SEVERITIES = ("info", "low", "medium", "high", "critical")
SIGNALS = ("visual", "structural", "temporal", "graph", "meta", "security")


class Rect(TypedDict):
    """A rectangle in CSS pixels of the full page.

    Attributes:
        x: Its left edge, from the page's left.
        y: Its upper edge, from the page's top.
    """

    x: float
    y: float
    width: float
    height: float


class Evidence(TypedDict, total=False):
    """The evidence for a finding; each part is there where it applies.

    Attributes:
        selector: A CSS selector of the element in question.
        text: The element's text.
        rect: Where the element is.
        screenshot: The SHA-256 of a screenshot in the same run, in hex.
        header: The name of the response header in question, or empty.
        value: That header's value, or what was seen in its place.
        measured: What was measured, by name; what the names are depends on the kind of finding.
    """

    selector: str
    text: str
    rect: Rect
    screenshot: str
    header: str
    value: str
    measured: dict[str, Any]


class Finding(msgspec.Struct, frozen=True):
    """A finding, as the log keeps it.

    Attributes:
        phase: The phase that found it.
        kind: What it is, as a stable slug: `countdown_resets`, `preselected_extra`, `csp-not-implemented` …
        title: A few words for people.
        detail: One sentence that says what was seen and measured.
        severity: `info`, `low`, `medium`, `high` or `critical`.
        confidence: How sure the detector is, 0-1.
        signal: The signal of the verdict that it counts for: `visual`, `structural`, `temporal`, `graph`, `meta` or
            `security`.
        url: The page it was found on.
        evidence: The evidence for it.
        taxonomy: Its name in the literature: `mathur2019` and `gray2024`, for dark patterns.
    """

    phase: str
    kind: str
    title: str
    detail: str
    severity: str
    confidence: float
    signal: str
    url: str
    evidence: Evidence = {}
    taxonomy: dict[str, str] = {}
