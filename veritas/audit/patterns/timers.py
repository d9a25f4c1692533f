"""Clocks on a page that count down, found by letting a little of the page's time pass."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.page_state import Moment
from veritas.audit.patterns.text_classifier import normalise

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_NAMED = re.compile(
    r"(?<![\d.,])(\d(?: ?\d){0,3}) ?(d|days?|h|hrs?|hours?|m|mins?|minutes?|s|secs?|seconds?)(?![a-z])[ ,:.]{0,3}"
)
_COLONS = re.compile(
    r"(?<![\d:.])(?:(\d{1,3}) ?d(?:ays?)?[ ,:]{0,3})?(\d{1,3}(?: ?: ?\d\d){1,3})(?![\d:]| ?[ap]\.?m\b| uhr\b)"
)
# Figures in one row, their names in the next.
_TABLE = re.compile(
    r"(?<![\d.,])(\d{1,3}(?: \d{1,2}){2,3}) (?:(d|days?) )?(?:h|hrs?|hours?) (?:m|mins?|minutes?) (?:s|secs?"
    r"|seconds?)\b"
)


@dataclass(frozen=True)
class Clock:
    """A clock face: the seconds that it shows, and the words that show them."""

    seconds: int
    words: str


def read_clock(text: str | None) -> Clock | None:
    """Return the first clock in *text* as a time that is left, or None where there is none.

    It knows `2d 03:04:05`, `14:59`, `3 hrs 25 mins 22 sec`, `59 seconds`, and digits that stand apart (`0 4 hours`).
    """
    if not text or not any(character.isdigit() for character in text):
        return None
    plain = normalise(text)
    found = [clock for clock in (_read_table(plain), _read_colons(plain), _read_named(plain)) if clock]
    return max(found, key=lambda clock: len(clock.words), default=None)


def _read_table(text: str) -> Clock | None:
    match = _TABLE.search(text)
    if not match:
        return None
    figures = [int(figure) for figure in match[1].split()]
    if len(figures) != (4 if match[2] else 3):
        return None
    return Clock(_sum(figures), match[0])


def _read_colons(text: str) -> Clock | None:
    match = _COLONS.search(text)
    if not match:
        return None
    figures = [int(figure) for figure in match[2].split(":")]
    if match[1]:
        figures = [int(match[1]), *figures, *[0] * (3 - len(figures))]
    return Clock(_sum(figures), match[0].strip())


def _read_named(text: str) -> Clock | None:
    start = end = -1
    last, total = "", 0
    for match in _NAMED.finditer(text):
        unit = match[2][0]
        if start >= 0 and (match.start() != end or _UNITS[unit] >= _UNITS[last]):
            break
        start = match.start() if start < 0 else start
        end, last = match.end(), unit
        total += int(match[1].replace(" ", "")) * _UNITS[unit]
    if start < 0 or last in ("d",):
        return None
    return Clock(total, text[start:end].strip(" ,:."))


def _sum(figures: list[int]) -> int:
    return sum(figure * unit for figure, unit in zip(reversed(figures), reversed(_UNITS.values()), strict=False))


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
