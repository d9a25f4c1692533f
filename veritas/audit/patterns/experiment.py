"""Put a live page through its trial: open it, drive its clock, load it again, hold its dice.

Only what the page gives cause for is tried, so that a plain page costs two looks: a clock that falls has its deadline
tested, a claim with a figure has its dice held, a wall has the Escape key pressed.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from veritas.audit.browser import Tab
from veritas.audit.patterns.countdown import missing_gap, suspects
from veritas.audit.patterns.fake_claims import differ
from veritas.audit.patterns.forced_enrollment import find_wall
from veritas.audit.patterns.notices import notices
from veritas.audit.patterns.page_state import Moment, Trial
from veritas.audit.patterns.timers import Ticker, follows_clock, tickers
from veritas.audit.patterns.virtual_time import LivePage
from veritas.errors import PageError

# Seconds of the page's time before the first look: what opens by itself, such as a sign-up box, is there by then.
_SETTLE = 6.0
_TICK = 2.0
_AHEAD = 60.0
# The longest countdown that counts its own ticks and is driven to its zero, tick by tick.
_LONGEST_COUNT = 3_600.0
# Seconds of the world's time for all that is tried after the first look.
_LIMIT = 40.0
# What the page's dice show; not the ends, where a script may divide by them.
_LOW, _HIGH = 0.02, 0.98


async def conduct(tab: Tab) -> Trial:
    """Return what *tab*, opened with `clock=True`, shows when it is put on trial.

    Raises:
        PageError: The page cannot be examined at all; what cannot be tried later is in the trial's `unknown`.
    """
    return await _Conductor(tab).conduct()


class _Conductor:
    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.page = LivePage(tab)
        self.moments: dict[str, Moment] = {}
        self.screenshots: dict[str, bytes] = {}
        self.unknown: list[str] = []
        self._driven_before_load = 0.0
        self._documents = 0

    async def conduct(self) -> Trial:
        self._documents = len(self.tab.log.documents)
        fault = None
        try:
            await self._provoke()
            await self.page.run(_SETTLE)
        except PageError as error:
            fault = error
        opened = await self._look("opened")
        await self._shoot("opened")
        try:
            if fault is None:
                async with asyncio.timeout(_LIMIT):
                    await self._try(opened)
        except PageError as error:
            fault = error
        except TimeoutError:
            fault = PageError(f"{self.tab.url!r} is too slow for all that was to be tried in {_LIMIT:g} s.")
        if fault:
            self.unknown.append(str(fault))
        return Trial(**self.moments, screenshots=self.screenshots, unknown=tuple(self.unknown))

    async def _try(self, opened: Moment) -> None:
        await self.page.run(_TICK)
        later = await self._look("later")
        found = tickers(opened, later)
        await self.page.jump(_AHEAD)
        await self.page.run(_TICK)
        far = await self._look("far")
        said = notices(opened.snapshot)
        known = {notice.element.selector for notice in said}
        new = [notice for notice in notices(far.snapshot) if notice.element.selector not in known]
        if new:
            await self._shoot("far")
        has_figures = any(notice.has_figure for notice in [*said, *new])
        if found or has_figures:
            opened = self.moments["opened"] = replace(opened, told=await self.page.told())
        if has_figures:
            await self._hold_dice()
        if found:
            await self._test_deadlines(found, opened, later, far)
        if find_wall(opened.snapshot):
            await self._press_escape()

    async def _hold_dice(self) -> None:
        low = await self._throw("dice_low", _LOW)
        high = await self._throw("dice_high", _HIGH)
        if differ(low, high) and not low.told_as(high):
            await self._throw("dice_low_again", _LOW)
            await self._throw("dice_high_again", _HIGH)

    async def _throw(self, name: str, value: float) -> Moment:
        await self.page.load_the_dice(value)
        return await self._load_again(name)

    async def _test_deadlines(self, found: list[Ticker], opened: Moment, later: Moment, far: Moment) -> None:
        if not await self._begins_anew("reloaded", found, opened):
            await self._begins_anew("newcomer", found, opened, forget=True)
        await self._drive_past_zero(found, later, far)

    async def _begins_anew(self, name: str, found: list[Ticker], opened: Moment, *, forget: bool = False) -> bool:
        """Load the page again, until it is sure whether a countdown begins anew with that, and return whether."""
        while True:
            if forget:
                await self.page.forget()
            again = await self._load_again(name)
            if not suspects(found, opened, again):
                return False
            missing = missing_gap(opened, again)
            if not missing:
                return True
            await asyncio.sleep(missing)  # a server's countdown, whose clock nobody drives, must have time to move

    async def _drive_past_zero(self, found: list[Ticker], later: Moment, far: Moment) -> None:
        longest = max(ticker.clock.seconds for ticker in found)
        if any(follows_clock(ticker, later, far) for ticker in found):
            await self.page.jump(max(0.0, longest - 1))
            await self.page.run(2 * _TICK)
        counting = [ticker.clock.seconds for ticker in found if not follows_clock(ticker, later, far)]
        if any(seconds <= _LONGEST_COUNT for seconds in counting):
            await self.page.run(max(seconds for seconds in counting if seconds <= _LONGEST_COUNT) + 2 * _TICK)
        if any(seconds > _LONGEST_COUNT for seconds in counting):
            self.unknown.append(
                "What a countdown does at its zero: it counts its own ticks and has more than an hour of them left."
            )
        await self._look("expired")

    async def _press_escape(self) -> None:
        await self.page.press("Escape")
        await self._look("unescaped")

    async def _provoke(self) -> None:
        """Do what visitors do that makes pages show more: scroll down, and move to leave the window."""
        await self.page.ask("window.scrollTo(0, 1e6)")
        await self.page.point(400, 300)
        await self.page.point(400, 0)
        await self.page.ask("window.scrollTo(0, 0)")

    async def _load_again(self, name: str) -> Moment:
        self._driven_before_load = self.page.driven
        await self.page.reload()
        self._documents = len(self.tab.log.documents)
        await self._provoke()
        await self.page.run(_SETTLE)
        moment = await self._look(name)
        moment = self.moments[name] = replace(moment, told=await self.page.told())
        return moment

    async def _look(self, name: str) -> Moment:
        snapshot = await self.page.snapshot()
        if len(self.tab.log.documents) > self._documents and self.tab.page.url != self.tab.url:
            raise PageError(f"{self.tab.url!r} moves on to {self.tab.page.url!r} by itself.")
        moment = Moment(
            snapshot=snapshot,
            page_time=self.page.page_time,
            real_time=self.page.real_time,
            age=snapshot.age + self.page.driven - self._driven_before_load,
            data_requests=self.page.data_requests,
        )
        self.moments[name] = moment
        return moment

    async def _shoot(self, name: str) -> None:
        try:
            self.screenshots[name] = await self.tab.screenshot(full_page=True)
        except PageError as error:
            self.unknown.append(str(error))
