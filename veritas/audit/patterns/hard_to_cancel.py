"""Detect cancel controls that are hard to see, and services that can only be cancelled by contacting the seller."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from veritas.audit.patterns.contrast import contrast
from veritas.audit.patterns.detection import CannotTell, Detection, Result, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.taxonomy import HARD_TO_CANCEL, HIDDEN_CANCELLATION
from veritas.audit.patterns.text_classifier import classify, normalise

# A control is hard to see if its contrast is below WCAG's for large text, or if its font is too small to read; or if
# both are within the wider limits.
_FAINT = 3.0
_TINY = 9.0
_RATHER_FAINT = 4.5
_RATHER_TINY = 11.0

_CANCEL = words("cancel")
_MAX_WORDS = 14
_SURE = 0.8


def detect(snapshot: Snapshot) -> Iterator[Result]:
    """Yield the cancel controls that are hard to see, and the texts that demand contact in order to cancel."""
    usual = median_font_size(snapshot)
    for element in _find_cancel_controls(snapshot):
        result = _detect_hard_to_see(element, snapshot, usual)
        if result:
            yield result
    for element in snapshot.texts:
        classification = classify(element.text or "", snapshot.language_of(element))
        if (
            classification
            and classification.type is HARD_TO_CANCEL
            and classification.confidence >= _SURE
            and not _has_cancel_link(snapshot, element)
        ):
            yield Detection(
                kind="hard_to_cancel",
                type=HARD_TO_CANCEL,
                title="Hard to cancel",
                detail=f"Cancelling requires contacting the seller: {quoted(element.text)}.",
                severity="medium",
                confidence=classification.confidence,
                signal="structural",
                element=element,
                measured={"rule": classification.rule, "words": classification.words},
            )


def median_font_size(snapshot: Snapshot) -> float:
    """Return the median font size of the page's characters, in CSS pixels."""
    texts = [element for element in snapshot.texts if element.font_size]
    sizes = [element.font_size for element in texts for _ in range(0, len(element.text or ""), 10)]
    return median(sizes) if sizes else 16.0


def _find_cancel_controls(snapshot: Snapshot) -> Iterator[Element]:
    """Yield the innermost controls and short texts that cancel something."""
    for element in snapshot.elements:
        text = element.text
        if not (text and element.visible and (element.clickable or element.leaf)) or len(text.split()) > _MAX_WORDS:
            continue
        if not _CANCEL.search(normalise(text)):
            continue
        inner = [other for other in snapshot.descendants(element) if other.text]
        if not any(_CANCEL.search(normalise(other.text or "")) for other in inner):
            yield element


def _has_cancel_link(snapshot: Snapshot, element: Element) -> bool:
    """Return whether the text contains a link that cancels, so that contacting the seller is not the only way."""
    return any(inner.clickable and _CANCEL.search(normalise(inner.words)) for inner in snapshot.descendants(element))


def _detect_hard_to_see(element: Element, snapshot: Snapshot, usual: float) -> Result | None:
    seen = contrast(element)
    is_faint = seen.is_below(_FAINT)
    is_tiny = element.font_size < _TINY
    is_both = seen.is_below(_RATHER_FAINT) and element.font_size < _RATHER_TINY
    if not (is_faint or is_tiny or is_both):
        if seen.ratio is not None:
            return None
        why = f"The contrast of {quoted(element.text)} cannot be determined: {seen.why_unknown}."
        return CannotTell("the contrast of a cancel option", why, "visual")
    is_hidden = seen.is_below(2) or element.font_size < 7 or (is_faint and is_tiny)
    depth = element.rect[1] / snapshot.height if snapshot.height else 0.0
    measurement = "an unknown contrast"
    if seen.ratio is not None:
        measurement = f"a contrast of {seen.ratio:.1f}:1 (WCAG requires 4.5:1)"
    elif seen.same_colour:
        measurement = "the colour of its background"
    return Detection(
        kind="buried_exit",
        type=HIDDEN_CANCELLATION,
        title="Cancel option hard to see",
        detail=(
            f"{quoted(element.text)} has a font size of {element.font_size:g} px (the page's usual is {usual:g} px) "
            f"and {measurement}, {min(depth, 1):.0%} down the page."
        ),
        severity="high" if is_hidden else "medium",
        confidence=0.9 if is_faint and is_tiny else 0.8,
        signal="visual",
        element=element,
        measured={
            "contrast": seen.rounded,
            "font_px": element.font_size,
            "usual_font_px": usual,
            "depth": round(depth, 3),
        },
    )
