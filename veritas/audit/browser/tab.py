"""A page that is visited, and what can be asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from playwright.async_api import CDPSession, FloatRect, Page, ViewportSize
from playwright.async_api import Error as PlaywrightError

from veritas.audit.browser.cdp import call_apart, capture
from veritas.audit.browser.net_errors import first_line
from veritas.audit.browser.page_log import PageLog
from veritas.audit.page import Dialog, Redirect, RequestRecord, ServerAddress, ServerCertificate
from veritas.errors import PageError

STEP_TIMEOUT = 10.0

_CLOSE_TIMEOUT = 5.0

_T = TypeVar("_T")


async def bounded(awaitable: Awaitable[_T], fault: str, timeout: float = STEP_TIMEOUT) -> _T:
    """Await *awaitable* for *timeout* seconds at most; PageError, beginning with *fault*, where it fails."""
    try:
        async with asyncio.timeout(timeout):
            return await awaitable
    except TimeoutError as error:
        raise PageError(f"{fault}: no answer within {timeout:g} s.") from error
    except (PlaywrightError, PageError) as error:
        raise PageError(f"{fault}: {first_line(error)}.") from error


async def quietly(awaitable: Awaitable[Any]) -> None:
    """End something that may be gone already, or never answer."""
    with suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await awaitable


VIEWPORT = ViewportSize(width=1366, height=768)
MAX_SCREENSHOT_HEIGHT = 16_384  # Chromium's longest texture: beyond it a picture repeats itself or goes blank
MAX_HTML = 10_000_000

_SHOT_TIMEOUT = 6.0
_TRIES = 3
# What Playwright and the DevTools protocol say when the page goes on to another one under a script's feet.
_MOVED_ON = ("Execution context was destroyed", "Cannot find context", "Inspected target navigated")


class Tab:
    """A page that was visited, still open; an async context manager that closes it.

    Attributes:
        page: Playwright's page.
        devtools: Playwright's session with it in the DevTools protocol.
        requested_url: What was asked for.
        url: Where it ended.
        status: The HTTP status of the document on screen.
        headers: That document's headers, case and duplicates as sent; Chromium sorts them by name.
        redirects: The answers that led to it, in order.
        document: The document's own request; set once the navigation has ended.
        certificate: What the browser reports of its server's TLS certificate.
        address: The address of its server.
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
        self.redirects: tuple[Redirect, ...] = ()
        self.document: RequestRecord
        self.certificate: ServerCertificate | None = None
        self.address: ServerAddress | None = None
        self.complete = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def requests(self) -> list[RequestRecord]:
        """Every request so far but the documents' own."""
        return self.log.requests

    @property
    def dialogs(self) -> list[Dialog]:
        """Every dialog that the page has opened so far; all were dismissed."""
        return self.log.dialogs

    def browser_runs(self) -> bool:
        """Whether the browser is there; without it nothing that happens to the tab is the page's doing."""
        browser = self.page.context.browser
        return browser is not None and browser.is_connected()

    async def ask(self, awaitable: Awaitable[_T], fault: str, timeout: float = STEP_TIMEOUT) -> _T:
        """Await something of `page` or `devtools`; a PageError that begins with *fault* where it fails or lingers."""
        return await bounded(awaitable, fault, timeout)

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
            return await bounded(shot, f"No screenshot of {self.url!r} can be taken", _SHOT_TIMEOUT)

    async def close(self) -> None:
        """Close the tab; what its page says to that does not matter."""
        await quietly(self.page.close())

    async def _in_document(self, run: Callable[[], Awaitable[_T]], timeout: float) -> _T:
        fault = f"No script runs in {self.url!r}"
        for _ in range(_TRIES - 1):
            try:
                return await bounded(run(), fault, timeout)
            except PageError as error:
                if not any(mark in str(error) for mark in _MOVED_ON):
                    raise
        return await bounded(run(), fault, timeout)
