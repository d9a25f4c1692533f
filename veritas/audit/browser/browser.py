"""One running Chromium, started and ended by a context manager, and its profiles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from copy import copy
from pathlib import Path
from typing import cast

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, Playwright, ViewportSize

from veritas.audit.browser.finder import find_browser
from veritas.audit.browser.health import Health, find_shortage
from veritas.audit.browser.hsts_preload import find_preloaded
from veritas.audit.browser.http_get import Response, http_get
from veritas.audit.browser.launch import LAUNCH_TIMEOUT, launch, start_driver
from veritas.audit.browser.login_headers import add_login_headers
from veritas.audit.browser.navigation import is_http_url, navigate
from veritas.audit.browser.sandbox import ON, Sandbox, examine_renderers
from veritas.audit.browser.tab import Tab, close_quietly, with_timeout
from veritas.audit.egress import Guard
from veritas.audit.limits import DEFAULT_LIMITS, Limits, OnLimit
from veritas.audit.login import Login
from veritas.audit.page import BrowserCookie
from veritas.errors import BROWSER, MACHINE, BrowserMissing, PageError
from veritas.events.visitor import Viewport, Visitor
from veritas.scratch import scratch_directory

# The user agent of Playwright's Pixel 7.
_PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Mobile "
    "Safari/537.36"
)


@asynccontextmanager
async def open_browser(
    executable: str | None = None,
    *,
    guard: Guard,
    visitor: Visitor | None = None,
    login: Login | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> AsyncIterator[Browser]:
    """Start a headless Chromium with an empty profile, and end it with the `async with` block.

    It also ends when this process ends, even if it is killed: Playwright's driver watches for that.

    Args:
        executable: The browser to start; None for the one that `find_browser` finds.
        guard: The egress guard that all of its requests go through.
        visitor: The visitor that sites see; None for the default one.
        login: What it logs in with; None for nothing.
        limits: How much each visit may take.

    Raises:
        BrowserMissing: No browser is installed, or it does not start.
    """
    playwright = await start_driver()
    try:
        path = find_browser(executable, bundled=Path(playwright.chromium.executable_path))
        with scratch_directory() as crashes:
            chromium, sandbox = await launch(playwright, path, crashes, guard)
            try:
                yield await _start(playwright, chromium, guard, visitor or Visitor(), login or Login(), sandbox, limits)
            finally:
                await close_quietly(chromium.close())
    finally:
        await close_quietly(playwright.stop())


class Browser:
    """One running Chromium with one profile, which is deleted when it closes.

    Attributes:
        version: Chromium's version.
        user_agent: The User-Agent header that it sends.
        guard: The egress guard that all of its requests go through.
        visitor: The visitor that sites see.
        login: What it logs in with.
        sandbox: Whether its renderers are in its sandbox.
        limits: How much each visit may take.
    """

    def __init__(
        self,
        chromium: Chromium,
        context: BrowserContext,
        user_agent: str,
        health: Health,
        guard: Guard,
        visitor: Visitor,
        login: Login,
        sandbox: Sandbox,
        limits: Limits,
        tab: Page | None = None,
    ) -> None:
        self._chromium = chromium
        self._context = context
        self._health = health
        self.user_agent = user_agent
        self.version = chromium.version
        self.guard = guard
        self.visitor = visitor
        self.login = login
        self.sandbox = sandbox
        self._tab = tab  # an empty one, for the first visit
        self.limits = limits

    @asynccontextmanager
    async def fresh_profile(self) -> AsyncIterator[Browser]:
        """Open another, empty profile in the same Chromium.

        Raises:
            PageError: The browser does not work any more.
        """
        doing = "the start of a new profile"
        await self._health.check(doing)
        try:
            context = await _new_context(self._chromium, self.user_agent, self.visitor, self.login)
        except PageError as error:
            raise await self._health.explain(error, doing) from error
        try:
            fresh = copy(self)
            fresh._context, fresh._tab = context, None
            yield fresh
        finally:
            await close_quietly(context.close())

    async def visit(
        self, url: str, *, timeout: float = 20.0, virtual_time: bool = False, on_limit: OnLimit = lambda reached: None
    ) -> Tab:
        """Open *url* in a new tab, and wait until it is loaded and its network is quiet for a moment.

        Args:
            timeout: Seconds in which the document, and everything that it loads, must arrive.
            virtual_time: Install Playwright's `page.clock` before the page's first script runs.
            on_limit: Called for each limit that the visit reaches, until the tab is closed.

        Raises:
            PageError: No document arrived, or it cannot be audited.
        """
        if not is_http_url(url):
            raise PageError(f"{url!r} is not an http:// or https:// address; give one that is.")
        doing = f"the visit to {url!r}"
        await self._health.check(doing)
        try:
            return await self._open_tab(url, timeout=timeout, virtual_time=virtual_time, on_limit=on_limit)
        except PageError as error:
            if (explained := await self._health.explain(error, doing)) is error:
                raise
            raise explained from error

    async def _open_tab(self, url: str, *, timeout: float, virtual_time: bool, on_limit: OnLimit) -> Tab:
        message = f"No tab can be opened for {url!r}"
        page, self._tab = self._tab, None
        if page is None:
            page = await with_timeout(self._context.new_page(), message)
        try:
            session = await with_timeout(self._context.new_cdp_session(page), message)
            tab = Tab(
                page,
                session,
                url,
                self._health,
                self.guard,
                self.visitor.viewport,
                limits=self.limits,
                on_limit=on_limit,
            )
            await navigate(tab, timeout=timeout, virtual_time=virtual_time)
        except BaseException:
            await close_quietly(page.close())
            raise
        return tab

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0) -> Response:
        """GET *url* once, outside any page but through the same guard; follow no redirect.

        No cookie is sent but those of the login.

        Raises:
            PageError: No response came.
        """
        own = {"User-Agent": self.user_agent, "Accept-Language": self.visitor.locale}
        headers = {**own, **self.login.all_headers_for(url), **(headers or {})}
        return await http_get(url, headers=headers, timeout=timeout, guard=self.guard)

    async def find_preloaded(self, hosts: Iterable[str]) -> frozenset[str] | None:
        """Return those of *hosts* that are on the browser's HSTS preload list; None if that is not known."""
        return await find_preloaded(self._chromium, hosts)

    async def cookies(self) -> list[BrowserCookie]:
        """Return the profile's cookies, without those of the login: the site did not set those.

        Raises:
            PageError: The browser does not answer.
        """
        doing = "a query for its cookies"
        await self._health.check(doing)
        try:
            cookies = await with_timeout(self._context.cookies(), "The cookies cannot be read")
        except PageError as error:
            raise await self._health.explain(error, doing) from error
        found = [cast(BrowserCookie, dict(cookie)) for cookie in cookies]
        return [each for each in found if not self.login.has_cookie(each)]


