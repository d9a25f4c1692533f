"""False countdowns are detected in virtual time; honest ones are not."""

from __future__ import annotations

import asyncio
import time
from http.server import BaseHTTPRequestHandler

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import RunExperiment, page
from veritas.audit.browser import Browser
from veritas.audit.patterns import countdown
from veritas.audit.patterns.experiment import run_experiment
from veritas.audit.patterns.page_state import Experiment

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
    return sorted(detection.kind for detection in countdown.detect(experiment))


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
    """At zero the timer starts its next round, or stops while offer and price stay as they were."""
    end = "Math.ceil(Date.now() / 3600000) * 3600000"
    for shown in (899, 0):
        experiment = await experiment_on(by_date(end, f"timer.textContent = face({shown})"))
        (detection,) = countdown.detect(experiment)
        assert detection.kind == "countdown_outlives_zero"
        assert detection.measured["shown_after_zero_s"] == shown


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

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = page(by_ticks(str(round(end - time.time())), ENDED)).encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    async with await browser.visit(site.handle("/", answer), virtual_time=True) as tab:
        experiment = await run_experiment(tab)
    assert experiment.reloaded is not None
    assert kinds(experiment) == []


async def test_reserved_basket_may_restart_for_each_visitor(experiment_on: RunExperiment) -> None:
    """A reservation begins with the visitor; it is false only if it continues after its end."""
    body = by_date("+(localStorage.end ||= Date.now() + 900000)", ENDED).replace(
        "Spring sale ends", "Basket reserved, ends"
    )
    assert kinds(await experiment_on(body)) == []


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
