"""A headless Chromium, and the pages that an audit visits with it.

Whatever a page does, a visit ends: with a `Tab`, or with a `PageError` that says in one sentence why there is none.
A document that arrived but never finishes loading is a Tab with `complete=False`.

What a site sees is an ordinary visitor: a window of 1366x768, English, an empty profile, no permission granted, and
the user agent that this Chromium has with a window. Sites serve other pages, or none, to "HeadlessChrome", and then
the audit would describe what no customer gets. Nothing else is disguised: `navigator.webdriver` stays true.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from playwright.async_api import Browser as Chromium
from playwright.async_api import BrowserContext, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from veritas.audit.browser_finder import find_browser
from veritas.audit.net_errors import first_line, sentence_for
from veritas.audit.page_log import PageLog
from veritas.errors import BrowserMissing, PageError

VIEWPORT = {"width": 1366, "height": 768}
LOCALE = "en-US"

# Chromium's longest texture: beyond it a screenshot repeats itself or goes blank.
MAX_SCREENSHOT_HEIGHT = 16_384
MAX_HTML = 10_000_000
MAX_NAVIGATIONS = 10

_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
_LAUNCH_TIMEOUT = 30.0
_CLOSE_TIMEOUT = 5.0
_STEP_TIMEOUT = 10.0
_QUIET = 0.25  # seconds without a request: what is there by then is the page
_QUIET_LIMIT = 3.0  # seconds after its load event: a page that is not quiet by then never is
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml")

_T = TypeVar("_T")


@dataclass(frozen=True)
class Response:
    """The answer to one plain GET; its headers as sent: order, case and duplicates kept."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


@asynccontextmanager
async def open_browser(executable: str | None = None) -> AsyncIterator[Browser]:
    """Start a headless Chromium with an empty profile, and end it with the block.

    Args:
        executable: The browser to start; None for the one that `find_browser` finds.

    Raises:
        BrowserMissing: There is none, or it does not start.
    """
    path, playwright = await asyncio.gather(asyncio.to_thread(find_browser, executable), async_playwright().start())
    try:
        chromium = await _launch(playwright, str(path))
        try:
            async with _open_profile(playwright, chromium) as browser:
                yield browser
        finally:
            await _quietly(chromium.close())
    finally:
        await _quietly(playwright.stop())


class Browser:
    """One running Chromium with one profile, which is forgotten when it closes."""

    def __init__(self, playwright: Playwright, chromium: Chromium, context: BrowserContext) -> None:
        self._playwright = playwright
        self._chromium = chromium
        self._context = context
        self.version = chromium.version

    @asynccontextmanager
    async def fresh_profile(self) -> AsyncIterator[Browser]:
        """Open the same Chromium with another, empty profile."""
        async with _open_profile(self._playwright, self._chromium) as browser:
            yield browser

    async def visit(self, url: str, *, timeout: float = 20.0, clock: bool = False) -> Tab:
        """Open *url* in a new tab, and wait until it is loaded and its network is quiet for a moment.

        Args:
            timeout: Seconds until the document must have arrived; what it loads has until then too.
            clock: Put the page under `page.clock`, from its first script on.

        Raises:
            PageError: No document arrived, or it is none that can be audited.
        """
        tab = Tab(await _bounded(self._context.new_page(), f"No tab opens for {url!r}"), url)
        try:
            await tab._open(timeout=timeout, clock=clock)
        except BaseException:
            await tab.close()
            raise
        return tab

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0) -> Response:
        """GET *url* once, outside any page: no redirect is followed, no cookie sent or kept.

        Raises:
            PageError: No answer came.
        """
        session = await self._playwright.request.new_context(user_agent=_user_agent(self.version))
        try:
            async with asyncio.timeout(timeout):
                answer = await session.get(url, headers=dict(headers or {}), max_redirects=0, timeout=timeout * 1000)
                sent = tuple((header["name"], header["value"]) for header in answer.headers_array)
                return Response(url=url, status=answer.status, headers=sent, body=await answer.body())
        except (PlaywrightError, TimeoutError) as error:
            raise PageError(sentence_for(first_line(error), url, timeout=timeout)) from error
        finally:
            await _quietly(session.dispose())

    async def cookies(self) -> list[dict[str, Any]]:
        """Return the profile's cookies: name, value, domain, path, expires, httpOnly, secure, sameSite."""
        return [dict(cookie) for cookie in await self._context.cookies()]


