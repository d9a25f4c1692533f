"""Countdowns, held against the time that they claim to count.

An honest countdown has one deadline: load the page again, and it goes on from where it was; when it reaches zero, the
offer ends. Neither is waited for: the page's clock is driven, and the readings are compared with what one deadline
would give. A server may count as well, whose clock nobody drives; its countdown goes on by the world's time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.detection import Sighting, quoted
from veritas.audit.patterns.dom_snapshot import Snapshot
from veritas.audit.patterns.page_state import Moment, Trial
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.taxonomy import COUNTDOWN_TIMER
from veritas.audit.patterns.text_classifier import normalise
from veritas.audit.patterns.timers import OFFER, TOLERANCE, Ticker, read_clock, reading, tickers

# Seconds of the world's time between two loads, from which a server's countdown differs from one that resets: as many
# where only the readings tell, and fewer where the server is known to have told both loads the same.
GAP = 3.0
SURE_GAP = 1.2

_ENDED = re.compile(
    r"\b(?:ended|expired|is over|are over|closed|finished|no longer|missed|too late|sold out|has passed)\b"
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
    for again, who in ((trial.reloaded, "after a reload"), (trial.newcomer, "to a new visitor")):
        if again is None or (again is trial.newcomer and _PER_VISITOR.search(normalise(ticker.context.text or ""))):
            continue
        expected = _began_anew(ticker, trial.opened, again)
        value = reading(again, ticker)
        if expected is None or value is None or missing_gap(trial.opened, again):
            continue
        deadline = max(0, round(ticker.clock.seconds - (again.page_time - trial.opened.page_time)))
        yield Sighting(
            kind="countdown_resets",
            type=COUNTDOWN_TIMER,
            title="Countdown starts over",
            detail=(
                f"The countdown in {quoted(ticker.context.text)} showed {_face(ticker.clock.seconds)}; "
                f"{again.page_time - trial.opened.page_time:.0f} s later by the page's clock it showed {_face(value)} "
                f"{who}, where a fixed deadline would have left {_face(deadline)}."
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
    value = reading(again, ticker)
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
    last = reading(last_load, ticker)
    start = ticker.clock.seconds if last is None else last
    if start - (after.page_time - last_load.page_time) > -1:
        return  # it was not driven to its zero
    context = after.snapshot.at(ticker.context.selector)
    value = reading(after, ticker)
    if _offer_ended(trial.later.snapshot, after.snapshot):
        return
    if value is not None and value > TOLERANCE:
        if _CUT_OFF.search(normalise(ticker.context.text or "")):
            return
        what = f"then started again at {_face(value)}"
    elif context and context.visible and _without_figures(context.text) == _without_figures(ticker.context.text):
        shown = "nothing more" if value is None else _face(value)
        what = f"then showed {shown} while the offer stayed as it was"
    else:
        return
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
        if element.selector in moving or not _STILL.search(words) or not OFFER.search(words) or _DATE.search(words):
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
