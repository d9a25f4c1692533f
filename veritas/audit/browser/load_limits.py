"""The LoadLimits: what a tab may load, counted and cut off through the Chrome DevTools Protocol (CDP)."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from veritas.audit.browser.cdp import IsolatedWorld
from veritas.audit.browser.page_log import PageLog
from veritas.audit.limits import Limits

_MAX_SESSIONS = 20  # of frames that have a process of their own
_OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


class LoadLimits:
    """The limits of the bytes, the requests and the frames of one visit.

    When the page, or one of its documents, is too large, the tab is cut off from the network. When it has sent too many
    requests, or has too many frames, its scripts are stopped, and the documents of later frames are not requested.
    """

    def __init__(self, page: Page, cdp: Any, world: IsolatedWorld, log: PageLog, limits: Limits) -> None:
        self._page = page
        self._world = world
        self._log = log
        self._limits = limits
        self._sessions = [cdp]
        self._tasks: set[asyncio.Task[None]] = set()
        self._bytes = 0
        self._documents: dict[str, int] = {}
        self._frames = 0
        self._main_frame = ""

    async def start(self) -> None:
        """Begin to count; the tab must not have been navigated yet."""
        cdp = self._sessions[0]
        self._main_frame = await self._world.main_frame()
        self._page.on("request", self._on_request)
        self._page.on("frameattached", self._on_frame)
        self._page.on("framenavigated", self._on_navigated)
        await self._count(cdp)

    async def _count(self, session: Any) -> None:
        session.on("Network.responseReceived", self._on_response)
        session.on("Network.dataReceived", self._on_data)
        await session.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})

    def _on_request(self, request: Any) -> None:
        if self._log.request_count > self._limits.requests and "requests" not in self._log.reached:
            self._log.reach("requests", self._limits.requests)
            self._page.remove_listener("request", self._on_request)
            self._log.ignore_requests()
            self._start(self._end_scripts())

    def _on_response(self, event: dict[str, Any]) -> None:
        if event["type"] == "Document":
            self._documents[event["requestId"]] = 0

    def _on_data(self, event: dict[str, Any]) -> None:
        # The bytes as they were sent, or unpacked: a page may send little that becomes much.
        received = max(event["dataLength"], event["encodedDataLength"])
        self._bytes += received
        if self._bytes > self._limits.bytes:
            self._end("bytes", self._limits.bytes)
        request = event["requestId"]
        if request in self._documents:
            self._documents[request] += received
            if self._documents[request] > self._limits.document:
                self._end("document", self._limits.document)

    def _end(self, name: str, limit: int) -> None:
        """Cut the tab off from the network, because it has reached a limit."""
        if not self._log.is_cut_off:
            self._start(self._cut_off(self._sessions))
        self._log.reach(name, limit)

    def _on_frame(self, frame: Any) -> None:
        self._frames += 1
        if self._frames > self._limits.frames and "frames" not in self._log.reached:
            self._log.reach("frames", self._limits.frames)
            self._start(self._refuse_frames())

    def _on_navigated(self, frame: Any) -> None:
        """Count what a frame of another site receives: it may have a process, and so a session, of its own."""
        is_foreign = frame.parent_frame is not None and urlsplit(frame.url).netloc not in ("", self._host())
        if is_foreign and len(self._sessions) <= _MAX_SESSIONS:
            self._start(self._count_frame(frame))

    def _host(self) -> str:
        return urlsplit(self._page.main_frame.url).netloc

    async def _count_frame(self, frame: Any) -> None:
        session = await self._page.context.new_cdp_session(frame)  # fails if it shares its parent's
        self._sessions.append(session)
        await self._count(session)
        if self._log.is_cut_off:
            await self._cut_off([session])

    async def _cut_off(self, sessions: list[Any]) -> None:
        for session in list(sessions):
            await session.send("Network.emulateNetworkConditions", _OFFLINE)
            if session is self._sessions[0]:
                await session.send("Page.stopLoading")  # ends what is on its way, also of frames of the same process
            else:
                await session.send("Runtime.evaluate", {"expression": "window.stop()"})

    async def _end_scripts(self) -> None:
        """Run no more scripts of the page, and count no more; otherwise Playwright is too busy to answer."""
        cdp = self._sessions[0]
        await cdp.send("Emulation.setScriptExecutionDisabled", {"value": True})
        await cdp.send("Network.disable")

    async def _refuse_frames(self) -> None:
        await self._end_scripts()
        cdp = self._sessions[0]
        cdp.on("Fetch.requestPaused", lambda event: self._start(self._decide(event)))
        await cdp.send("Fetch.enable", {"patterns": [{"resourceType": "Document"}]})

    async def _decide(self, event: dict[str, Any]) -> None:
        request: dict[str, Any] = {"requestId": event["requestId"]}
        if event["frameId"] == self._main_frame:
            await self._sessions[0].send("Fetch.continueRequest", request)
        else:
            await self._sessions[0].send("Fetch.failRequest", {**request, "errorReason": "BlockedByClient"})

    def _start(self, doing: Any) -> None:
        """Run a coroutine that may fail, because the page or the frame is closed."""
        task = asyncio.ensure_future(_quietly(doing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _quietly(doing: Any) -> None:
    with suppress(PlaywrightError):
        await doing
