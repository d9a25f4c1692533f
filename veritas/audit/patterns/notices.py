"""Find a page's notices of scarcity, activity and urgency."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.taxonomy import ACTIVITY_MESSAGE, COUNTDOWN_TIMER, HIGH_DEMAND, LIMITED_TIME, LOW_STOCK
from veritas.audit.patterns.text_classifier import Classification, classify, normalise

FIGURES = re.compile(r"\d+(?:[.,]\d+)*")

_PRESSING = (LOW_STOCK, HIGH_DEMAND, ACTIVITY_MESSAGE, LIMITED_TIME, COUNTDOWN_TIMER)
# A box of several parts is one notice if its text is short and it is not a section of the page.
_MIXED_LENGTH = 80
_SECTION = re.compile("html|body|main|header|footer|nav|section|article|aside|form|table|ul|ol")
_MENU_WORDS = 3
_QUOTATIONS = ("q", "blockquote", "cite", "code", "pre", "samp", "kbd")
_QUOTED = re.compile(r"[“„»«\"‘]([^“”„»«\"’]{3,200})[”“«»\"’]")
_CUSTOMER_TEXT = re.compile(r"\b(?:reviews?|comments?|testimonials?|quotes?)", re.IGNORECASE)


@dataclass(frozen=True)
class Notice:
    """One notice on a page: its element, its text, the text's language, and its classification."""

    element: Element
    text: str
    language: str
    classification: Classification

    @property
    def has_figure(self) -> bool:
        """True if a part of the text could be random: a figure, or a person."""
        return self.classification.type is ACTIVITY_MESSAGE or bool(FIGURES.search(self.text))


def find_notices(snapshot: Snapshot) -> Sequence[Notice]:
    """Return the notices in document order, each once."""
    notices: list[Notice] = []
    covered: set[int] = set()
    # Innermost elements first, so that the text of a part is not reported again for the whole.
    for element in reversed(snapshot.elements):
        text = notice_text(element)
        if not text or element.index in covered:
            continue
        language = snapshot.language_of(element)
        classification = classify(text, language)
        if classification and classification.type in _PRESSING:
            covered.update(ancestor.index for ancestor in snapshot.ancestors(element))
            if not is_quoted(snapshot, element, classification.words) and not _is_menu_entry(snapshot, element):
                notices.append(_with_figure(snapshot, Notice(element, text, language, classification)))
    return notices[::-1]


def notice_text(element: Element) -> str | None:
    """Return the text that *element* shows as one notice, or None."""
    if not element.visible:
        return None
    if element.leaf:
        return element.text
    if not _SECTION.fullmatch(element.tag) and element.text and len(element.text) <= _MIXED_LENGTH:
        return element.text
    return element.own_text if len(element.own_text.split()) > 1 else None


def _with_figure(snapshot: Snapshot, notice: Notice) -> Notice:
    """Return the notice of the box around *notice* if that holds its figure: `17` next to `people are viewing this`."""
    if FIGURES.search(notice.text) or notice.classification.type not in (LOW_STOCK, ACTIVITY_MESSAGE):
        return notice
    for outer in snapshot.ancestors(notice.element):
        whole = notice_text(outer)
        if not whole or len(whole) > _MIXED_LENGTH:
            break
        classification = classify(whole, notice.language)
        if FIGURES.search(whole) and classification and classification.type is notice.classification.type:
            return Notice(outer, whole, notice.language, classification)
    return notice


def _is_menu_entry(snapshot: Snapshot, element: Element) -> bool:
    """Return whether *element* is in a menu and has as few words as a menu entry."""
    if element.text and len(element.text.split()) > _MENU_WORDS:
        return False
    return any(outer.tag in ("nav", "footer") or outer.role == "navigation" for outer in snapshot.ancestors(element))


def is_quoted(snapshot: Snapshot, element: Element, matched: str) -> bool:
    """Return whether the *matched* words are not the shop's: a customer's, such as a review, or a quotation."""
    around = (element, *snapshot.ancestors(element))
    if any(outer.tag in _QUOTATIONS or _CUSTOMER_TEXT.search(outer.id_and_class) for outer in around):
        return True
    quotations = [inner.text for inner in snapshot.descendants(element) if inner.tag in _QUOTATIONS and inner.text]
    quotations += _QUOTED.findall(element.text or "")
    return any(matched in normalise(quotation) for quotation in quotations)
