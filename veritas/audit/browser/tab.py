"""The Tab: a page that was visited and is still open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from playwright.async_api import CDPSession, FloatRect, Page
from playwright.async_api import Error as PlaywrightError

from veritas.audit.browser.cdp import IsolatedWorld, capture
from veritas.audit.browser.health import Health
from veritas.audit.browser.net_errors import first_line
from veritas.audit.browser.page_log import MAX_MEASURED, PageLog
from veritas.audit.browser_records import Dialog, Redirect, RequestRecord, ServerAddress, ServerCertificate
from veritas.audit.egress.guard import Guard
from veritas.audit.limits import Limits, OnLimit
from veritas.errors import PageError
from veritas.events.visitor import Viewport

STEP_TIMEOUT = 10.0
MAX_HTML = 10_000_000

_MAX_PHONE_PAGE = 4_096  # CSS pixels of width
_CLOSE_TIMEOUT = 5.0
_SCREENSHOT_TIMEOUT = 6.0
_TRIES = 3
# Further seconds for a page that does not answer in `STEP_TIMEOUT`, after its own script was ended. A page of 200,000
# elements runs no script until it is laid out, which takes 4 s of processor time (Chromium 156).
_PATIENCE = 30.0
_TERMINATE_TIMEOUT = 2.0
# The errors of Playwright and CDP for a script that was running when the page moved to another one, and for one that
# was ended in place of a script of the page, because that had just ended by itself.
_PASSING = (
    "Execution context was destroyed",
    "Cannot find context",
    "Inspected target navigated",
    "Execution was terminated",
)

_T = TypeVar("_T")


class Tab:
    """A page that was visited and is still open; an async context manager that closes it.

    Attributes:
        page: Playwright's page.
        cdp: Playwright's CDP session with the page.
        world: The isolated world of the page.
        limits: How much the visit may take.
        requested_url: The URL that was asked for.
        url: The URL of the document on screen.
        status: The HTTP status of the document on screen.
        headers: That document's headers, with case and duplicates as sent; Chromium sorts them by name.
        redirects: The responses that led to it, in order.
        document: The document's own request; set when the navigation has ended.
        certificate: The server's TLS certificate, as the browser reports it.
        address: The server's address.
        guard: The egress guard that the tab's requests go through.
        proxy: The URL of the proxy that the page came through, without a login; None if it came directly.
        complete: Whether everything that the page asked for arrived before the timeout.
        log: The page's events while the tab is open.
    """

    def __init__(
        self,
        page: Page,
        cdp: CDPSession,
        requested_url: str,
        health: Health,
        guard: Guard,
        viewport: Viewport,
        *,
        limits: Limits,
        on_limit: OnLimit,
        measured: int = MAX_MEASURED,
    ) -> None:
        self.page = page
        self.cdp = cdp
        self.world = IsolatedWorld(cdp)
        self.limits = limits
        self.log = PageLog(page, requested_url, limits, on_limit, guard.explain, measured=measured)
        self.requested_url = requested_url
        self.url = requested_url
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.redirects: tuple[Redirect, ...] = ()
        self.document: RequestRecord
        self.certificate: ServerCertificate | None = None
        self.address: ServerAddress | None = None
        self.proxy: str | None = None
        self.complete = False
        self.guard = guard
        self._health = health
        self._viewport = viewport

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if isinstance(error, PageError) and (explained := await self.explain(error)) is not error:
                raise explained from error
        finally:
            await self.close()

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far, except the documents' own."""
        return self.log.requests

    @property
    def dialogs(self) -> list[Dialog]:
        """Every dialog that the page has opened so far; all are dismissed."""
        return self.log.dialogs

    async def explain(self, error: PageError) -> PageError:
        """Return *error*, or an error that names the actual cause, if that is not the page."""
        return await self._health.explain(error, f"the visit to {self.requested_url!r}")

    @property
    def has_lost_browser(self) -> bool:
        """Whether the browser or its driver has ended or does not answer."""
        return self._health.has_fault

    async def evaluate(self, script: str, argument: Any = None) -> Any:
        """Return the value of *script* in the world of the page's own scripts.

        Raises:
            PageError: It fails, or returns nothing in time.
        """
        return await self.run_in_document(lambda: self.page.evaluate(script, argument))

    async def inspect(self, function: str, argument: Any = None) -> Any:
        """Return the result of *function* in an isolated world: the page's DOM, with globals that it cannot change.

        Raises:
            PageError: It fails, or returns nothing in time.
        """
        return await self.run_in_document(lambda: self.world.call(function, argument))

    async def run_in_document(self, run: Callable[[], Awaitable[_T]]) -> _T:
        """Return the result of *run*, which runs a script in the document on screen.

        It is called again if the page moves to another document. It is also called again if no answer comes within
        `STEP_TIMEOUT`: a script of the page that runs then is ended, and the page, which may be huge, gets more time.

        Raises:
            PageError: It fails, or returns nothing in time.
        """
        message = f"{self.url!r} cannot be read"
        timeout, tries = STEP_TIMEOUT, _TRIES
        while True:
            tries -= 1
            try:
                return await with_timeout(run(), message, timeout)
            except PageError as error:
                is_late = isinstance(error.__cause__, TimeoutError)
                if is_late and timeout < _PATIENCE and not self.has_lost_browser:
                    timeout = _PATIENCE
                    await self.end_script()
                elif not tries or not any(mark in str(error) for mark in _PASSING):
                    raise

    async def end_script(self) -> None:
        """End the script that runs in the page, if there is one; else the page's next script may be ended."""
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(_TERMINATE_TIMEOUT):
                await self.cdp.send("Runtime.terminateExecution")

    async def html(self) -> str:
        """Return the document's current HTML, at most `MAX_HTML` characters of it."""
        script = r"limit => (document.documentElement?.outerHTML ?? '').slice(0, limit).replace(/[\uD800-\uDBFF]$/, '')"
        return str(await self.inspect(script, MAX_HTML))

    async def screenshot(self, *, full_page: bool) -> bytes:
        """Return a PNG with one pixel per CSS pixel: of the window, or of the page down to the limit of its height.

        Animations are stopped, so that two screenshots of the same page are equal. Neither kind is wider than the
        window; a page that is wider than a phone is shown as a whole, as phones do.

        Raises:
            PageError: No screenshot could be made in time.
        """
        width, height = await self.visible_size()
        clip = FloatRect(x=0, y=0, width=width, height=self.limits.height) if full_page else None
        try:
            async with asyncio.timeout(_SCREENSHOT_TIMEOUT):
                return await self.page.screenshot(full_page=full_page, clip=clip, animations="disabled", scale="css")
        except (PlaywrightError, TimeoutError):  # it waits for every font, and for a page that keeps navigating
            max_height = self.limits.height if full_page else None
            png = capture(self.cdp, width=width, height=height, scale=1 / self._viewport.scale, max_height=max_height)
            return await with_timeout(png, f"No screenshot could be made of {self.url!r}", _SCREENSHOT_TIMEOUT)

    async def visible_size(self) -> tuple[int, int]:
        """Return the size of what the window shows, in CSS pixels: of a phone's, that depends on the page."""
        if not self._viewport.mobile:
            return self._viewport.width, self._viewport.height
        width, height = await self.inspect("() => [innerWidth, innerHeight]")
        return min(int(width), _MAX_PHONE_PAGE), min(int(height), self.limits.height)

    async def close(self) -> None:
        """Close the tab, whether or not its page answers."""
        await close_quietly(self.page.close())


async def with_timeout(awaitable: Awaitable[_T], message: str, timeout: float = STEP_TIMEOUT) -> _T:
    """Return the result of *awaitable*.

    Raises:
        PageError: It fails, or takes longer than *timeout* seconds; the error begins with *message*.
    """
    try:
        async with asyncio.timeout(timeout):
            return await awaitable
    except TimeoutError as error:
        raise PageError(f"{message}: no answer within {timeout:g} s.") from error
    except (PlaywrightError, PageError) as error:
        raise PageError(f"{message}: {first_line(error)}.") from error


async def close_quietly(awaitable: Awaitable[Any]) -> None:
    """Await the closing of something that may already be closed, or may not answer now; ignore both.

    A closing that is late goes on, so that a page that keeps the browser busy is closed in the end.
    """
    closing = asyncio.ensure_future(awaitable)
    closing.add_done_callback(lambda done: done.cancelled() or done.exception())  # so that asyncio does not log it
    await asyncio.wait({closing}, timeout=_CLOSE_TIMEOUT)
