"""Detections are distinguished by kind and element."""

from __future__ import annotations

from dataclasses import replace

from veritas.audit.patterns.detection import Detection, distinct, quoted
from veritas.audit.patterns.dom_snapshot import Element
from veritas.audit.patterns.taxonomy import LOW_STOCK

ELEMENT = Element(0, -1, "p", "#a", (0, 0, 9, 9), True)
SEEN = Detection("scarcity_claim", LOW_STOCK, "Title", "Detail.", "low", 0.6, "meta", ELEMENT)


def test_only_the_most_confident_of_one_kind_on_one_element_remains() -> None:
    """Detections of another kind, or on another element, also remain."""
    surer = replace(SEEN, confidence=0.9)
    elsewhere = replace(SEEN, element=replace(ELEMENT, selector="#b"))
    other = replace(SEEN, kind="false_scarcity")
    assert distinct([SEEN, surer, elsewhere, other, SEEN]) == [surer, elsewhere, other]


def test_quotations_are_short_and_have_no_full_stop() -> None:
    """Such a quotation can be part of a sentence."""
    assert quoted("Only 2 left.") == "“Only 2 left”"
    assert len(quoted("x" * 1000)) == 122
    assert quoted(None) == "“”"
