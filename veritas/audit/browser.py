"""A headless Chromium, and the pages that an audit visits with it.

Whatever a page does, a visit ends: with a `Tab`, or with a `PageError` that says in one sentence why there is none.
A document that arrived but does not finish loading is a Tab with `complete=False`, stopped where it was.

What a site sees is an ordinary visitor: a window of 1366x768, English, an empty profile, no permission granted, popups
blocked, and the user agent that this Chromium has with a window. Sites serve other pages, or none, to
"HeadlessChrome", and then the audit would describe what no customer gets. Nothing else is disguised:
`navigator.webdriver` stays true.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, CDPSession, FloatRect, Page, Playwright, ViewportSize, async_playwright
from playwright.async_api import Error as PlaywrightError

from veritas.audit.browser_finder import find_browser
from veritas.audit.devtools import call_apart, capture
from veritas.audit.navigation import is_web_address, navigate
from veritas.audit.net_errors import first_line
from veritas.audit.page_log import PageLog
from veritas.audit.plain_get import Response, plain_get
from veritas.config import child_environment
from veritas.errors import BrowserMissing, PageError
from veritas.scratch import scratch_directory

__all__ = ["LOCALE", "MAX_HTML", "MAX_SCREENSHOT_HEIGHT", "VIEWPORT", "Browser", "Response", "Tab", "open_browser"]

VIEWPORT = ViewportSize(width=1366, height=768)
LOCALE = "en-US"
MAX_SCREENSHOT_HEIGHT = 16_384  # Chromium's longest texture: beyond it a picture repeats itself or goes blank
MAX_HTML = 10_000_000
STEP_TIMEOUT = 10.0

_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
_LAUNCH_TIMEOUT = 30.0
_CLOSE_TIMEOUT = 5.0
_SHOT_TIMEOUT = 6.0
_TRIES = 3
# What Playwright and the DevTools protocol say when the page goes on to another one under a script's feet.
_MOVED_ON = ("Execution context was destroyed", "Cannot find context", "Inspected target navigated")

_T = TypeVar("_T")


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
                await _quietly(chromium.close())
    finally:
        await _quietly(playwright.stop())


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
        page = await _bounded(self._context.new_page(), fault)
        try:
            tab = Tab(page, await _bounded(self._context.new_cdp_session(page), fault), url)
            await navigate(tab, timeout=timeout, clock=clock)
        except BaseException:
            await _quietly(page.close())
            raise
        return tab

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0) -> Response:
        """GET *url* once, outside any page: no redirect is followed, no cookie sent or kept.

        Raises:
            PageError: No answer came.
        """
        return await plain_get(url, headers={"User-Agent": self.user_agent, **(headers or {})}, timeout=timeout)

    async def cookies(self) -> list[dict[str, Any]]:
        """Return the profile's cookies: name, value, domain, path, expires, httpOnly, secure, sameSite."""
        return [dict(cookie) for cookie in await _bounded(self._context.cookies(), "The cookies cannot be read")]


