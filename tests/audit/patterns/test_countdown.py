"""False countdowns are detected in virtual time; honest ones are not."""

from __future__ import annotations

import asyncio
import time
from http.server import BaseHTTPRequestHandler

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import RunExperiment, page
from veritas.audit.browser import Browser
from veritas.audit.patterns import countdown
from veritas.audit.patterns.detection import CannotTell, Detection
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.experiment import run_experiment
from veritas.audit.patterns.page_state import Experiment, PageState

FACE = "const face = s => [s / 3600, s / 60 % 60, s % 60].map(n => String(Math.floor(n)).padStart(2, '0')).join(':');"
OFFER = "<div id=offer>Spring sale ends in <b id=timer></b>, now <span id=price>$20</span></div>"
ENDED = "offer.textContent = 'The sale has ended: $40 again.'"


def script(body: str) -> str:
    """Return the offer and a script that shows `left` seconds on its timer."""
    return f"{OFFER}<script>{FACE}{body}</script>"


def by_date(end: str, at_zero: str) -> str:
    """Return an offer whose timer computes the remaining time from the date and *end*."""
    return script(
        f"const end = {end}; const show = () => {{ const left = Math.round((end - Date.now()) / 1000);"
        f"if (left > 0) timer.textContent = face(left); else {{ {at_zero} }} }}; show(); setInterval(show, 1000)"
    )


def by_ticks(start: str, at_zero: str) -> str:
    """Return an offer whose timer counts its own ticks down from *start*."""
    return script(
        f"let left = {start}; const show = () => {{ if (left > 0) timer.textContent = face(left);"
        f"else {{ {at_zero} }} left-- }}; show(); setInterval(show, 1000)"
    )


def kinds(experiment: Experiment) -> list[str]:
    """Return the kinds that the countdown detector detects."""
    return sorted(result.kind for result in countdown.detect(experiment) if isinstance(result, Detection))


def undetermined(experiment: Experiment) -> list[str]:
    """Return why the countdown detector cannot tell something."""
    return [result.why for result in countdown.detect(experiment) if isinstance(result, CannotTell)]


async def test_countdown_that_starts_with_each_load_is_detected(experiment_on: RunExperiment) -> None:
    """A quarter of an hour from each load is not a deadline; the readings are the evidence."""
    experiment = await experiment_on(by_date("Date.now() + 900000", ENDED))
    (detection,) = countdown.detect(experiment)
    assert detection.kind == "countdown_resets"
    assert detection.signal == "temporal"
    assert detection.element.selector == "#timer"
    assert abs(detection.measured["shown_s"] - detection.measured["shown_again_s"]) <= 2
    assert detection.measured["shown_s"] - detection.measured["expected_of_a_fixed_deadline_s"] >= 60


async def test_countdown_that_counts_ticks_restarts(experiment_on: RunExperiment) -> None:
    """A script that counts down from a number in the page restarts with each load."""
    assert kinds(await experiment_on(by_ticks("600", ENDED))) == ["countdown_resets"]


async def test_countdown_stored_for_each_visitor_restarts_for_a_new_one(experiment_on: RunExperiment) -> None:
    """A deadline that the browser stores survives a reload, and restarts for a new visitor."""
    stored = "+(localStorage.end ||= Date.now() + 900000)"
    (detection,) = countdown.detect(await experiment_on(by_date(stored, ENDED)))
    assert detection.kind == "countdown_resets"
    assert detection.measured["compared"] == "to a new visitor"


async def test_countdown_without_effect_is_detected(experiment_on: RunExperiment) -> None:
    """At zero the timer starts its next round."""
    end = "Math.ceil(Date.now() / 3600000) * 3600000"
    experiment = await experiment_on(by_date(end, "timer.textContent = face(899)"))
    (detection,) = countdown.detect(experiment)
    assert isinstance(detection, Detection)
    assert detection.kind == "countdown_outlives_zero"
    assert detection.measured["shown_after_zero_s"] == 899


