"""One running Chromium, started and ended by a context manager, and its profiles."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from veritas.audit.browser.chromium_flags import CHROMIUM_FLAGS
from veritas.audit.browser.finder import find_browser
from veritas.audit.browser.http_get import Response, http_get
from veritas.audit.browser.navigation import is_http_url, navigate
from veritas.audit.browser.net_errors import first_line
from veritas.audit.browser.tab import VIEWPORT, Tab, close_quietly, with_timeout
from veritas.audit.page import BrowserCookie
from veritas.config import child_environment
from veritas.errors import BrowserMissing, PageError
from veritas.files import scratch_directory

LOCALE = "en-US"

_LAUNCH_TIMEOUT = 30.0


@asynccontextmanager
async def open_browser(executable: str | None = None) -> AsyncIterator[Browser]:
    """Start a headless Chromium with an empty profile, and end it with the `async with` block.

    It also ends when this process ends, even if it is killed: Playwright's driver watches for that.

    Args:
        executable: The browser to start; None for the one that `find_browser` finds.

    Raises:
        BrowserMissing: No browser is installed, or it does not start.
    """
    try:
        async with asyncio.timeout(_LAUNCH_TIMEOUT):
            playwright = await async_playwright().start()
    except (PlaywrightError, OSError, TimeoutError) as error:
        raise BrowserMissing(f"Playwright does not start ({first_line(error)}); reinstall it with pip.") from error
    try:
        path = find_browser(executable, bundled=Path(playwright.chromium.executable_path))
        with scratch_directory() as crashes:
            chromium = await _launch(playwright, path, crashes)
            try:
                async with _open_profile(chromium) as browser:
                    yield browser
            finally:
                await close_quietly(chromium.close())
    finally:
        await close_quietly(playwright.stop())


class Browser:
    """One running Chromium with one profile, which is deleted when it closes.

    Attributes:
        version: Chromium's version.
        user_agent: The User-Agent header that it sends.
    """

    def __init__(self, chromium: Chromium, context: BrowserContext, user_agent: str) -> None:
        self._chromium = chromium
        self._context = context
        self.user_agent = user_agent
        self.version = chromium.version

    @asynccontextmanager
    async def fresh_profile(self) -> AsyncIterator[Browser]:
        """Open another, empty profile in the same Chromium."""
        async with _open_profile(self._chromium) as browser:
            yield browser

    async def visit(self, url: str, *, timeout: float = 20.0, virtual_time: bool = False) -> Tab:
        """Open *url* in a new tab, and wait until it is loaded and its network is quiet for a moment.

        Args:
            timeout: Seconds in which the document, and everything that it loads, must arrive.
            virtual_time: Install Playwright's `page.clock` before the page's first script runs.

        Raises:
            PageError: No document arrived, or it cannot be audited.
        """
        if not is_http_url(url):
            raise PageError(f"{url!r} is not an http:// or https:// address; give one that is.")
        message = f"No tab can be opened for {url!r}"
        page = await with_timeout(self._context.new_page(), message)
        try:
            tab = Tab(page, await with_timeout(self._context.new_cdp_session(page), message), url)
            await navigate(tab, timeout=timeout, virtual_time=virtual_time)
        except BaseException:
            await close_quietly(page.close())
            raise
        return tab

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0) -> Response:
        """GET *url* once, outside any page; follow no redirect, and send and keep no cookie.

        Raises:
            PageError: No response came.
        """
        return await http_get(url, headers={"User-Agent": self.user_agent, **(headers or {})}, timeout=timeout)

    async def cookies(self) -> list[BrowserCookie]:
        """Return the profile's cookies."""
        cookies = await with_timeout(self._context.cookies(), "The cookies cannot be read")
        return [cast(BrowserCookie, dict(cookie)) for cookie in cookies]


async def _launch(playwright: Playwright, path: Path, crashes: str) -> Chromium:
    """Start a browser that writes its crash reports to *crashes* and stores no settings."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    try:
        return await playwright.chromium.launch(
            executable_path=path,
            args=CHROMIUM_FLAGS,
            ignore_default_args=["--disable-popup-blocking"],
            chromium_sandbox=not is_root,  # Chromium refuses to start with its sandbox as root
            timeout=_LAUNCH_TIMEOUT * 1000,
            env={**child_environment(BREAKPAD_DUMP_LOCATION=crashes, GSETTINGS_BACKEND="memory")},
        )
    except PlaywrightError as error:
        raise BrowserMissing(
            f"The browser {str(path)!r} does not start ({_launch_failure(error)}); name another, or get one with "
            "`veritas browser install`."
        ) from error


def _launch_failure(error: PlaywrightError) -> str:
    """Return the line of the browser's stderr that states why it did not start, else the first line of *error*."""
    stderr = [line.strip() for line in str(error).splitlines() if "[err]" in line]
    errors = [line for line in stderr if "ERROR:" in line or "FATAL:" in line]
    # Without a marked line it is the last one: a wrapper script may have printed others before.
    return (errors[:1] or stderr[-1:] or [first_line(error)])[0]


@asynccontextmanager
async def _open_profile(chromium: Chromium) -> AsyncIterator[Browser]:
    try:
        cdp = await chromium.new_browser_cdp_session()
        user_agent = str((await cdp.send("Browser.getVersion"))["userAgent"]).replace("HeadlessChrome", "Chrome")
        context = await chromium.new_context(
            viewport=VIEWPORT,
            locale=LOCALE,
            user_agent=user_agent,
            accept_downloads=False,
            service_workers="block",  # so that every response is the server's own
        )
        await context.grant_permissions([])  # every permission not granted here is denied without a prompt
    except PlaywrightError as error:
        raise BrowserMissing(f"The browser ended while it started: {first_line(error)}.") from error
    try:
        yield Browser(chromium, context, user_agent)
    finally:
        await close_quietly(context.close())
