"""The browser of one audit: a running Chromium, in profiles that no other audit uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from typing import cast

from playwright.async_api import BrowserContext, CDPSession, Page, ProxySettings, ViewportSize

from veritas.audit.browser.chromium_flags import NO_EXCEPTION
from veritas.audit.browser.health import Health
from veritas.audit.browser.hsts_preload import find_preloaded
from veritas.audit.browser.http_get import Response, http_get
from veritas.audit.browser.launch import LAUNCH_TIMEOUT
from veritas.audit.browser.login_headers import add_login_headers
from veritas.audit.browser.navigation import is_http_url, navigate
from veritas.audit.browser.page_log import MAX_MEASURED
from veritas.audit.browser.running_browser import RunningBrowser
from veritas.audit.browser.sandbox import Sandbox
from veritas.audit.browser.tab import Tab, close_quietly, with_timeout
from veritas.audit.browser_records import BrowserCookie
from veritas.audit.egress.guard import Guard
from veritas.audit.limits import Limits, OnLimit
from veritas.audit.login import Login
from veritas.errors import PageError
from veritas.events.visitor import Viewport, Visitor

# The user agent of Playwright's Pixel 7.
_PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Mobile "
    "Safari/537.36"
)


class Browser:
    """The browser of one audit, with one profile.

    Attributes:
        version: Chromium's version.
        user_agent: The User-Agent header that it sends.
        guard: The egress guard that all of its requests go through.
        visitor: The visitor that sites see.
        login: What it logs in with.
        sandbox: Whether its renderers are in its sandbox.
        limits: How much each visit may take.
        audits_before: How many audits the same Chromium did before this one.
    """

    _context: BrowserContext
    _tab: Page | None  # an empty one, for the first visit
    _prepared: asyncio.Task[tuple[BrowserContext, Page]] | None = None  # a profile and its tab

    def __init__(
        self,
        running: RunningBrowser,
        *,
        health: Health,
        guard: Guard,
        visitor: Visitor,
        login: Login,
        limits: Limits,
    ) -> None:
        """Use a running Chromium; see the attributes."""
        self._running = running
        self._chromium = running.chromium
        self._health = health
        self.user_agent = visitor.user_agent or _user_agent(running.user_agent, visitor.viewport)
        self.version = running.chromium.version
        self.guard = guard
        self.visitor = visitor
        self.login = login
        self.limits = limits
        self.audits_before = running.audits

    @property
    def sandbox(self) -> Sandbox:
        """Whether its renderers are in its sandbox."""
        return self._running.sandbox

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open the first profile; its login is taken back with the `async with` block.

        Raises:
            PageError: The browser does not answer.
        """
        message = "The browser does not answer after its start"
        async with AsyncExitStack() as stack:
            if self.login.headers:
                session = await with_timeout(self._chromium.new_browser_cdp_session(), message, LAUNCH_TIMEOUT)
                stack.push_async_callback(self._take_back_login, session)
                await with_timeout(add_login_headers(session, self.login), message, LAUNCH_TIMEOUT)
            self._context = await self._new_context()
            self._tab = await with_timeout(self._context.new_page(), message, LAUNCH_TIMEOUT)
            if not self.audits_before:
                await with_timeout(self._running.examine_sandbox(), message, LAUNCH_TIMEOUT)
            stack.push_async_callback(self._end_preparation)
            yield

    async def _take_back_login(self, session: CDPSession) -> None:
        """End the session that adds the login's headers; without an answer, no other audit may use the Chromium."""
        try:
            await with_timeout(session.detach(), "The browser keeps the login")
        except PageError:
            self._running.is_fit = False

    @asynccontextmanager
    async def fresh_profile(self) -> AsyncIterator[Browser]:
        """Open another, empty profile in the same Chromium; it is closed after the `async with` block, at the latest
        with the audit.

        Raises:
            PageError: The browser does not work any more.
        """
        doing = "the start of a new profile"
        await self._health.check(doing)
        prepared, self._prepared = self._prepared, None
        try:
            context, tab = await prepared if prepared is not None else (await self._new_context(), None)
        except PageError as error:
            raise await self._health.explain(error, doing) from error
        try:
            fresh = copy(self)
            fresh._context, fresh._tab = context, tab
            yield fresh
        finally:
            self._running.close_soon(context)

    def prepare_profile(self) -> None:
        """Begin to open a profile and its tab for the next `fresh_profile`: the browser starts a process for it."""
        if self._prepared is None:
            self._prepared = asyncio.ensure_future(self._open_profile())
            self._prepared.add_done_callback(lambda done: done.cancelled() or done.exception())  # asyncio logs it else

    async def _open_profile(self) -> tuple[BrowserContext, Page]:
        context = await self._new_context()
        return context, await with_timeout(context.new_page(), "No tab can be opened")

    async def _end_preparation(self) -> None:
        """Wait for a profile that no one took: one that opened later would not be closed with the audit."""
        if self._prepared is not None:
            await asyncio.wait({self._prepared})

    async def visit(
        self, url: str, *, timeout: float = 20.0, virtual_time: bool = False, on_limit: OnLimit = lambda reached: None
    ) -> Tab:
        """Open *url* in a new tab, and wait until it is loaded and its network is quiet for a moment.

        Args:
            timeout: Seconds in which the document, and everything that it loads, must arrive.
            virtual_time: Install Playwright's `page.clock` before the page's first script runs, and read no sizes of
                requests: the page is examined, and not recorded.
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
                measured=0 if virtual_time else MAX_MEASURED,
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
        return await find_preloaded(self._chromium, hosts, self._running.preloaded)

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

    async def _new_context(self) -> BrowserContext:
        """Open an empty profile.

        Raises:
            PageError: The browser does not answer.
        """
        message = "No profile can be opened"
        window = self.visitor.viewport
        opening = self._chromium.new_context(
            proxy=ProxySettings(server=self.guard.url, bypass=NO_EXCEPTION),
            viewport=ViewportSize(width=window.width, height=window.height),
            device_scale_factor=window.scale,
            is_mobile=window.mobile,
            has_touch=window.mobile,
            locale=self.visitor.locale,
            timezone_id=self.visitor.time_zone,
            user_agent=self.user_agent,
            storage_state=self.login.state.for_playwright(),
            accept_downloads=False,
            service_workers="block",  # so that every response is the server's own
        )
        context = await with_timeout(opening, message)
        await with_timeout(context.grant_permissions([]), message)  # others are denied without a prompt
        return context


def _user_agent(headless: str, viewport: Viewport) -> str:
    """Return the user agent of this Chromium with a window, or of the same version on a phone."""
    if viewport.mobile:
        return _PHONE.format(version=headless.partition("HeadlessChrome/")[2].partition(" ")[0])
    return headless.replace("HeadlessChrome", "Chrome")
