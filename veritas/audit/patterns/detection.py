"""What a detector yields: a Detection, a dark pattern on one element, or CannotTell, a measurement that it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from veritas.audit.patterns.dom_snapshot import Element
from veritas.audit.patterns.taxonomy import PatternType

# The confidence from which a text alone makes a detection.
CONFIDENT = 0.6

_QUOTE_LENGTH = 120


@dataclass(frozen=True)
class Detection:
    """One dark pattern on one element.

    The signal is the kind of its evidence: `visual` for appearance (contrast, size, unequal buttons), `structural` for
    how the page works (defaults, cancellation, sign-up walls), `temporal` for what changes over time, `meta` for the
    page's words (claims of stock, activity and urgency, and confirmshaming).

    Attributes:
        kind: A stable slug.
        type: Its names in the literature.
        title: A few words for people.
        detail: One sentence that states the measurements.
        severity: One of `finding.SEVERITIES`.
        confidence: 0-1.
        signal: One of `finding.SIGNALS`.
        element: The element that shows it.
        measured: The measurements that `detail` states, as JSON values.
        state: The name of the experiment's page state in which it was detected.
    """

    kind: str
    type: PatternType
    title: str
    detail: str
    severity: str
    confidence: float
    signal: str
    element: Element
    measured: dict[str, Any] = field(default_factory=dict)
    state: str = "opened"


@dataclass(frozen=True)
class CannotTell:
    """A measurement that a detector needs, and that cannot be made on this page.

    Attributes:
        what: What could not be measured, a noun: `the contrast of a reject option`.
        why: Why it could not be measured, in a sentence.
        signal: The signal that a detection would have had, one of `finding.SIGNALS`.
    """

    what: str
    why: str
    signal: str


# What detectors yield.
Result = Detection | CannotTell


def distinct(detections: Iterable[Detection]) -> list[Detection]:
    """Return *detections* with only the most confident one of each kind on each element."""
    best: dict[tuple[str, str], Detection] = {}
    for detection in detections:
        key = detection.kind, detection.element.selector
        if key not in best or detection.confidence > best[key].confidence:
            best[key] = detection
    return list(best.values())


def quoted(text: str | None) -> str:
    """Return *text* in quotation marks, without its full stop, and shortened if it is long."""
    text = (text or "").rstrip(".")
    return f"“{text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1] + '…'}”"
