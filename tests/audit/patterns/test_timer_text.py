"""Clocks that count down are found whole, with what they count for; other things that change are not."""

from __future__ import annotations

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import page
from veritas.audit.browser import Browser
from veritas.audit.patterns.page_state import Moment
from veritas.audit.patterns.timers import Ticker, follows_clock, reading, tickers
from veritas.audit.patterns.virtual_time import LivePage

EVERY_SECOND = (
    "<script>let left = {start}; const show = () => {{ {show}; left-- }}; show(); setInterval(show, 1000)</script>"
)


async def observed(browser: Browser, url: str) -> tuple[list[Ticker], list[Moment]]:
    """Return the tickers of a page, and three moments: as it opened, two seconds and then a minute on."""
    async with await browser.visit(url, clock=True) as tab:
        live = LivePage(tab)
        moments = [Moment(await live.snapshot(), page_time=live.page_time)]
        await live.run(2)
        moments.append(Moment(await live.snapshot(), page_time=live.page_time))
        await live.jump(60)
        moments.append(Moment(await live.snapshot(), page_time=live.page_time))
    return tickers(moments[0], moments[1]), moments


async def test_clock_in_pieces_is_one_clock(site: Site, browser: Browser) -> None:
    """Hours, minutes and seconds in elements of their own, with their names below, are read as one face."""
    show = "[h.textContent, m.textContent, s.textContent] = [left / 3600, left / 60 % 60, left % 60].map(Math.floor)"
    html = (
        "<p>Deal of the hour: 40% off</p><div style='display: flex' id=face><div><b id=h></b><i>Hours</i></div>"
        "<div><b id=m></b><i>Mins</i></div><div><b id=s></b><i>Secs</i></div></div>"
        + EVERY_SECOND.format(start=5000, show=show)
    )
    (ticker,), _ = await observed(browser, site.page("/", page(f"<section>{html}</section>")))
    assert ticker.element.selector == "#face"
    assert ticker.context.tag == "section"
    assert 4_990 <= ticker.clock.seconds <= 5_000


async def test_two_clocks_are_two(site: Site, browser: Browser) -> None:
    """Each offer has its own clock, and neither the box around both is one."""
    show = "a.textContent = `${left} seconds`; b.textContent = `0:${left % 60 + 10}`"
    html = "<div><p>Sale ends in <b id=a></b></p><p>Deal ends in <b id=b></b></p></div>"
    found, _ = await observed(browser, site.page("/", page(html + EVERY_SECOND.format(start=45, show=show))))
    assert [ticker.element.selector for ticker in found] == ["#a", "#b"]


async def test_other_changes_are_no_countdown(site: Site, browser: Browser) -> None:
    """The time of day goes forward, a slide show sells nothing, and a price is no time."""
    show = (
        "day.textContent = new Date().toTimeString(); slide.textContent = `00:${left % 60}`;"
        "price.textContent = `$${left}.00`"
    )
    html = "<p>Order now, it is <b id=day></b></p><p>Next picture: <b id=slide></b></p><p>Offer <b id=price></b></p>"
    found, _ = await observed(browser, site.page("/", page(html + EVERY_SECOND.format(start=59, show=show))))
    assert found == []


async def test_counting_ticks_is_told_from_following_the_clock(site: Site, browser: Browser) -> None:
    """A laptop that was shut for a minute delays the one and not the other."""
    show = (
        "a.textContent = `${left} seconds`; b.textContent = `${600 - Math.floor((Date.now() - start) / 1000)} seconds`"
    )
    html = "<p>Sale ends in <b id=a></b></p><p>Deal ends in <b id=b></b></p><script>const start = Date.now()</script>"
    url = site.page("/", page(html + EVERY_SECOND.format(start=600, show=show)))
    (ticks, follows), (_, later, far) = await observed(browser, url)
    assert not follows_clock(ticks, later, far)
    assert follows_clock(follows, later, far)
    assert (reading(far, follows) or 0) < (reading(far, ticks) or 0) - 50
