"""Timers are read in all common notations, and found if they count down; other changing texts are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import page
from veritas.audit.browser import Browser
from veritas.audit.patterns.page_state import PageState
from veritas.audit.patterns.timers import (
    Timer,
    find_timers,
    follows_page_clock,
    is_about_offer,
    read_timer,
    seconds_shown,
)
from veritas.audit.patterns.virtual_time import VirtualTimePage

EVERY_SECOND = (
    "<script>let left = {start}; const show = () => {{ {show}; left-- }}; show(); setInterval(show, 1000)</script>"
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:14:59", 899),
        ("Sale ends in 14:59!", 899),
        ("02 : 13 : 45", 8_025),
        ("1:02:03:04", 93_784),
        ("1d 02:03:04", 93_784),
        ("2 days 3 hours 0 minutes", 183_600),
        ("3 hrs 25 mins 22 sec", 12_322),
        ("00DAYS00HOURS14MINUTES21SECONDS", 861),
        ("0 0 days 0 4 hours 1 0 min 5 9 sec", 15_059),
        ("00 02 13 45 Days Hrs Mins Secs", 8_025),
        ("02 13 45 hours minutes seconds", 8_025),
        ("59 seconds left", 59),
        ("5m 3s", 303),
        ("٠٢:١٣:٤٥", 8_025),
        ("０２：１３：４５", 8_025),
        ("2天03小时14分05秒", 184_445),
        ("残り14分05秒", 845),
        ("2 Tage 3 Std. 14 Min. 5 Sek.", 184_445),
        ("3 días 02 horas 13 minutos 45 segundos", 267_225),
        ("02 heures 13 minutes 45 secondes", 8_025),
        ("1 dni 2 godz. 3 min 4 sek", 93_784),
        ("2 päivää 3 tuntia 14 minuuttia 5 sekuntia", 184_445),
        ("02 13 45 ώρες λεπτά δευτερόλεπτα", 8_025),
        ("Noch 59 Sekunden", 59),
    ],
)
def test_time_left_is_read(text: str, seconds: int) -> None:
    """The seconds that a timer shows are found among other words."""
    reading = read_timer(text)
    assert reading is not None
    assert reading.seconds == seconds


@pytest.mark.parametrize("text", ["", None, "3 items", "$12.50", "30 November", "9:00 am", "1,234", "v1.2.3", "2 days"])
def test_other_figures_are_not_timers(text: str | None) -> None:
    """Prices, dates, times of day and counts are not read as time left."""
    assert read_timer(text) is None


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_both_notations_agree(hours: int, minutes: int, seconds: int) -> None:
    """Hours, minutes and seconds give the same time with colons and with names."""
    colons = read_timer(f"{hours:02}:{minutes:02}:{seconds:02}")
    names = read_timer(f"{hours} hours {minutes} minutes {seconds} seconds")
    assert colons is not None
    assert names is not None
    assert colons.seconds == names.seconds == hours * 3600 + minutes * 60 + seconds


async def observe(browser: Browser, url: str) -> tuple[list[Timer], list[PageState]]:
    """Return the timers of a page, and three states: when opened, two seconds later, and a minute after that."""
    async with await browser.visit(url, virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        states = [PageState(await virtual_page.snapshot(), page_time=virtual_page.page_time)]
        await virtual_page.run_for(2)
        states.append(PageState(await virtual_page.snapshot(), page_time=virtual_page.page_time))
        await virtual_page.fast_forward(60)
        states.append(PageState(await virtual_page.snapshot(), page_time=virtual_page.page_time))
    return find_timers(states[0], states[1]), states


async def test_timer_of_several_elements_is_one_timer(site: Site, browser: Browser) -> None:
    """Hours, minutes and seconds in separate elements, with their names below, are one timer."""
    show = "[h.textContent, m.textContent, s.textContent] = [left / 3600, left / 60 % 60, left % 60].map(Math.floor)"
    html = (
        "<p>Deal of the hour: 40% off</p><div style='display: flex' id=face><div><b id=h></b><i>Hours</i></div>"
        "<div><b id=m></b><i>Mins</i></div><div><b id=s></b><i>Secs</i></div></div>"
        + EVERY_SECOND.format(start=5000, show=show)
    )
    (timer,), _ = await observe(browser, site.page("/", page(f"<section>{html}</section>")))
    assert timer.element.selector == "#face"
    assert timer.context.tag == "section"
    assert 4_990 <= timer.reading.seconds <= 5_000


async def test_two_timers_are_found_separately(site: Site, browser: Browser) -> None:
    """Each offer has its own timer, and the box around both is not one."""
    show = "a.textContent = `${left} seconds`; b.textContent = `0:${left % 60 + 10}`"
    html = "<div><p>Sale ends in <b id=a></b></p><p>Deal ends in <b id=b></b></p></div>"
    timers, _ = await observe(browser, site.page("/", page(html + EVERY_SECOND.format(start=45, show=show))))
    assert [timer.element.selector for timer in timers] == ["#a", "#b"]


async def test_other_changing_texts_are_not_timers(site: Site, browser: Browser) -> None:
    """They are a time of day, which goes forward, a slide number without an offer, and a price."""
    show = (
        "day.textContent = new Date().toTimeString(); slide.textContent = `00:${left % 60}`;"
        "price.textContent = `$${left}.00`"
    )
    html = "<p>Order now, it is <b id=day></b></p><p>Next picture: <b id=slide></b></p><p>Offer <b id=price></b></p>"
    timers, _ = await observe(browser, site.page("/", page(html + EVERY_SECOND.format(start=59, show=show))))
    assert timers == []


async def test_timers_that_count_ticks_do_not_follow_the_page_clock(site: Site, browser: Browser) -> None:
    """A laptop that is closed for a minute delays such a timer, but not one that follows the clock."""
    show = (
        "a.textContent = `${left} seconds`; b.textContent = `${600 - Math.floor((Date.now() - start) / 1000)} seconds`"
    )
    html = "<p>Sale ends in <b id=a></b></p><p>Deal ends in <b id=b></b></p><script>const start = Date.now()</script>"
    url = site.page("/", page(html + EVERY_SECOND.format(start=600, show=show)))
    (ticks, follows), (_, later, minute_later) = await observe(browser, url)
    assert not follows_page_clock(ticks, later, minute_later)
    assert follows_page_clock(follows, later, minute_later)
    assert (seconds_shown(minute_later, follows) or 0) < (seconds_shown(minute_later, ticks) or 0) - 50


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("flash sale ends in", True),
        ("your cart is reserved for", True),
        ("das angebot endet in", True),
        ("l'offre se termine dans", True),
        ("la oferta termina en", True),
        ("l'offerta termina tra", True),
        ("your login code expires in", False),
        ("uploading holiday.mp4, time remaining", False),
        ("round 3 of 8, rest", False),
        ("your session ends in", False),
        ("the auction ends in", False),
        ("ihre sitzung endet in", False),
        ("ends in", None),
        ("time left", None),
    ],
)
def test_words_tell_what_a_clock_is_about(words: str, expected: bool | None) -> None:
    """Login codes, uploads, workouts and auctions have clocks as well."""
    assert is_about_offer(words) is expected
