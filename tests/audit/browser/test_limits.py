"""A visit that reaches a limit says so once, and what arrived before can be read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.audit.conftest import Site
from tests.benchmarks._hostile_pages import PAGES
from tests.processes import until
from veritas.audit.browser import Browser, Tab
from veritas.audit.limits import DEFAULT_LIMITS, LimitReached
from veritas.errors import PageError

Visit = Callable[..., "asyncio.Future[Tab]"]
BYTES = "the limit of bytes was reached"


@asynccontextmanager
async def visited(browser: Browser, url: str, **limits: int) -> AsyncIterator[tuple[Tab, list[LimitReached]]]:
    """Visit *url* under the given limits, and yield its tab and the limits that it has reached."""
    reached: list[LimitReached] = []
    browser.limits = replace(DEFAULT_LIMITS, **limits)
    async with await browser.visit(url, timeout=60, on_limit=reached.append) as tab:
        yield tab, reached
    assert len({limit.name for limit in reached}) == len(reached)
    assert all(limit.url == url for limit in reached)


@pytest.mark.parametrize(
    "name", ["an image of 500 MB", "an answer to fetch without end", "the same in a frame of another site"]
)
async def test_a_page_that_receives_too_much_is_cut_off(browser: Browser, site: Site, name: str) -> None:
    """Its text can be read; the requests that were cut off have failed, and not by the site's fault."""
    async with visited(browser, PAGES[name](site, 1), bytes=3_000_000) as (tab, reached):
        await until(lambda: any(request["failure"] for request in tab.requests))
        assert [limit.name for limit in reached] == ["bytes"]
        assert reached[0].limit == 3_000_000
        assert "It sells lamps." in await tab.inspect("() => document.body.innerText")
        assert {request["failure"] for request in tab.requests} <= {BYTES, None}


async def test_a_document_without_end_is_cut(browser: Browser, site: Site) -> None:
    """What arrived of it can be read."""
    async with visited(browser, PAGES["a body without end"](site, 1), document=100_000) as (tab, reached):
        assert not tab.complete
        assert [limit.name for limit in reached] == ["document"]
        assert "It sells lamps." in await tab.inspect("() => document.body.innerText.slice(0, 100)")


async def test_what_is_sent_packed_counts_unpacked(browser: Browser, site: Site) -> None:
    """A little that becomes much takes as much memory as much."""
    import gzip

    packed = gzip.compress(b"<p>Text</p>" + b" " * 3_000_000)
    url = site.page("/", packed, headers={"Content-Encoding": "gzip"})
    async with visited(browser, url, bytes=1_000_000) as (_, reached):
        assert [limit.name for limit in reached] == ["bytes"]


async def test_later_frames_are_not_loaded(browser: Browser, site: Site) -> None:
    """The first are, and the page itself can be loaded again."""
    site.page("/frame", "<p>a frame")
    async with visited(browser, PAGES["frames without end"](site, 1), frames=10) as (tab, reached):
        assert [limit.name for limit in reached] == ["frames"]
        assert tab.requests[0]["status"] == 200
        await tab.page.reload(wait_until="commit")
        assert "It sells lamps." in await tab.inspect("() => document.body.innerText")


@pytest.mark.parametrize("name", ["a redirect without end", "moves without end"])
async def test_a_page_that_leads_on_and_on_is_given_up(browser: Browser, site: Site, name: str) -> None:
    """Whether the server or a script leads on."""
    reached: list[LimitReached] = []
    with pytest.raises(PageError):
        await browser.visit(PAGES[name](site, 1), on_limit=reached.append)
    assert [(limit.name, limit.limit) for limit in reached] == [("redirects", DEFAULT_LIMITS.redirects)]


async def test_a_page_may_be_allowed_no_redirect(browser: Browser, site: Site) -> None:
    """One is too many then; a page that leads nowhere else is visited."""
    site.page("/there", "There")
    browser.limits = replace(DEFAULT_LIMITS, redirects=0)
    with pytest.raises(PageError, match="leads from page to page"):
        await browser.visit(site.redirect("/", "/there"))
    async with await browser.visit(site.url("/there")) as tab:
        assert tab.complete


@pytest.mark.parametrize(
    ("name", "limit", "size"),
    [("10,000 dialogs", "dialogs", 0.01), ("500 popups", "popups", 0.05), ("500 downloads", "downloads", 0.01)],
)
async def test_what_is_only_listed_up_to_a_limit_stops_no_page(
    browser: Browser, site: Site, name: str, limit: str, size: float
) -> None:
    """A dialog, a window and a download are never let through, and the page is read."""
    given = {} if limit == "downloads" else {limit: 5}
    async with visited(browser, PAGES[name](site, size), **given) as (tab, reached):
        await until(lambda: reached)
        assert [reach.name for reach in reached] == [limit]
        assert 1 <= len(getattr(tab.log, limit)) <= 5
        assert "It sells lamps." in await tab.inspect("() => document.body.innerText")


async def test_a_visit_that_takes_too_long_says_so(browser: Browser, site: Site) -> None:
    """Both one whose document never comes, and one of which a part is missing."""
    reached: list[LimitReached] = []
    site.hang("/script.js")
    page = site.page("/", "<p>Text<script src=/script.js></script><p>More")
    with pytest.raises(PageError):
        await browser.visit(site.hang("/hang"), timeout=1, on_limit=reached.append)
    async with await browser.visit(page, timeout=1, on_limit=reached.append) as tab:
        assert not tab.complete
    assert [(limit.name, limit.limit) for limit in reached] == [("time", 1), ("time", 1)]
