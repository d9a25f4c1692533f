"""Detect confirmshaming, and reject controls that are harder to see than their accept controls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from veritas.audit.patterns.contrast import contrast, required
from veritas.audit.patterns.detection import CONFIDENT, Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.taxonomy import CONFIRMSHAMING, VISUAL_INTERFERENCE
from veritas.audit.patterns.text_classifier import classify, normalise

# The accept control is searched in this many of the nearest containers of the reject control, up to this text length.
_MAX_CONTAINERS = 5
_CONTAINER_LENGTH = 600
# A reject control is hard to see if its font size is under 10 px, or under 12 px and at most .7 of the accept
# control's; or if its area is under .1 and its font size at most .7 of the accept control's. Where the law requires
# equal controls, as for cookies, an area under .35 is enough.
_TINY = 10.0
_SMALL = 12.0
_SMALLER = 0.7
_AREA = 0.1
_EQUAL_AREA = 0.35

_ACCEPT = words("accept")
_REJECT = words("reject")


@dataclass(frozen=True)
class Choice:
    """A reject control, its accept control, and the container of both."""

    reject: Element
    accept: Element
    container: Element


def is_accept(element: Element) -> bool:
    """Return whether *element* is a control that accepts an offer."""
    words = normalise(element.words)
    return element.clickable and element.visible and bool(_ACCEPT.search(words)) and not _REJECT.search(words)


def is_reject(element: Element) -> bool:
    """Return whether *element* is a control that rejects an offer."""
    return element.clickable and element.visible and bool(_REJECT.search(normalise(element.words)))


def find_choices(snapshot: Snapshot) -> Iterator[Choice]:
    """Yield the pairs of reject and accept controls."""
    for reject in snapshot.elements:
        if not is_reject(reject):
            continue
        for level, container in enumerate(snapshot.ancestors(reject)):
            if (
                level >= _MAX_CONTAINERS
                or container.tag in ("html", "body")
                or container.text is None
                or len(container.text) > _CONTAINER_LENGTH
            ):
                break
            offers = [other for other in snapshot.descendants(container) if is_accept(other)]
            if offers:
                yield Choice(reject, max(offers, key=lambda offer: offer.area), container)
                break


def detect(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the reject controls whose words shame, and those that are hard to see."""
    yield from _detect_shaming(snapshot)
    for choice in find_choices(snapshot):
        detection = compare(choice)
        if detection:
            yield detection


def compare(choice: Choice, *, must_be_equal: bool = False) -> Detection | None:
    """Return a detection if the reject control is harder to see than the accept control, or None.

    Args:
        must_be_equal: Whether both controls must be equally easy to use, as the law requires for consent.
    """
    reject, accept = choice.reject, choice.accept
    reject_contrast, accept_contrast = contrast(reject), contrast(accept)
    is_smaller = reject.font_size <= _SMALLER * accept.font_size
    area = reject.area / accept.area if accept.area else 1.0
    faults = []
    if (
        reject_contrast is not None
        and reject_contrast < required(reject)
        and (accept_contrast is None or accept_contrast > 1.2 * reject_contrast)
    ):
        other = f"; the other's is {accept_contrast:.1f}:1" if accept_contrast is not None else ""
        faults.append(f"its contrast is {reject_contrast:.1f}:1 (WCAG requires {required(reject):g}:1{other})")
    if reject.font_size < _TINY <= accept.font_size or (reject.font_size < _SMALL and is_smaller):
        faults.append(f"its font size is {reject.font_size:g} px, the other's {accept.font_size:g} px")
    if (must_be_equal and area < _EQUAL_AREA) or (area < _AREA and is_smaller):
        faults.append(f"it has {area:.0%} of the other's area")
    if not faults:
        return None
    is_hidden = (reject_contrast is not None and reject_contrast < 1.6) or reject.font_size < 7
    return Detection(
        kind="weak_decline",
        type=VISUAL_INTERFERENCE,
        title="Reject option hard to see",
        detail=f"{quoted(reject.words)} is harder to see than {quoted(accept.words)}: {', '.join(faults)}.",
        severity="high" if is_hidden else "medium",
        confidence=min(0.95, 0.65 + 0.15 * len(faults)),
        signal="visual",
        element=reject,
        measured={
            "contrast": _rounded(reject_contrast),
            "contrast_required": required(reject),
            "contrast_of_accept": _rounded(accept_contrast),
            "font_px": reject.font_size,
            "font_px_of_accept": accept.font_size,
            "area_ratio": round(area, 3),
            "accept": accept.words,
            "accept_selector": accept.selector,
        },
    )


def _detect_shaming(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the controls with which people who decline must speak ill of themselves."""
    for element in snapshot.elements:
        if not (element.visible and element.text and (element.clickable or (element.control and element.label))):
            continue
        classification = classify(element.text, snapshot.language_of(element))
        if classification and classification.type is CONFIRMSHAMING and classification.confidence >= CONFIDENT:
            yield Detection(
                kind="confirmshaming",
                type=CONFIRMSHAMING,
                title="Confirmshaming",
                detail=f"To decline, visitors have to click {quoted(element.text)}.",
                severity="medium",
                confidence=classification.confidence,
                signal="meta",
                element=element,
                measured={"rule": classification.rule, "words": classification.words},
            )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
