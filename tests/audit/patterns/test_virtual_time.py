"""A page's virtual time is advanced and its `Math.random()` stubbed, and its scripts cannot prevent it."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from itertools import count

import pytest

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import page
from veritas.audit.browser import Browser
from veritas.audit.patterns.virtual_time import VirtualTimePage
from veritas.errors import PageError

COUNTING = "<p id=ticks>0</p><script>setInterval(() => ticks.textContent++, 1000)</script>"


async def test_running_fires_every_tick_and_fast_forwarding_one(site: Site, browser: Browser) -> None:
    """Both advance the page's virtual time."""
    async with await browser.visit(site.page("/", page(COUNTING)), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        before = int(await virtual_page.evaluate("document.getElementById('ticks').textContent"))
        await virtual_page.run_for(100)
        ran = int(await virtual_page.evaluate("document.getElementById('ticks').textContent"))
        await virtual_page.fast_forward(100)
        jumped = int(await virtual_page.evaluate("document.getElementById('ticks').textContent"))
    assert 100 <= ran - before <= 103
    assert 1 <= jumped - ran <= 4
    assert virtual_page.advanced == 200


async def test_page_does_not_see_the_isolated_world(site: Site, browser: Browser) -> None:
    """An expression is evaluated in a world with its own globals."""
    html = "<script>window.Date = window.Array = null; window.secret = 1</script>"
    async with await browser.visit(site.page("/", page(html)), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        assert await virtual_page.evaluate("typeof Date + typeof Array + typeof secret") == "functionfunctionundefined"
        await virtual_page.evaluate("window.left = 1")
        assert await tab.evaluate("typeof window.left") == "undefined"


async def test_failures_are_page_errors(site: Site, browser: Browser) -> None:
    """An expression that throws, and a page that is closed, raise a one-sentence error."""
    async with await browser.visit(site.page("/", page("")), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        with pytest.raises(PageError, match="cannot be read"):
            await virtual_page.evaluate("nothing.there")
        await tab.page.close()
        with pytest.raises(PageError, match="cannot be read"):
            await virtual_page.snapshot()


async def test_random_is_stubbed_in_the_next_load(site: Site, browser: Browser) -> None:
    """Every random number has the chosen value; a later stub replaces an earlier one."""
    html = "<script>document.write([Math.random(), Math.random()])</script>"
    async with await browser.visit(site.page("/", page(html)), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        for value in (0.25, 0.75):
            await virtual_page.stub_random(value)
            await virtual_page.reload()
            assert await virtual_page.evaluate("document.body.innerText") == f"{value},{value}"


async def test_storage_is_cleared(site: Site, browser: Browser) -> None:
    """In the next load the page has neither cookies nor storage."""
    html = (
        "<script>document.write(document.cookie, localStorage.seen, sessionStorage.seen);"
        "document.cookie = 'seen=1'; localStorage.seen = sessionStorage.seen = 2</script>"
    )
    async with await browser.visit(site.page("/", page(html)), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        await virtual_page.reload()
        assert await virtual_page.evaluate("document.body.innerText") == "seen=122"
        assert await virtual_page.has_stored_data()
        await virtual_page.clear_storage()
        assert not await virtual_page.has_stored_data()
        await virtual_page.reload()
        assert (await virtual_page.evaluate("document.body.innerText")).startswith("undefined")


@pytest.mark.parametrize(
    ("script", "is_stored"),
    [("", False), ("document.cookie = 'a=1'", True), ("sessionStorage.a = 1", True), ("indexedDB.open('a')", True)],
)
async def test_stored_data_is_known(site: Site, browser: Browser, script: str, is_stored: bool) -> None:
    """Whatever a page can store, it may know its visitor by."""
    async with await browser.visit(site.page("/", f"<script>{script}</script>"), virtual_time=True) as tab:
        assert await VirtualTimePage(tab).has_stored_data() is is_stored


async def test_content_digests_compare_loads(site: Site, browser: Browser) -> None:
    """Two loads with the same content have the same digest; another script changes it."""
    loads = count()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = f"// {next(loads) // 2}".encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/javascript")
        handler.send_header("Cache-Control", "no-store")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    site.handle("/script.js", answer)
    async with await browser.visit(site.page("/", page("<script src=/script.js></script>")), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        digests = [await virtual_page.content_digest()]
        for _ in range(2):
            await virtual_page.reload()
            digests.append(await virtual_page.content_digest())
    assert None not in digests
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    "script", ["fetch('/data')", "new WebSocket('ws://' + location.host)", "new EventSource('/data')"]
)
async def test_a_page_that_asks_for_data_has_no_content_digest(site: Site, browser: Browser, script: str) -> None:
    """The data may differ between loads."""
    async with await browser.visit(site.page("/", page(f"<script>{script}</script>")), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        await virtual_page.reload()
        assert await virtual_page.content_digest() is None


async def test_a_socket_is_counted_when_the_page_has_loaded(site: Site, browser: Browser) -> None:
    """Playwright reports it only during the handshake, which may be after the page is read."""
    html = "<script>new WebSocket('ws://' + location.host)</script>"
    async with await browser.visit(site.page("/", page(html)), virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        tab.page.remove_listener("websocket", virtual_page._count_socket)
        await virtual_page.reload()
        assert await virtual_page.content_digest() is None
