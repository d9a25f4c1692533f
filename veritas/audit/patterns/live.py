"""A page that is open in the browser and whose clock VERITAS drives.

The page is looked at from an isolated world, through the DevTools protocol: what its scripts redefine (prototypes,
JSON, Date) exists in their world alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from importlib.resources import files
from typing import Any, TypeVar

from veritas.audit.browser import Tab
from veritas.audit.net_errors import first_line
from veritas.audit.patterns.element import Snapshot
from veritas.errors import PageError

# Far more than any page for people has; what lies beyond is reported as not examined.
LIMITS = {
    "nodes": 30_000,
    "elements": 6_000,
    "depth": 300,
    "text": 1_000,
    "characters": 6_000_000,
    "milliseconds": 3_000,
}

_COLLECT = files("veritas.audit.patterns").joinpath("collect.js").read_text(encoding="utf-8")
_WORLD = "veritas"
_TIMEOUT = 10.0
_DRIVE_TIMEOUT = 5.0
_QUIET = 0.15
_QUIET_LIMIT = 2.0

_T = TypeVar("_T")


class LivePage:
    """A tab that was opened with `clock=True`.

    Attributes:
        driven: Seconds by which its clock was driven on, beyond those that passed.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.driven = 0.0
        self._session: Any = None

    @property
    def page_time(self) -> float:
        """The page's time in seconds, from an arbitrary start."""
        return self.real_time + self.driven

    @property
    def real_time(self) -> float:
        """The world's time in seconds, from an arbitrary start."""
        return asyncio.get_running_loop().time()

    async def snapshot(self) -> Snapshot:
        """Return the page as it is rendered now.

        Raises:
            PageError: It does not answer.
        """
        return Snapshot.from_json(await self.ask(f"({_COLLECT})({json.dumps(LIMITS)})"))

    async def ask(self, expression: str) -> Any:
        """Return what *expression* gives in the isolated world.

        Raises:
            PageError: It fails, or gives no answer in time.
        """
        if self._session is None:
            self._session = await self._try(self.tab.page.context.new_cdp_session(self.tab.page))
        frames = await self._try(self._session.send("Page.getFrameTree"))
        world = await self._try(
            self._session.send(
                "Page.createIsolatedWorld", {"frameId": frames["frameTree"]["frame"]["id"], "worldName": _WORLD}
            )
        )
        answer = await self._try(
            self._session.send(
                "Runtime.evaluate",
                {
                    "expression": expression,
                    "contextId": world["executionContextId"],
                    "returnByValue": True,
                    "timeout": (_TIMEOUT - 1) * 1000,
                },
            )
        )
        if "exceptionDetails" in answer:
            fault = answer["exceptionDetails"].get("exception", {}).get("description", "an exception")
            raise PageError(f"{self.tab.url!r} cannot be looked at: {first_line(fault)}.")
        return answer["result"].get("value")

    async def run(self, seconds: float) -> None:
        """Let *seconds* of the page's time pass at once, with everything that happens in them.

        Raises:
            PageError: So much happens in them that it comes to no end.
        """
        await self._drive(self.tab.page.clock.run_for(int(seconds * 1000)), seconds)

    async def jump(self, seconds: float) -> None:
        """Set the page's clock *seconds* ahead, as when a laptop was shut: each timer due fires once."""
        await self._drive(self.tab.page.clock.fast_forward(int(seconds * 1000)), seconds)

    async def reload(self) -> None:
        """Load the page again, its clock where it is, and wait for a quiet network."""
        await self._try(self.tab.page.reload(wait_until="load", timeout=_TIMEOUT * 1000))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _QUIET_LIMIT
        while self.tab.log.quiet_for() < _QUIET and loop.time() < deadline:
            await asyncio.sleep(0.02)

    async def press(self, key: str) -> None:
        """Press a key, such as `Escape`."""
        await self._try(self.tab.page.keyboard.press(key))

    async def point(self, x: float, y: float) -> None:
        """Move the mouse to a point of the window."""
        await self._try(self.tab.page.mouse.move(x, y))

    async def forget(self) -> None:
        """Forget the cookies and everything else that the page stored with this visitor."""
        if self._session is None:
            self._session = await self._try(self.tab.page.context.new_cdp_session(self.tab.page))
        origin = "/".join(self.tab.page.url.split("/")[:3])
        await self._try(self._session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"}))

    async def load_the_dice(self, value: float) -> None:
        """Let every `Math.random()` of the page give *value* from its next load on."""
        await self._try(self.tab.page.add_init_script(f"Math.random = () => {value}"))

    async def _drive(self, awaitable: Awaitable[None], seconds: float) -> None:
        try:
            async with asyncio.timeout(_DRIVE_TIMEOUT):
                await awaitable
        except TimeoutError as error:
            raise PageError(f"{self.tab.url!r} keeps its clock from being driven: too much happens in it.") from error
        except Exception:  # a script of the page failed on the way; whether the page still stands, the next look tells
            pass
        self.driven += seconds

    async def _try(self, awaitable: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await awaitable
        except TimeoutError as error:
            raise PageError(f"{self.tab.url!r} gives no answer within {_TIMEOUT:g} s.") from error
        except Exception as error:  # Playwright's errors, which only audit/browser.py may name
            raise PageError(f"{self.tab.url!r} cannot be examined: {first_line(error)}.") from error
