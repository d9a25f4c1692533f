"""The Finding class: one result of an audit, with its evidence."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import msgspec

from veritas.events.json_schema import Share

SEVERITIES = ("info", "low", "medium", "high", "critical")
SIGNALS = ("visual", "structural", "temporal", "graph", "meta", "security")

Severity = Annotated[str, msgspec.Meta(extra_json_schema={"enum": SEVERITIES})]
SignalName = Annotated[str, msgspec.Meta(extra_json_schema={"enum": SIGNALS})]


class Rect(TypedDict):
    """A rectangle in CSS pixels of the full page.

    Attributes:
        x: The left edge, from the page's left.
        y: The upper edge, from the page's top.
        width: The width.
        height: The height.
    """

    x: float
    y: float
    width: float
    height: float


class Evidence(TypedDict, total=False):
    """The evidence for a finding; only the keys that apply are present.

    Attributes:
        selector: The element's CSS selector.
        text: The element's text.
        rect: The element's position.
        screenshot: The SHA-256 of a screenshot in the same run, in hex.
        header: The name of the response header, or empty.
        value: The header's value, or what was found instead.
        measured: The measured values; their names depend on the kind of finding.
    """

    selector: str
    text: str
    rect: Rect
    screenshot: str
    header: str
    value: str
    measured: dict[str, Any]


class Finding(msgspec.Struct, frozen=True):
    """A finding as it is stored in the log.

    Attributes:
        phase: The phase that reported the finding.
        kind: The finding's type, a stable slug: `countdown_resets`, `preselected_extra`, `csp-not-implemented` …
        title: A short title for people.
        detail: What was observed and measured, in one sentence.
        severity: `info`, `low`, `medium`, `high` or `critical`.
        confidence: How certain the detector is, 0-1.
        signal: The signal of the verdict that the finding counts for: `visual`, `structural`, `temporal`, `graph`,
            `meta` or `security`.
        url: The page's URL.
        evidence: The evidence for the finding.
        taxonomy: The names of a dark pattern in the literature: `mathur2019` and `gray2024`.
    """

    phase: str
    kind: str
    title: str
    detail: str
    severity: Severity
    confidence: Share
    signal: SignalName
    url: str
    evidence: Evidence = {}
    taxonomy: dict[str, str] = {}
