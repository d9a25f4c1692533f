"""Detect countdowns to a false deadline (fake urgency).

An honest countdown has one deadline: it continues when the page is loaded again, and the offer ends when it reaches
zero. Both are tested in virtual time, and the times that the page shows are compared with those of a fixed deadline. A
countdown may also come from a server, whose clock is not controlled: it continues in real time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.detection import CannotTell, Detection, Result, quoted
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.lexicon.controls import words
from veritas.audit.patterns.moments import names_moment
from veritas.audit.patterns.page_state import Experiment, PageState
from veritas.audit.patterns.prices import prices
from veritas.audit.patterns.taxonomy import COUNTDOWN_TIMER
from veritas.audit.patterns.text_classifier import normalise
from veritas.audit.patterns.timers import TOLERANCE, Timer, find_timers, is_about_offer, read_timer, seconds_shown

# Seconds of real time between two loads after which a server's countdown differs from one that restarts. Less is enough
# if the server is known to have sent the same for both loads.
MIN_GAP = 3.0
MIN_GAP_SAME_CONTENT = 1.2

_ENDED = words("ended")
# Daily deadlines, such as the time until which a parcel leaves the same day; they may restart at zero.
_CUT_OFF = words("cut_off")
_PER_VISITOR = words("per_visitor")
_OUTSIDE_CLOCK = "it runs by a clock outside the page, which the audit cannot advance"
_CLOCK_FACE = re.compile(r"\d{1,3} ?: ?\d\d ?: ?\d\d")


def may_have_restarted(timers: list[Timer], opened: PageState, reloaded: PageState) -> bool:
    """Return whether a timer may have restarted with the reload, so that real time must pass to be certain."""
    return any(_expected_after_restart(timer, opened, reloaded) is not None for timer in timers)


def all_continue(timers: list[Timer], opened: PageState, reloaded: PageState) -> bool:
    """Return whether the reloaded page shows every timer, and whether all of them go on from where they were."""
    are_shown = all(seconds_shown(reloaded, timer) is not None for timer in timers)
    return are_shown and not may_have_restarted(timers, opened, reloaded)


def remaining_wait(first: PageState, second: PageState) -> float:
    """Return how many more seconds of real time two loads need between them for a server's countdown to differ."""
    needed = MIN_GAP_SAME_CONTENT if first.has_same_content(second) else MIN_GAP
    return max(0.0, needed - seconds_between_loads(first, second))


def seconds_between_loads(first: PageState, second: PageState) -> float:
    """Return the seconds of real time between the loads of two states."""
    return (second.real_time - second.snapshot.age) - (first.real_time - first.snapshot.age)


def find_still_clocks(opened: PageState, later: PageState) -> list[Element]:
    """Return the clocks of an offer that show the same time in two states, however much virtual time has passed."""
    return [element for element in _clocks_of_offers(opened) if _seconds_counted(element, later) == 0]


def detect(experiment: Experiment) -> Iterator[Result]:
    """Yield the countdowns that restart, continue after zero, or do not run."""
    if experiment.later is None:
        return
    timers = find_timers(experiment.opened, experiment.later)
    for timer in timers:
        yield from _detect_restart(timer, experiment)
        yield from _detect_no_effect(timer, experiment)
    snapshot = experiment.opened.snapshot
    running = {
        element.selector
        for timer in timers
        for element in (timer.element, *snapshot.ancestors(timer.element), *snapshot.descendants(timer.element))
    }
    yield from _detect_frozen(running, experiment)


def _detect_restart(timer: Timer, experiment: Experiment) -> Iterator[Detection]:
    opened = experiment.opened
    for again, compared in ((experiment.reloaded, "after a reload"), (experiment.new_visitor, "to a new visitor")):
        if again is None:
            continue
        if again is experiment.new_visitor and _PER_VISITOR.search(normalise(timer.context.text or "")):
            continue
        expected = _expected_after_restart(timer, opened, again)
        value = seconds_shown(again, timer)
        if expected is None or value is None or remaining_wait(opened, again):
            continue
        passed = again.page_time - opened.page_time
        deadline = max(0, round(timer.reading.seconds - passed))
        yield Detection(
            kind="countdown_resets",
            type=COUNTDOWN_TIMER,
            title="Countdown timer restarts",
            detail=(
                f"The countdown in {quoted(timer.context.text)} showed {_format_time(timer.reading.seconds)}; "
                f"{passed:.0f} s later by the page's clock it showed {_format_time(value)} {compared}, where a fixed "
                f"deadline would have left {_format_time(deadline)}."
            ),
            severity="high",
            confidence=0.95,
            signal="temporal",
            element=timer.element,
            measured={
                "shown_s": timer.reading.seconds,
                "shown_again_s": value,
                "expected_of_a_fixed_deadline_s": deadline,
                "expected_of_a_restart_s": round(expected, 1),
                "page_seconds_between": round(passed, 1),
                "real_seconds_between_loads": round(seconds_between_loads(opened, again), 1),
                "server_told_the_same": opened.has_same_content(again),
                "compared": compared,
            },
        )
        return


def _expected_after_restart(timer: Timer, opened: PageState, again: PageState) -> float | None:
    """Return the seconds that a timer which starts with each load shows in *again*; None if it does not show them."""
    value = seconds_shown(again, timer)
    if value is None:
        return None
    expected = timer.reading.seconds + opened.age - again.age
    by_page_clock = timer.reading.seconds - (again.page_time - opened.page_time)
    if abs(value - expected) > TOLERANCE or abs(value - by_page_clock) <= TOLERANCE:
        return None
    by_server_clock = expected - seconds_between_loads(opened, again)
    is_nearer = abs(value - expected) < abs(value - by_server_clock)
    return expected if is_nearer or remaining_wait(opened, again) or opened.has_same_content(again) else None


