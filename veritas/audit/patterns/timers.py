"""Timers: texts on a page that show a remaining time and count down as virtual time passes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.moments import UNIT_NAMES, UNITS
from veritas.audit.patterns.page_state import PageState
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.text_classifier import normalise

# Seconds by which two readings of one deadline may differ: timers show whole seconds, and scripts start a little late.
TOLERANCE = 1.8

_OFFER = words("offer")
_OTHER_CLOCK = words("other_clock")

# The longest text, in characters, that is searched for the words that a timer belongs to.
_CONTEXT_LENGTH = 300

_WORD = re.compile(r"[^\W\d_]{2}")
_DISCOUNT = re.compile(r"[-−–] ?\d{1,2} ?%")

# The short names of the units, beside their long ones.
_SHORT_NAMES = {"d": "[dtj]|gg?", "h": "h", "m": "m", "s": "s"}
_NAMED = re.compile(
    r"(?<![\d.,])(\d(?: ?\d){0,3}) ?(?:"
    + "|".join(f"(?P<{unit}>{_SHORT_NAMES[unit]}|{names})" for unit, names in UNIT_NAMES.items())
    + r")(?![^\W\d_])[ ,:.]{0,3}"
)
# Two to four figures, each with a word after it, or all before the words: units in a language that is not known here.
_ROW = re.compile(r"(?<![\d.,:])(\d{1,3}) ?[^\W\d_]+\.?(?: ?[,:]? ?(\d{1,2}) ?[^\W\d_]+\.?){2,3}(?![\d.,:])")
_ROW_FIGURE = re.compile(r"\d+")
_COLONS = re.compile(
    r"(?<![\d:.])(?:(\d{1,3}) ?d(?:ays?)?[ ,:]{0,3})?(\d{1,3}(?: ?: ?\d\d){1,3})(?![\d:]| ?[ap]\.?m\b| uhr\b)"
)
# The figures in one row, the names of their units in the next; the names may be in any language.
_TABLE = re.compile(r"(?<![\d.,])(\d{1,3}(?: ?:? ?\d{2}){2,3}) ([^\W\d_]+\.?(?: [^\W\d_]+\.?){2,3})(?!\w)")


@dataclass(frozen=True)
class TimerReading:
    """The seconds that a timer shows, and the words that show them."""

    seconds: int
    words: str


@dataclass(frozen=True)
class Timer:
    """A timer on the page that counts down.

    Attributes:
        element: The innermost element that shows the whole timer.
        context: The nearest element whose text names the offer that the timer is for.
        reading: The time that it showed when the page was opened.
    """

    element: Element
    context: Element
    reading: TimerReading


def read_timer(text: str | None) -> TimerReading | None:
    """Return the remaining time in *text*, or None; if there are several, the one with the most characters.

    It knows `2d 03:04:05`, `14:59`, `3 hrs 25 mins 22 sec`, `59 seconds`, and digits with spaces between (`0 4 hours`);
    digits of any script; the names of units in eleven languages, and rows of three or four units in any.
    """
    if not text or not any(character.isdigit() for character in text):
        return None
    plain = normalise(text)
    readers = (_read_named, _read_colons, _read_table, _read_row)
    readings = [reading for reader in readers if (reading := reader(plain))]
    return max(readings, key=lambda reading: len(reading.words), default=None)


def find_timers(opened: PageState, later: PageState) -> list[Timer]:
    """Return the timers that counted down with virtual time between two states of one load."""
    passed = later.page_time - opened.page_time
    readings: dict[int, TimerReading] = {}
    for element in opened.snapshot.elements:
        before = read_timer(element.text) if element.visible else None
        same = later.snapshot.find(element.selector) if before else None
        after = read_timer(same.text) if same else None
        if before and after and 1 <= before.seconds - after.seconds <= passed + TOLERANCE:
            readings[element.index] = before
    timers = []
    for index in _whole_timers(opened.snapshot, readings):
        element = opened.snapshot.elements[index]
        context = _find_context(opened.snapshot, element, readings[index])
        if context:
            timers.append(Timer(element, context, readings[index]))
    return timers


def is_about_offer(words: str) -> bool | None:
    """Return whether the words around a clock name an offer; None if they name nothing.

    Login codes, uploads, workouts, exams and auctions have clocks as well; those name them more often than an offer.
    """
    offers, others = len(_OFFER.findall(words)), len(_OTHER_CLOCK.findall(words))
    return None if offers == others == 0 else offers > others


def follows_page_clock(timer: Timer, later: PageState, minute_later: PageState) -> bool:
    """Return whether the timer computes its time from the page's clock, rather than count its own ticks."""
    before, after = seconds_shown(later, timer), seconds_shown(minute_later, timer)
    passed = minute_later.page_time - later.page_time
    return before is not None and after is not None and before - after >= 0.8 * passed


