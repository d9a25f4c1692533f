"""Ways out that are hidden or barred: links to cancel that one hardly sees, and cancelling by telephone alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from statistics import median

from veritas.audit.patterns.contrast import contrast
from veritas.audit.patterns.detection import Sighting, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.taxonomy import HARD_TO_CANCEL, HIDDEN_WAY_OUT
from veritas.audit.patterns.text_classifier import classify, normalise

# A way out counts as hidden under a contrast that even large text must have, or in type that nobody sets to be read;
# both may be a little better where they come together.
_FAINT = 3.0
_TINY = 9.0
_RATHER_FAINT = 4.5
_RATHER_TINY = 11.0

_WAY_OUT = re.compile(
    r"\b(?:cancel|end|stop|terminate|delete|close|deactivate|leave|quit)\b.{0,24}\b(?:subscription|membership"
    r"|account|plan|trial|auto-?renew\w*|service|club|renewal)s?\b|\bunsubscribe\b|\bopt[- ]out\b"
    r"|\bcancel (?:here|any ?time|your|my)\b|\bhow to cancel\b"
)
_MAX_WORDS = 14
_SURE = 0.8


def judge(snapshot: Snapshot) -> Iterator[Sighting]:
    """Yield the ways out that are hidden, and those that lead over the telephone or the post."""
    usual = usual_font(snapshot)
    for element in _ways_out(snapshot):
        sighting = _buried(element, snapshot, usual)
        if sighting:
            yield sighting
    for element in snapshot.texts:
        claim = classify(element.text or "")
        if (
            claim
            and claim.type is HARD_TO_CANCEL
            and claim.confidence >= _SURE
            and not _has_link_out(snapshot, element)
        ):
            yield Sighting(
                kind="hard_to_cancel",
                type=HARD_TO_CANCEL,
                title="Cancelling only by contacting somebody",
                detail=f"Whoever wants to leave is told: {quoted(element.text)}.",
                severity="medium",
                confidence=claim.confidence,
                signal="structural",
                element=element,
                measured={"rule": claim.rule, "words": claim.words},
            )


def usual_font(snapshot: Snapshot) -> float:
    """Return the median size of the page's type, by characters, in CSS pixels."""
    sizes = [element.font for element in snapshot.texts for _ in range(0, len(element.text or ""), 10) if element.font]
    return median(sizes) if sizes else 16.0


def _ways_out(snapshot: Snapshot) -> Iterator[Element]:
    for element in snapshot.elements:
        text = element.text
        if not (text and element.visible and (element.clickable or element.leaf)) or len(text.split()) > _MAX_WORDS:
            continue
        if not _WAY_OUT.search(normalise(text)):
            continue
        inner = [other for other in snapshot.within(element) if other.text and _WAY_OUT.search(normalise(other.text))]
        if not inner:
            yield element


def _has_link_out(snapshot: Snapshot, element: Element) -> bool:
    """Tell whether the run of text holds a link that cancels: then it is not contact alone that does."""
    return any(inner.clickable and _WAY_OUT.search(normalise(inner.words)) for inner in snapshot.within(element))


def _buried(element: Element, snapshot: Snapshot, usual: float) -> Sighting | None:
    seen = contrast(element)
    is_faint = seen is not None and seen < _FAINT
    is_tiny = element.font < _TINY
    is_both = seen is not None and seen < _RATHER_FAINT and element.font < _RATHER_TINY
    if not (is_faint or is_tiny or is_both):
        return None
    depth = element.rect[1] / snapshot.height if snapshot.height else 0.0
    contrast_said = (
        f"a contrast of {seen:.1f}:1 where WCAG asks for 4.5:1"
        if seen is not None
        else "a contrast that cannot be told"
    )
    return Sighting(
        kind="buried_exit",
        type=HIDDEN_WAY_OUT,
        title="Way out made hard to see",
        detail=(
            f"{quoted(element.text)} is set in {element.font:g} px (the page's usual is {usual:g} px) "
            f"with {contrast_said}, {min(depth, 1):.0%} down the page."
        ),
        severity="high" if (seen is not None and seen < 2) or element.font < 7 or (is_faint and is_tiny) else "medium",
        confidence=0.9 if is_faint and is_tiny else 0.8,
        signal="visual",
        element=element,
        measured={
            "contrast": None if seen is None else round(seen, 2),
            "font_px": element.font,
            "usual_font_px": usual,
            "depth": round(depth, 3),
        },
    )