class Tab:
    """A page that was visited, still open; an async context manager that closes it.

    Attributes:
        page: Playwright's page.
        requested_url: What was asked for.
        url: Where it ended.
        status: The HTTP status of the document on screen.
        headers: That document's headers as sent, duplicates kept.
        redirects: What came before it, in order: url, status, headers, kind (`http`, or `client` for a script or
            meta refresh), timing.
        timing: Playwright's timing of the document's request, in ms from its startTime.
        certificate: Whom the document's TLS connection showed: issuer, protocol, subjectName, validFrom, validTo.
        address: ipAddress and port of its server.
        complete: Everything it asked for was loaded before the timeout.
        log: What happened meanwhile.
    """

    def __init__(self, page: Page, requested_url: str) -> None:
        self.page = page
        self.requested_url = requested_url
        self.url = requested_url
        self.status = 0
        self.headers: tuple[tuple[str, str], ...] = ()
        self.redirects: tuple[dict[str, Any], ...] = ()
        self.timing: dict[str, float] = {}
        self.certificate: dict[str, Any] | None = None
        self.address: dict[str, Any] | None = None
        self.complete = False
        self.log = PageLog(page)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Every request but the documents' own, so far."""
        return self.log.requests

    @property
    def dialogs(self) -> list[dict[str, str]]:
        """Every dialog that the page has opened so far; all were dismissed."""
        return self.log.dialogs

    async def evaluate(self, script: str, argument: Any = None, *, timeout: float = _STEP_TIMEOUT) -> Any:
        """Return what *script* gives in the page.

        Raises:
            PageError: It fails, or gives no answer within *timeout* seconds.
        """
        return await _bounded(self.page.evaluate(script, argument), f"{self.url!r} runs no script", timeout)

    async def html(self) -> str:
        """Return the document as it stands now, at most `MAX_HTML` characters of it."""
        script = "limit => document.documentElement?.outerHTML.slice(0, limit) ?? ''"
        return str(await self.evaluate(script, MAX_HTML))

    async def screenshot(self, *, full_page: bool) -> bytes:
        """Return a PNG with one pixel per CSS pixel, of the window or of the page down to `MAX_SCREENSHOT_HEIGHT`.

        Animations stand still in it, so that two shots of the same page agree.
        """
        clip = {"x": 0, "y": 0, "width": VIEWPORT["width"], "height": MAX_SCREENSHOT_HEIGHT} if full_page else None
        shot = self.page.screenshot(full_page=full_page, clip=clip, animations="disabled", scale="css")
        return await _bounded(shot, f"No screenshot of {self.url!r} can be taken")

    async def close(self) -> None:
        """Close the tab; what its page says to that does not matter."""
        await _quietly(self.page.close())

    async def _open(self, *, timeout: float, clock: bool) -> None:
        deadline = asyncio.get_running_loop().time() + timeout
        if clock:
            await _bounded(self.page.clock.install(), "The page's clock cannot be set")
        try:
            async with asyncio.timeout_at(deadline + 1):
                await self.page.goto(self.requested_url, wait_until="commit", timeout=timeout * 1000)
        except (PlaywrightError, TimeoutError) as error:
            if not self.log.documents:
                raise PageError(sentence_for(str(error), self.requested_url, timeout=timeout)) from error
        await self._settle(deadline)
        await self._read_document()

    async def _settle(self, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        loaded_at = None
        while loop.time() < deadline:
            if self.log.crashed:
                raise PageError(f"{self.requested_url!r} crashes its tab.")
            if self.page.is_closed():
                raise PageError(f"{self.requested_url!r} closes its own tab.")
            if self.log.navigations > MAX_NAVIGATIONS:
                raise PageError(f"{self.requested_url!r} navigates on and on; {self.log.navigations} pages, no end.")
            if not self.log.loaded:
                loaded_at = None
            elif loaded_at is None:
                loaded_at = loop.time()
            elif self.log.quiet_for() >= _QUIET or loop.time() - loaded_at >= _QUIET_LIMIT:
                self.complete = True
                return
            await asyncio.sleep(0.02)

    async def _read_document(self) -> None:
        self.url = self.page.url
        if urlsplit(self.url).scheme not in ("http", "https") or not self.log.documents:
            raise PageError(f"{self.requested_url!r} leads to {self.url!r}, which is not a web page.")
        *earlier, document = self.log.documents
        chain = []
        for response, kind in [*((response, "client") for response in earlier), (document, "")]:
            hops = []
            request = response.request.redirected_from
            while request:
                hops.append(request)
                request = request.redirected_from
            for hop in reversed(hops):
                answer = await _bounded(hop.response(), "No answer")
                if answer:
                    chain.append(await _hop(answer, "http"))
            if kind:
                chain.append(await _hop(response, kind))
        self.redirects = tuple(chain)
        self.status = document.status
        self.headers = tuple(await _headers(document))
        self.timing = dict(document.request.timing)
        self.certificate = await _bounded(document.security_details(), "No certificate") or None
        self.address = await _bounded(document.server_addr(), "No address")


async def _hop(response: Any, kind: str) -> dict[str, Any]:
    headers = [list(pair) for pair in await _headers(response)]
    timing = dict(response.request.timing)
    return {"url": response.url, "status": response.status, "headers": headers, "kind": kind, "timing": timing}


async def _headers(response: Any) -> list[tuple[str, str]]:
    return [(header["name"], header["value"]) for header in await _bounded(response.headers_array(), "No headers")]


async def _launch(playwright: Playwright, path: str) -> Chromium:
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    try:
        return await playwright.chromium.launch(
            executable_path=path,
            args=_FLAGS,
            chromium_sandbox=not is_root,  # Chromium refuses to run its sandbox as root
            timeout=_LAUNCH_TIMEOUT * 1000,
        )
    except PlaywrightError as error:
        raise BrowserMissing(f"The browser {path!r} does not start: {first_line(error)}.") from error


@asynccontextmanager
async def _open_profile(playwright: Playwright, chromium: Chromium) -> AsyncIterator[Browser]:
    context = await chromium.new_context(
        viewport={"width": 1366, "height": 768},
        locale=LOCALE,
        user_agent=_user_agent(chromium.version),
        accept_downloads=False,
        service_workers="block",  # so that every answer is the server's own
    )
    try:
        await context.grant_permissions([])
        yield Browser(playwright, chromium, context)
    finally:
        await _quietly(context.close())


def _user_agent(version: str) -> str:
    return (
        f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version.split('.')[0]}.0.0.0 "
        "Safari/537.36"
    )


async def _bounded(awaitable: Awaitable[_T], fault: str, timeout: float = _STEP_TIMEOUT) -> _T:
    try:
        async with asyncio.timeout(timeout):
            return await awaitable
    except TimeoutError as error:
        raise PageError(f"{fault}: no answer within {timeout:g} s.") from error
    except PlaywrightError as error:
        raise PageError(f"{fault}: {first_line(error)}.") from error


async def _quietly(awaitable: Awaitable[Any]) -> None:
    """End something that may be gone already, or never end."""
    with suppress(PlaywrightError, TimeoutError):
        async with asyncio.timeout(_CLOSE_TIMEOUT):
            await awaitable
