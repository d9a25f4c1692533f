"""Detect numbers that a shop's page makes up, in languages whose words are not understood.

Which claim a number belongs to is not known then, but that it is random can be measured: in two loads for which the
server sent the same, one text has two numbers. If a clock would explain both, such as that of the seconds, they must
also come back with the same random numbers. Prices, percentages and times are left out, and so is a list that is shown
in another order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon import LANGUAGES
from veritas.audit.patterns.page_state import Experiment, PageState
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.taxonomy import MADE_UP_NUMBER
from veritas.audit.patterns.text_classifier import normalise
from veritas.audit.patterns.timers import read_timer

_MAX_LENGTH = 120
_MIN_LETTERS = 4
_NUMBER = re.compile(r"(?<![\d.,:/-])\d{1,3}(?![\d.,:/%-]|\s?%)")
# Seconds between two loads beyond those of the page's clock, within which a number may only count the seconds.
_COUNTING = 1.5
# Where the hours, the minutes and the seconds of a clock start again.
_WRAPS = (12, 24, 60)


def find_unread_numbers(snapshot: Snapshot) -> list[Element]:
    """Return the texts with a small number in a language that is not read, if the page has prices."""
    texts = [element for element in snapshot.texts if snapshot.language_of(element) not in LANGUAGES]
    if not any(prices(element.text or "") for element in texts):
        return []
    return [element for element in texts if _has_number(element.text or "")]


def may_count_time(opened: PageState, low: PageState, high: PageState) -> bool:
    """Return whether a clock would explain a number that differs between the two loads with stubbed random numbers."""
    passed = high.page_time - low.page_time
    return any(count_time(one, other, passed) for _, one, other in _changed_texts(opened, low, high))


def detect(experiment: Experiment) -> Iterator[Detection]:
    """Yield the texts whose number differs between loads for which the server sent the same."""
    low, high = experiment.random_low, experiment.random_high
    if low is None or high is None:
        return
    for element, one, other in _changed_texts(experiment.opened, low, high):
        again = [_text_in(state, element) for state in (experiment.random_low_again, experiment.random_high_again)]
        if again == [one, other] or not count_time(one, other, high.page_time - low.page_time):
            yield Detection(
                kind="made_up_number",
                type=MADE_UP_NUMBER,
                title="Made-up number",
                detail=(
                    f"The page itself generates the number in {quoted(element.text)}: with Math.random() fixed near 0 "
                    f"it is {quoted(one)}, fixed near 1 {quoted(other)}."
                ),
                severity="medium",
                confidence=0.8,
                signal="temporal",
                element=element,
                measured={"random_numbers_low": one, "random_numbers_high": other},
            )


def _has_number(text: str) -> bool:
    is_sentence = sum(character.isalpha() for character in text) >= _MIN_LETTERS and len(text) <= _MAX_LENGTH
    return is_sentence and bool(_NUMBER.search(text)) and not prices(text) and not read_timer(text)


def count_time(one: str, other: str, passed: float) -> bool:
    """Return whether every number of a sentence differs by no more than a clock's does after *passed* seconds."""
    return all(abs(a - b) <= 1 or _counts(a, b, passed) for a, b in _pairs(one, other))


def _changed_texts(opened: PageState, low: PageState, high: PageState) -> Iterator[tuple[Element, str, str]]:
    """Yield the texts of *opened* with other numbers in two loads for which the server sent the same, and these two."""
    if not low.has_same_content(high):
        return
    shown = {element.text for element in low.snapshot.texts}
    for element in find_unread_numbers(opened.snapshot):
        one, other = _text_in(low, element), _text_in(high, element)
        if one and other and other not in shown - {one} and any(abs(a - b) > 1 for a, b in _pairs(one, other)):
            yield element, one, other


def _text_in(state: PageState | None, element: Element) -> str | None:
    same = state.snapshot.find(element.selector) if state else None
    return same.text if same else None


def _pairs(one: str, other: str) -> list[tuple[int, int]]:
    """Return the numbers of two texts in pairs; none if they are not the same sentence with other numbers."""
    if not (_has_number(one) and _has_number(other)):
        return []
    plain, changed = normalise(one), normalise(other)
    if _NUMBER.sub("#", plain) != _NUMBER.sub("#", changed):
        return []
    return [(int(a), int(b)) for a, b in zip(_NUMBER.findall(plain), _NUMBER.findall(changed), strict=True)]


def _counts(one: int, other: int, passed: float) -> bool:
    """Return whether a clock goes from one number to another: in seconds, up or down, or its minutes or hours."""
    apart = abs(one - other)
    seconds = (apart, 60 - apart) if max(one, other) < 60 else (apart,)
    starts_again = any(wrap - apart <= 1 for wrap in _WRAPS if max(one, other) <= wrap)
    return starts_again or any(abs(steps - passed) <= _COUNTING for steps in seconds)