async def test_fixed_deadline_that_stops_at_zero_is_honest(experiment_on: RunExperiment) -> None:
    """The clock of an auction stops at zero, and the server accepts no further bid; a reservation is not kept so."""
    end = "Math.ceil(Date.now() / 3600000 + 1) * 3600000"
    stored = "+(localStorage.end ||= Date.now() + 900000)"
    auction, reservation = await asyncio.gather(
        experiment_on(by_date(end, "timer.textContent = '0d 0h 0m 0s'")),
        experiment_on(by_date(stored, "timer.textContent = face(0)").replace("Spring sale", "Basket held, offer")),
    )
    assert auction.expired is not None
    assert kinds(auction) == []
    assert kinds(reservation) == ["countdown_outlives_zero"]


async def test_clock_next_to_its_heading_is_a_countdown(experiment_on: RunExperiment) -> None:
    """What a clock is about may be said next to it, in any of five languages, or by a discount in all others."""
    clock = (
        "<div id=c>04:59</div><script>let left = 299; setInterval(() => { if (--left < 0) left = 299;"
        "c.textContent = `0${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}` }, 1000)</script>"
    )
    pages = (
        f"<h1>FLASH SALE</h1>{clock}",
        f"<header><h1>¡Rebajas!</h1></header><main>{clock}<p>Solo hoy</p></main>",
        f"<section><h2>Poletna razprodaja</h2><p>-50 %</p><div><div>{clock}</div></div></section>",
    )
    experiments = await asyncio.gather(*map(experiment_on, pages))
    assert [kinds(each) for each in experiments] == [["countdown_outlives_zero", "countdown_resets"]] * len(pages)
    assert kinds(await experiment_on(f"<h1>Login</h1><p>Your code:</p>{clock}<h2>Our sale</h2>")) == []


