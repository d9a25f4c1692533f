"""Whether a visit failed because of the page, or because of what visits it: the browser, its driver, this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import Browser as Chromium
from playwright.async_api import CDPSession, Playwright

from veritas.errors import BROWSER, DRIVER, MACHINE, PAGE, TAB, PageError

_PROBE_TIMEOUT = 5.0  # seconds; an answer takes some milliseconds, on a busy machine more
_RECHECK_TIMEOUT = 1.0
_ENOUGH_SPACE = 2_000_000  # bytes; Chromium starts with 2 MB for its profile
_SHORTAGES = {
    "Too many open files": "close other programs, or allow more open files (`ulimit -n`).",
    "No space left on device": "free some space on the disk.",
    "Cannot allocate memory": "close other programs, which need memory.",
    "Resource temporarily unavailable": "close other programs, or allow more processes (`ulimit -u`).",
}


class Health:
    """Whether the browser and its driver answer; both are asked only after something has failed."""

    def __init__(self, playwright: Playwright, chromium: Chromium, session: CDPSession) -> None:
        self._playwright = playwright
        self._chromium = chromium
        self._session = session
        self._has_fault = False

    @property
    def has_fault(self) -> bool:
        """Whether the browser or its driver did not answer when they were asked last."""
        return self._has_fault or not self._chromium.is_connected()

    async def check(self, doing: str) -> None:
        """Raise PageError if a fault was found before and still exists.

        Args:
            doing: What is about to be done, such as `the visit to 'http://a.test/'`.
        """
        if self.has_fault and (fault := await self._find_fault(doing, _RECHECK_TIMEOUT)):
            raise fault

    async def explain(self, error: PageError, doing: str) -> PageError:
        """Return *error*, or an error that names the actual cause, if that is not the page.

        Args:
            doing: What failed, such as `the visit to 'http://a.test/'`.
        """
        if error.kind not in (PAGE, TAB):
            return error
        if fault := await self._find_fault(doing, _PROBE_TIMEOUT):
            return fault
        if error.kind == TAB and (shortage := find_shortage()):
            return PageError(f"{str(error).rstrip('.')}: {shortage}", kind=MACHINE)
        return error

    async def _find_fault(self, doing: str, timeout: float) -> PageError | None:
        """Return an error that says which of browser and driver does not work, or None if both do."""
        kind, subject, state = DRIVER, "The browser's driver", await _state(self._ask_driver, timeout)
        if not state:
            kind, subject = BROWSER, "The browser"
            state = await _state(self._ask_browser, timeout) if self._chromium.is_connected() else "ended"
        self._has_fault = bool(state)
        if not state:
            return None
        if shortage := find_shortage():
            return PageError(f"{subject} {state} during {doing}: {shortage}", kind=MACHINE)
        return PageError(f"{subject} {state} during {doing}; run the audit again.", kind=kind)

    async def _ask_driver(self) -> None:
        """Ask the driver for something that it does without the browser."""
        await (await self._playwright.request.new_context()).dispose()

    async def _ask_browser(self) -> None:
        await self._session.send("Browser.getVersion")


def find_shortage(message: str = "") -> str | None:
    """Return a remedy for what this machine lacks for a browser; None if it does not seem to lack anything.

    Args:
        message: An error's message, which may name it.
    """
    for words, remedy in _SHORTAGES.items():
        if words in message:
            return remedy
    folder = tempfile.gettempdir()
    try:
        free = shutil.disk_usage(folder).free
        inodes = os.statvfs(folder).f_favail if hasattr(os, "statvfs") else 1
    except OSError as error:
        return f"the directory {folder!r} cannot be used ({error.strerror}); set TMPDIR to another."
    if free < _ENOUGH_SPACE or inodes == 0:
        return f"the disk of {folder!r} is full; free some space, or set TMPDIR to a directory on another disk."
    return None


async def _state(ask: Callable[[], Awaitable[Any]], timeout: float) -> str:
    """Return `ended` or `did not answer`, or "" if the answer came."""
    try:
        async with asyncio.timeout(timeout):
            await ask()
    except TimeoutError:
        return "did not answer"
    except Exception:  # Playwright raises several classes when its driver has ended
        return "ended"
    return ""
