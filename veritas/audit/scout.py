"""The scout phase: visit the site's most useful pages, and record their facts.

For each page it emits the screenshots as artifacts, and then `scout/page_loaded` with the page's facts. A page after
the first that cannot be visited becomes `scout/page_failed`; one that leads to a page visited before becomes
`scout/page_repeated`.
"""

from __future__ import annotations

import asyncio

import msgspec

from veritas.audit.browser import Tab
from veritas.audit.browser_records import BrowserCookie
from veritas.audit.frontier import UrlFrontier
from veritas.audit.limits import LimitReached
from veritas.audit.page import PageFacts
from veritas.audit.page_facts import read_page
from veritas.audit.phase import PhaseContext
from veritas.audit.pictures import Picture, keep
from veritas.audit.robots import Robots
from veritas.audit.screenshots import FULL, NONE
from veritas.audit.site import Site
from veritas.audit.summaries import FailedPage, FailedScreenshot, RepeatedPage, ScoutSummary
from veritas.audit.timed_fetcher import TimedFetcher
from veritas.errors import ROBOTS, TIME_LIMIT, PageError

START, END = 10.0, 25.0


async def run(context: PhaseContext) -> ScoutSummary:
    """Visit `context.url`, and pages of the same site that it links to, up to the tier's number.

    When the phase's time is over, a page that is being visited and those that would be next count as failed.

    Raises:
        PageError: The start page cannot be visited.
    """
    return await _Scout(context).run()


class _Scout:
    def __init__(self, context: PhaseContext) -> None:
        self.context = context
        self.frontier = UrlFrontier()
        self.pages: list[PageFacts] = []
        self.failed: list[FailedPage] = []
        fetcher = TimedFetcher(context.browser, context.deadline)
        self.robots = Robots(lambda url, site: fetcher.fetch(url)) if context.obey_robots else None

    @property
    def pct(self) -> float:
        done = (len(self.pages) + len(self.failed)) / (self.context.tier.pages + 1)
        return round(START + (END - START) * min(done, 0.99), 2)

    async def run(self) -> ScoutSummary:
        await self.visit_in_time(self.context.url)
        for _ in range(2 * self.context.tier.pages):  # a limit for pages that fail or repeat
            url = self.frontier.next_url()
            if url is None or len(self.pages) >= self.context.tier.pages:
                break
            try:
                await self.require_permission(url)
                await self.visit_in_time(url)
            except PageError as error:
                failed = FailedPage(url, str(error), error.kind)
                self.failed.append(failed)
                self.context.emit("page_failed", self.pct, failed.error, summary=failed)
                if error.kind == TIME_LIMIT and len(self.pages) + len(self.failed) >= self.context.tier.pages:
                    break
        start = self.pages[0]
        return ScoutSummary(
            requested_url=start.requested_url,
            url=start.url,
            status=start.status,
            redirects=start.redirects,
            site=start.site,
            pages=self.pages,
            failed_pages=self.failed,
            cookies=await self.cookies(),
            third_party_hosts=sorted({host for page in self.pages for host in page.third_party_hosts}),
        )

    async def cookies(self) -> list[BrowserCookie]:
        """Return the profile's cookies; those after the last page if the browser does not work any more."""
        try:
            return await self.context.browser.cookies()
        except PageError:
            return self.pages[-1].cookies

    async def require_permission(self, url: str) -> None:
        """Ask the site's robots.txt whether a page may be visited, if that is to be obeyed.

        Raises:
            PageError: It may not be, or that is not known.
        """
        if self.robots is not None and (answer := await self.robots.ask(url)).refusal is not None:
            raise PageError(answer.reason, kind=ROBOTS)

    async def visit_in_time(self, url: str) -> None:
        """Visit one page before the phase's deadline.

        Raises:
            PageError: The page cannot be visited, or not in time.
        """
        deadline = self.context.deadline
        try:
            async with asyncio.timeout(deadline.left):
                await self.visit(url)
        except TimeoutError as error:
            raise deadline.miss(f"{url!r} was visited") from error

    async def visit(self, url: str) -> None:
        """Visit one page, record its facts, and add its links within the audited site to the frontier."""
        browser, context = self.context.browser, self.context
        visiting = browser.visit(url, timeout=context.visit_timeout, on_limit=self.report_limit)
        async with await visiting as tab:
            if not self.frontier.mark_visited(tab.url):
                detail = f"{url} leads to {tab.url}, which was already visited"
                context.emit("page_repeated", self.pct, detail, summary=RepeatedPage(url, tab.url))
                return
            browser.prepare_profile()  # this page will be examined in it
            site = Site(self.pages[0].site) if self.pages else Site.of(tab.url)
            page = await read_page(tab, site, await browser.cookies())
            page = await self.add_screenshots(tab, page)
        self.pages.append(page)
        context.emit("page_loaded", self.pct, f"{page.title or 'A page'} at {tab.url}", summary=page)
        if site.has(tab.url) and tab.status < 400:
            self.frontier.add(page.links_internal)

    async def add_screenshots(self, tab: Tab, page: PageFacts) -> PageFacts:
        """Take the page's screenshots, and return *page* with them; emit `screenshot_failed` for one that fails.

        The window's is the upper part of the page's: the browser lays the page out for the window in both cases, and
        taken one after the other they would only differ in what moves.
        """
        context, screenshots, url = self.context, dict[str, str](), tab.url
        is_truncated = context.screenshots == FULL and page.size.height > tab.limits.height
        if is_truncated:
            tab.log.reach("height", tab.limits.height)
        whole = await self._take("full_page", tab) if context.screenshots == FULL else None
        window = await self._take("viewport", tab) if context.screenshots != NONE and whole is None else whole
        if window is not None:
            height = (await tab.visible_size())[1] if window is whole else None
            screenshots["viewport"] = context.screenshot(window, self.pct, url=url, kind="viewport", height=height)
            context.pictures[url] = window
        if whole is not None:
            screenshots["full_page"] = context.screenshot(whole, self.pct, url=url, kind="full_page")
        return msgspec.structs.replace(
            page,
            screenshots=screenshots,
            screenshot_truncated=is_truncated,
            limits_reached=sorted(tab.log.reached),
        )

    async def _take(self, kind: str, tab: Tab) -> Picture | None:
        """Return a screenshot; emit `screenshot_failed` and return None if it fails."""
        try:
            return await keep(await tab.screenshot(full_page=kind == "full_page"))
        except PageError as error:
            self.context.emit("screenshot_failed", self.pct, str(error), summary=FailedScreenshot(tab.url, kind))
            return None

    def report_limit(self, reached: LimitReached) -> None:
        """Emit a limit that a visit has reached."""
        self.context.report_limit(reached, self.pct)
