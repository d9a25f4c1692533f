"""The PageLog: what happens in a tab while it is open, recorded from Playwright's events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from veritas.audit.browser.requests import DocumentDetails, add_response, new_record, request_timing, transfer_sizes
from veritas.audit.browser_records import Dialog, RequestRecord
from veritas.audit.limits import DOWNLOADS, LimitReached, Limits, OnLimit, limit_reached

MAX_MEASURED = 500  # the first requests, whose sizes are read: the browser takes a moment for each
MAX_DOWNLOADS = 50
MAX_TEXT = 2_000

# Requests that stay open by design, and so do not show whether the page is loaded.
_ENDLESS_TYPES = ("eventsource", "media", "ping", "websocket")

# A page whose errors are handled, and whose console does nothing, sends nothing to the browser's console.
_SILENCE = """
for (const name of Object.keys(console)) if (typeof console[name] === "function") console[name] = () => {};
for (const type of ["error", "unhandledrejection"]) addEventListener(type, (event) => event.preventDefault());
"""

_T = TypeVar("_T")


Explain = Callable[[str, str], str]


class PageLog:
    """A log of one page's events, from before its first navigation.

    Attributes:
        documents: The main frame's responses whose documents were shown, in order; the last one is on screen.
        uncommitted: Later main-frame responses that have shown no document (yet): an empty response, a download.
        details: What the browser knows of the main frame's responses.
        transfer_failure: The error that ended the transfer of the document on screen; None if there was none.
        navigation_failure: The URL and error of the last main document that did not arrive; None if all did.
        moves: The number of redirects, and of documents shown.
        requests: The records of all other requests, up to the limit of requests.
        request_count: The number of requests.
        dialogs: The type and message of each dialog, all dismissed, up to the limit of dialogs.
        popups: The addresses of the windows that the page tried to open, up to the limit of popups.
        downloads: The addresses of the first files that the page began to download, all cancelled.
        errors: Console errors and uncaught exceptions, up to the limit of the console's lines.
        reached: The limits that the visit has reached, by name.
        loaded: Whether the document on screen has fired its load event.
        crashed: Whether the page's process has crashed.
    """

    def __init__(
        self, page: Any, url: str, limits: Limits, on_limit: OnLimit, explain: Explain, *, measured: int = MAX_MEASURED
    ) -> None:
        """Listen to *page*.

        Args:
            page: Playwright's page.
            url: The URL that was asked for.
            limits: How much the visit may take.
            on_limit: Called for each limit that the visit reaches.
            explain: Returns why a request failed, of its URL and the browser's reason.
            measured: How many requests have their sizes read.
        """
        self._explain = explain
        self.documents: list[Any] = []
        self.uncommitted: list[Any] = []
        self.details: dict[Any, DocumentDetails] = {}
        self.transfer_failure: str | None = None
        self.navigation_failure: tuple[str, str] | None = None
        self.moves = 0
        self.requests: list[RequestRecord] = []
        self.request_count = 0
        self.dialogs: list[Dialog] = []
        self.popups: list[str] = []
        self.downloads: list[str] = []
        self.errors: list[str] = []
        self.reached: dict[str, LimitReached] = {}
        self.loaded = False
        self.crashed = False
        self._page = page
        self._url = url
        self._limits = limits
        self._on_limit = on_limit
        self._entries: dict[Any, RequestRecord] = {}
        self._measured = measured
        self._to_measure: set[Any] = set()
        self._open: set[Any] = set()
        self._console_lines = 0
        self._running: dict[str, list[asyncio.Future[Any]]] = {}
        self._last_activity = asyncio.get_running_loop().time()
        self._bounded: dict[str, Callable[[Any], Any]] = {
            "dialog": self._on_dialog,
            "download": self._on_download,
            "console": self._on_console,
            "pageerror": self._on_page_error,
        }
        self._of_requests: tuple[tuple[str, Callable[[Any], Any]], ...] = (
            ("request", self._on_request),
            ("response", self._on_response),
            ("requestfinished", self._on_finished),
            ("requestfinished", self._measure),
            ("requestfailed", self._on_failed),
        )
        for event, listener in (
            *self._of_requests,
            ("framenavigated", self._on_navigated),
            ("load", self._on_load),
            ("popup", self._on_popup),
            ("crash", self._on_crash),
            *self._bounded.items(),
        ):
            page.on(event, listener)

    def quiet_for(self) -> float:
        """Return the number of seconds since the last request ended; 0 while one is open."""
        return 0.0 if self._open else self.idle_for()

    def idle_for(self) -> float:
        """Return the number of seconds since a request began, was answered or ended."""
        return asyncio.get_running_loop().time() - self._last_activity

    @property
    def is_cut_off(self) -> bool:
        """Whether the page has no network any more, because it was too large."""
        return "bytes" in self.reached or "document" in self.reached

    def reach(self, name: str, limit: float) -> None:
        """Record that the visit has reached the limit of that name, once."""
        if name not in self.reached:
            self.reached[name] = limit_reached(self._url, name, limit)
            self._on_limit(self.reached[name])

    def ignore_requests(self) -> None:
        """Listen to no more requests; those that are open do not show any more whether the page is loaded."""
        for event, listener in self._of_requests:
            self._page.remove_listener(event, listener)
        self._open.clear()

    def add_popup(self, event: dict[str, Any]) -> None:
        """Log a window that the page tried to open, from CDP's event `Page.windowOpen`."""
        self._append("popups", str(event.get("url", ""))[:MAX_TEXT])

    def close_documents(self) -> None:
        """Count no request for a main document as open: the transfer of one that `window.stop()` ends never ends."""
        self._open = {request for request in self._open if not self._is_document(request)}

    def _touch(self) -> None:
        self._last_activity = asyncio.get_running_loop().time()

    def _is_document(self, request: Any) -> bool:
        return bool(request.is_navigation_request()) and request.frame == self._page.main_frame

    def _on_request(self, request: Any) -> None:
        self._touch()
        if request.resource_type not in _ENDLESS_TYPES:
            self._open.add(request)
        if self._is_document(request):
            self.moves += request.redirected_from is not None
            return
        self.request_count += 1
        if len(self.requests) < self._limits.requests:
            entry = new_record(request)
            self.requests.append(entry)
            self._entries[request] = entry
            if len(self.requests) <= self._measured:
                self._to_measure.add(request)

    def _on_response(self, response: Any) -> None:
        self._touch()
        request = response.request
        if request in self._entries:
            add_response(self._entries[request], response)
        elif self._is_document(request):
            self.uncommitted.append(response)
            self.details[response] = DocumentDetails.of(response)

    def _on_finished(self, request: Any) -> None:
        self._touch()
        self._open.discard(request)

    async def _measure(self, request: Any) -> None:
        entry = self._entries.pop(request, None)
        if entry is not None:
            entry["timing"].update(request_timing(request))
            if request in self._to_measure:
                self._to_measure.discard(request)
                entry["sizes"] = await _or_none(transfer_sizes(request))

    def _on_failed(self, request: Any) -> None:
        self._touch()
        self._open.discard(request)
        self._to_measure.discard(request)
        entry = self._entries.pop(request, None)
        if entry is not None:
            entry["failure"] = self._failure_of(request)
            entry["timing"].update(request_timing(request))
        elif self.documents and self.documents[-1].request == request:
            self.transfer_failure = self._failure_of(request)
        elif self._is_document(request):
            self.navigation_failure = (request.url, self._failure_of(request))

    def _failure_of(self, request: Any) -> str:
        """Return why a request failed; the browser does not know that we have cut it off from the network."""
        return (
            "the limit of bytes was reached" if self.is_cut_off else self._explain(request.url, request.failure or "")
        )

    def _on_navigated(self, frame: Any) -> None:
        if frame != self._page.main_frame:
            return
        address = _without_fragment(frame.url)
        responses = [response for response in self.uncommitted if _without_fragment(response.url) == address]
        if responses:  # else it moved within its document, or to a document that no server sent
            self._touch()
            self.uncommitted.clear()
            self.documents.append(responses[-1])
            self.moves += 1
            self.loaded = False
            self.transfer_failure = None

    def _on_load(self, page: Any) -> None:
        self._touch()
        self.loaded = True

    async def _on_dialog(self, dialog: Any) -> None:
        if not self._append("dialogs", {"type": dialog.type, "message": dialog.message[:MAX_TEXT]}):
            self._stop_listening("dialog")  # Playwright then dismisses each by itself
        await _or_none(dialog.dismiss())

    async def _on_popup(self, popup: Any) -> None:
        await _or_none(popup.close())

    async def _on_download(self, download: Any) -> None:
        self.reach(DOWNLOADS, 0)
        self.downloads.append(download.url[:MAX_TEXT])
        if len(self.downloads) >= MAX_DOWNLOADS:
            self._stop_listening("download")  # Playwright then cancels each by itself
        await _or_none(download.cancel())

    def _on_console(self, message: Any) -> None:
        if self._takes_line() and message.type == "error":
            self.errors.append(message.text[:MAX_TEXT])

    def _on_page_error(self, error: Any) -> None:
        if self._takes_line():
            self.errors.append(str(error)[:MAX_TEXT])

    def _takes_line(self) -> bool:
        """Return whether the console may have another line; if not, make the page write nothing more to it.

        Otherwise the browser would send each line to Playwright's driver, which would be too busy to answer: it takes
        2 ms for each.
        """
        self._console_lines += 1
        if self._console_lines <= self._limits.console:
            return True
        self.reach("console", self._limits.console)
        self._stop_listening("console")
        self._stop_listening("pageerror")
        self._run_in_page(_SILENCE)
        return False

    def _run_in_page(self, script: str) -> None:
        """Run *script* in the document on screen and in each later one; once, however often this is called."""
        if script not in self._running:
            self._running[script] = [
                asyncio.ensure_future(_or_none(run(script)))
                for run in (self._page.add_init_script, self._page.evaluate)
            ]

    def _on_crash(self, page: Any) -> None:
        self.crashed = True

    def _append(self, name: str, entry: Any) -> bool:
        """Append *entry* to the list of that name, or return False if it has reached its limit."""
        entries: list[Any] = getattr(self, name)
        limit: int = getattr(self._limits, name)
        if len(entries) >= limit:
            self.reach(name, limit)
            return False
        entries.append(entry)
        return True

    def _stop_listening(self, event: str) -> None:
        """Let Playwright's driver keep later events of this kind to itself, because each one takes time here."""
        listener = self._bounded.pop(event, None)
        if listener is not None:
            self._page.remove_listener(event, listener)


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


async def _or_none(awaitable: Awaitable[_T]) -> _T | None:
    """Return the result of *awaitable*, or None if it fails, for example because the page is closed."""
    try:
        return await awaitable
    except Exception:
        return None
