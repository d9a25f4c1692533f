"""Claims that the page makes up are detected as fake; claims that may come from a server are not."""

from __future__ import annotations

import asyncio
from itertools import count

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import RunExperiment, case_of, cases, page
from veritas.audit.browser import Browser
from veritas.audit.patterns import pressure_claims
from veritas.audit.patterns.detection import CannotTell, Detection
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.experiment import run_experiment
from veritas.audit.patterns.fake_claims import explain_fake, texts_by_state
from veritas.audit.patterns.notices import find_notices
from veritas.audit.patterns.page_state import Experiment, PageState

# Claims that follow `Math.random()`, with the kind of their detection.
DRAWN = {
    "<p id=a></p><script>a.textContent = Math.ceil(Math.random() * 40 + 3)"
    "+ ' people are viewing this kettle'</script>": "false_activity",
    "<p id=b></p><script>b.textContent = [8, 13, 21, 34][Math.floor(Math.random() * 4)]"
    "+ ' people are viewing this kettle'</script>": "false_activity",
    "<p>Only <b id=c></b> left in stock</p><script>c.textContent = 2 + Math.floor(Math.random() * 4)"
    "</script>": "false_scarcity",
    "<p id=d></p><script>d.textContent = Math.ceil(Math.random() * 30) + ' in stock'</script>": "false_scarcity",
    "<p id=e></p><script>e.textContent = 'Someone in Ghent purchased a teapot '"
    "+ Math.ceil(Math.random() * 50) + ' minutes ago'</script>": "false_activity",
    # shown late
    "<p id=f></p><script>const names = ['Ines in Porto', 'Omar in Ghent', 'Lea in Graz'];"
    "const who = names[Math.floor(Math.random() * 3)];"
    "setTimeout(() => f.textContent = who + ' just bought a Copper Kettle', 2000)</script>": "false_activity",
}


async def test_random_claims_are_fake(experiment_on: RunExperiment) -> None:
    """A random figure counts no one, a random name bought nothing; a plain stock is information, unless it is random.

    The texts are the evidence.
    """
    experiment = await experiment_on(cases(*DRAWN, "<p>7 in stock</p>"))
    detections = [result for result in pressure_claims.detect(experiment) if isinstance(result, Detection)]
    found = {case_of(experiment.opened.snapshot, detection): detection for detection in detections}
    assert {number: detection.kind for number, detection in found.items()} == dict(enumerate(DRAWN.values()))
    assert len(detections) == len(DRAWN)
    for detection in detections:
        assert detection.severity == "high"
        texts = detection.measured["texts"]
        assert texts["random_numbers_low"] != texts["random_numbers_high"]


async def test_stock_that_the_page_makes_of_the_clock_is_fake(experiment_on: RunExperiment) -> None:
    """The server sent the same page for every load, so a stock that differs between loads is no stock."""
    shown = "<p>Only <b id=n></b> left in stock</p><script>n.textContent = 2 + {}</script>"
    numbers = ("Date.now() % 97", "crypto.getRandomValues(new Uint8Array(1))[0]", "new Date().getDate() + 3")
    experiments = await asyncio.gather(*(experiment_on(shown.format(number)) for number in numbers))
    detected = [list(pressure_claims.detect(experiment)) for experiment in experiments]
    assert [[detection.kind for detection in each] for each in detected] == [["false_scarcity"]] * len(numbers)
    assert "h later by the page's clock, it became" in detected[-1][0].detail


async def test_stock_next_to_a_date_is_a_claim(experiment_on: RunExperiment) -> None:
    """A date, a clock and an age in the same text change with time, but the number of items does not."""
    html = (
        "<p>Only 3 left in stock on <b id=d></b>, at <b id=c></b></p><script>const start = Date.now();"
        "d.textContent = new Date().toLocaleDateString('en', {day: 'numeric', month: 'long'});"
        "c.textContent = new Date(start + 9e6 - Date.now()).toISOString().slice(11, 19)</script>"
    )
    experiment = await experiment_on(html)
    (detection,) = pressure_claims.detect(experiment)
    assert (detection.kind.startswith("false"), detection.severity) == (False, "low")


async def test_stock_that_falls_with_the_clock_is_fake(experiment_on: RunExperiment) -> None:
    """A stock that falls in virtual time, while the page receives no data, is not sold."""
    html = (
        "<p>Only <b id=n>40</b> left in stock</p>"
        "<script>const start = Date.now(); const sold = () => Math.floor((Date.now() - start) / 20000);"
        "setInterval(() => n.textContent = 40 - sold(), 999)</script>"
    )
    (detection,) = pressure_claims.detect(await experiment_on(html))
    assert detection.kind == "false_scarcity"
    assert "without a request for data" in detection.detail


