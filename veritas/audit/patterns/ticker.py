"""Clocks on a page that count down, found by letting a little of the page's time pass."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritas.audit.patterns.clock import Clock, read_clock
from veritas.audit.patterns.element import Element, Snapshot
from veritas.audit.patterns.moment import Moment
from veritas.audit.patterns.texts import normalise

# Seconds by which readings of one deadline may differ: clocks show whole seconds, and scripts start a little late.
TOLERANCE = 1.8

# What stands further off than so many characters is not what a clock counts for.
_CONTEXT_LENGTH = 300

OFFER = re.compile(
    r"\b(?:sales?|offers?|deals?|discount|save|savings?|off|price|ends?|ending|expires?|expiring|left"
    r"|remaining|hurry|reserved|held|order|buy|shop|checkout|cart|basket|bag|free|promo\w*|coupon|code|today"
    r"|flash|special|gift|limited|bonus|tickets?|seats?)\b"
)


@dataclass(frozen=True)
class Ticker:
    """A clock on the page that counts down.

    Attributes:
        element: The innermost element that shows all of it.
        context: The element that says what it counts for.
        clock: What it showed when the page was opened.
    """

    element: Element
    context: Element
    clock: Clock


def tickers(opened: Moment, later: Moment) -> list[Ticker]:
    """Return the clocks that counted down with the page's clock between two moments of one load."""
    passed = later.page_time - opened.page_time
    falling: dict[int, Clock] = {}
    for element in opened.snapshot.elements:
        clock = read_clock(element.text) if element.visible else None
        twin = later.snapshot.at(element.selector) if clock else None
        now = read_clock(twin.text) if twin else None
        if clock and now and 1 <= clock.seconds - now.seconds <= passed + TOLERANCE:
            falling[element.index] = clock
    found = []
    for index in _innermost(opened.snapshot, falling):
        element = opened.snapshot.elements[index]
        context = _context(opened.snapshot, element, falling[index])
        if context:
            found.append(Ticker(element, context, falling[index]))
    return found


def follows_clock(ticker: Ticker, later: Moment, far: Moment) -> bool:
    """Tell whether the ticker reckons from the clock, and does not merely count its own ticks."""
    before, after = reading(later, ticker), reading(far, ticker)
    return before is not None and after is not None and before - after >= 0.8 * (far.page_time - later.page_time)


def reading(moment: Moment, ticker: Ticker) -> int | None:
    """Return the seconds that the ticker shows at another moment; None where it shows none."""
    element = moment.snapshot.at(ticker.element.selector)
    clock = read_clock(element.text) if element and element.visible else None
    return clock.seconds if clock else None


def _innermost(snapshot: Snapshot, falling: dict[int, Clock]) -> list[int]:
    """Return those elements that show one whole clock: no part of a face, nothing around it."""
    found: list[int] = []
    for index in sorted(falling, reverse=True):
        inside = {element.index for element in snapshot.within(snapshot.elements[index])}
        parts = [other for other in found if other in inside]
        if not parts:
            found.append(index)
        elif all(_is_part(falling[other], falling[index]) for other in parts):
            found = [other for other in found if other not in inside] + [index]
    return sorted(found)


def _is_part(inner: Clock, outer: Clock) -> bool:
    return inner.words != outer.words and inner.words in outer.words


def _context(snapshot: Snapshot, element: Element, clock: Clock) -> Element | None:
    """Return the nearest element that says what the clock counts for; None where nothing near it does."""
    for candidate in (element, *snapshot.ancestors(element)):
        if candidate.tag == "body" or candidate.text is None or len(candidate.text) > _CONTEXT_LENGTH:
            return None
        words = normalise(candidate.text).replace(clock.words, " ")
        if OFFER.search(words):
            return candidate
    return None