def _detect_no_effect(timer: Timer, experiment: Experiment) -> Iterator[Result]:
    expired = experiment.expired
    if expired is None or experiment.later is None:
        return
    last_load = experiment.expired_load
    last_shown = seconds_shown(last_load, timer)
    start = timer.reading.seconds if last_shown is None else last_shown
    advanced = expired.page_time - last_load.page_time
    if start - advanced > -1:
        return  # the clock was not advanced past its zero
    context = expired.snapshot.find(timer.context.selector)
    value = seconds_shown(expired, timer)
    if _offer_ended(experiment.later.snapshot, expired.snapshot):
        return
    if (value is None or value <= TOLERANCE) and _has_fixed_deadline(timer, experiment):
        return  # a server ends the offer; the page only stops its clock
    if value is not None and abs(start - value - (expired.real_time - last_load.real_time)) <= TOLERANCE:
        yield _cannot_tell(timer.context, _OUTSIDE_CLOCK)
        return
    if value is not None and value > TOLERANCE:
        if _CUT_OFF.search(normalise(timer.context.text or "")):
            return
        result = f"started again at {_format_time(value)}"
    elif context and context.visible and _without_figures(context.text) == _without_figures(timer.context.text):
        rest = "no time" if value is None else _format_time(value)
        result = f"showed {rest} while the offer stayed as it was"
    else:
        return
    yield Detection(
        kind="countdown_outlives_zero",
        type=COUNTDOWN_TIMER,
        title="Countdown timer has no effect",
        detail=f"After its zero, the countdown in {quoted(timer.context.text)} {result}.",
        severity="high",
        confidence=0.9,
        signal="temporal",
        element=timer.element,
        measured={
            "shown_s": start,
            "page_seconds_driven": round(advanced, 1),
            "shown_after_zero_s": value,
        },
    )


def _has_fixed_deadline(timer: Timer, experiment: Experiment) -> bool:
    """Return whether every further load of the page, the one of a new visitor as well, kept the timer's deadline."""
    loads = [state for state in (experiment.reloaded, experiment.new_visitor) if state and seconds_shown(state, timer)]
    return bool(loads) and all(_expected_after_restart(timer, experiment.opened, load) is None for load in loads)


def _detect_frozen(running: set[str], experiment: Experiment) -> Iterator[Result]:
    """Yield the timers of an offer that do not run, neither in virtual nor in real time."""
    opened, minute_later, waited = experiment.opened, experiment.minute_later, experiment.waited
    if minute_later is None:
        return
    passed = minute_later.page_time - opened.page_time
    for element in _clocks_of_offers(opened):
        counted = _seconds_counted(element, minute_later)
        if element.selector in running or counted is None or not 0 <= counted < passed / 2:
            continue
        if counted:
            yield _cannot_tell(element, _OUTSIDE_CLOCK)
        elif waited is None or waited.real_time - opened.real_time < MIN_GAP:
            yield _cannot_tell(element, "not enough time has passed to see whether it runs")
        elif _seconds_counted(element, waited) != 0:
            yield _cannot_tell(element, _OUTSIDE_CLOCK)
        elif experiment.workers or waited.data_requests:
            yield _cannot_tell(element, "a worker or the server may set it, and did not while the page was open")
        else:
            yield _frozen(element, passed, waited.real_time - opened.real_time)


def _clocks_of_offers(opened: PageState) -> Iterator[Element]:
    """Yield the texts that name an offer and show hours, minutes and seconds."""
    for element in opened.snapshot.texts:
        text = normalise(element.text or "")
        if _CLOCK_FACE.search(text) and is_about_offer(text) and not names_moment(text) and read_timer(element.text):
            yield element


def _seconds_counted(element: Element, later: PageState) -> int | None:
    """Return by how many seconds a clock has gone down in another state; None if it shows no time there."""
    same = later.snapshot.find(element.selector)
    before, after = read_timer(element.text), read_timer(same.text) if same and same.visible else None
    return before.seconds - after.seconds if before and after and before.seconds else None


def _cannot_tell(element: Element, why: str) -> CannotTell:
    return CannotTell(
        "a countdown", f"Whether the deadline in {quoted(element.text)} is true is not known: {why}.", "temporal"
    )


def _frozen(element: Element, page_seconds: float, real_seconds: float) -> Detection:
    reading = read_timer(element.text)
    shown = reading.seconds if reading else 0
    return Detection(
        kind="countdown_frozen",
        type=COUNTDOWN_TIMER,
        title="Countdown timer does not run",
        detail=(
            f"The timer in {quoted(element.text)} still showed {_format_time(shown)} after {page_seconds:.0f} s of "
            f"virtual time and {real_seconds:.0f} s of real time."
        ),
        severity="medium",
        confidence=0.7,
        signal="temporal",
        element=element,
        measured={
            "shown_s": shown,
            "page_seconds_between": round(page_seconds, 1),
            "real_seconds_between": round(real_seconds, 1),
        },
    )


def _offer_ended(before: Snapshot, after: Snapshot) -> bool:
    """Return whether the page withdrew its offer: it states the end, or its prices differ."""
    known = {element.text for element in before.texts}
    if any(_ENDED.search(normalise(element.text or "")) for element in after.texts if element.text not in known):
        return True
    return _all_prices(before) != _all_prices(after)


def _all_prices(snapshot: Snapshot) -> list[float]:
    return sorted(price for element in snapshot.texts for price in prices(element.text or ""))


def _without_figures(text: str | None) -> str:
    return re.sub(r"[\d\s:.,-]+", " ", text or "")


def _format_time(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{f'{days} d ' if days else ''}{hour:02}:{minute:02}:{second:02}"
