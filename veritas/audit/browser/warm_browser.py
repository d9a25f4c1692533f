"""The WarmBrowser: one Chromium for many audits, one after another, each in profiles of its own.

A profile is a context of Playwright: Chromium keeps its cookies, storage, cache, HSTS hosts, logins, permissions,
connections and names apart from those of every other profile, in memory, and forgets them when it is closed. Each
profile has the egress guard of its own audit as its proxy. Chromium itself has another guard, which refuses everything,
so what would be sent outside of a profile goes nowhere. A browser in which a profile could not be closed is ended.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from veritas.audit.browser.browser import Browser
from veritas.audit.browser.running_browser import RunningBrowser, run_browser, unanswered
from veritas.audit.egress.guard import Guard
from veritas.audit.limits import DEFAULT_LIMITS, Limits
from veritas.audit.login import Login
from veritas.errors import PageError
from veritas.events.visitor import Visitor

MAX_AUDITS = 50
MAX_GROWTH = 768 * 1024 * 1024  # bytes


class WarmBrowser:
    """A Chromium that is started for the first audit, and again when it has done enough or does not work any more.

    It is an async context manager that ends the browser. The browser also ends when this process ends, even if it is
    killed: Playwright's driver watches for that.
    """

    def __init__(self, *, max_audits: int = MAX_AUDITS, max_growth: int = MAX_GROWTH) -> None:
        """Start nothing yet.

        Args:
            max_audits: After how many audits the browser is started again.
            max_growth: After how many more bytes of memory than it took after its first audit.
        """
        self._max_audits = max_audits
        self._max_growth = max_growth
        self._stack = AsyncExitStack()
        self._running: RunningBrowser | None = None
        self._executable: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def prepare(self, executable: str | None = None) -> RunningBrowser:
        """Return the browser, which is started unless it runs and can be used for another audit.

        Args:
            executable: The browser to start; None for the one that `find_browser` finds.

        Raises:
            BrowserMissing: No browser is installed, or it does not start.
        """
        running = self._running
        if running is not None and executable == self._executable and running.is_fit and await running.answers():
            return running
        await self._end()
        async with AsyncExitStack() as stack:
            running = await stack.enter_async_context(run_browser(executable))
            self._stack = stack.pop_all()
        self._running, self._executable = running, executable
        return running

    @asynccontextmanager
    async def open(
        self,
        executable: str | None = None,
        *,
        guard: Guard,
        visitor: Visitor | None = None,
        login: Login | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> AsyncIterator[Browser]:
        """Open the browser for one audit; its profiles are closed with the `async with` block.

        Args:
            executable: See `prepare`.
            guard: The egress guard that all requests of the audit go through.
            visitor: The visitor that sites see; None for the default one.
            login: What it logs in with; None for nothing.
            limits: How much each visit may take.

        Raises:
            BrowserMissing: No browser is installed, or it does not start.
        """
        running = await self.prepare(executable)
        health = running.health()
        try:
            async with AsyncExitStack() as stack:
                browser = Browser(
                    running,
                    health=health,
                    guard=guard,
                    visitor=visitor or Visitor(),
                    login=login or Login(),
                    limits=limits,
                )
                try:
                    await stack.enter_async_context(browser.opened())
                except PageError as error:
                    running.is_fit = False
                    raise unanswered(error) from error
                yield browser
        finally:
            await running.end_audit(
                has_fault=health.has_fault or not running.is_fit,
                max_audits=self._max_audits,
                max_growth=self._max_growth,
            )

    async def _end(self) -> None:
        self._running = None
        await self._stack.aclose()


@asynccontextmanager
async def open_browser(
    executable: str | None = None,
    *,
    guard: Guard,
    visitor: Visitor | None = None,
    login: Login | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> AsyncIterator[Browser]:
    """Start a browser for one audit, and end it with the `async with` block; see `WarmBrowser.open`."""
    async with (
        WarmBrowser(max_audits=1) as warm,
        warm.open(executable, guard=guard, visitor=visitor, login=login, limits=limits) as browser,
    ):
        yield browser
