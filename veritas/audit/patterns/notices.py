"""The notices of a page that press: what they say, and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.taxonomy import ACTIVITY_MESSAGE, HIGH_DEMAND, LIMITED_TIME, LOW_STOCK
from veritas.audit.patterns.text_classifier import Claim, classify

FIGURES = re.compile(r"\d+(?:[.,]\d+)*")

_PRESSING = (LOW_STOCK, HIGH_DEMAND, ACTIVITY_MESSAGE, LIMITED_TIME)
# A box of several parts is one notice if it is small and no section of the page.
_MIXED_LENGTH = 80
_SECTION = re.compile("html|body|main|header|footer|nav|section|article|aside|form|table|ul|ol")
_MENU_WORDS = 3
_OTHERS_WORDS = re.compile(r"\b(?:reviews?|comments?|testimonials?|quotes?)", re.IGNORECASE)


@dataclass(frozen=True)
class Notice:
    """One claim on a page: the element that makes it, its text, and what the classifier makes of that."""

    element: Element
    text: str
    claim: Claim

    @property
    def has_figure(self) -> bool:
        """It has something that dice could have thrown: a figure, or a person."""
        return self.claim.type is ACTIVITY_MESSAGE or bool(FIGURES.search(self.text))


def notices(snapshot: Snapshot) -> Sequence[Notice]:
    """Return the notices of scarcity, activity and urgency, in document order, each once."""
    found: list[Notice] = []
    said: set[int] = set()
    # Inside out, so that what a part says is not said again of the whole.
    for element in reversed(snapshot.elements):
        text = text_of(element)
        if not text or element.index in said:
            continue
        claim = classify(text)
        if claim and claim.type in _PRESSING:
            said.update(ancestor.index for ancestor in snapshot.ancestors(element))
            if not _is_others(snapshot, element) and not _is_menu_entry(snapshot, element):
                found.append(_with_figure(snapshot, Notice(element, text, claim)))
    return found[::-1]


def text_of(element: Element) -> str | None:
    """Return the text that *element* shows as one notice, if it does."""
    if not element.visible:
        return None
    if element.leaf:
        return element.text
    if not _SECTION.fullmatch(element.tag) and element.text and len(element.text) <= _MIXED_LENGTH:
        return element.text
    return element.own if len(element.own.split()) > 1 else None


def _with_figure(snapshot: Snapshot, notice: Notice) -> Notice:
    """Return the notice with the box around it where that has its figure: `17` beside `people are viewing this`."""
    if FIGURES.search(notice.text) or notice.claim.type not in (LOW_STOCK, ACTIVITY_MESSAGE):
        return notice
    for outer in snapshot.ancestors(notice.element):
        whole = text_of(outer)
        if not whole or len(whole) > _MIXED_LENGTH:
            break
        claim = classify(whole)
        if FIGURES.search(whole) and claim and claim.type is notice.claim.type:
            return Notice(outer, whole, claim)
    return notice


def _is_menu_entry(snapshot: Snapshot, element: Element) -> bool:
    """Tell whether *element* stands in a menu and says no more than its entries do."""
    if element.text and len(element.text.split()) > _MENU_WORDS:
        return False
    return any(outer.tag in ("nav", "footer") or outer.role == "navigation" for outer in snapshot.ancestors(element))


def _is_others(snapshot: Snapshot, element: Element) -> bool:
    """Tell whether these are words of customers, not of the shop."""
    return any(
        outer.tag == "blockquote" or _OTHERS_WORDS.search(outer.marks)
        for outer in (element, *snapshot.ancestors(element))
    )