async def test_clock_of_a_worker_or_the_server_is_not_frozen(site: Site, experiment_on: RunExperiment) -> None:
    """It moves in real time only, and its deadline cannot be tested."""

    def send_time(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        while not site.closing.wait(0.25):
            handler.wfile.write(f"data: {time.time() * 1000}\n\n".encode())

    site.handle("/time", send_time)
    end = time.time() * 1000 + 7_200_000
    show = f"const show = now => timer.textContent = face(({end} - now) / 1000);"
    ticking = "new Blob(['setInterval(() => postMessage(Date.now()), 250)'])"
    experiments = await asyncio.gather(
        experiment_on(script(f"{show} new Worker(URL.createObjectURL({ticking})).onmessage = e => show(e.data)")),
        experiment_on(script(f"{show} new EventSource('/time').onmessage = e => show(+e.data)")),
        experiment_on(script(f"timer.textContent = face(8025); new Worker(URL.createObjectURL({ticking}))")),
    )
    assert [kinds(experiment) for experiment in experiments] == [[], [], []]
    # On a slow machine the first two move during the first two seconds of virtual time, and their end is tested.
    assert all(undetermined(experiment) or experiment.unknown for experiment in experiments)


def test_clock_that_moved_with_real_time_has_not_started_again() -> None:
    """Virtual time was driven past its zero, but a worker or the server shows what is left in real time."""

    def state(shown: str, page_time: float, real_time: float) -> PageState:
        element = Element(0, -1, "p", "#offer", (0, 0, 9, 9), True, text=f"The sale ends in {shown}", leaf=True)
        snapshot = Snapshot((element,), language="en", _by_selector={"#offer": element})
        return PageState(snapshot, page_time=page_time, real_time=real_time)

    def results(shown: str) -> list[object]:
        return list(
            countdown.detect(
                Experiment(
                    opened=state("00:10:00", 6, 1),
                    later=state("00:09:58", 8, 3),
                    minute_later=state("00:09:56", 70, 5),
                    expired=state(shown, 680, 12),
                )
            )
        )

    (unknown,) = results("00:09:49")
    assert isinstance(unknown, CannotTell) and "a clock outside the page" in unknown.why
    (detection,) = results("00:14:56")
    assert isinstance(detection, Detection) and detection.kind == "countdown_outlives_zero"


async def test_honest_countdown_is_not_detected(experiment_on: RunExperiment) -> None:
    """A countdown with one deadline for all visitors, at which the offer ends in any way, is honest."""
    end = "Math.ceil(Date.now() / 3600000 + 1) * 3600000"
    endings = (
        ENDED,
        "offer.remove()",
        "offer.hidden = true",
        "timer.textContent = '00:00:00'; price.textContent = '$40'",
    )
    experiments = await asyncio.gather(*(experiment_on(by_date(end, ending)) for ending in endings))
    assert [experiment.unknown for experiment in experiments] == [()] * len(endings)
    assert all(experiment.expired for experiment in experiments)
    assert [kinds(experiment) for experiment in experiments] == [[]] * len(endings)


async def test_honest_countdown_of_the_server_is_not_detected(site: Site, browser: Browser) -> None:
    """A server that sends the remaining seconds counts by its own clock, which stays in real time."""
    end = time.time() + 1_800

    def now() -> str:
        return page(by_ticks(str(round(end - time.time())), ENDED))

    async with await browser.visit(site.page("/", now), virtual_time=True) as tab:
        experiment = await run_experiment(tab)
    assert experiment.reloaded is not None
    assert kinds(experiment) == []


async def test_reserved_basket_may_restart_for_each_visitor(experiment_on: RunExperiment) -> None:
    """A reservation begins with the visitor; it is false only if it continues after its end."""
    body = by_date("+(localStorage.end ||= Date.now() + 900000)", ENDED).replace(
        "Spring sale ends", "Basket reserved, ends"
    )
    assert kinds(await experiment_on(body)) == []


async def test_countdown_that_is_not_in_every_load_restarts(experiment_on: RunExperiment) -> None:
    """A load that shows it to none of its visitors, as in an A/B test, does not show that it continues."""
    body = by_date("Date.now() + 900000", ENDED).replace("Spring sale ends", "Basket reserved, ends")
    seldom = "<script>if (Math.random() < .1 && sessionStorage.seen) offer.remove(); sessionStorage.seen = 1</script>"
    experiment = await experiment_on(f"{body}{seldom}<p>Only 3 left in stock</p>")
    assert "countdown_resets" in kinds(experiment)


async def test_countdown_in_a_cookie_of_the_whole_domain_restarts(site: Site, browser: Browser) -> None:
    """A new visitor does not have the cookies that the page sets for its other hosts either."""
    body = by_date(
        "(document.cookie ||= `end=${Date.now() + 900000}; domain=acme.com`, +document.cookie.slice(4))", ENDED
    )
    site.page("/", page(body))
    async with await browser.visit(site.url("/", "www.acme.com"), virtual_time=True) as tab:
        assert kinds(await run_experiment(tab)) == ["countdown_resets"]


async def test_time_until_the_next_dispatch_may_restart(experiment_on: RunExperiment) -> None:
    """Such a deadline, as in "order within three hours for delivery tomorrow", recurs every day."""
    body = by_date("Math.ceil(Date.now() / 3600000 + 2) * 3600000", "timer.textContent = face(86000)")
    assert kinds(await experiment_on(body.replace("Spring sale ends", "For dispatch today, order"))) == []


async def test_frozen_timer_is_detected(experiment_on: RunExperiment) -> None:
    """A timer of an offer that never moves is detected; a date with a time is not a timer."""
    assert kinds(await experiment_on("<p>Hurry, sale ends in 02:13:45!</p>")) == ["countdown_frozen"]
    assert kinds(await experiment_on("<p>Sale ends 30 November 2030, 18:00:00</p>")) == []


async def test_two_countdowns_are_tested_separately(experiment_on: RunExperiment) -> None:
    """On a page with an honest and a false countdown, the false one is detected."""
    body = (
        f"<div>Sale A ends in <b id=a></b></div><div id=other>Sale B ends in <b id=b></b></div><script>{FACE}"
        "const start = Date.now(), end = Math.ceil(start / 3600000 + 1) * 3600000; setInterval(() => {"
        "a.textContent = face((start + 5400000 - Date.now()) / 1000);"
        "if (Date.now() < end) b.textContent = face((end - Date.now()) / 1000);"
        "else other.textContent = 'Sale B is over' }, 1000)"
        "</script>"
    )
    detections = list(countdown.detect(await experiment_on(body)))
    assert {detection.element.selector for detection in detections} == {"#a"}
