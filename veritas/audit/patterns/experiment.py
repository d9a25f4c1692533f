"""Run an experiment on a page: open it, advance its virtual time, load it again, stub `Math.random()`.

Only tests that the page calls for are run, so a plain page is observed three times: a timer that counts down has its
deadline tested, a claim with a number is loaded with stubbed random numbers, a sign-up wall gets the Escape key.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from veritas.audit.browser import Tab
from veritas.audit.patterns.countdown import (
    MIN_GAP,
    all_continue,
    find_still_clocks,
    may_have_restarted,
    remaining_wait,
)
from veritas.audit.patterns.fake_claims import have_different_texts
from veritas.audit.patterns.forced_enrollment import find_sign_up_wall
from veritas.audit.patterns.made_up_numbers import find_unread_numbers, may_count_time
from veritas.audit.patterns.notices import find_notices
from veritas.audit.patterns.page_state import Experiment, PageState
from veritas.audit.patterns.timers import Timer, find_timers, follows_page_clock
from veritas.audit.patterns.virtual_time import VirtualTimePage
from veritas.audit.screenshots import FULL, NONE
from veritas.errors import PageError

# Seconds of virtual time before the first observation: by then boxes that open by themselves, such as a sign-up box,
# are there.
_SETTLE = 6.0
_TICK = 2.0
_AHEAD = 60.0
# A day and an odd part of one, so that a number that follows the hour or the day changes.
_DAY = 86_400.0 + 7 * 3_600.0 + 11 * 60.0 + 13.0
# The longest countdown, in seconds, that counts its own ticks and is run to its zero, tick by tick.
_LONGEST_COUNT = 3_600.0
# Seconds of real time for all tests after the first observation.
_LIMIT = 40.0
# The values of the stubbed `Math.random()`; not 0 and 1, by which a script may divide.
_LOW, _HIGH = 0.02, 0.98


async def run_experiment(tab: Tab, *, screenshots: str = FULL) -> Experiment:
    """Run the experiment on the page in *tab*, which was opened with `virtual_time=True`.

    Args:
        tab: The page.
        screenshots: What to take pictures of: `none`, `viewport` or `full`.

    Raises:
        PageError: The page cannot be examined at all. If only a later test fails, the result's `unknown` states it.
    """
    return await _Experimenter(tab, screenshots).run()


class _Experimenter:
    def __init__(self, tab: Tab, screenshots: str) -> None:
        self.tab = tab
        self.pictured = screenshots
        self.page = VirtualTimePage(tab)
        self.states: dict[str, PageState] = {}
        self.screenshots: dict[str, bytes] = {}
        self.unknown: list[str] = []
        self._workers = 0
        self._advanced_before_load = 0.0
        self._documents = 0

    async def run(self) -> Experiment:
        self._documents = len(self.tab.log.documents)
        error = None
        try:
            await self._act_as_visitor()
            await self.page.run_for(_SETTLE)
        except PageError as caught:
            error = caught
        opened = await self._observe("opened")
        await self._take_screenshot("opened")
        try:
            if error is None:
                async with asyncio.timeout(_LIMIT):
                    await self._run_tests(opened)
        except PageError as caught:
            error = caught
        except TimeoutError:
            error = PageError(f"{self.tab.url!r} is too slow for all tests to end within {_LIMIT:g} s.")
        if error:
            self.unknown.append(str(await self.tab.explain(error)))
        return Experiment(
            **self.states,
            screenshots=self.screenshots,
            workers=self._workers,
            limits_reached=tuple(self.tab.log.reached),
            unknown=tuple(self.unknown),
        )

    async def _run_tests(self, opened: PageState) -> None:
        await self.page.run_for(_TICK)
        later = await self._observe("later")
        timers = find_timers(opened, later)
        await self.page.fast_forward(_AHEAD)
        await self.page.run_for(_TICK)
        minute_later = await self._observe("minute_later")
        self._workers = self.page.workers
        if find_still_clocks(opened, minute_later):
            await asyncio.sleep(max(0.0, MIN_GAP - (self.page.real_time - opened.real_time)))
            await self._observe("waited")
        notices = find_notices(opened.snapshot)
        known = {notice.element.selector for notice in notices}
        new = [notice for notice in find_notices(minute_later.snapshot) if notice.element.selector not in known]
        if new:
            await self._take_screenshot("minute_later")
        has_claims = any(notice.has_figure for notice in [*notices, *new])
        has_figures = has_claims or bool(find_unread_numbers(opened.snapshot))
        if timers or has_figures:
            opened = self.states["opened"] = replace(opened, content_digest=await self.page.content_digest())
        if has_figures:
            await self._test_random(opened, timers)
        if timers:
            await self._test_deadlines(timers, opened, later, minute_later)
        if find_sign_up_wall(opened.snapshot):
            await self._test_escape()
        if has_claims:
            await self._test_day(opened)

    async def _test_random(self, opened: PageState, timers: list[Timer]) -> None:
        """Load the page with low and with high random numbers.

        If every timer continues, the first of these loads is also the further one of the same visitor. The second is
        also that of a new one if nothing is stored in the browser, by which the two visitors could differ.
        """
        low = await self._load_with_random("random_low", _LOW)
        high = await self._load_with_random("random_high", _HIGH)
        if timers and all_continue(timers, opened, low):
            self.states["reloaded"] = low
            if not await self.page.has_stored_data():
                self.states["new_visitor"] = high
        is_unsure = have_different_texts(low, high) and not low.has_same_content(high)
        if is_unsure or may_count_time(opened, low, high):
            await self._load_with_random("random_low_again", _LOW)
            await self._load_with_random("random_high_again", _HIGH)

    async def _test_day(self, opened: PageState) -> None:
        """Load the page a day later, unless its claims differed before."""
        loads = [self.states[name] for name in ("random_low", "random_high", "reloaded") if name in self.states]
        if not any(have_different_texts(opened, state) for state in loads):
            await self.page.fast_forward(_DAY)
            await self._load_again("day_later")

    async def _load_with_random(self, name: str, value: float) -> PageState:
        await self.page.stub_random(value)
        return await self._load_again(name)

    async def _test_deadlines(
        self, timers: list[Timer], opened: PageState, later: PageState, minute_later: PageState
    ) -> None:
        if not await self._test_restart("reloaded", timers, opened):
            await self._test_restart("new_visitor", timers, opened, clear_storage=True)
        await self._advance_past_zero(timers, later, minute_later)

    async def _test_restart(
        self, name: str, timers: list[Timer], opened: PageState, *, clear_storage: bool = False
    ) -> bool:
        """Load the page again until it is certain whether a countdown restarts with it; return whether one does."""
        again = self.states.get(name)
        while True:
            if again is None:
                if clear_storage:
                    await self.page.clear_storage()
                again = await self._load_again(name)
            if not may_have_restarted(timers, opened, again):
                return False
            wait = remaining_wait(opened, again)
            if not wait:
                return True
            await asyncio.sleep(wait)  # a server's countdown follows real time, which has to pass
            again = None

    async def _advance_past_zero(self, timers: list[Timer], later: PageState, minute_later: PageState) -> None:
        longest = max(timer.reading.seconds for timer in timers)
        if any(follows_page_clock(timer, later, minute_later) for timer in timers):
            await self.page.fast_forward(max(0.0, longest - 1))
            await self.page.run_for(2 * _TICK)
        counting = [timer.reading.seconds for timer in timers if not follows_page_clock(timer, later, minute_later)]
        if any(seconds <= _LONGEST_COUNT for seconds in counting):
            await self.page.run_for(max(seconds for seconds in counting if seconds <= _LONGEST_COUNT) + 2 * _TICK)
        if any(seconds > _LONGEST_COUNT for seconds in counting):
            self.unknown.append(
                "The end of a countdown could not be tested: it counts its own ticks, and more than an hour is left."
            )
        await self._observe("expired")

    async def _test_escape(self) -> None:
        await self.page.press("Escape")
        await self._observe("after_escape")

    async def _act_as_visitor(self) -> None:
        """Do what makes pages show more: scroll to the end, and move the mouse as if to leave the window."""
        await self.page.evaluate("window.scrollTo(0, 1e6)")
        await self.page.move_mouse(400, 300)
        await self.page.move_mouse(400, 0)
        await self.page.evaluate("window.scrollTo(0, 0)")

    async def _load_again(self, name: str) -> PageState:
        self._advanced_before_load = self.page.advanced
        await self.page.reload()
        self._documents = len(self.tab.log.documents)
        await self._act_as_visitor()
        await self.page.run_for(_SETTLE)
        state = await self._observe(name)
        state = self.states[name] = replace(state, content_digest=await self.page.content_digest())
        return state

    async def _observe(self, name: str) -> PageState:
        snapshot = await self.page.snapshot(closely=name == "opened")
        if len(self.tab.log.documents) > self._documents and self.tab.page.url != self.tab.url:
            raise PageError(f"{self.tab.url!r} moves to {self.tab.page.url!r} by itself.")
        state = PageState(
            snapshot=snapshot,
            page_time=self.page.page_time,
            real_time=self.page.real_time,
            age=snapshot.age + self.page.advanced - self._advanced_before_load,
            data_requests=self.page.data_requests,
        )
        self.states[name] = state
        return state

    async def _take_screenshot(self, name: str) -> None:
        if self.pictured == NONE:
            return
        try:
            self.screenshots[name] = await self.tab.screenshot(full_page=self.pictured == FULL)
        except PageError as error:
            self.unknown.append(str(error))
