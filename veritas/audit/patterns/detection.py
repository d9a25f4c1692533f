"""What a detector saw: a dark pattern on one element, before it is a finding of an audit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from veritas.audit.patterns.dom_snapshot import Element
from veritas.audit.patterns.taxonomy import Type

# From how sure on the words alone make a sighting.
CONFIDENT = 0.6

_QUOTE_LENGTH = 120


@dataclass(frozen=True)
class Sighting:
    """One dark pattern on one element.

    Which signal it counts for says what kind of evidence it is: `visual` what the eye is shown (contrast, size, two
    unequal buttons), `structural` what the page is built to do (defaults, ways out, walls), `temporal` what time
    disproves, `meta` what the page says of itself (claims of stock, crowds and hurry, and words that shame).

    Attributes:
        kind: A stable slug.
        type: Its names in the literature.
        title: A few words for people.
        detail: One sentence with what was measured.
        severity: One of `finding.SEVERITIES`.
        confidence: 0-1.
        signal: One of `finding.SIGNALS`.
        element: Where it is.
        measured: The figures behind `detail`, as JSON values.
        moment: The moment of the trial at which it was seen so.
    """

    kind: str
    type: Type
    title: str
    detail: str
    severity: str
    confidence: float
    signal: str
    element: Element
    measured: dict[str, Any] = field(default_factory=dict)
    moment: str = "opened"


def distinct(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Return *sightings* with one left, the surest, of those that are of one kind on one element."""
    best: dict[tuple[str, str], Sighting] = {}
    for sighting in sightings:
        key = sighting.kind, sighting.element.selector
        if key not in best or sighting.confidence > best[key].confidence:
            best[key] = sighting
    return list(best.values())


def quoted(text: str | None) -> str:
    """Return *text* in quotation marks, cut where it is long."""
    text = (text or "").rstrip(".")
    return f"“{text if len(text) <= _QUOTE_LENGTH else text[: _QUOTE_LENGTH - 1] + '…'}”"
