"""Whether the page makes up what a notice claims.

Whether a claim is true cannot be seen on a page. That it is made up can: by holding the page's dice. If a notice reads
otherwise with every `Math.random()` next to 0 than with every one next to 1, though the server told the page the same,
or if it does so whenever that is repeated, the page throws it. And if its figure changes with the page's clock while
no data was asked for, nobody counted anything.
"""

from __future__ import annotations

import re

from veritas.audit.patterns.detection import quoted
from veritas.audit.patterns.dom_snapshot import Element
from veritas.audit.patterns.notices import FIGURES, Notice, notices, text_of
from veritas.audit.patterns.page_state import Moment, Trial
from veritas.audit.patterns.taxonomy import ACTIVITY_MESSAGE
from veritas.audit.patterns.text_classifier import Claim, classify, normalise

# "3 minutes ago" may truly become "4 minutes ago".
_AGES = re.compile(r"(\d{1,9}) ?(secs?|seconds?|mins?|minutes?|hrs?|hours?|days?)\b")
_SPANS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def how_invented(notice: Notice, trial: Trial) -> str | None:
    """Return how it shows that *notice* is made up, as a part of a sentence; None where it does not."""
    return _thrown(notice, trial) or _run_down(notice, trial)


def readings(notice: Notice, trial: Trial) -> dict[str, str]:
    """Return what the notice's element said at each moment of the trial."""
    moments = {
        "opened": trial.opened,
        "a_minute_on": trial.far,
        "reloaded": trial.reloaded,
        "random_numbers_low": trial.dice_low,
        "random_numbers_high": trial.dice_high,
        "random_numbers_low_again": trial.dice_low_again,
        "random_numbers_high_again": trial.dice_high_again,
    }
    return {name: said for name, moment in moments.items() if (said := _said(notice.element, moment))}


def differ(one: Moment, other: Moment) -> bool:
    """Tell whether any notice reads otherwise in another load of the page."""
    return any(_said(notice.element, other) not in (None, notice.text) for notice in notices(one.snapshot))


def _thrown(notice: Notice, trial: Trial) -> str | None:
    if trial.dice_low is None or trial.dice_high is None:
        return None
    low, high = _said(notice.element, trial.dice_low), _said(notice.element, trial.dice_high)
    if not low or not high or not _obeys_dice(notice, trial) or not _is_same_claim(notice.claim, low, high):
        return None
    is_activity = notice.claim.type is ACTIVITY_MESSAGE  # whose invention may be a name or a town
    if (
        _figures(low) != _figures(high)
        or _age_jumps(low, high, trial.dice_high.page_time - trial.dice_low.page_time)
        or (is_activity and _AGES.sub("", low) != _AGES.sub("", high))
    ):
        return f"with its random numbers held low it says {quoted(low)}, held high {quoted(high)}"
    return None


def _run_down(notice: Notice, trial: Trial) -> str | None:
    first, last = trial.opened, trial.far
    is_fed = trial.dice_low is None or trial.dice_low.told is None  # it asks for data, or is open to what is sent
    if last is None or is_fed or last.data_requests != first.data_requests:
        return None
    before, after = _said(notice.element, first), _said(notice.element, last)
    if not before or not after or _figures(before) == _figures(after) or _shape(before) != _shape(after):
        return None
    return (
        f"{last.page_time - first.page_time:.0f} s of the page's own time turned it into {quoted(after)} "
        "without a request for data"
    )


def _obeys_dice(notice: Notice, trial: Trial) -> bool:
    """Tell whether what differs between the throws is due to the dice, not to a server that says what it likes."""
    low, high = trial.dice_low, trial.dice_high
    if low and high and low.told_as(high):
        return True
    again = _said(notice.element, trial.dice_low_again), _said(notice.element, trial.dice_high_again)
    return again == (_said(notice.element, low), _said(notice.element, high))


def _age_jumps(one: str, other: str, passed: float) -> bool:
    """Tell whether the ages in two texts differ by more than the seconds that passed between them explain."""
    ages = [[(int(count), _SPANS[unit[0]]) for count, unit in _AGES.findall(normalise(text))] for text in (one, other)]
    if len(ages[0]) != len(ages[1]):
        return False
    return any(
        abs(count * span - count_then * span_then) > passed + max(span, span_then)
        for (count, span), (count_then, span_then) in zip(*ages, strict=True)
    )


def _said(element: Element, moment: Moment | None) -> str | None:
    twin = moment.snapshot.at(element.selector) if moment else None
    return text_of(twin) if twin else None


def _is_same_claim(claim: Claim, *texts: str) -> bool:
    return all((found := classify(text)) is not None and found.category == claim.category for text in texts)


def _figures(text: str) -> list[str]:
    """Return the figures in *text* but for ages."""
    return FIGURES.findall(_AGES.sub("", normalise(text)))


def _shape(text: str) -> str:
    return FIGURES.sub("#", normalise(text))
