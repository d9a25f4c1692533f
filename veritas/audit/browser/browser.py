"""One running Chromium, started and ended with a block, and the profiles that it has."""

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

from veritas.audit.browser.finder import find_browser
from veritas.audit.browser.http_get import Response, plain_get
from veritas.audit.browser.navigation import is_web_address, navigate
from veritas.audit.browser.net_errors import first_line
from veritas.audit.browser.tab import VIEWPORT, Tab, bounded, quietly
from veritas.audit.page import BrowserCookie
from veritas.config import child_environment
from veritas.errors import BrowserMissing, PageError
from veritas.files import scratch_directory

LOCALE = "en-US"

_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
_LAUNCH_TIMEOUT = 30.0


@asynccontextmanager
async def open_browser(executable: str | None = None) -> AsyncIterator[Browser]:
    """Start a headless Chromium with an empty profile, and end it with the block.

    It also ends when this process does, however it does: Playwright's driver watches for that.

    Args:
        executable: The browser to start; None for the one that `find_browser` finds.

    Raises:
        BrowserMissing: There is none, or it does not start.
    """
    try:
        async with asyncio.timeout(_LAUNCH_TIMEOUT):
            playwright = await async_playwright().start()
    except (PlaywrightError, OSError, TimeoutError) as error:
        raise BrowserMissing(f"Playwright does not start ({first_line(error)}); reinstall it with pip.") from error
    try:
        path = find_browser(executable, own=Path(playwright.chromium.executable_path))
        with scratch_directory() as crashes:
            chromium = await _launch(playwright, path, crashes)
            try:
                async with _open_profile(chromium) as browser:
                    yield browser
            finally:
                await quietly(chromium.close())
    finally:
        await quietly(playwright.stop())


class Browser:
    """One running Chromium with one profile, which is forgotten when it closes.

    Attributes:
        version: Chromium's version.
        user_agent: What it calls itself to servers.
    """

    def __init__(self, chromium: Chromium, context: BrowserContext, user_agent: str) -> None:
        self._chromium = chromium
        self._context = context
        self.user_agent = user_agent
        self.version = chromium.version

    @asynccontextmanager
    async def fresh_profile(self) -> AsyncIterator[Browser]:
        """Open the same Chromium with another, empty profile."""
        async with _open_profile(self._chromium) as browser:
            yield browser

    async def visit(self, url: str, *, timeout: float = 20.0, clock: bool = False) -> Tab:
        """Open *url* in a new tab, and wait until it is loaded and its network is quiet for a moment.

        Args:
            timeout: Seconds until the document must have arrived; what it loads has until then too.
            clock: Put the page under `page.clock`, from its first script on.

        Raises:
            PageError: No document arrived, or it is none that can be audited.
        """
        if not is_web_address(url):
            raise PageError(f"{url!r} is not an http:// or https:// address; give one that is.")
        fault = f"No tab can be opened for {url!r}"
        page = await bounded(self._context.new_page(), fault)
        try:
            tab = Tab(page, await bounded(self._context.new_cdp_session(page), fault), url)
            await navigate(tab, timeout=timeout, clock=clock)
        except BaseException:
            await quietly(page.close())
            raise
        return tab

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0) -> Response:
        """GET *url* once, outside any page: no redirect is followed, no cookie sent or kept.

        Raises:
            PageError: No answer came.
        """
        return await plain_get(url, headers={"User-Agent": self.user_agent, **(headers or {})}, timeout=timeout)

    async def cookies(self) -> list[BrowserCookie]:
        """Return the profile's cookies."""
        cookies = await bounded(self._context.cookies(), "The cookies cannot be read")
        return [cast(BrowserCookie, dict(cookie)) for cookie in cookies]


async def _launch(playwright: Playwright, path: Path, crashes: str) -> Chromium:
    """Start a browser that keeps its crash reports in a directory of ours, not in the user's, and no settings."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    try:
        return await playwright.chromium.launch(
            executable_path=path,
            args=_FLAGS,
            ignore_default_args=["--disable-popup-blocking"],
            chromium_sandbox=not is_root,  # as root Chromium refuses to start with it
            timeout=_LAUNCH_TIMEOUT * 1000,
            env={**child_environment(BREAKPAD_DUMP_LOCATION=crashes, GSETTINGS_BACKEND="memory")},
        )
    except PlaywrightError as error:
        lines = str(error).splitlines()
        said = [line for line in lines if "[err]" in line]  # the last of it: a wrapper script may have said some before
        why = next((line for line in said if "ERROR:" in line or "FATAL:" in line), (said or [first_line(error)])[-1])
        raise BrowserMissing(
            f"The browser {str(path)!r} does not start ({why.strip()}); name another, or get one with "
            "`veritas browser install`."
        ) from error


@asynccontextmanager
async def _open_profile(chromium: Chromium) -> AsyncIterator[Browser]:
    try:
        devtools = await chromium.new_browser_cdp_session()
        user_agent = str((await devtools.send("Browser.getVersion"))["userAgent"]).replace("HeadlessChrome", "Chrome")
        context = await chromium.new_context(
            viewport=VIEWPORT,
            locale=LOCALE,
            user_agent=user_agent,
            accept_downloads=False,
            service_workers="block",  # every answer shall be the server's own
        )
        await context.grant_permissions([])  # what is not granted by now is denied without a prompt
    except PlaywrightError as error:
        raise BrowserMissing(f"The browser ended while it started: {first_line(error)}.") from error
    try:
        yield Browser(chromium, context, user_agent)
    finally:
        await quietly(context.close())
