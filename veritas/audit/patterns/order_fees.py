"""Detect fees that the sum of an order adds, besides items, delivery, taxes and discounts (hidden costs).

The lines are read from the text of a list or table, and their amounts have to add up to its last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.prices import locate_prices
from veritas.audit.patterns.taxonomy import HIDDEN_COSTS
from veritas.audit.patterns.text_classifier import normalise

_LENGTH = 600  # characters
_CENT = 0.011
_SUM = words("sum")
_USUAL = words("delivery_or_tax")
_FEE = words("fee")
_DISCOUNT = re.compile(r"[-−–]\s*[$€£]?\s*$")

Line = tuple[str, float]


def detect(snapshot: Snapshot) -> Iterator[Detection]:
    """Yield the fees of each order on the page."""
    seen: set[tuple[str, float]] = set()
    for element in reversed(snapshot.elements):
        if not element.visible or element.text is None or len(element.text) > _LENGTH:
            continue
        for label, amount, total in find_fees(element.text):
            if (label, amount) in seen:
                continue
            seen.add((label, amount))
            yield _detection(element, label, amount, total)


def find_fees(text: str) -> Iterator[tuple[str, float, float]]:
    """Yield the label and the amount of each fee of the order in *text*, and the order's total."""
    lines = read_lines(text)
    for last in range(len(lines) - 1, 1, -1):
        label, total = lines[last]
        if not _SUM.search(normalise(label)):
            continue
        for first in range(last - 2, -1, -1):
            parts = lines[first:last]
            if abs(sum(amount for _, amount in parts) - total) <= _CENT:
                for part, amount in parts[1:]:
                    plain = normalise(part)
                    if amount > 0 and _FEE.search(plain) and not _USUAL.search(plain) and not _SUM.search(plain):
                        yield part, amount, total
                break


def read_lines(text: str) -> list[Line]:
    """Return the label and the amount of each line: what precedes a price, and the price, negative if deducted."""
    lines: list[Line] = []
    end = 0
    for start, stop, amount in locate_prices(text):
        label = text[end:start]
        is_deducted = bool(_DISCOUNT.search(label))
        lines.append((label.strip(" :–-−+$€£\n"), -amount if is_deducted else amount))
        end = stop
    return lines


def _detection(element: Element, label: str, amount: float, total: float) -> Detection:
    return Detection(
        kind="hidden_cost",
        type=HIDDEN_COSTS,
        title="Fee added to the order",
        detail=f"The total of {total:g} includes {amount:g} for {quoted(label)}, which is neither an item nor delivery "
        "nor a tax.",
        severity="low",
        confidence=0.65,
        signal="structural",
        element=element,
        measured={"fee": amount, "label": label, "total": total},
    )
