"""Detect preselected options: ticked boxes, switches that are on, the more expensive of several options.

A necessary choice whose default is the cheapest option is honest. So is every ticked box that costs nothing, commits to
nothing, and allows no advertising.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.prices import price_of
from veritas.audit.patterns.sneak_into_basket import in_basket
from veritas.audit.patterns.taxonomy import (
    BAD_DEFAULT_CONSENT,
    BAD_DEFAULT_EXTRA,
    BAD_DEFAULT_SUBSCRIPTION,
    PRESSURED_SELLING,
    PatternType,
)
from veritas.audit.patterns.text_classifier import normalise

_SUBSCRIPTION = words("subscription")
_EXTRA = words("extra")
_CONSENT = words("consent")
_HARMLESS = words("harmless")
_ADVERTISING = words("advertising")
_DECLINE = words("no_extra")
_ADDED = words("added")
# Options for different lengths of time cannot be compared by their prices.
_PERIOD = words("period")
_ROW_LENGTH = 200


@dataclass(frozen=True)
class _Option:
    """One option of a choice: its control, its text, and the price that the text names."""

    element: Element
    text: str
    price: float | None
    selected: bool


def detect(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the preselected options that cost, commit or allow advertising."""
    for element in snapshot.elements:
        if (
            element.control in ("checkbox", "switch")
            and element.checked
            and not element.disabled
            and _is_visible(element)
        ):
            text = _description(snapshot, element)
            yield from _detect_box(element, text, is_in_basket=in_basket(snapshot, element))
        elif element.control == "select" and element.visible and not element.disabled:
            options = [
                _Option(element, option.text, price_of(option.text), option.selected)
                for option in element.options
                if not option.disabled
            ]
            yield from _detect_option(options)
    for group in _radio_groups(snapshot):
        yield from _detect_option(group)


def _detect_box(element: Element, text: str, *, is_in_basket: bool) -> Iterator[Detection]:
    words = normalise(text)
    price = price_of(text)
    costs = price is not None and price > 0
    if not costs and (not words or (_HARMLESS.search(words) and not _ADVERTISING.search(words))):
        return
    if _SUBSCRIPTION.search(words) and not _CONSENT.search(words):
        type, item, severity = BAD_DEFAULT_SUBSCRIPTION, "a subscription", "high"
    elif costs:
        type, item, severity = BAD_DEFAULT_EXTRA, f"an extra for {price:g}", "high"
    elif _CONSENT.search(words):
        type, item, severity = BAD_DEFAULT_CONSENT, "consent to advertising", "medium"
    elif _EXTRA.search(words):
        type, item, severity = BAD_DEFAULT_EXTRA, "an extra", "medium"
    else:
        return
    is_sure = bool(_EXTRA.search(words) or _SUBSCRIPTION.search(words) or _CONSENT.search(words))
    if is_in_basket and not is_sure and not _ADDED.search(words):
        return  # an item of the basket that the visitor can choose to order
    yield _detection(element, text, type, item, severity, 0.9 if is_sure else 0.7, {"price": price, "checked": True})


def _detect_option(options: list[_Option]) -> Iterator[Detection]:
    selected = next((option for option in options if option.selected), None)
    if selected is None or len(options) < 2 or _DECLINE.search(normalise(selected.text)):
        return
    words = normalise(selected.text)
    others = [option for option in options if option is not selected]
    decline = next((other for other in others if _DECLINE.search(normalise(other.text))), None)
    price = selected.price or 0.0
    measured: dict[str, object] = {"price": selected.price, "options": [option.text[:100] for option in options[:12]]}
    if decline and _SUBSCRIPTION.search(words):
        yield _detection(
            selected.element, selected.text, BAD_DEFAULT_SUBSCRIPTION, "a subscription", "high", 0.85, measured
        )
    elif decline and price > (decline.price or 0.0):
        yield _detection(
            selected.element, selected.text, BAD_DEFAULT_EXTRA, f"an extra for {price:g}", "high", 0.85, measured
        )
    elif any(_PERIOD.search(normalise(option.text)) for option in options):
        return
    elif selected.price is not None and all(other.price is not None for other in others):
        cheapest = min(other.price for other in others if other.price is not None)
        if selected.price > cheapest:
            yield Detection(
                kind="preselected_dearer",
                type=PRESSURED_SELLING,
                title="Preselected expensive option",
                detail=(
                    f"{quoted(selected.text)} is preselected, and costs {selected.price - cheapest:g} more than the "
                    "cheapest option."
                ),
                severity="low",
                confidence=0.6,
                signal="structural",
                element=selected.element,
                measured={**measured, "cheapest": cheapest},
            )


def _detection(
    element: Element,
    text: str,
    type: PatternType,
    item: str,
    severity: str,
    confidence: float,
    measured: dict[str, object],
) -> Detection:
    is_consent = type is BAD_DEFAULT_CONSENT
    return Detection(
        kind="preselected_consent" if is_consent else "preselected_extra",
        type=type,
        title="Preselected consent" if is_consent else "Preselected extra",
        detail=f"{quoted(text)} is preselected: {item} that visitors have to opt out of.",
        severity=severity,
        confidence=confidence,
        signal="structural",
        element=element,
        measured=measured,
    )


def _radio_groups(snapshot: Snapshot) -> list[list[_Option]]:
    groups: dict[tuple[int, str], list[_Option]] = {}
    for element in snapshot.elements:
        if element.control != "radio" or element.disabled or not _is_visible(element):
            continue
        home = next(
            (outer.index for outer in snapshot.ancestors(element) if outer.tag == "form" or outer.role == "radiogroup"),
            -1,
        )
        text = _description(snapshot, element)
        groups.setdefault((home, element.name), []).append(_Option(element, text, price_of(text), element.checked))
    return list(groups.values())


def _description(snapshot: Snapshot, element: Element) -> str:
    """Return the text of a box: its label, or the text of its row if only that names a price."""
    text = element.label or element.text or element.accessible_name
    for ancestor in snapshot.ancestors(element):
        if ancestor.text is None or len(ancestor.text) > _ROW_LENGTH or _has_several_boxes(snapshot, ancestor):
            break
        if not text or (price_of(text) is None and price_of(ancestor.text) is not None):
            text = ancestor.text
    return text


def _has_several_boxes(snapshot: Snapshot, container: Element) -> bool:
    boxes = (inner for inner in snapshot.descendants(container) if inner.control in ("checkbox", "radio", "switch"))
    return len(list(islice(boxes, 2))) == 2


def _is_visible(element: Element) -> bool:
    return element.visible or element.label_visible
