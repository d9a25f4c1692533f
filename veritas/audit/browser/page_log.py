"""The PageLog: what happens in a tab while it is open, recorded from Playwright's events."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from veritas.audit.browser.requests import add_response, new_record, request_timing, transfer_sizes
from veritas.audit.page import Dialog, RequestRecord

MAX_REQUESTS = 2_000
MAX_MEASURED = 500  # the first requests, whose sizes are read: the browser takes a moment for each
MAX_LOG_ENTRIES = 50
MAX_TEXT = 2_000

# Requests that stay open by design, and so do not show whether the page is loaded.
_ENDLESS_TYPES = ("eventsource", "media", "ping", "websocket")

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
        self.loaded = False
        self.crashed = False
        self._page = page
        self._entries: dict[Any, RequestRecord] = {}
        self._to_measure: set[Any] = set()
        self._open: set[Any] = set()
        self._last_activity = asyncio.get_running_loop().time()
        for event, listener in (
            ("request", self._on_request),
            ("response", self._on_response),
            ("requestfinished", self._on_finished),
            ("requestfinished", self._measure),
            ("requestfailed", self._on_failed),
            ("framenavigated", self._on_navigated),
            ("load", self._on_load),
            ("dialog", self._on_dialog),
            ("popup", self._on_popup),
            ("download", self._on_download),
            ("console", self._on_console),
            ("pageerror", self._on_page_error),
            ("crash", self._on_crash),
        ):
            page.on(event, listener)

    @property
    def navigations(self) -> int:
        """The number of documents that the main frame has shown."""
        return len(self.documents)

    def quiet_for(self) -> float:
        """Return the number of seconds since the last request ended; 0 while one is open."""
        return 0.0 if self._open else asyncio.get_running_loop().time() - self._last_activity

    def add_popup(self, event: dict[str, Any]) -> None:
        """Log a window that the page tried to open, from CDP's event `Page.windowOpen`."""
        _append(self.popups, str(event.get("url", ""))[:MAX_TEXT])

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
        self._touch()
        if frame != self._page.main_frame:
            return
        address = _without_fragment(frame.url)
        responses = [response for response in self.uncommitted if _without_fragment(response.url) == address]
        if responses:  # else it moved within its document, or to a document that no server sent
            self.uncommitted.clear()
            self.documents.append(responses[-1])
            self.loaded = False
            self.transfer_failure = None

    def _on_load(self, page: Any) -> None:
        self._touch()
        self.loaded = True

    async def _on_dialog(self, dialog: Any) -> None:
        _append(self.dialogs, {"type": dialog.type, "message": dialog.message[:MAX_TEXT]})
        await _or_none(dialog.dismiss())

    async def _on_popup(self, popup: Any) -> None:
        await _or_none(popup.close())

    async def _on_download(self, download: Any) -> None:
        _append(self.downloads, download.url[:MAX_TEXT])
        await _or_none(download.cancel())

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            _append(self.errors, message.text[:MAX_TEXT])

    def _on_page_error(self, error: Any) -> None:
        _append(self.errors, str(error)[:MAX_TEXT])

    def _on_crash(self, page: Any) -> None:
        self.crashed = True


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _append(entries: list[Any], entry: Any) -> None:
    if len(entries) < MAX_LOG_ENTRIES:
        entries.append(entry)


async def _or_none(awaitable: Awaitable[_T]) -> _T | None:
    """Return the result of *awaitable*, or None if it fails, for example because the page is closed."""
    try:
        return await awaitable
    except Exception:
        return None