async def test_stock_that_a_server_may_send_is_a_claim(experiment_on: RunExperiment) -> None:
    """If a socket is open, a falling figure may have been sent, so it cannot be told whether it is fake."""
    html = (
        "<p>Only <b id=n>40</b> left in stock</p>"
        "<script>new WebSocket('ws://' + location.host + '/stock');"
        "const start = Date.now(); const sold = () => Math.floor((Date.now() - start) / 20000);"
        "setInterval(() => n.textContent = 40 - sold(), 999)</script>"
    )
    detection, unknown = pressure_claims.detect(await experiment_on(html))
    assert isinstance(detection, Detection) and detection.kind == "scarcity_claim"
    assert unknown == CannotTell(
        "whether a stock claim is fake",
        "Its number changes while the page is open, and the page may receive data meanwhile.",
        "meta",
    )


async def test_figure_of_the_server_is_a_claim(site: Site, browser: Browser) -> None:
    """Another number with every load may be true, so it is a claim, and it cannot be told whether it is fake."""
    loads = count(11)

    def viewed() -> str:
        return page(f"<p>{next(loads)} people are viewing this kettle</p>")

    async with await browser.visit(site.page("/", viewed), virtual_time=True) as tab:
        experiment = await run_experiment(tab)
    detection, unknown = pressure_claims.detect(experiment)
    assert isinstance(detection, Detection) and detection.kind == "activity_claim"
    assert isinstance(unknown, CannotTell) and "a different page each time" in unknown.why


async def test_a_load_is_also_that_of_a_new_visitor_if_nothing_is_stored(experiment_on: RunExperiment) -> None:
    """A countdown and a claim on one page need two further loads, and a third one to forget the visitor."""
    countdown = (
        "<p>Our sale ends in <b id=left></b></p><script>const end = Math.ceil(Date.now() / 3600000 + 1) * 3600000;"
        "const show = () => { const s = Math.floor((end - Date.now()) / 1000); left.textContent ="
        "[s / 3600, s / 60 % 60, s % 60].map(n => String(Math.floor(n)).padStart(2, '0')).join(':') };"
        "show(); setInterval(show, 1000)</script>"
    )
    by_visitor = (
        "<p>Only <b id=stock></b> left in stock</p>"
        "<script>stock.textContent = localStorage.seen ? 2 : 3; localStorage.seen = 1</script>"
    )
    equal, different = await asyncio.gather(
        experiment_on(f"{countdown}<p>Only 3 left in stock</p>"), experiment_on(countdown + by_visitor)
    )
    assert equal.reloaded is equal.random_low is not None
    assert equal.new_visitor is equal.random_high is equal.expired_load
    assert different.reloaded is different.random_low is not None
    assert different.new_visitor is different.expired_load is not different.random_high
    (notice,) = [each for each in find_notices(different.opened.snapshot) if "left in stock" in each.text]
    texts = texts_by_state(notice, different)
    assert texts["random_numbers_low"] == texts["random_numbers_high"] == texts["reloaded"] == "Only 2 left in stock"


async def test_growing_age_of_a_purchase_is_a_claim(experiment_on: RunExperiment) -> None:
    """The text "3 minutes ago" may truly become "4 minutes ago", in every language."""
    html = (
        "<p id=it></p><p id=de lang=de></p><script>const start = Date.now() - 180000; const show = () => {"
        "const n = Math.floor((Date.now() - start) / 60000);"
        "it.textContent = `Someone in Ghent purchased a teapot ${n} minutes ago`;"
        "de.textContent = `Jemand aus Bremen hat vor ${n} Minuten eine Kanne bestellt` };"
        "show(); setInterval(show, 1000)</script>"
    )
    kinds = [detection.kind for detection in pressure_claims.detect(await experiment_on(html))]
    assert kinds == ["activity_claim", "activity_claim"]


def test_a_clock_next_to_a_claim_does_not_make_it_fake() -> None:
    """It runs with the page's time; a number that does so is made up."""

    def state(text: str, page_time: float) -> PageState:
        element = Element(0, -1, "p", "#a", (0, 0, 9, 9), True, text=text, leaf=True)
        snapshot = Snapshot((element,), language="en", _by_selector={"#a": element})
        return PageState(snapshot, page_time=page_time, content_digest="same")

    def explained(first: str, last: str) -> str | None:
        opened, later = state(first, 0), state(last, 62)
        experiment = Experiment(opened, minute_later=later, random_low=opened, random_high=opened)
        return explain_fake(find_notices(opened.snapshot)[0], experiment)

    assert explained("Only 3 left, sale ends in 04:59", "Only 3 left, sale ends in 03:57") is None
    assert explained("Only 3 left, sale ends in 04:59", "Only 2 left, sale ends in 03:57")