async def _start(
    playwright: Playwright,
    chromium: Chromium,
    guard: Guard,
    visitor: Visitor,
    login: Login,
    sandbox: Sandbox,
    limits: Limits,
) -> Browser:
    """Return the running browser with its first profile.

    Raises:
        BrowserMissing: It does not answer.
    """
    message = "The browser does not answer after its start"
    try:
        session = await with_timeout(chromium.new_browser_cdp_session(), message, LAUNCH_TIMEOUT)
        version = await with_timeout(session.send("Browser.getVersion"), message, LAUNCH_TIMEOUT)
        user_agent = visitor.user_agent or _user_agent(str(version["userAgent"]), visitor.viewport)
        await with_timeout(add_login_headers(session, login), message, LAUNCH_TIMEOUT)
        context = await _new_context(chromium, user_agent, visitor, login)
        tab = await with_timeout(context.new_page(), message, LAUNCH_TIMEOUT)
        if sandbox.state == ON:
            processes = await with_timeout(session.send("SystemInfo.getProcessInfo"), message, LAUNCH_TIMEOUT)
            renderers = (each["id"] for each in processes["processInfo"] if each["type"] == "renderer")
            sandbox = examine_renderers(renderers)
    except PageError as error:
        shortage = find_shortage()
        reason = f"{str(error).rstrip('.')}: {shortage}" if shortage else f"{error} Run the audit again."
        raise BrowserMissing(reason, kind=MACHINE if shortage else BROWSER) from error
    health = Health(playwright, chromium, session)
    return Browser(chromium, context, user_agent, health, guard, visitor, login, sandbox, limits, tab)


def _user_agent(headless: str, viewport: Viewport) -> str:
    """Return the user agent of this Chromium with a window, or of the same version on a phone."""
    if viewport.mobile:
        return _PHONE.format(version=headless.partition("HeadlessChrome/")[2].partition(" ")[0])
    return headless.replace("HeadlessChrome", "Chrome")


async def _new_context(chromium: Chromium, user_agent: str, visitor: Visitor, login: Login) -> BrowserContext:
    message = "No profile can be opened"
    window = visitor.viewport
    opening = chromium.new_context(
        viewport=ViewportSize(width=window.width, height=window.height),
        device_scale_factor=window.scale,
        is_mobile=window.mobile,
        has_touch=window.mobile,
        locale=visitor.locale,
        timezone_id=visitor.time_zone,
        user_agent=user_agent,
        storage_state=login.state.for_playwright(),
        accept_downloads=False,
        service_workers="block",  # so that every response is the server's own
    )
    context = await with_timeout(opening, message)
    await with_timeout(context.grant_permissions([]), message)  # others are denied without a prompt
    return context
