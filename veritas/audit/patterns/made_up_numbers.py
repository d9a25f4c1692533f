"""Detect numbers that a shop's page makes up, in languages whose words are not understood.

Which claim a number belongs to is not known then, but that it is random can be measured: in two loads for which the
server sent the same, one text has two numbers. Prices, percentages and times are left out, and so is a list that is
shown in another order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.detection import Detection, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon import LANGUAGES
from veritas.audit.patterns.page_state import Experiment
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.taxonomy import MADE_UP_NUMBER
from veritas.audit.patterns.text_classifier import normalise
from veritas.audit.patterns.timers import read_timer

_MAX_LENGTH = 120
_MIN_LETTERS = 4
_NUMBER = re.compile(r"(?<![\d.,:/-])\d{1,3}(?![\d.,:/%-]|\s?%)")
# Seconds between two loads beyond those of the page's clock, within which a number may only count the seconds.
_COUNTING = 1.5
# Where a number that counts starts again: hours, seconds and minutes, and the end of its digits.
_WRAPS = (10, 12, 24, 60, 100, 1000)


def find_unread_numbers(snapshot: Snapshot) -> list[Element]:
    """Return the texts with a small number in a language that is not read, if the page has prices."""
    texts = [element for element in snapshot.texts if snapshot.language_of(element) not in LANGUAGES]
    if not any(prices(element.text or "") for element in texts):
        return []
    return [element for element in texts if _has_number(element.text or "")]


def detect(experiment: Experiment) -> Iterator[Detection]:
    """Yield the texts whose number differs between loads for which the server sent the same."""
    low, high = experiment.random_low, experiment.random_high
    if low is None or high is None or not low.has_same_content(high):
        return
    shown = {element.text for element in low.snapshot.texts}
    for element in find_unread_numbers(experiment.opened.snapshot):
        one, other = low.snapshot.find(element.selector), high.snapshot.find(element.selector)
        if not (one and other and one.text and other.text) or other.text in shown - {one.text}:
            continue
        if jumps(one.text, other.text, high.page_time - low.page_time):
            yield Detection(
                kind="made_up_number",
                type=MADE_UP_NUMBER,
                title="Made-up number",
                detail=(
                    f"The page itself generates the number in {quoted(element.text)}: with Math.random() fixed near 0 "
                    f"it is {quoted(one.text)}, fixed near 1 {quoted(other.text)}."
                ),
                severity="medium",
                confidence=0.8,
                signal="temporal",
                element=element,
                measured={"random_numbers_low": one.text, "random_numbers_high": other.text},
            )


def _has_number(text: str) -> bool:
    is_sentence = sum(character.isalpha() for character in text) >= _MIN_LETTERS and len(text) <= _MAX_LENGTH
    return is_sentence and bool(_NUMBER.search(text)) and not prices(text) and not read_timer(text)


def jumps(one: str, other: str, passed: float) -> bool:
    """Return whether one sentence has two numbers that no count of the seconds that passed explains."""
    if not (_has_number(one) and _has_number(other)) or _NUMBER.sub("#", normalise(one)) != _NUMBER.sub(
        "#", normalise(other)
    ):
        return False
    pairs = zip(_NUMBER.findall(normalise(one)), _NUMBER.findall(normalise(other)), strict=True)
    return any(abs(int(a) - int(b)) > 1 and not _counts(int(a), int(b), passed) for a, b in pairs)


def _counts(one: int, other: int, passed: float) -> bool:
    """Return whether a number that counts seconds, up or down, goes from one value to another in so many seconds."""
    wraps = [wrap for wrap in _WRAPS if one < wrap and other < wrap]
    steps = [abs(one - other), *((other - one) % wrap for wrap in wraps), *((one - other) % wrap for wrap in wraps)]
    return any(abs(step - passed) <= _COUNTING for step in steps)
