"""What happens in a tab while it is open, as its events tell it."""

from __future__ import annotations

import asyncio
from typing import Any

MAX_REQUESTS = 2_000
MAX_NOTES = 50

# Requests that stay open by design: they say nothing about whether the page is loaded.
_ENDLESS_TYPES = ("eventsource", "media", "ping", "websocket")


class PageLog:
    """Listen to one page from before its first navigation on.

    Attributes:
        documents: The main frame's responses whose documents were shown, in order; the last one is on screen.
        requests: Every other request: url, resource_type, method, status or None, failure or None.
        request_count: How many there were; the list stops at `MAX_REQUESTS`.
        dialogs: type and message of each, all dismissed; the list stops at `MAX_NOTES`, as do the next three.
        popups: Addresses of the windows that the page opened, all closed.
        downloads: Addresses of the files that the page began to download, all cancelled.
        errors: Console errors and uncaught exceptions.
        navigations: How many documents the main frame has shown.
        loaded: The document on screen has fired its load event.
        crashed: The page's process is gone.
    """

    def __init__(self, page: Any) -> None:
        self.documents: list[Any] = []
        self.requests: list[dict[str, Any]] = []
        self.request_count = 0
        self.dialogs: list[dict[str, str]] = []
        self.popups: list[str] = []
        self.downloads: list[str] = []
        self.errors: list[str] = []
        self.navigations = 0
        self.loaded = False
        self.crashed = False
        self._page = page
        self._pending: dict[Any, dict[str, Any]] = {}
        self._arrived: list[Any] = []
        self._open: set[Any] = set()
        self._last_activity = asyncio.get_running_loop().time()
        for event, listener in (
            ("request", self._on_request),
            ("response", self._on_response),
            ("requestfinished", self._on_finished),
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

    def quiet_for(self) -> float:
        """Return for how many seconds no request has been open."""
        return 0.0 if self._open else asyncio.get_running_loop().time() - self._last_activity

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
            entry = {
                "url": request.url,
                "resource_type": request.resource_type,
                "method": request.method,
                "status": None,
                "failure": None,
            }
            self.requests.append(entry)
            self._pending[request] = entry

    def _on_response(self, response: Any) -> None:
        self._touch()
        request = response.request
        if request in self._pending:
            self._pending[request]["status"] = response.status
        elif self._is_document(request):
            self._arrived.append(response)

    def _on_finished(self, request: Any) -> None:
        self._touch()
        self._open.discard(request)
        self._pending.pop(request, None)

    def _on_failed(self, request: Any) -> None:
        self._touch()
        self._open.discard(request)
        entry = self._pending.pop(request, None)
        if entry is not None:
            entry["failure"] = request.failure

    def _on_navigated(self, frame: Any) -> None:
        self._touch()
        if frame != self._page.main_frame:
            return
        shown = [response for response in self._arrived if _same_document(response.url, frame.url)]
        if shown:  # else it moved within its document, or to one that no server sent
            self._arrived.clear()
            self.documents.append(shown[-1])
            self.navigations += 1
            self.loaded = False

    def _on_load(self, page: Any) -> None:
        self._touch()
        self.loaded = True

    async def _on_dialog(self, dialog: Any) -> None:
        _note(self.dialogs, {"type": dialog.type, "message": dialog.message})
        await _regardless(dialog.dismiss())

    async def _on_popup(self, popup: Any) -> None:
        _note(self.popups, popup.url)
        await _regardless(popup.close())

    async def _on_download(self, download: Any) -> None:
        _note(self.downloads, download.url)
        await _regardless(download.cancel())

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            _note(self.errors, message.text)

    def _on_page_error(self, error: Any) -> None:
        _note(self.errors, str(error))

    def _on_crash(self, page: Any) -> None:
        self.crashed = True


def _same_document(a: str, b: str) -> bool:
    return a.partition("#")[0] == b.partition("#")[0]


def _note(notes: list[Any], note: Any) -> None:
    if len(notes) < MAX_NOTES:
        notes.append(note)


async def _regardless(awaitable: Any) -> None:
    """Await something that may meet a page that is gone by now."""
    try:
        await awaitable
    except Exception:
        return
