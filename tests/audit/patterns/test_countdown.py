"""Countdowns without a deadline are found by driving the clock; honest ones are left alone."""

from __future__ import annotations

import asyncio
import time
from http.server import BaseHTTPRequestHandler

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import Try, page
from veritas.audit.browser import Browser
from veritas.audit.patterns import countdown
from veritas.audit.patterns.experiment import conduct
from veritas.audit.patterns.page_state import Trial

FACE = "const face = s => [s / 3600, s / 60 % 60, s % 60].map(n => String(Math.floor(n)).padStart(2, '0')).join(':');"
OFFER = "<div id=offer>Spring sale ends in <b id=timer></b>, now <span id=price>$20</span></div>"
ENDED = "offer.textContent = 'The sale has ended: $40 again.'"


def script(body: str) -> str:
    """Return the offer and a script that shows `left` seconds on its clock."""
    return f"{OFFER}<script>{FACE}{body}</script>"


def by_date(end: str, at_zero: str) -> str:
    """Return an offer whose clock reckons from the date, towards *end*."""
    return script(
        f"const end = {end}; const show = () => {{ const left = Math.round((end - Date.now()) / 1000);"
        f"if (left > 0) timer.textContent = face(left); else {{ {at_zero} }} }}; show(); setInterval(show, 1000)"
    )


def by_ticks(start: str, at_zero: str) -> str:
    """Return an offer whose clock counts its own ticks down from *start*."""
    return script(
        f"let left = {start}; const show = () => {{ if (left > 0) timer.textContent = face(left);"
        f"else {{ {at_zero} }} left-- }}; show(); setInterval(show, 1000)"
    )


def kinds(trial: Trial) -> list[str]:
    """Return what the countdown detector sees."""
    return sorted(sighting.kind for sighting in countdown.judge(trial))


async def test_countdown_that_starts_with_the_page_resets(put_on_trial: Try) -> None:
    """A quarter of an hour from each load, whenever that is, is no deadline; the readings are the evidence."""
    trial = await put_on_trial(by_date("Date.now() + 900000", ENDED))
    (found,) = countdown.judge(trial)
    assert found.kind == "countdown_resets"
    assert found.signal == "temporal"
    assert found.element.selector == "#timer"
    assert abs(found.measured["shown_s"] - found.measured["shown_again_s"]) <= 2
    assert found.measured["shown_s"] - found.measured["expected_of_a_fixed_deadline_s"] >= 60


async def test_countdown_that_counts_ticks_resets(put_on_trial: Try) -> None:
    """A script that counts from a number in the page starts over with the page."""
    assert kinds(await put_on_trial(by_ticks("600", ENDED))) == ["countdown_resets"]


async def test_countdown_kept_for_each_visitor_resets_for_the_next(put_on_trial: Try) -> None:
    """A deadline that is stored with the visitor survives a reload, and starts anew for a new visitor."""
    stored = "+(localStorage.end ||= Date.now() + 900000)"
    (found,) = countdown.judge(await put_on_trial(by_date(stored, ENDED)))
    assert found.kind == "countdown_resets"
    assert found.measured["compared"] == "to a new visitor"


async def test_countdown_that_outlives_its_zero_is_found(put_on_trial: Try) -> None:
    """A clock that begins its next round, or stops while offer and price stay as they were, ended nothing."""
    end = "Math.ceil(Date.now() / 3600000) * 3600000"
    for shown in (899, 0):
        trial = await put_on_trial(by_date(end, f"timer.textContent = face({shown})"))
        (found,) = countdown.judge(trial)
        assert found.kind == "countdown_outlives_zero"
        assert found.measured["shown_after_zero_s"] == shown


async def test_honest_countdown_is_left_alone(put_on_trial: Try) -> None:
    """One deadline for everybody, and an offer that ends with it, in whatever way, is honest."""
    end = "Math.ceil(Date.now() / 3600000 + 1) * 3600000"
    endings = (
        ENDED,
        "offer.remove()",
        "offer.hidden = true",
        "timer.textContent = '00:00:00'; price.textContent = '$40'",
    )
    trials = await asyncio.gather(*(put_on_trial(by_date(end, ending)) for ending in endings))
    assert [trial.unknown for trial in trials] == [()] * len(endings)
    assert all(trial.expired for trial in trials)
    assert [kinds(trial) for trial in trials] == [[]] * len(endings)


async def test_honest_countdown_of_the_server_is_left_alone(site: Site, browser: Browser) -> None:
    """A server that says how many seconds are left counts by its own clock, which nobody drives."""
    end = time.time() + 1_800

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = page(by_ticks(str(round(end - time.time())), ENDED)).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    async with await browser.visit(site.handle("/", answer), clock=True) as tab:
        trial = await conduct(tab)
    assert trial.reloaded is not None
    assert kinds(trial) == []


async def test_reserved_basket_may_be_reserved_for_each(put_on_trial: Try) -> None:
    """A reservation begins with the visitor; it is only false where it outlives its end."""
    body = by_date("+(localStorage.end ||= Date.now() + 900000)", ENDED).replace(
        "Spring sale ends", "Basket reserved, ends"
    )
    assert kinds(await put_on_trial(body)) == []


async def test_time_until_the_next_dispatch_may_begin_anew(put_on_trial: Try) -> None:
    """Order within three hours for delivery tomorrow: the next day has its own such time."""
    body = by_date("Math.ceil(Date.now() / 3600000 + 2) * 3600000", "timer.textContent = face(86000)")
    assert kinds(await put_on_trial(body.replace("Spring sale ends", "For dispatch today, order"))) == []


async def test_clock_that_stands_still_is_found(put_on_trial: Try) -> None:
    """A clock face that presses and never moves is drawn, not run; a date is no clock face."""
    assert kinds(await put_on_trial("<p>Hurry, sale ends in 02:13:45!</p>")) == ["countdown_frozen"]
    assert kinds(await put_on_trial("<p>Sale ends 30 November 2030, 18:00:00</p>")) == []


async def test_two_countdowns_are_judged_apart(put_on_trial: Try) -> None:
    """On a page with an honest and a false countdown, the false one is named."""
    body = (
        f"<div>Sale A ends in <b id=a></b></div><div id=other>Sale B ends in <b id=b></b></div><script>{FACE}"
        "const start = Date.now(), end = Math.ceil(start / 3600000 + 1) * 3600000; setInterval(() => {"
        "a.textContent = face((start + 5400000 - Date.now()) / 1000);"
        "if (Date.now() < end) b.textContent = face((end - Date.now()) / 1000);"
        "else other.textContent = 'Sale B is over' }, 1000)"
        "</script>"
    )
    found = list(countdown.judge(await put_on_trial(body)))
    assert {sighting.element.selector for sighting in found} == {"#a"}
