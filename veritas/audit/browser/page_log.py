"""The PageLog: what happens in a tab while it is open, recorded from Playwright's events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from veritas.audit.browser.requests import add_response, new_record, request_timing, transfer_sizes
from veritas.audit.page import Dialog, RequestRecord

MAX_REQUESTS = 2_000
MAX_MEASURED = 500  # the first requests, whose sizes are read: the browser takes a moment for each
MAX_LOG_ENTRIES = 50
MAX_CONSOLE_MESSAGES = 200  # of any type: Playwright takes 2 ms for each
MAX_TEXT = 2_000

# Requests that stay open by design, and so do not show whether the page is loaded.
_ENDLESS_TYPES = ("eventsource", "media", "ping", "websocket")

# A page whose errors are handled, and whose console does nothing, sends nothing to the browser's console.
_SILENCE = """
for (const name of Object.keys(console)) if (typeof console[name] === "function") console[name] = () => {};
for (const type of ["error", "unhandledrejection"]) addEventListener(type, (event) => event.preventDefault());
"""
# A page whose scripts wait for each answer in vain sends no more requests for data.
_STARVE = """
globalThis.fetch = () => new Promise(() => {});
XMLHttpRequest.prototype.send = () => {};
navigator.sendBeacon = () => true;
"""

_T = TypeVar("_T")


class PageLog:
    """A log of one page's events, from before its first navigation.

    Attributes:
        documents: The main frame's responses whose documents were shown, in order; the last one is on screen.
        uncommitted: Later main-frame responses that have shown no document (yet): an empty response, a download.
        transfer_failure: The error that ended the transfer of the document on screen; None if there was none.
        navigation_failure: The URL and error of the last main document that did not arrive; None if all did.
        requests: The records of all other requests.
        request_count: The number of requests; `requests` has at most `MAX_REQUESTS`.
        dialogs: The type and message of each dialog, all dismissed; at most `MAX_LOG_ENTRIES`, as the next three.
        popups: The addresses of the windows that the page tried to open.
        downloads: The addresses of the files that the page began to download, all cancelled.
        errors: Console errors and uncaught exceptions.
        full: The names of the lists above that have reached their limit, so that later entries are not in them.
        loaded: Whether the document on screen has fired its load event.
        crashed: Whether the page's process has crashed.
    """

    def __init__(self, page: Any) -> None:
        self.documents: list[Any] = []
        self.uncommitted: list[Any] = []
        self.transfer_failure: str | None = None
        self.navigation_failure: tuple[str, str] | None = None
        self.requests: list[RequestRecord] = []
        self.request_count = 0
        self.dialogs: list[Dialog] = []
        self.popups: list[str] = []
        self.downloads: list[str] = []
        self.errors: list[str] = []
        self.full: set[str] = set()
        self.loaded = False
        self.crashed = False
        self._page = page
        self._entries: dict[Any, RequestRecord] = {}
        self._to_measure: set[Any] = set()
        self._open: set[Any] = set()
        self._console_messages = 0
        self._running: dict[str, list[asyncio.Future[Any]]] = {}
        self._last_activity = asyncio.get_running_loop().time()
        self._bounded: dict[str, Callable[[Any], Any]] = {
            "dialog": self._on_dialog,
            "download": self._on_download,
            "console": self._on_console,
            "pageerror": self._on_page_error,
        }
        for event, listener in (
            ("request", self._on_request),
            ("response", self._on_response),
            ("requestfinished", self._on_finished),
            ("requestfinished", self._measure),
            ("requestfailed", self._on_failed),
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
            return
        self.request_count += 1
        if len(self.requests) < MAX_REQUESTS:
            entry = new_record(request)
            self.requests.append(entry)
            self._entries[request] = entry
            if len(self.requests) <= MAX_MEASURED:
                self._to_measure.add(request)
        else:
            self._run_in_page(_STARVE)  # otherwise Playwright's driver may be too busy to answer

    def _on_response(self, response: Any) -> None:
        self._touch()
        request = response.request
        if request in self._entries:
            add_response(self._entries[request], response)
        elif self._is_document(request):
            self.uncommitted.append(response)

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
            entry["failure"] = request.failure
            entry["timing"].update(request_timing(request))
        elif self.documents and self.documents[-1].request == request:
            self.transfer_failure = request.failure
        elif self._is_document(request):
            self.navigation_failure = (request.url, request.failure or "")

    def _on_navigated(self, frame: Any) -> None:
        if frame != self._page.main_frame:
            return
        address = _without_fragment(frame.url)
        responses = [response for response in self.uncommitted if _without_fragment(response.url) == address]
        if responses:  # else it moved within its document, or to a document that no server sent
            self._touch()
            self.uncommitted.clear()
            self.documents.append(responses[-1])
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
        if not self._append("downloads", download.url[:MAX_TEXT]):
            self._stop_listening("download")  # Playwright then cancels each by itself
        await _or_none(download.cancel())

    def _on_console(self, message: Any) -> None:
        self._console_messages += 1
        if self._console_messages >= MAX_CONSOLE_MESSAGES:
            self.full.add("errors")
            self._silence_console()
        if message.type == "error":
            self._add_error(message.text)

    def _on_page_error(self, error: Any) -> None:
        self._add_error(str(error))

    def _add_error(self, text: str) -> None:
        if not self._append("errors", text[:MAX_TEXT]):
            self._silence_console()

    def _silence_console(self) -> None:
        """Stop listening to the console, and make the page write nothing more to it.

        Otherwise the browser would send each message to Playwright's driver, which would be too busy to answer.
        """
        self._stop_listening("console")
        self._stop_listening("pageerror")
        self._run_in_page(_SILENCE)

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
        """Append *entry* to the list of that name, or return False if the list is full."""
        entries: list[Any] = getattr(self, name)
        if len(entries) >= MAX_LOG_ENTRIES:
            self.full.add(name)
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