def seconds_shown(state: PageState, timer: Timer) -> int | None:
    """Return the seconds that the timer shows in another state; None if it shows no time there."""
    element = state.snapshot.find(timer.element.selector)
    reading = read_timer(element.text) if element and element.visible else None
    return reading.seconds if reading else None


def _read_table(text: str) -> TimerReading | None:
    match = _TABLE.search(text)
    if not match:
        return None
    figures = [int(figure) for figure in _ROW_FIGURE.findall(match[1])]
    names = match[2].split()
    if len(names) < len(figures) or not _can_be_units(figures):
        return None
    return TimerReading(_sum(figures), " ".join([match[1], *names[: len(figures)]]))


def _read_row(text: str) -> TimerReading | None:
    match = _ROW.search(text)
    if not match:
        return None
    figures = [int(figure) for figure in _ROW_FIGURE.findall(match[0])]
    return TimerReading(_sum(figures), match[0]) if _can_be_units(figures) else None


def _can_be_units(figures: list[int]) -> bool:
    """Return whether *figures* can be days, hours, minutes and seconds, or the last of them."""
    return all(figure < limit for figure, limit in zip(reversed(figures), (60, 60, 100, 1_000), strict=False))


def _read_colons(text: str) -> TimerReading | None:
    match = _COLONS.search(text)
    if not match:
        return None
    figures = [int(figure) for figure in match[2].split(":")]
    if match[1]:
        figures = [int(match[1]), *figures, *[0] * (3 - len(figures))]
    return TimerReading(_sum(figures), match[0].strip())


def _read_named(text: str) -> TimerReading | None:
    start = end = -1
    last, total = "", 0
    for match in _NAMED.finditer(text):
        unit = match.lastgroup or ""
        if start >= 0 and (match.start() != end or UNITS[unit] >= UNITS[last]):
            break
        start = match.start() if start < 0 else start
        end, last = match.end(), unit
        total += int(match[1].replace(" ", "")) * UNITS[unit]
    if start < 0 or last == "d":
        return None
    return TimerReading(total, text[start:end].strip(" ,:."))


def _sum(figures: list[int]) -> int:
    return sum(figure * unit for figure, unit in zip(reversed(figures), reversed(UNITS.values()), strict=False))


def _whole_timers(snapshot: Snapshot, readings: dict[int, TimerReading]) -> list[int]:
    """Return the indexes of the elements that show one whole timer, neither a part of it nor more than it."""
    whole: list[int] = []
    for index in sorted(readings, reverse=True):
        inside = {element.index for element in snapshot.descendants(snapshot.elements[index])}
        parts = [other for other in whole if other in inside]
        if not parts:
            whole.append(index)
        elif all(_is_part(readings[other], readings[index]) for other in parts):
            whole = [other for other in whole if other not in inside] + [index]
    return sorted(whole)


def _is_part(inner: TimerReading, outer: TimerReading) -> bool:
    return inner.words != outer.words and inner.words in outer.words


def _find_context(snapshot: Snapshot, element: Element, reading: TimerReading) -> Element | None:
    """Return the nearest element whose text names the offer of a timer; None if no short text near it does."""
    for candidate in (element, *snapshot.ancestors(element)):
        if candidate.tag in ("html", "body") or candidate.text is None or len(candidate.text) > _CONTEXT_LENGTH:
            break
        text = normalise(candidate.text).replace(reading.words, " ")
        about_offer = is_about_offer(text)
        if about_offer is not None:
            return candidate if about_offer else None
        if _DISCOUNT.search(text) or prices(text):  # in any language
            return candidate
    block = next((outer for outer in (element, *snapshot.ancestors(element)) if not outer.inline), element)
    is_alone = not _WORD.search(normalise(block.text or "").replace(reading.words, " "))
    for near in snapshot.neighbours(element, _CONTEXT_LENGTH):
        if _is_headline(near) and (is_alone or snapshot.has_heading(near)):
            return near
    return None


def _is_headline(element: Element) -> bool:
    """Return whether a text next to a timer names the offer; a price there is that of something else."""
    text = normalise(element.text or "")
    return bool(is_about_offer(text) or _DISCOUNT.search(text))
