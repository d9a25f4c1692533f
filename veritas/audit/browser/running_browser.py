"""The RunningBrowser: a Chromium and Playwright's driver, between the audits that use them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, CDPSession, Playwright

from veritas.audit.browser.finder import find_browser
from veritas.audit.browser.health import Health, find_shortage
from veritas.audit.browser.launch import LAUNCH_TIMEOUT, launch, start_driver
from veritas.audit.browser.sandbox import ON, Sandbox, examine_renderers
from veritas.audit.browser.tab import close_quietly, with_timeout
from veritas.audit.egress.thread import open_guard
from veritas.errors import BROWSER, MACHINE, BrowserMissing, PageError
from veritas.scratch import scratch_directory

_ANSWER_TIMEOUT = 5.0  # seconds; it takes some milliseconds, on a busy machine more
_MEASURE_EVERY = 5  # audits: every process of this machine is read, which takes 5 ms for 250 of them
_OUTSIDE = "it is a request of the browser itself, and of no audit"


@dataclass
class RunningBrowser:
    """A Chromium that runs.

    Attributes:
        executable: Its path.
        playwright: The driver.
        chromium: The browser.
        session: A CDP session with it.
        user_agent: The User-Agent header that it sends without a window.
        sandbox: Whether its renderers are in its sandbox.
        audits: How many audits it has done.
        is_fit: Whether it can be used for another audit.
        preloaded: The hosts that it was asked for, and whether they are on its HSTS preload list.
    """

    executable: Path
    playwright: Playwright
    chromium: Chromium
    session: CDPSession
    user_agent: str
    sandbox: Sandbox
    audits: int = 0
    is_fit: bool = True
    preloaded: dict[str, bool] = field(default_factory=dict)
    _first_memory: int = 0
    _closing: list[asyncio.Task[None]] = field(default_factory=list)  # of profiles

    def health(self) -> Health:
        """Return what asks it whether it works, without a fault so far."""
        return Health(self.playwright, self.chromium, self.session)

    async def answers(self) -> bool:
        """Return whether it and its driver work."""
        try:
            await with_timeout(self.session.send("Browser.getVersion"), "", _ANSWER_TIMEOUT)
        except PageError:
            return False
        return True

    async def examine_sandbox(self) -> None:
        """Find out whether its renderers are in the sandbox that it was started with; there must be one."""
        if self.sandbox.state == ON:
            processes = await self.session.send("SystemInfo.getProcessInfo")
            renderers = (each["id"] for each in processes["processInfo"] if each["type"] == "renderer")
            self.sandbox = examine_renderers(renderers)

    def close_soon(self, context: BrowserContext) -> None:
        """Begin to close a profile; nothing has to wait for that before the audit ends."""
        self._closing.append(asyncio.ensure_future(close_quietly(context.close())))

    async def end_audit(self, *, has_fault: bool, max_audits: int, max_growth: int) -> None:
        """Close all profiles, and find out whether it can be used again.

        Args:
            has_fault: Whether it did not answer in the audit.
            max_audits: How many audits it may do.
            max_growth: How many more bytes of memory it may take than after its first audit.
        """
        self.audits += 1
        self.is_fit = False  # also if this is cancelled before all profiles are closed
        closing, self._closing = self._closing, []
        await asyncio.gather(*closing)
        if has_fault or self.audits >= max_audits or not self.chromium.is_connected():
            return
        await asyncio.gather(*(close_quietly(context.close()) for context in self.chromium.contexts))
        self.is_fit = not self.chromium.contexts and not self._has_grown(max_growth)

    def _has_grown(self, max_growth: int) -> bool:
        """Return whether it takes too much memory, as far as that is measured after this audit."""
        if self.audits % _MEASURE_EVERY != 1:
            return False
        memory = _memory_of_descendants()
        self._first_memory = self._first_memory or memory
        return memory - self._first_memory > max_growth


@asynccontextmanager
async def run_browser(executable: str | None = None) -> AsyncIterator[RunningBrowser]:
    """Start a headless Chromium, and end it with the `async with` block.

    Args:
        executable: The browser to start; None for the one that `find_browser` finds.

    Raises:
        BrowserMissing: No browser is installed, or it does not start.
    """
    async with open_guard() as guard:
        guard.stop(_OUTSIDE)
        playwright = await start_driver()
        try:
            path = find_browser(executable, bundled=Path(playwright.chromium.executable_path))
            with scratch_directory() as crashes:
                chromium, sandbox = await launch(playwright, path, crashes, guard)
                try:
                    session, user_agent = await _ask(chromium)
                    yield RunningBrowser(path, playwright, chromium, session, user_agent, sandbox)
                finally:
                    await close_quietly(chromium.close())
        finally:
            await close_quietly(playwright.stop())


def unanswered(error: PageError) -> BrowserMissing:
    """Return the error of a browser that does not answer after its start, from that of a question to it."""
    shortage = find_shortage()
    reason = f"{str(error).rstrip('.')}: {shortage}" if shortage else f"{error} Run the audit again."
    return BrowserMissing(reason, kind=MACHINE if shortage else BROWSER)


async def _ask(chromium: Chromium) -> tuple[CDPSession, str]:
    """Return a session with the browser, and the user agent that it has without a window."""
    message = "The browser does not answer after its start"
    try:
        session = await with_timeout(chromium.new_browser_cdp_session(), message, LAUNCH_TIMEOUT)
        version = await with_timeout(session.send("Browser.getVersion"), message, LAUNCH_TIMEOUT)
    except PageError as error:
        raise unanswered(error) from error
    return session, str(version["userAgent"])


def _memory_of_descendants() -> int:
    """Return the bytes of memory of this process's descendants: the driver and the browser's processes.

    What several of them share is counted for each, so it is a measure of growth alone.
    """
    memory = 0
    for process in psutil.Process().children(recursive=True):
        try:
            memory += process.memory_info().rss
        except psutil.Error:
            continue  # it has ended
    return memory
