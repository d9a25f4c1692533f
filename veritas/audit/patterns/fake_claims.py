"""Detect claims that the page makes up (fake scarcity, fake social proof).

A page does not show whether a claim is true, but an experiment can show that it is fake. A notice is random if its text
differs between a load with `Math.random()` stubbed near 0 and one with it stubbed near 1, and the server sent the same
for both loads, or the difference repeats. A number is made up if two loads for which the server sent the same show
different ones, for instance because it follows the clock. And a number that changes with virtual time, while the page
requests no data, counts nothing real.
"""

from __future__ import annotations

import re

from veritas.audit.patterns.detection import quoted
from veritas.audit.patterns.dom_snapshot import Element
from veritas.audit.patterns.moments import CLOCKS_AND_DATES, UNIT_NAMES, UNITS
from veritas.audit.patterns.notices import FIGURES, Notice, find_notices, notice_text
from veritas.audit.patterns.page_state import Experiment, PageState
from veritas.audit.patterns.taxonomy import ACTIVITY_MESSAGE
from veritas.audit.patterns.text_classifier import classify, normalise

# "3 minutes ago" may truly become "4 minutes ago".
_AGES = re.compile(rf"(\d{{1,9}}) ?({'|'.join(UNIT_NAMES.values())})\b")


def explain_fake(notice: Notice, experiment: Experiment) -> str | None:
    """Return the evidence that *notice* is fake, as a clause of a sentence, or None."""
    return (
        _explain_random(notice, experiment) or _explain_loads(notice, experiment) or _explain_change(notice, experiment)
    )


def why_untested(notice: Notice, experiment: Experiment) -> str | None:
    """Return in a sentence why *notice*, which was not shown to be fake, could not be tested; None if it was."""
    loads = (experiment.random_low, experiment.random_high)
    texts = [_text_in(state, notice.element) for state in loads]
    if None in loads:
        return "The page could not be loaded again with other random numbers."
    if None in texts:
        return "It is not on the page each time the page is loaded."
    if len({tuple(_figures(text)) for text in (notice.text, *texts) if text}) > 1:
        return "Its number differs between loads, and the server sends a different page each time."
    later = _text_in(experiment.minute_later, notice.element)
    if later and _figures(later) != _figures(notice.text):
        return "Its number changes while the page is open, and the page may receive data meanwhile."
    return None


def texts_by_state(notice: Notice, experiment: Experiment) -> dict[str, str]:
    """Return the text of the notice's element in each state of the experiment."""
    states = {
        "opened": experiment.opened,
        "a_minute_on": experiment.minute_later,
        "reloaded": experiment.reloaded,
        "random_numbers_low": experiment.random_low,
        "random_numbers_high": experiment.random_high,
        "random_numbers_low_again": experiment.random_low_again,
        "random_numbers_high_again": experiment.random_high_again,
        "a_day_on": experiment.day_later,
    }
    return {name: text for name, state in states.items() if (text := _text_in(state, notice.element))}


def have_different_texts(one: PageState, other: PageState) -> bool:
    """Return whether any notice of *one* has another text in *other*, which is another load of the page."""
    return any(_text_in(other, notice.element) not in (None, notice.text) for notice in find_notices(one.snapshot))


def _explain_random(notice: Notice, experiment: Experiment) -> str | None:
    if experiment.random_low is None or experiment.random_high is None:
        return None
    low = _text_in(experiment.random_low, notice.element)
    high = _text_in(experiment.random_high, notice.element)
    if not low or not high or not _is_due_to_random(notice, experiment):
        return None
    if not _has_category(notice, low, high):
        return None
    is_activity = notice.classification.type is ACTIVITY_MESSAGE  # here a name or a town may be random as well
    if (
        _figures(low) != _figures(high)
        or _age_jumps(low, high, experiment.random_high.page_time - experiment.random_low.page_time)
        or (is_activity and _AGES.sub("", low) != _AGES.sub("", high))
    ):
        return f"with Math.random() fixed near 0 it is {quoted(low)}, fixed near 1 {quoted(high)}"
    return None


def _explain_loads(notice: Notice, experiment: Experiment) -> str | None:
    """Compare the opened page with each later load for which the server sent the same."""
    text, opened = _text_in(experiment.opened, notice.element), experiment.opened
    loads = (experiment.reloaded, experiment.new_visitor, experiment.random_low, experiment.random_high)
    for state in (*loads, experiment.day_later):
        again = _text_in(state, notice.element)
        if state is None or not text or not again or not opened.has_same_content(state):
            continue
        if _figures(text) == _figures(again) or not _has_category(notice, text, again):
            continue
        return (
            f"loaded again {_duration(state.page_time - opened.page_time)} later by the page's clock, it became "
            f"{quoted(again)}, although the server sent the same page"
        )
    return None


def _explain_change(notice: Notice, experiment: Experiment) -> str | None:
    first, last = experiment.opened, experiment.minute_later
    may_receive_data = experiment.random_low is None or experiment.random_low.content_digest is None
    if last is None or may_receive_data or last.data_requests != first.data_requests:
        return None
    before, after = _text_in(first, notice.element), _text_in(last, notice.element)
    if not before or not after or _figures(before) == _figures(after) or _shape(before) != _shape(after):
        return None
    return (
        f"after {last.page_time - first.page_time:.0f} s of virtual time it became {quoted(after)} "
        "without a request for data"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 7_200 else f"{seconds / 3_600:.0f} h"


def _is_due_to_random(notice: Notice, experiment: Experiment) -> bool:
    """Return whether the texts of the two stubbed loads differ because of the stub, not because of the server."""
    low, high = experiment.random_low, experiment.random_high
    if low and high and low.has_same_content(high):
        return True
    first = _text_in(low, notice.element), _text_in(high, notice.element)
    second = (
        _text_in(experiment.random_low_again, notice.element),
        _text_in(experiment.random_high_again, notice.element),
    )
    return first == second


def _age_jumps(one: str, other: str, passed: float) -> bool:
    """Return whether the ages in two texts differ by more than the *passed* seconds between them explain."""
    ages = [[(int(count), _span(unit)) for count, unit in _AGES.findall(normalise(text))] for text in (one, other)]
    if len(ages[0]) != len(ages[1]):
        return False
    return any(
        abs(count * span - count_then * span_then) > passed + max(span, span_then)
        for (count, span), (count_then, span_then) in zip(*ages, strict=True)
    )


def _span(unit: str) -> int:
    """Return the seconds of a unit of time in any of the languages."""
    return next(UNITS[letter] for letter, names in UNIT_NAMES.items() if re.fullmatch(names, unit))


def _text_in(state: PageState | None, element: Element) -> str | None:
    """Return the notice text of *element* in another state; None if it has none there."""
    same = state.snapshot.find(element.selector) if state else None
    return notice_text(same) if same else None


def _has_category(notice: Notice, *texts: str) -> bool:
    classifications = [classify(text, notice.language) for text in texts]
    return all(each is not None and each.category == notice.classification.category for each in classifications)


def _figures(text: str) -> list[str]:
    """Return the figures in *text*, except ages, clocks and dates, which truly change with time."""
    return FIGURES.findall(CLOCKS_AND_DATES.sub("", _AGES.sub("", normalise(text))))


def _shape(text: str) -> str:
    return FIGURES.sub("#", normalise(text))
