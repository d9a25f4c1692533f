"""Detect recurring charges and fees that a page states only in small or faint print.

A charge that is stated as legibly as the offer is honest. Small print next to a free trial or a price hides it.
"""

from __future__ import annotations

from collections.abc import Iterator

from veritas.audit.patterns.contrast import contrast
from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.hard_to_cancel import median_font_size
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.notices import is_quoted
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.taxonomy import HIDDEN_COSTS, HIDDEN_SUBSCRIPTION, PatternType
from veritas.audit.patterns.text_classifier import classify, normalise

# Print is small under 12 px and .8 of the page's usual size, faint under WCAG's contrast for large text.
_SMALL = 12.0
_SMALLER = 0.8
_FAINT = 3.0
_RATHER_FAINT = 4.5
_TINY = 9.5
_OFFER_LENGTH = 600  # characters of the container that holds the offer and its small print

_SUBSCRIPTION = words("subscription")
_GRATIS = words("gratis")
_KINDS: dict[PatternType, tuple[str, str, str]] = {
    HIDDEN_SUBSCRIPTION: ("hidden_subscription", "Recurring charge in small print", "a recurring charge"),
    HIDDEN_COSTS: ("hidden_cost", "Fee in small print", "a fee"),
}


def detect(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the texts in small print that state a recurring charge or a fee next to an offer."""
    usual = median_font_size(snapshot)
    for element in snapshot.texts:
        classification = classify(element.text or "", snapshot.language_of(element))
        if classification is None or classification.type not in _KINDS:
            continue
        seen = contrast(element)
        is_small = element.font_size < _SMALL and element.font_size <= _SMALLER * usual
        is_faint = seen.is_below(_RATHER_FAINT if is_small else _FAINT)
        if not (is_small or is_faint) or is_quoted(snapshot, element, classification.words):
            continue
        offer = _find_offer(snapshot, element)
        if offer is None:
            continue
        kind, title, what = _KINDS[classification.type]
        shown = f"{element.font_size:g} px where the page's usual size is {usual:g} px"
        shown += f", and a contrast of {seen.ratio:.1f}:1" if seen.ratio is not None else ""
        yield Detection(
            kind=kind,
            type=classification.type,
            title=title,
            detail=f"{quoted(element.text)} states {what} next to {quoted(offer.words)}, in {shown}.",
            severity="high" if is_faint and element.font_size <= _TINY else "medium",
            confidence=0.9 if is_small and is_faint else 0.75,
            signal="visual",
            element=element,
            measured={
                "font_px": element.font_size,
                "usual_font_px": usual,
                "contrast": seen.rounded,
                "offer": offer.words,
                "words": classification.words,
            },
        )


def _find_offer(snapshot: Snapshot, element: Element) -> Element | None:
    """Return the nearest more legible text that names a price, a free trial or a subscription; None if none is near."""
    for container in snapshot.ancestors(element):
        if container.text is None or len(container.text) > _OFFER_LENGTH:
            return None
        for other in snapshot.descendants(container):
            if other.index == element.index or not other.leaf or not other.visible or not other.text:
                continue
            if other.font_size > element.font_size and _is_offer(other.text):
                return other
    return None


def _is_offer(text: str) -> bool:
    plain = normalise(text)
    return bool(prices(text) or _GRATIS.search(plain) or _SUBSCRIPTION.search(plain))
