"""A live page's time is driven, its dice held, and its scripts can neither see nor stop it."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from itertools import count

import pytest

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import page
from veritas.audit.browser import Browser
from veritas.audit.patterns.virtual_time import LivePage
from veritas.errors import PageError

COUNTING = "<p id=ticks>0</p><script>setInterval(() => ticks.textContent++, 1000)</script>"


async def test_every_tick_or_one(site: Site, browser: Browser) -> None:
    """Running fires a timer as often as it is due, jumping once; both move the page's time."""
    async with await browser.visit(site.page("/", page(COUNTING)), clock=True) as tab:
        live = LivePage(tab)
        before = int(await live.ask("document.getElementById('ticks').textContent"))
        await live.run(100)
        ran = int(await live.ask("document.getElementById('ticks').textContent"))
        await live.jump(100)
        jumped = int(await live.ask("document.getElementById('ticks').textContent"))
    assert 100 <= ran - before <= 103
    assert 1 <= jumped - ran <= 4
    assert live.driven == 200


async def test_page_does_not_see_who_looks(site: Site, browser: Browser) -> None:
    """What is asked runs in a world whose globals are its own."""
    html = "<script>window.Date = window.Array = null; window.secret = 1</script>"
    async with await browser.visit(site.page("/", page(html)), clock=True) as tab:
        live = LivePage(tab)
        assert await live.ask("typeof Date + typeof Array + typeof secret") == "functionfunctionundefined"
        await live.ask("window.left = 1")
        assert await tab.evaluate("typeof window.left") == "undefined"


async def test_what_fails_is_a_page_error(site: Site, browser: Browser) -> None:
    """A question that throws, or a page that is gone, gives one sentence."""
    async with await browser.visit(site.page("/", page("")), clock=True) as tab:
        live = LivePage(tab)
        with pytest.raises(PageError, match="cannot be looked at"):
            await live.ask("nothing.there")
        await tab.page.close()
        with pytest.raises(PageError, match="cannot be examined"):
            await live.snapshot()


async def test_dice_are_held_from_the_next_load_on(site: Site, browser: Browser) -> None:
    """Every random number is the one that was chosen, and then the next that was chosen."""
    html = "<script>document.write([Math.random(), Math.random()])</script>"
    async with await browser.visit(site.page("/", page(html)), clock=True) as tab:
        live = LivePage(tab)
        for value in (0.25, 0.75):
            await live.load_the_dice(value)
            await live.reload()
            assert await live.ask("document.body.innerText") == f"{value},{value}"


async def test_forgotten_is_forgotten(site: Site, browser: Browser) -> None:
    """Cookies and storage of the page are gone with the next load."""
    html = (
        "<script>document.write(document.cookie, localStorage.seen, sessionStorage.seen);"
        "document.cookie = 'seen=1'; localStorage.seen = sessionStorage.seen = 2</script>"
    )
    async with await browser.visit(site.page("/", page(html)), clock=True) as tab:
        live = LivePage(tab)
        await live.reload()
        assert await live.ask("document.body.innerText") == "seen=122"
        await live.forget()
        await live.reload()
        assert (await live.ask("document.body.innerText")).startswith("undefined")


async def test_what_the_server_told_is_known(site: Site, browser: Browser) -> None:
    """Two loads that were told the same agree; another document or another script does not."""
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
    async with await browser.visit(site.page("/", page("<script src=/script.js></script>")), clock=True) as tab:
        live = LivePage(tab)
        told = [await live.told()]
        for _ in range(2):
            await live.reload()
            told.append(await live.told())
    assert None not in told
    assert told[0] == told[1] != told[2]


@pytest.mark.parametrize(
    "ask", ["fetch('/data')", "new WebSocket('ws://' + location.host)", "new EventSource('/data')"]
)
async def test_what_data_told_is_not_known(site: Site, browser: Browser, ask: str) -> None:
    """A page that asks for data, or can be sent some, may be told anything."""
    async with await browser.visit(site.page("/", page(f"<script>{ask}</script>")), clock=True) as tab:
        live = LivePage(tab)
        await live.reload()
        assert await live.told() is None


async def test_a_socket_is_known_as_soon_as_the_page_has_loaded(site: Site, browser: Browser) -> None:
    """Playwright tells of it once the handshake is under way, which may be later than the page is looked at."""
    ask = "<script>new WebSocket('ws://' + location.host)</script>"
    async with await browser.visit(site.page("/", page(ask)), clock=True) as tab:
        live = LivePage(tab)
        tab.page.remove_listener("websocket", live._note_socket)
        await live.reload()
        assert await live.told() is None
