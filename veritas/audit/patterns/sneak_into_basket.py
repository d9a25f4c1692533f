"""Detect items in the basket that the shop added (sneak into basket).

The visitor is new and has clicked nothing, so an insurance or a donation that is already charged was added by the shop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.notices import is_quoted
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.taxonomy import SNEAK_INTO_BASKET
from veritas.audit.patterns.text_classifier import classify, normalise

_BASKET = words("basket")
_BASKET_MARKS = re.compile(r"cart|basket|order-?summary|line-?items?|checkout", re.IGNORECASE)
_EXTRA = words("charged_extra")
_ROWS = ("li", "tr", "p", "div", "dd", "span")
_ROW_LENGTH = 160
_TOGGLES = ("checkbox", "radio", "switch", "select")


def detect(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the lines of a basket that charge for an extra and have no box to choose it, and texts that state it."""
    yield from _detect_statements(snapshot)
    covered: set[int] = set()
    for element in reversed(snapshot.elements):
        if element.index in covered or not _is_charged_extra(element) or not in_basket(snapshot, element):
            continue
        if _has_box(snapshot, element):
            continue
        covered.update(ancestor.index for ancestor in snapshot.ancestors(element))
        amount = prices(element.text or "")[-1]
        yield Detection(
            kind="sneaked_item",
            type=SNEAK_INTO_BASKET,
            title="Sneak into basket",
            detail=(
                f"The basket of a visitor who has clicked nothing already charges {amount:g} "
                f"for {quoted(element.text)}."
            ),
            severity="high",
            confidence=0.7,
            signal="structural",
            element=element,
            measured={"price": amount},
        )


def _detect_statements(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the texts that state that something was added to the order."""
    for element in snapshot.texts:
        classification = classify(element.text or "", snapshot.language_of(element))
        if (
            classification
            and classification.type is SNEAK_INTO_BASKET
            and _is_about_order(snapshot, element)
            and not is_quoted(snapshot, element, classification.words)
        ):
            yield Detection(
                kind="sneaked_item",
                type=SNEAK_INTO_BASKET,
                title="Sneak into basket",
                detail=f"{quoted(element.text)}: {classification.reason[0].lower()}{classification.reason[1:]}",
                severity="medium",
                confidence=classification.confidence,
                signal="meta",
                element=element,
                measured={"rule": classification.rule, "words": classification.words},
            )


def _is_about_order(snapshot: Snapshot, element: Element) -> bool:
    """Return whether a text is about an order, and not about news of the shop or about its help."""
    if _BASKET.search(normalise(element.text or "")) or in_basket(snapshot, element):
        return True
    titles = (other for other in snapshot.elements if other.tag == "h1" and other.visible)
    return any(_BASKET.search(normalise(title.text or "")) for title in titles)


def in_basket(snapshot: Snapshot, element: Element) -> bool:
    """Return whether *element* is in a basket, or in the summary of an order."""
    for ancestor in (element, *snapshot.ancestors(element)):
        if _BASKET_MARKS.search(ancestor.id_and_class):
            return True
        if (
            ancestor.tag in ("section", "table", "aside", "form", "ul")
            and ancestor.text
            and _BASKET.search(ancestor.text[:60])
        ):
            return True
    return False


def _has_box(snapshot: Snapshot, element: Element) -> bool:
    """Return whether the basket line of *element* has a control to choose it."""
    for row in (element, *snapshot.ancestors(element)):
        if row.tag in ("ul", "ol", "table", "section") or len(prices(row.text or "")) != 1:
            return False
        if row.control in _TOGGLES or any(inner.control in _TOGGLES for inner in snapshot.descendants(row)):
            return True
    return False


def _is_charged_extra(element: Element) -> bool:
    text = element.text or ""
    if not element.visible or element.clickable or element.tag not in _ROWS or len(text) > _ROW_LENGTH:
        return False
    return (
        bool(_EXTRA.search(normalise(text))) and any(amount > 0 for amount in prices(text)) and len(prices(text)) == 1
    )
