"""How a new tab gets to its page, and when that counts as there: the part of a visit that hostile pages attack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from veritas.audit.browser.net_errors import why_not_visited
from veritas.audit.browser.requests import add_answer, requested, sizes, timing
from veritas.audit.page import Redirect, ServerAddress, ServerCertificate
from veritas.errors import PageError

if TYPE_CHECKING:
    from veritas.audit.browser import Tab


async def read_chain(documents: Sequence[Any]) -> list[Redirect]:
    """Return every answer before the last of *documents*, in order.

    Args:
        documents: The responses whose documents were shown, the last one being on screen.
    """
    chain = []
    for document in documents:
        for request in _redirected_from(document.request):
            answer = await request.response()
            if answer is not None:
                chain.append(await _hop(answer, "http"))
        if document is not documents[-1]:
            chain.append(await _hop(document, "client"))
    return chain


async def read_headers(response: Any) -> tuple[tuple[str, str], ...]:
    """Return the headers of *response*, case and duplicates as sent."""
    return tuple((header["name"], header["value"]) for header in await response.headers_array())


async def _hop(response: Any, kind: str) -> Redirect:
    return {
        "url": response.url,
        "method": response.request.method,
        "status": response.status,
        "status_text": response.status_text,
        "headers": list(await read_headers(response)),
        "timing": timing(response.request),
        "kind": kind,
    }


def _redirected_from(request: Any) -> list[Any]:
    earlier: list[Any] = []
    while request.redirected_from is not None:
        request = request.redirected_from
        earlier.insert(0, request)
    return earlier


MAX_DOCUMENTS = 10

_QUIET = 0.25  # seconds without a request: what is there by then is the page
_QUIET_LIMIT = 3.0  # seconds after its load event: a page that is not quiet by then never is
_TICK = 0.02
_LAYOUT = 1.0  # seconds that a tab may take to show what came of a document that broke off
_PROBE_TIMEOUT = 2.0
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml")


async def navigate(tab: Tab, *, timeout: float, clock: bool) -> None:
    """Take *tab* to its `requested_url`, wait until the page is there, and fill in what came of it.

    Raises:
        PageError: No document arrived, or it is none that can be audited.
    """
    await _Navigation(tab).run(timeout=timeout, clock=clock)


def is_web_address(url: str) -> bool:
    """Say whether *url* is an http or https one."""
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


class _Navigation:
    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.log = tab.log
        self.url = tab.requested_url
        self.shows_nothing = False

    async def run(self, *, timeout: float, clock: bool) -> None:
        tab = self.tab
        deadline = asyncio.get_running_loop().time() + timeout
        tab.devtools.on("Page.windowOpen", self.log.note_popup)
        await tab.ask(tab.devtools.send("Page.enable"), "The tab does not answer")
        if clock:
            await tab.ask(tab.page.clock.install(), "The tab's clock cannot be set")
        try:
            going = tab.page.goto(self.url, wait_until="commit", timeout=timeout * 1000)
            await tab.ask(going, f"{self.url!r} cannot be visited", timeout + 1)
        except PageError as error:
            if self.is_unshown_error():
                await self.show_nothing()
            elif not self.log.documents:
                raise PageError(self.why_no_document(error, timeout)) from error
        await self.settle(deadline)
        tab.complete = self.log.loaded and not self.log.broken_off
        if not tab.complete:
            await self.stop()
        await self.read_document()

    async def settle(self, deadline: float) -> None:
        """Wait until the page is loaded and quiet, until *deadline* at most."""
        loop = asyncio.get_running_loop()
        loaded_at = None
        while loop.time() < deadline and not self.log.broken_off:
            await self.check()
            if not self.log.loaded:
                loaded_at = None
            elif loaded_at is None:
                loaded_at = loop.time()
            elif self.log.quiet_for() >= _QUIET or loop.time() - loaded_at >= _QUIET_LIMIT:
                return
            await asyncio.sleep(_TICK)

    async def check(self) -> None:
        """Raise PageError where waiting on has no use."""
        log = self.log
        if log.crashed:
            raise PageError(f"{self.url!r} crashes its tab.")
        if not self.tab.browser_runs():
            raise PageError(f"The browser ended while it visited {self.url!r}; run the audit again.")
        if self.tab.page.is_closed():
            raise PageError(f"{self.url!r} closes its own tab.")
        if log.navigations > MAX_DOCUMENTS:
            raise PageError(f"{self.url!r} goes from page to page without end; given up at {self.tab.page.url!r}.")
        if log.downloads and not log.loaded and log.quiet_for() >= _QUIET:
            raise PageError(f"{self.url!r} starts the download of {log.downloads[0]!r} and shows no page.")
        if self.tab.page.url.startswith("chrome-error:"):
            if not self.is_unshown_error():
                failed_url, failure = log.last_failure or (self.url, "")
                raise PageError(f"{self.url!r} leads on. {why_not_visited(PageError(failure), failed_url, timeout=0)}")
            await self.show_nothing()

    def is_unshown_error(self) -> bool:
        """Say whether the answer is an error that Chromium replaces by a page of its own: no body, or a login box."""
        return bool(self.log.unshown) and self.log.unshown[-1].status >= 400

    async def show_nothing(self) -> None:
        """Take the answer for an empty page: what Chromium shows in its place did not come from the site."""
        page = self.tab.page
        self.log.documents.append(self.log.unshown.pop())
        self.shows_nothing = True
        await self.attempt(page.wait_for_url("chrome-error:**", wait_until="commit"))  # it may still be on its way
        await self.tab.ask(page.goto("about:blank"), f"{self.url!r} cannot be left")
        self.log.loaded = True

    async def stop(self) -> None:
        """Stop loading and, where a script keeps the page busy, that script."""
        devtools = self.tab.devtools
        await self.attempt(devtools.send("Page.stopLoading"))
        if await self.attempt(self.tab.page.evaluate("0")):
            return
        await self.attempt(devtools.send("Runtime.terminateExecution"))
        try:
            await self.tab.evaluate("0")
        except PageError as error:
            raise PageError(f"{self.url!r} keeps its tab so busy that it answers nothing.") from error

    async def read_document(self) -> None:
        await self.check()  # the page may have led on since it was waited for
        tab = self.tab
        if not self.log.documents:
            raise PageError(f"{self.url!r} leads to {tab.page.url!r}, which is not a web page.")
        document = self.log.documents[-1]
        tab.url = document.url if self.shows_nothing else tab.page.url
        tab.status = document.status
        if not is_web_address(tab.url):
            raise PageError(f"{self.url!r} leads to {tab.url!r}, which is not a web page.")
        fault = f"{tab.url!r} cannot be read"
        tab.headers = await tab.ask(read_headers(document), fault)
        if tab.status < 400:  # errors come in any type, and are facts all the same
            await self.check_type()
        tab.redirects = tuple(await tab.ask(read_chain(self.log.documents), fault))
        tab.document = requested(document.request)
        add_answer(tab.document, document)
        tab.document["timing"] = timing(document.request)
        if tab.complete:
            await self.attempt(self.weigh(document.request))
        certificate = await tab.ask(document.security_details(), fault)
        address = await tab.ask(document.server_addr(), fault)
        tab.certificate = cast(ServerCertificate, dict(certificate)) if certificate else None
        tab.address = cast(ServerAddress, dict(address)) if address else None

    async def weigh(self, request: Any) -> None:
        """Write down how much was transferred for the document."""
        self.tab.document["sizes"] = await sizes(request)

    async def check_type(self) -> None:
        """Raise PageError unless something came, and it is of a type that has text and links."""
        tab = self.tab
        if self.log.broken_off and not await self.shows_something():
            raise PageError(f"{tab.url!r} breaks off before anything can be shown ({self.log.broken_off}).")
        sent = {name.lower(): value for name, value in tab.headers}.get("content-type", "")
        for media_type in (sent.partition(";")[0].strip().lower(), await tab.inspect("() => document.contentType")):
            if media_type and media_type not in _PAGE_TYPES:
                raise PageError(f"{tab.url!r} is {media_type}, not a web page.")

    async def shows_something(self) -> bool:
        """Return whether the tab shows anything of a document that broke off.

        The network's end may be known before what came is laid out.
        """
        deadline = asyncio.get_running_loop().time() + _LAYOUT
        while not await self.tab.inspect("() => Boolean(document.documentElement)"):
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_TICK)
        return True

    def why_no_document(self, error: PageError, timeout: float) -> str:
        if self.log.unshown and self.log.unshown[-1].status in (204, 205):
            return f"{self.url!r} answers with HTTP {self.log.unshown[-1].status}, which is no page."
        cause = error.__cause__
        return why_not_visited(cause if isinstance(cause, Exception) else error, self.url, timeout=timeout)

    async def attempt(self, awaitable: Awaitable[Any]) -> bool:
        """Await something for a moment; say whether it came about."""
        try:
            await self.tab.ask(awaitable, "", _PROBE_TIMEOUT)
        except PageError:
            return False
        return True
