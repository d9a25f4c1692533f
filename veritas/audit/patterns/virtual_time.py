"""A page that is open in the browser and whose clock VERITAS drives.

The page is looked at from an isolated world, through the DevTools protocol: what its scripts redefine (prototypes,
JSON, Date) exists in their world alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Iterator
from importlib.resources import files
from typing import Any, TypeVar

from veritas.audit.browser import Tab
from veritas.audit.browser.net_errors import first_line
from veritas.audit.patterns.dom_snapshot import Snapshot
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
# What pages ask servers for beside their documents and scripts.
_DATA_TYPES = ("xhr", "fetch", "eventsource")
_MAX_SOURCES = 24
_WORLD = "veritas"
_TIMEOUT = 10.0
_DRIVE_TIMEOUT = 5.0
_QUIET = 0.05
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
        self._data_requests_before = 0
        self._sockets = 0
        tab.page.on("websocket", self._note_socket)  # of every frame, but late: when the handshake is under way

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
        frame = (await self._send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        world = await self._send("Page.createIsolatedWorld", frameId=frame, worldName=_WORLD)
        answer = await self._send(
            "Runtime.evaluate",
            expression=expression,
            contextId=world["executionContextId"],
            returnByValue=True,
            timeout=(_TIMEOUT - 1) * 1000,
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
        await self._connect()
        self._data_requests_before = self.data_requests
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
        origin = "/".join(self.tab.page.url.split("/")[:3])
        await self._send("Storage.clearDataForOrigin", origin=origin, storageTypes="all")

    async def load_the_dice(self, value: float) -> None:
        """Let every `Math.random()` of the page give *value* from its next load on."""
        await self._try(self.tab.page.add_init_script(f"Math.random = () => {value}"))

    @property
    def data_requests(self) -> int:
        """How many requests for data the page has sent so far, in all its loads.

        Sockets count from the first reload on: those of the first load were opened before anybody listened.
        """
        return sum(request["resource_type"] in _DATA_TYPES for request in self.tab.requests) + self._sockets

    async def told(self) -> str | None:
        """Return a digest of all that the server told this load of the page: its documents and scripts.

        None where that is not known: the page asked for data as well, or has more scripts than are read.
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

    def _note_socket(self, socket: Any) -> None:
        self._sockets += 1

    async def _send(self, method: str, **parameters: Any) -> Any:
        session = await self._connect()
        return await self._try(session.send(method, parameters))

    async def _connect(self) -> Any:
        """Return the DevTools session, in which a socket is told of before any answer that is asked for after it."""
        if self._session is None:
            self._session = await self._try(self.tab.page.context.new_cdp_session(self.tab.page))
            self._session.on("Network.webSocketCreated", self._note_socket)
            for domain in ("Page", "Network"):
                await self._try(self._session.send(f"{domain}.enable"))
        return self._session

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
        except Exception as error:  # Playwright's errors, which only audit/browser may name
            raise PageError(f"{self.tab.url!r} cannot be examined: {first_line(error)}.") from error


def _sources(tree: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (address, frame) of each document and script in a frame and the frames in it."""
    frame = tree["frame"]["id"]
    yield tree["frame"]["url"], frame
    for resource in tree.get("resources", ()):
        if resource["type"] in ("Document", "Script", "XHR", "Fetch", "Other"):
            yield resource["url"], frame
    for child in tree.get("childFrames", ()):
        yield from _sources(child)
