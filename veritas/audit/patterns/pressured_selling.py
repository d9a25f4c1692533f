"""Detect pressure to add protection or other extras to what visitors chose (pressured selling)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.notices import is_quoted, notice_text
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.sneak_into_basket import in_basket
from veritas.audit.patterns.taxonomy import PRESSURED_SELLING
from veritas.audit.patterns.text_classifier import classify, normalise

# "Customers also bought" is a recommendation, not pressure.
_SURE = 0.5
_WHOLE_PAGE = ("html", "body", "main")
_ADDED = words("added")
_NEAR_LENGTH = 400  # characters


def detect(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the texts that press to add an extra, and that can be clicked or are near its price."""
    covered: set[int] = set()
    detections: list[Detection] = []
    for element in reversed(snapshot.elements):
        text = notice_text(element)
        if not text or element.index in covered:
            continue
        classification = classify(text, snapshot.language_of(element))
        if (
            classification is None
            or classification.type is not PRESSURED_SELLING
            or classification.confidence < _SURE
            or is_quoted(snapshot, element, classification.words)
            or not _is_addition(snapshot, element, text)
        ):
            continue
        covered.update(outer.index for outer in snapshot.ancestors(element))
        detections.append(
            Detection(
                kind="pressured_selling",
                type=PRESSURED_SELLING,
                title="Pressured selling",
                detail=f"{quoted(text)}: {classification.reason[0].lower()}{classification.reason[1:]}",
                severity="low",
                confidence=0.6,
                signal="meta",
                element=element,
                measured={"rule": classification.rule, "words": classification.words},
            )
        )
    yield from reversed(detections)


def _is_addition(snapshot: Snapshot, element: Element, text: str) -> bool:
    """Return whether the text is about an addition to something else, not about what the page sells itself."""
    if element.clickable or element.control or in_basket(snapshot, element):
        return True
    return bool(_ADDED.search(normalise(text))) and _is_near_price(snapshot, element)


def _is_near_price(snapshot: Snapshot, element: Element) -> bool:
    near = (element, *islice(snapshot.ancestors(element), 2))
    return any(
        outer.tag not in _WHOLE_PAGE and outer.text and len(outer.text) <= _NEAR_LENGTH and prices(outer.text)
        for outer in near
    )
