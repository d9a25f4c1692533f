"""Navigate a new tab to its page, and wait until the page has loaded: the part of a visit that hostile pages attack."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, cast
from urllib.parse import urlsplit

from veritas.audit.browser.load_limits import LoadLimits
from veritas.audit.browser.net_errors import code_of_failure, describe_failure, kind_of_failure
from veritas.audit.browser.requests import add_response, new_record, read_redirects, request_timing, transfer_sizes
from veritas.audit.browser.tab import Tab, with_timeout
from veritas.audit.browser_records import ServerCertificate
from veritas.audit.limits import TIME
from veritas.errors import BROWSER, TAB, PageError

_QUIET = 0.25  # seconds without a request after which a page counts as loaded
_SHORT_QUIET = 0.05  # the same for a page that has no script and so requests nothing later
_QUIET_LIMIT = 3.0  # seconds after the load event: a page with requests until then always has some
_STILL = 1.5  # seconds without a request after which a document whose load event has not fired counts as loaded
_STALL_LIMIT = 5.0  # seconds in which no request of a page that can be read begins, is answered or ends
_TICK = 0.02
_LAYOUT_TIMEOUT = 3.0  # seconds in which a tab must show the part that arrived of an incomplete document
_PROBE_TIMEOUT = 2.0
_STOP_TIMEOUT = 10.0
_SHOWS_ANYTHING = """() => {
  const body = document.querySelector("body");
  return Boolean(body?.innerText.trim() || body?.querySelector("img, svg, canvas, video, iframe, object, input"));
}"""
# Whether anything in the document can act after the load event; the XPath finds handlers such as `onclick`.
_CAN_ACT = """() => Boolean(
  document.querySelector("script, iframe, frame, object, embed, template, meta[http-equiv=refresh i]") ||
  document.evaluate("boolean(//@*[starts-with(local-name(), 'on')])", document, null, 3, null).booleanValue
)"""
_PAGE_TYPES = ("text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml")


async def navigate(tab: Tab, *, timeout: float, virtual_time: bool) -> None:
    """Take *tab* to its `requested_url`, wait until the page has loaded, and fill in the tab's attributes.

    Raises:
        PageError: No document arrived, or it cannot be audited.
    """
    await _Navigation(tab).run(timeout=timeout, virtual_time=virtual_time)


async def wait_for_document(tab: Tab, *, timeout: float, quiet: float = _QUIET) -> bool:
    """Wait until the document that *tab* begins to show is loaded, and its network quiet for *quiet* seconds.

    After *timeout* seconds, or if its requests stall, its loading is stopped.

    Returns:
        Whether everything that it asked for has arrived.

    Raises:
        PageError: The tab shows no page that can be audited.
    """
    return await _Navigation(tab).wait(asyncio.get_running_loop().time() + timeout, quiet)


def is_http_url(url: str) -> bool:
    """Return whether *url* has the scheme http or https."""
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


class _Navigation:
    def __init__(self, tab: Tab) -> None:
        self.tab = tab
        self.guard = tab.guard
        self.log = tab.log
        self.url = tab.requested_url
        self.is_empty_page = False
        self.moves_before = tab.log.moves

    async def run(self, *, timeout: float, virtual_time: bool) -> None:
        tab = self.tab
        deadline = asyncio.get_running_loop().time() + timeout
        tab.cdp.on("Page.windowOpen", self.log.add_popup)
        await with_timeout(tab.cdp.send("Page.enable"), "The tab does not answer")
        limits = LoadLimits(tab.page, tab.cdp, tab.world, tab.log, tab.limits)
        await with_timeout(limits.start(), "The tab does not answer")
        if virtual_time:
            await with_timeout(tab.page.clock.install(), "The tab's clock cannot be set")
        try:
            committed = tab.page.goto(self.url, wait_until="commit", timeout=timeout * 1000)
            await with_timeout(committed, f"{self.url!r} cannot be visited", timeout + 1)
        except PageError as error:
            if self.is_error_without_document():
                await self.use_empty_page()
            elif not self.log.documents:
                if asyncio.get_running_loop().time() >= deadline:
                    self.log.reach(TIME, timeout)
                raise self.explain_missing_document(error, timeout) from error
        tab.complete = await self.wait(deadline, _QUIET, limit=timeout)
        await self.read_document()

    async def wait(self, deadline: float, quiet: float, *, limit: float | None = None) -> bool:
        """Wait until the page is loaded, and return whether everything has arrived; *limit* is the visit's timeout."""
        complete = await self.wait_until_quiet(deadline, quiet) and not self.is_cut_off
        if not complete:
            if limit is not None and asyncio.get_running_loop().time() >= deadline:
                self.log.reach(TIME, limit)
            await self.stop_loading()
        return complete

    @property
    def is_cut_off(self) -> bool:
        """Whether the rest of the document, or of what it loads, will not come."""
        return bool(self.log.transfer_failure) or self.log.is_cut_off

    async def wait_until_quiet(self, deadline: float, enough: float) -> bool:
        """Wait until the page is loaded and quiet, until *deadline* at most; return whether everything has arrived."""
        loop = asyncio.get_running_loop()
        loaded_at = None
        next_probe = 0.0
        while loop.time() < deadline and not self.is_cut_off:
            await self.check_tab()
            if not self.log.loaded:
                loaded_at = None
                if self.log.idle_for() >= _STILL and loop.time() >= next_probe:
                    state = await self.ready_state()
                    if state == "complete":
                        self.log.close_documents()
                    if state and self.log.quiet_for() >= _STILL:
                        return True
                    if state in ("interactive", "complete") and self.log.idle_for() >= _STALL_LIMIT:
                        return False
                    next_probe = loop.time() + _QUIET
            elif loaded_at is None:
                loaded_at = loop.time()
                if enough > _SHORT_QUIET and not await self.can_act():
                    enough = _SHORT_QUIET
            elif self.log.quiet_for() >= enough or loop.time() - loaded_at >= _QUIET_LIMIT:
                return True
            await asyncio.sleep(_TICK)
        return self.log.loaded

    async def ready_state(self) -> str:
        """Return the document's `readyState`, or "" if there is no document or it does not answer.

        The load event alone does not show that a document is there: it never fires after `window.stop()`, nor after a
        navigation during the load that leads to no document.
        """
        if not self.log.documents:
            return ""
        try:
            state = self.tab.world.call("() => document.readyState", None)
            return str(await with_timeout(state, f"{self.url!r} does not answer", _PROBE_TIMEOUT))
        except PageError as error:
            is_late = isinstance(error.__cause__, TimeoutError)
            if not is_late and (explained := await self.tab.explain(error)) is not error:
                raise explained from error
            return ""

    async def can_act(self) -> bool:
        """Return whether the page may do something by itself now that it is loaded; assume so if it does not answer."""
        try:
            return bool(await with_timeout(self.tab.world.call(_CAN_ACT, None), "", _PROBE_TIMEOUT))
        except PageError:
            return True

    async def check_tab(self) -> None:
        """Raise PageError if the tab can no longer show a page that can be audited."""
        log = self.log
        if log.crashed:
            raise PageError(f"The tab of {self.url!r} crashed; run the audit again.", kind=TAB)
        if self.tab.has_lost_browser:
            raise PageError(f"The browser ended during the visit to {self.url!r}; run the audit again.", kind=BROWSER)
        if self.tab.page.is_closed():
            raise PageError(f"{self.url!r} closes its own tab.")
        if log.moves - self.moves_before > self.tab.limits.redirects + 1:  # the first is the document itself
            log.reach("redirects", self.tab.limits.redirects)
            raise PageError(f"{self.url!r} leads from page to page without end; given up at {self.tab.page.url!r}.")
        if self.tab.page.url.startswith("chrome-error:"):
            if not self.is_error_without_document():
                failed_url, failure = log.navigation_failure or (self.url, "")
                cause = self.guard.failure(failed_url) or PageError(failure)
                reason = describe_failure(cause, failed_url, timeout=0)
                kind, code = kind_of_failure(cause), code_of_failure(cause)
                raise PageError(f"{self.url!r} leads to another address. {reason}", kind=kind, code=code)
            await self.use_empty_page()

    def is_error_without_document(self) -> bool:
        """Return whether the response is an error that Chromium replaces by its own page: no body, or a login box."""
        return bool(self.log.uncommitted) and self.log.uncommitted[-1].status >= 400

    async def use_empty_page(self) -> None:
        """Treat the response as an empty page: the page that Chromium shows instead did not come from the site."""
        page = self.tab.page
        self.log.documents.append(self.log.uncommitted.pop())
        self.is_empty_page = True
        await self.attempt(page.wait_for_url("chrome-error:**", wait_until="commit"))  # it may not be shown yet
        await with_timeout(page.goto("about:blank"), f"{self.url!r} cannot be left")
        self.log.loaded = True

    async def stop_loading(self) -> None:
        """Stop loading and, if a script keeps the page busy, stop that script."""
        cdp = self.tab.cdp
        # The browser answers this, and not the page; but with a thousand frames it takes its time.
        if not await self.attempt(cdp.send("Page.stopLoading"), _STOP_TIMEOUT):
            error = PageError(f"The browser does not stop loading {self.url!r}.", kind=BROWSER)
            raise await self.tab.explain(error)
        if await self.attempt(self.tab.page.evaluate("0")):
            return
        await self.tab.end_script()
        try:
            await self.tab.evaluate("0")
        except PageError as error:
            raise PageError(f"{self.url!r} keeps its tab so busy that it answers nothing.") from error

    async def read_document(self) -> None:
        await self.check_tab()  # the page may have led to another one after the wait
        tab = self.tab
        if not self.log.documents:
            raise PageError(f"{self.url!r} leads to {tab.page.url!r}, which is not a web page.")
        document = self.log.documents[-1]
        tab.url = document.url if self.is_empty_page else tab.page.url
        tab.status = document.status
        if not is_http_url(tab.url):
            raise PageError(f"{self.url!r} leads to {tab.url!r}, which is not a web page.")
        proxy = self.guard.network.proxy_for(tab.url)
        tab.proxy = proxy.url if proxy else None
        message = f"{tab.url!r} cannot be read"
        details = self.log.details[document]
        tab.headers = await with_timeout(details.headers, message)
        if tab.status < 400:  # an error page is recorded whatever its media type
            await self.check_type()
        if self.log.downloads and not await tab.inspect(_SHOWS_ANYTHING):
            raise PageError(f"{self.url!r} starts the download of {self.log.downloads[0]!r} and shows no page.")
        tab.redirects = tuple(await with_timeout(read_redirects(self.log.documents), message))
        tab.document = new_record(document.request)
        add_response(tab.document, document)
        tab.document["timing"] = request_timing(document.request)
        if tab.complete and self.log.loaded:  # the transfer of a document that `window.stop()` ends never ends
            await self.attempt(self.read_sizes(document.request))
        certificate = await with_timeout(details.certificate, message)
        tab.certificate = cast(ServerCertificate, dict(certificate)) if certificate else None
        # The browser knows the address of the guard alone, and the guard that of the user's proxy.
        tab.address = None if proxy else self.guard.server_address(tab.url)

    async def read_sizes(self, request: Any) -> None:
        """Record how many bytes were transferred for the document."""
        self.tab.document["sizes"] = await transfer_sizes(request)

    async def check_type(self) -> None:
        """Raise PageError unless the document has content, of a media type that has text and links."""
        tab = self.tab
        if self.log.transfer_failure and not await self.has_content():
            raise PageError(f"{tab.url!r} ends before anything can be shown ({self.log.transfer_failure}).")
        header = {name.lower(): value for name, value in tab.headers}.get("content-type", "")
        for media_type in (header.partition(";")[0].strip().lower(), await tab.inspect("() => document.contentType")):
            if media_type and media_type not in _PAGE_TYPES:
                raise PageError(f"{tab.url!r} is {media_type}, not a web page.")

    async def has_content(self) -> bool:
        """Return whether the tab shows any part of a document whose transfer failed.

        The failure may be reported before the part that arrived is laid out.
        """
        deadline = asyncio.get_running_loop().time() + _LAYOUT_TIMEOUT
        while not await self.tab.inspect("() => Boolean(document.documentElement)"):
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_TICK)
        return True

    def explain_missing_document(self, error: PageError, timeout: float) -> PageError:
        if self.log.uncommitted and self.log.uncommitted[-1].status in (204, 205):
            return PageError(f"{self.url!r} answers with HTTP {self.log.uncommitted[-1].status}, which has no page.")
        failed_url, _ = self.log.navigation_failure or (self.url, "")
        cause = self.guard.failure(failed_url) or error.__cause__
        cause = cause if isinstance(cause, Exception) else error
        if "ERR_TOO_MANY_REDIRECTS" in str(cause):
            self.log.reach("redirects", self.tab.limits.redirects)
        sentence = describe_failure(cause, self.url, timeout=timeout)
        return PageError(sentence, kind=kind_of_failure(cause), code=code_of_failure(cause))

    async def attempt(self, awaitable: Awaitable[Any], timeout: float | None = None) -> bool:
        """Await *awaitable* for *timeout*, or else `_PROBE_TIMEOUT`, seconds at most; return whether it succeeded."""
        try:
            await with_timeout(awaitable, "", timeout or _PROBE_TIMEOUT)
        except PageError:
            return False
        return True
