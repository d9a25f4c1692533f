"""Countdowns, held against the time that they claim to count.

An honest countdown has one deadline: load the page again, and it goes on from where it was; when it reaches zero, the
offer ends. Neither is waited for: the page's clock is driven, and the readings are compared with what one deadline
would give. A server may count as well, whose clock nobody drives; its countdown goes on by the world's time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from veritas.audit.patterns.clock import Clock, read_clock
from veritas.audit.patterns.element import Element, Snapshot
from veritas.audit.patterns.moment import Moment, Trial
from veritas.audit.patterns.money import prices
from veritas.audit.patterns.sighting import Sighting, quoted
from veritas.audit.patterns.taxonomy import COUNTDOWN_TIMER
from veritas.audit.patterns.texts import normalise

# Seconds by which readings of one deadline may differ: clocks show whole seconds, and scripts start a little late.
TOLERANCE = 1.8
# Seconds of the world's time between two loads, from which a server's countdown differs from one that resets: as many
# where only the readings tell, and fewer where the server is known to have told both loads the same.
GAP = 3.0
SURE_GAP = 1.2

_OFFER = re.compile(
    r"\b(?:sales?|offers?|deals?|discount|save|savings?|off|price|ends?|ending|expires?|expiring|left"
    r"|remaining|hurry|reserved|held|order|buy|shop|checkout|cart|basket|bag|free|promo\w*|coupon|code|today"
    r"|flash|special|gift|limited|bonus|tickets?|seats?)\b"
)
_ENDED = re.compile(
    r"\b(?:ended|expired|is over|are over|closed|finished|no longer|missed|too late|sold out|has passed|ended\.)\b"
)
# Until when a parcel leaves today begins anew every day.
_CUT_OFF = re.compile(
    r"\b(?:dispatch\w*|deliver\w*|ship\w*|arriv\w*|get it by|same[- ]day|next[- ]day|collect\w*|pick ?up)\b"
)
_PER_VISITOR = re.compile(r"\b(?:reserved|held|cart|basket|bag|session|hold)\b")
_DATE = re.compile(
    r"\b(?:20\d\d|jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|june?|july?|aug\w*|sept?\w*|oct\w*|nov\w*|dec\w*)\b"
)
_STILL = re.compile(r"\d{1,3} ?: ?\d\d ?: ?\d\d")


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
    before, after = _reading(later, ticker), _reading(far, ticker)
    return before is not None and after is not None and before - after >= 0.8 * (far.page_time - later.page_time)


def suspects(found: list[Ticker], opened: Moment, reloaded: Moment) -> bool:
    """Tell whether a ticker may have begun anew with the reload, so that more time must pass to be sure."""
    return any(_began_anew(ticker, opened, reloaded) is not None for ticker in found)


def missing_gap(first: Moment, second: Moment) -> float:
    """Return for how many more seconds of the world's time a server must be given to count; 0 where it had them."""
    needed = SURE_GAP if first.told_as(second) else GAP
    return max(0.0, needed - load_gap(first, second))


def load_gap(first: Moment, second: Moment) -> float:
    """Return the world's seconds between the loads of two moments."""
    return (second.real_time - second.snapshot.age) - (first.real_time - first.snapshot.age)


def judge(trial: Trial) -> Iterator[Sighting]:
    """Yield the countdowns whose deadline is not one."""
    if trial.later is None:
        return
    found = tickers(trial.opened, trial.later)
    for ticker in found:
        yield from _resets(ticker, trial)
        yield from _outlives_zero(ticker, trial)
    yield from _stands_still(trial, found)


def _resets(ticker: Ticker, trial: Trial) -> Iterator[Sighting]:
    for again, who in ((trial.reloaded, "after a reload again"), (trial.newcomer, "to a new visitor")):
        if again is None or (again is trial.newcomer and _PER_VISITOR.search(normalise(ticker.context.text or ""))):
            continue
        expected = _began_anew(ticker, trial.opened, again)
        value = _reading(again, ticker)
        if expected is None or value is None or missing_gap(trial.opened, again):
            continue
        deadline = max(0, round(ticker.clock.seconds - (again.page_time - trial.opened.page_time)))
        yield Sighting(
            kind="countdown_resets",
            type=COUNTDOWN_TIMER,
            title="Countdown starts over",
            detail=(
                f"The countdown in {quoted(ticker.context.text)} showed {_face(ticker.clock.seconds)} "
                f"{trial.opened.age:.0f} s after loading, and {again.page_time - trial.opened.page_time:.0f} s later "
                f"by the page's clock {who} {_face(value)}, where a fixed deadline would have left {_face(deadline)}."
            ),
            severity="high",
            confidence=0.95,
            signal="temporal",
            element=ticker.element,
            measured={
                "shown_s": ticker.clock.seconds,
                "shown_again_s": value,
                "expected_of_a_fixed_deadline_s": deadline,
                "expected_of_a_restart_s": round(expected, 1),
                "page_seconds_between": round(again.page_time - trial.opened.page_time, 1),
                "real_seconds_between_loads": round(load_gap(trial.opened, again), 1),
                "server_told_the_same": trial.opened.told_as(again),
                "compared": who,
            },
        )
        return


