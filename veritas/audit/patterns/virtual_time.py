"""The VirtualTimePage: an open page whose clock VERITAS controls.

The page is observed from an isolated world, through the Chrome DevTools Protocol (CDP): what the page's scripts
redefine (prototypes, JSON, Date) exists only in their own world.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Iterator
from importlib.resources import files
from typing import Any, TypeVar

from veritas.audit.browser import Tab
from veritas.audit.browser.navigation import wait_for_document
from veritas.audit.browser.net_errors import first_line
from veritas.audit.patterns.closed_shadow_roots import find_closed_shadow_roots
from veritas.audit.patterns.dom_snapshot import Snapshot
from veritas.audit.unexamined import limits_of_content
from veritas.errors import PageError

# Far more than any page for people has; the rest of a larger page is reported as not examined.
LIMITS = {
    "nodes": 30_000,
    "elements": 6_000,
    "depth": 300,
    "text": 1_000,
    "characters": 6_000_000,
    "milliseconds": 3_000,
    "looks": 400,
}

_SCRIPTS = files("veritas.audit.patterns")
_COLLECT, _CONTRAST = (_SCRIPTS.joinpath(name).read_text(encoding="utf-8") for name in ("collect.js", "contrast.js"))
_COLLECTOR = f"(limits, ...closedRoots) => ({_COLLECT})(limits, {_CONTRAST}, closedRoots)"
# The requests by which pages get data from servers, apart from documents and scripts.
_DATA_TYPES = ("xhr", "fetch", "eventsource")
_MAX_SOURCES = 24
# A sandboxed page may not store any.
_STORED_ITEMS = "(() => { try { return localStorage.length + sessionStorage.length } catch { return 0 } })()"
_TIMEOUT = 10.0
_ADVANCE_TIMEOUT = 5.0
_QUIET = 0.05

_T = TypeVar("_T")


class VirtualTimePage:
    """A tab that was opened with `virtual_time=True`.

    Attributes:
        advanced: The seconds by which its clock was advanced, in addition to the real time that passed.
    """

    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.advanced = 0.0
        self._data_requests_before = 0
        self._sockets = 0
        self._has_closed_roots: bool | None = None  # None until a snapshot has a place for one
        tab.page.on("websocket", self._count_socket)  # sockets of all frames, reported only during the handshake
        # A session reports a socket before it answers any request made after the socket opened.
        tab.cdp.on("Network.webSocketCreated", self._count_socket)

    @property
    def page_time(self) -> float:
        """The page's virtual time in seconds, from an arbitrary start."""
        return self.real_time + self.advanced

    @property
    def real_time(self) -> float:
        """The real time in seconds, from the same start."""
        return asyncio.get_running_loop().time()

    async def snapshot(self, *, closely: bool = True) -> Snapshot:
        """Return the page as it is rendered now.

        Args:
            closely: Whether to look at what lies over and under texts, for which the page is scrolled, and back.

        Raises:
            PageError: The page does not answer.
        """
        limits = LIMITS if closely else {**LIMITS, "looks": 0}
        value = await self._call(_COLLECTOR, limits)
        if value["possible_hosts"] and self._has_closed_roots is not False:
            context = await self._with_timeout(self.tab.world.context())
            roots = await find_closed_shadow_roots(self._send, context)
            self._has_closed_roots = bool(roots)
            if roots:
                value = await self._call(_COLLECTOR, limits, *roots, context=context)
        return Snapshot.from_json(value)

    async def evaluate(self, expression: str) -> Any:
        """Return the value of *expression* in the isolated world.

        Raises:
            PageError: It fails, or returns nothing in time.
        """
        return await self._call(f"() => {expression}", None)

    async def _call(self, function: str, argument: Any, *objects: str, context: int | None = None) -> Any:
        """Return what *function* returns in the isolated world, or in *context*, for a value and for objects' ids."""
        return await self.tab.run_in_document(
            lambda: self.tab.world.call(function, argument, *objects, context=context)
        )

    async def run_for(self, seconds: float) -> None:
        """Advance the page's clock by *seconds*; each timer fires as often as it is due.

        Raises:
            PageError: The timers keep the page busy for longer than `_ADVANCE_TIMEOUT`.
        """
        await self._advance(self.tab.page.clock.run_for(int(seconds * 1000)), seconds)

    async def fast_forward(self, seconds: float) -> None:
        """Set the page's clock ahead by *seconds*, as if a laptop had been closed; each due timer fires once."""
        await self._advance(self.tab.page.clock.fast_forward(int(seconds * 1000)), seconds)

    async def reload(self) -> None:
        """Load the page again without resetting its clock, and wait for a quiet network.

        Raises:
            PageError: It does not load, or has reached a limit, so that it would not show more.
        """
        if reached := limits_of_content(self.tab.log.reached):
            raise PageError(f"{self.tab.url!r} is not loaded again: its visit reached the limit of {reached[0]}.")
        self._data_requests_before = self.data_requests
        await self._with_timeout(self.tab.page.reload(wait_until="commit", timeout=_TIMEOUT * 1000))
        await wait_for_document(self.tab, timeout=_TIMEOUT, quiet=_QUIET)

    async def press(self, key: str) -> None:
        """Press a key, such as `Escape`."""
        await self._with_timeout(self.tab.page.keyboard.press(key))

    async def move_mouse(self, x: float, y: float) -> None:
        """Move the mouse to a point of the window."""
        await self._with_timeout(self.tab.page.mouse.move(x, y))

    async def clear_storage(self) -> None:
        """Delete all cookies, those of other hosts as well, and all other data that the page stored in the browser."""
        await self._with_timeout(self.tab.page.context.clear_cookies())
        await self._send("Storage.clearDataForOrigin", origin=self._origin, storageTypes="all")

    async def has_stored_data(self) -> bool:
        """Return whether the browser has a cookie or other data, by which the visitor differs from a new one."""
        if await self._with_timeout(self.tab.page.context.cookies()):
            return True
        usage = await self._send("Storage.getUsageAndQuota", origin=self._origin)
        return bool(usage["usage"] or await self.evaluate(_STORED_ITEMS))

    async def stub_random(self, value: float) -> None:
        """Make `Math.random()` return *value* in every later load of the page."""
        await self._with_timeout(self.tab.page.add_init_script(f"Math.random = () => {value}"))

    @property
    def _origin(self) -> str:
        return "/".join(self.tab.page.url.split("/")[:3])

    @property
    def data_requests(self) -> int:
        """The number of requests for data that the page has sent in all its loads.

        Sockets count only after the first reload: those of the first load opened before this object listened.
        """
        log = self.tab.log
        not_listed = log.request_count - len(log.requests)  # any of these may be for data
        return sum(request["resource_type"] in _DATA_TYPES for request in log.requests) + not_listed + self._sockets

    @property
    def workers(self) -> int:
        """The number of the page's workers, whose clocks follow real time."""
        return len(self.tab.page.workers)

    async def content_digest(self) -> str | None:
        """Return a digest of what the server sent for this load of the page: its documents and scripts.

        Return None if that is not known, because the page also asked for data, or has more scripts than are read.
        """
        if self.data_requests > self._data_requests_before:
            return None
        tree = (await self._send("Page.getResourceTree"))["frameTree"]
        sources = sorted(_sources(tree))
        if len(sources) > _MAX_SOURCES:
            return None
        digest = hashlib.sha256()
        for url, frame in sources:
            try:
                answer = await self._send("Page.getResourceContent", frameId=frame, url=url)
            except PageError:
                return None
            digest.update(hashlib.sha256(url.encode()).digest() + hashlib.sha256(answer["content"].encode()).digest())
        return digest.hexdigest()

    def _count_socket(self, socket: Any) -> None:
        self._sockets += 1

    async def _send(self, method: str, **parameters: Any) -> Any:
        return await self._with_timeout(self.tab.cdp.send(method, parameters))

    async def _advance(self, awaitable: Awaitable[None], seconds: float) -> None:
        try:
            async with asyncio.timeout(_ADVANCE_TIMEOUT):
                await awaitable
        except TimeoutError as error:
            raise PageError(f"The clock of {self.tab.url!r} cannot be advanced: its timers never end.") from error
        except Exception:  # a script of the page failed; the next snapshot shows whether the page still answers
            pass
        self.advanced += seconds

    async def _with_timeout(self, awaitable: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await awaitable
        except TimeoutError as error:
            raise PageError(f"{self.tab.url!r} does not answer within {_TIMEOUT:g} s.") from error
        except Exception as error:  # Playwright's errors, which only audit/browser may name
            raise PageError(f"{self.tab.url!r} cannot be examined: {first_line(error)}.") from error


def _sources(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the URL and the frame of each document and script in a frame and its child frames."""
    frame = tree["frame"]["id"]
    yield tree["frame"]["url"], frame
    for resource in tree.get("resources", ()):
        if resource["type"] in ("Document", "Script", "XHR", "Fetch", "Other"):
            yield resource["url"], frame
    for child in tree.get("childFrames", ()):
        yield from _sources(child)
