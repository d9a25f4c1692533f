"""The TimedFetcher: requests outside any page, which end before a phase's deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from veritas.audit.time_limits import Deadline
from veritas.errors import PageError

if TYPE_CHECKING:
    from veritas.audit.browser import Browser, Response


class TimedFetcher:
    """A browser's requests; after *deadline* each fails with an error of the kind `time_limit`."""

    def __init__(self, browser: Browser, deadline: Deadline) -> None:
        self._browser = browser
        self._deadline = deadline

    async def fetch(self, url: str, *, headers: Mapping[str, str] | None = None, timeout: float = 10.0) -> Response:
        """GET *url* once, as `Browser.fetch` does; what has arrived of a body before the deadline is returned.

        Raises:
            PageError: No response came, or not in time.
        """
        limit = min(timeout, self._deadline.left)
        try:
            response = await self._browser.fetch(url, headers=headers, timeout=limit)
        except PageError as error:
            if limit < timeout and not self._deadline.left:
                raise self._deadline.miss(f"{url!r} answered") from error
            raise
        if response.problem and not self._deadline.left:
            self._deadline.miss(f"{url!r} was read")
        return response

    async def find_preloaded(self, hosts: Iterable[str]) -> frozenset[str] | None:
        """Return those of *hosts* that are on the browser's HSTS preload list; None if that is not known in time."""
        try:
            async with asyncio.timeout(self._deadline.left):
                return await self._browser.find_preloaded(hosts)
        except TimeoutError:
            self._deadline.miss("the browser's HSTS preload list was read")
            return None
