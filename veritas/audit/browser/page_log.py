"""What happens in a tab while it is open, as its events tell it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

from veritas.audit.browser.requests import add_answer, requested, sizes, timing
from veritas.audit.page import Dialog, RequestRecord

MAX_REQUESTS = 2_000
MAX_MEASURED = 500  # of them, the first; to ask for the size of one takes the browser a moment
MAX_NOTES = 50
MAX_TEXT = 2_000

# Requests that stay open by design: they say nothing about whether the page is loaded.
_ENDLESS_TYPES = ("eventsource", "media", "ping", "websocket")

_T = TypeVar("_T")


class PageLog:
    """Listen to one page, from before its first navigation on.

    Attributes:
        documents: The main frame's responses whose documents were shown, in order; the last one is on screen.
        unshown: Those that came since and have shown nothing (yet): an empty answer, a download.
        broken_off: Why the transfer of the document on screen failed, if it did.
        last_failure: (url, why) of the last main document that failed to come, if one did.
        requests: Every other request.
        request_count: How many there were; `requests` stops at `MAX_REQUESTS`.
        dialogs: type and message of each, all dismissed; it stops at `MAX_NOTES`, as do the next three.
        popups: Addresses of the windows that the page tried to open.
        downloads: Addresses of the files that the page began to download, all cancelled.
        errors: Console errors and uncaught exceptions.
        loaded: The document on screen has fired its load event.
        crashed: The page's process is gone.
    """

    def __init__(self, page: Any) -> None:
        self.documents: list[Any] = []
        self.unshown: list[Any] = []
        self.broken_off: str | None = None
        self.last_failure: tuple[str, str] | None = None
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
        """How many documents the main frame has shown."""
        return len(self.documents)

    def quiet_for(self) -> float:
        """Return for how many seconds no request has been open."""
        return 0.0 if self._open else asyncio.get_running_loop().time() - self._last_activity

    def note_popup(self, event: dict[str, Any]) -> None:
        """Note a window that the page tried to open, from the DevTools protocol's `Page.windowOpen`."""
        _note(self.popups, str(event.get("url", ""))[:MAX_TEXT])

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
            entry = requested(request)
            self.requests.append(entry)
            self._entries[request] = entry
            if len(self.requests) <= MAX_MEASURED:
                self._to_measure.add(request)

    def _on_response(self, response: Any) -> None:
        self._touch()
        request = response.request
        if request in self._entries:
            add_answer(self._entries[request], response)
        elif self._is_document(request):
            self.unshown.append(response)

    def _on_finished(self, request: Any) -> None:
        self._touch()
        self._open.discard(request)

    async def _measure(self, request: Any) -> None:
        entry = self._entries.pop(request, None)
        if entry is not None:
            entry["timing"].update(timing(request))
            if request in self._to_measure:
                self._to_measure.discard(request)
                entry["sizes"] = await _regardless(sizes(request))

    def _on_failed(self, request: Any) -> None:
        self._touch()
        self._open.discard(request)
        self._to_measure.discard(request)
        entry = self._entries.pop(request, None)
        if entry is not None:
            entry["failure"] = request.failure
            entry["timing"].update(timing(request))
        elif self.documents and self.documents[-1].request == request:
            self.broken_off = request.failure
        elif self._is_document(request):
            self.last_failure = (request.url, request.failure or "")

    def _on_navigated(self, frame: Any) -> None:
        self._touch()
        if frame != self._page.main_frame:
            return
        address = _without_fragment(frame.url)
        shown = [response for response in self.unshown if _without_fragment(response.url) == address]
        if shown:  # else it moved within its document, or to one that no server sent
            self.unshown.clear()
            self.documents.append(shown[-1])
            self.loaded = False
            self.broken_off = None

    def _on_load(self, page: Any) -> None:
        self._touch()
        self.loaded = True

    async def _on_dialog(self, dialog: Any) -> None:
        _note(self.dialogs, {"type": dialog.type, "message": dialog.message[:MAX_TEXT]})
        await _regardless(dialog.dismiss())

    async def _on_popup(self, popup: Any) -> None:
        await _regardless(popup.close())

    async def _on_download(self, download: Any) -> None:
        _note(self.downloads, download.url[:MAX_TEXT])
        await _regardless(download.cancel())

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            _note(self.errors, message.text[:MAX_TEXT])

    def _on_page_error(self, error: Any) -> None:
        _note(self.errors, str(error)[:MAX_TEXT])

    def _on_crash(self, page: Any) -> None:
        self.crashed = True


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


def _note(notes: list[Any], note: Any) -> None:
    if len(notes) < MAX_NOTES:
        notes.append(note)


async def _regardless(awaitable: Awaitable[_T]) -> _T | None:
    """Await something that may meet a page that is gone by now."""
    try:
        return await awaitable
    except Exception:
        return None