class Tab:
    """A page that was visited, still open; an async context manager that closes it.

    Attributes:
        page: Playwright's page.
        devtools: Playwright's session with it in the DevTools protocol.
        requested_url: What was asked for.
        url: Where it ended.
        status: The HTTP status of the document on screen.
        headers: That document's headers, case and duplicates as sent; Chromium sorts them by name.
        redirects: What came before it, in order: url, status, method, headers, timing, kind (`http`, or `client`
            for a script or a meta refresh).
        document: The document's own request, as `veritas.audit.exchange_facts` lays it down.
        certificate: What its server's TLS certificate says: issuer, protocol, subjectName, validFrom, validTo.
        address: ipAddress and port of its server.
        complete: Everything that it asked for was there before the timeout.
        log: What happened meanwhile.
    """

    def __init__(self, page: Page, devtools: CDPSession, requested_url: str) -> None:
        self.page = page
        self.devtools = devtools
        self.log = PageLog(page)
        self.requested_url = requested_url
        self.url = requested_url
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.redirects: tuple[dict[str, Any], ...] = ()
        self.document: dict[str, Any] = {}
        self.certificate: dict[str, Any] | None = None
        self.address: dict[str, Any] | None = None
        self.complete = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request so far but the documents' own."""
        return self.log.requests

    @property
    def dialogs(self) -> list[dict[str, str]]:
        """Every dialog that the page has opened so far; all were dismissed."""
        return self.log.dialogs

    def browser_runs(self) -> bool:
        """Whether the browser is there; without it nothing that happens to the tab is the page's doing."""
        browser = self.page.context.browser
        return browser is not None and browser.is_connected()

    async def ask(self, awaitable: Awaitable[_T], fault: str, timeout: float = STEP_TIMEOUT) -> _T:
        """Await something of `page` or `devtools`; a PageError that begins with *fault* where it fails or lingers."""
        return await _bounded(awaitable, fault, timeout)

    async def evaluate(self, script: str, argument: Any = None, *, timeout: float = STEP_TIMEOUT) -> Any:
        """Return what *script* gives among the page's own scripts.

        Raises:
            PageError: It fails, or gives no answer within *timeout* seconds.
        """
        return await self._in_document(lambda: self.page.evaluate(script, argument), timeout)

    async def inspect(self, function: str, argument: Any = None, *, timeout: float = STEP_TIMEOUT) -> Any:
        """Return what *function* gives in a world apart: the same document, and nothing that its scripts redefined.

        Raises:
            PageError: It fails, or gives no answer within *timeout* seconds.
        """
        return await self._in_document(lambda: call_apart(self.devtools, function, argument), timeout)

    async def html(self) -> str:
        """Return the document as it stands now, at most `MAX_HTML` characters of it."""
        script = "limit => document.documentElement?.outerHTML.slice(0, limit) ?? ''"
        return str(await self.inspect(script, MAX_HTML))

    async def screenshot(self, *, full_page: bool) -> bytes:
        """Return a PNG with one pixel per CSS pixel: of the window, or of the page down to `MAX_SCREENSHOT_HEIGHT`.

        Animations stand still in it, so that two shots of the same page agree. Neither is wider than the window.

        Raises:
            PageError: The page does not stand still for one.
        """
        width, height = VIEWPORT["width"], VIEWPORT["height"]
        clip = FloatRect(x=0, y=0, width=width, height=MAX_SCREENSHOT_HEIGHT) if full_page else None
        try:
            async with asyncio.timeout(_SHOT_TIMEOUT):
                return await self.page.screenshot(full_page=full_page, clip=clip, animations="disabled", scale="css")
        except (PlaywrightError, TimeoutError):  # it waits for every font, and for a page that moves on without end
            max_height = MAX_SCREENSHOT_HEIGHT if full_page else None
            shot = capture(self.devtools, width=width, height=height, max_height=max_height)
            return await _bounded(shot, f"No screenshot of {self.url!r} can be taken", _SHOT_TIMEOUT)

    async def close(self) -> None:
        """Close the tab; what its page says to that does not matter."""
        await _quietly(self.page.close())

    async def _in_document(self, run: Callable[[], Awaitable[_T]], timeout: float) -> _T:
        fault = f"No script runs in {self.url!r}"
        for _ in range(_TRIES - 1):
            try:
                return await _bounded(run(), fault, timeout)
            except PageError as error:
                if not any(mark in str(error) for mark in _MOVED_ON):
                    raise
        return await _bounded(run(), fault, timeout)


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
        await _quietly(context.close())


async def _bounded(awaitable: Awaitable[_T], fault: str, timeout: float = STEP_TIMEOUT) -> _T:
    """Await *awaitable* for *timeout* seconds at most; PageError, beginning with *fault*, where it fails."""
    try:
        async with asyncio.timeout(timeout):
            return await awaitable
    except TimeoutError as error:
        raise PageError(f"{fault}: no answer within {timeout:g} s.") from error
    except (PlaywrightError, PageError) as error:
        raise PageError(f"{fault}: {first_line(error)}.") from error


async def _quietly(awaitable: Awaitable[Any]) -> None:
    """End something that may be gone already, or never answer."""
    with suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await awaitable