def _began_anew(ticker: Ticker, opened: Moment, again: Moment) -> float | None:
    """Return what a countdown that starts with the page would show in *again*, if that is what it shows."""
    value = _reading(again, ticker)
    if value is None:
        return None
    expected = ticker.clock.seconds + opened.age - again.age
    by_page = ticker.clock.seconds - (again.page_time - opened.page_time)
    if abs(value - expected) > TOLERANCE or abs(value - by_page) <= TOLERANCE:
        return None
    by_server = expected - load_gap(opened, again)
    is_nearer = abs(value - expected) < abs(value - by_server)
    return expected if is_nearer or missing_gap(opened, again) or opened.told_as(again) else None


def _outlives_zero(ticker: Ticker, trial: Trial) -> Iterator[Sighting]:
    after = trial.expired
    if after is None or trial.later is None:
        return
    last_load = trial.newcomer or trial.reloaded or trial.opened
    last = _reading(last_load, ticker)
    start = ticker.clock.seconds if last is None else last
    if start - (after.page_time - last_load.page_time) > -1:
        return  # it was not driven to its zero
    context = after.snapshot.at(ticker.context.selector)
    value = _reading(after, ticker)
    words = normalise(ticker.context.text or "")
    if value is not None and value > TOLERANCE:
        if _CUT_OFF.search(words):
            return
        what = f"then started again at {_face(value)}"
    else:
        if context is None or not context.visible or _offer_ended(trial.later.snapshot, after.snapshot):
            return
        if _without_figures(context.text) != _without_figures(ticker.context.text):
            return
        what = (
            f"then showed {_face(value)} while the offer stayed as it was"
            if value is not None
            else "then went, and the offer stayed"
        )
    yield Sighting(
        kind="countdown_outlives_zero",
        type=COUNTDOWN_TIMER,
        title="Countdown outlives its own zero",
        detail=f"The countdown in {quoted(ticker.context.text)} was driven past its zero and {what}.",
        severity="high",
        confidence=0.9,
        signal="temporal",
        element=ticker.element,
        measured={
            "shown_s": start,
            "page_seconds_driven": round(after.page_time - last_load.page_time, 1),
            "shown_after_zero_s": value,
        },
    )


def _stands_still(trial: Trial, found: list[Ticker]) -> Iterator[Sighting]:
    """Yield the clock faces that press for time and do not move."""
    moving = {ticker.element.selector for ticker in found}
    if trial.far is None:
        return
    for element in trial.opened.snapshot.texts:
        words = normalise(element.text or "")
        if element.selector in moving or not _STILL.search(words) or not _OFFER.search(words) or _DATE.search(words):
            continue
        twin = trial.far.snapshot.at(element.selector)
        clock = read_clock(element.text)
        if clock and clock.seconds and twin and twin.visible and twin.text == element.text:
            yield Sighting(
                kind="countdown_frozen",
                type=COUNTDOWN_TIMER,
                title="Countdown that does not run",
                detail=(
                    f"The clock in {quoted(element.text)} still showed {_face(clock.seconds)} after "
                    f"{trial.far.page_time - trial.opened.page_time:.0f} s of the page's time."
                ),
                severity="medium",
                confidence=0.7,
                signal="temporal",
                element=element,
                measured={
                    "shown_s": clock.seconds,
                    "page_seconds_between": round(trial.far.page_time - trial.opened.page_time, 1),
                },
            )


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
    """Return the nearest element that says what the clock counts for; None where nothing does."""
    for candidate in (element, *snapshot.ancestors(element)):
        if candidate.text is None:
            return None
        words = normalise(candidate.text).replace(clock.words, " ")
        if _OFFER.search(words):
            return candidate
    return None


def _reading(moment: Moment, ticker: Ticker) -> int | None:
    element = moment.snapshot.at(ticker.element.selector)
    clock = read_clock(element.text) if element and element.visible else None
    return clock.seconds if clock else None


def _offer_ended(before: Snapshot, after: Snapshot) -> bool:
    """Tell whether the page took its offer back: it says that it is over, or asks other prices."""
    known = {element.text for element in before.texts}
    if any(_ENDED.search(normalise(element.text or "")) for element in after.texts if element.text not in known):
        return True
    return _all_prices(before) != _all_prices(after)


def _all_prices(snapshot: Snapshot) -> list[float]:
    return sorted(price for element in snapshot.texts for price in prices(element.text or ""))


def _without_figures(text: str | None) -> str:
    return re.sub(r"[\d\s:.,-]+", " ", text or "")


def _face(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{f'{days} d ' if days else ''}{hour:02}:{minute:02}:{second:02}"
