"""Sightings are told apart by kind and place."""

from __future__ import annotations

from dataclasses import replace

from veritas.audit.patterns.detection import Sighting, distinct, quoted
from veritas.audit.patterns.dom_snapshot import Element
from veritas.audit.patterns.taxonomy import LOW_STOCK

ELEMENT = Element(0, -1, "p", "#a", (0, 0, 9, 9), True)
SEEN = Sighting("scarcity_claim", LOW_STOCK, "Title", "Detail.", "low", 0.6, "meta", ELEMENT)


def test_the_surest_of_one_kind_on_one_element_is_left() -> None:
    """The same thing seen twice is one; another kind, or another element, is another."""
    surer = replace(SEEN, confidence=0.9)
    elsewhere = replace(SEEN, element=replace(ELEMENT, selector="#b"))
    other = replace(SEEN, kind="false_scarcity")
    assert distinct([SEEN, surer, elsewhere, other, SEEN]) == [surer, elsewhere, other]


def test_quotes_are_short_and_end_without_a_stop() -> None:
    """A quotation fits into a sentence."""
    assert quoted("Only 2 left.") == "“Only 2 left”"
    assert len(quoted("x" * 1000)) == 122
    assert quoted(None) == "“”"
