"""The vision phase visits the scout's pages and reports each dark pattern with its evidence, and nothing honest."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.audit import facts
from tests.audit.conftest import Site
from veritas.audit import vision
from veritas.audit.browser import Browser
from veritas.audit.finding import SEVERITIES, SIGNALS, Finding
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.pictures import keep
from veritas.audit.tier import tier_named
from veritas.audit.time_limits import Deadline
from veritas.errors import PageError
from veritas.events.json import json_values

DARK_SHOP = """<!doctype html><html lang=en><title>Kettles</title><style>body { font: 16px sans-serif }</style><body>
<h1>Copper kettle, $40</h1>
<div>Spring sale! Half price ends in <b id=timer></b></div>
<p>Only <b id=stock></b> left in stock</p>
<form><label><input type=checkbox checked> Parcel insurance (+$3.99)</label></form>
<div><button style="background: #006400; color: #fff; font-size: 18px; padding: 12px">Yes, 10% off</button>
<a href="#" style="color: #ccc; font-size: 9px">No thanks, I like paying full price</a></div>
<footer><a href=/leave style="color: #eee; font-size: 7px">Cancel subscription</a></footer>
<script>
let left = 900;
const two = n => String(Math.floor(n)).padStart(2, "0");
const show = () => { timer.textContent = `00:${two(left / 60)}:${two(left % 60)}` };
show(); setInterval(() => { left = Math.max(0, left - 1); show() }, 1000);
stock.textContent = 2 + Math.floor(Math.random() * 5);
</script>"""

HONEST_SHOP = """<!doctype html><html lang=en><title>Kettles</title><style>body { font: 16px sans-serif }</style><body>
<nav><a href=#>New in</a> <a href=#>Last chance</a> <a href=#>Cart (0)</a></nav>
<h1>Copper kettle, $40</h1>
<p>In stock</p><p>Free delivery over $50</p><p>Sale ends 30 November</p>
<div id=sale>Spring sale, 10% off, ends in <b id=timer></b></div>
<form><label><input type=checkbox> Parcel insurance (+$3.99)</label><label><input type=checkbox> Newsletter</label>
<label><input type=radio name=post checked> Post, free</label>
<label><input type=radio name=post> Courier $9</label></form>
<div>May we write to you? <button>Subscribe</button> <button>No thanks</button></div>
<div style="position: fixed; bottom: 0">We use cookies. <button>Accept all</button> <button>Reject all</button></div>
<ul class=cart><li>Kettle $40</li><li>Postage $4</li></ul>
<section class=reviews><p>Hurry and get one, there are only 2 left! I bought mine 3 months ago.</p></section>
<footer><a href=/leave>Cancel subscription</a> <a href=#>Unsubscribe</a> Questions? Write to us.</footer>
<script>
const end = Math.ceil(Date.now() / 3600000 + 1) * 3600000;
const show = () => {
  const left = Math.round((end - Date.now()) / 1000);
  if (left > 0) timer.textContent = new Date(left * 1000).toISOString().slice(11, 19);
  else sale.textContent = "The sale has ended.";
};
show(); setInterval(show, 1000);
</script>"""

PLAIN = "<!doctype html><title>Imprint</title><p>Kettles Ltd, 1 Spout Lane</p>"


class Audit:
    """The phase's context, and the events that it emitted."""

    def __init__(self, browser: Browser, *urls: str, scouted: bool = True) -> None:
        self.events: list[dict[str, Any]] = []
        self.context = PhaseContext(
            phase="vision",
            url=urls[0],
            tier=tier_named("standard_audit"),
            browser=browser,
            emit=self._emit,
            summaries=Summaries(scout=facts.scouted(*map(facts.page, urls)) if scouted else None),
        )

    def _emit(
        self, step: str, pct: float, detail: str = "", *, fields: msgspec.Struct | None = None, **others: Any
    ) -> None:
        self.events.append({"step": step, "pct": pct, "detail": detail, **others, **json_values(fields)})

    async def run(self) -> dict[str, Any]:
        return facts.as_json(await vision.run(self.context))

    @property
    def kinds(self) -> list[str]:
        return sorted(finding.kind for finding in self.context.findings)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def dark(running_browser: Browser) -> AsyncIterator[tuple[Audit, dict[str, Any]]]:
    """Examine the dark shop once; give the audit and the phase's summary."""
    site = Site()
    async with running_browser.fresh_profile() as fresh:
        audit = Audit(fresh, site.page("/", DARK_SHOP))
        yield audit, await audit.run()
    site.close()


async def test_patterns_of_a_dark_shop_are_reported(dark: tuple[Audit, dict[str, Any]]) -> None:
    """Each pattern on the page is reported once, with its kind, signal and names."""
    audit, summary = dark
    assert audit.kinds == [
        "buried_exit",
        "confirmshaming",
        "countdown_outlives_zero",
        "countdown_resets",
        "false_scarcity",
        "preselected_extra",
        "weak_decline",
    ]
    assert summary["findings"] == dict.fromkeys(audit.kinds, 1)
    assert summary["signals"] == {"temporal": 2, "meta": 2, "structural": 1, "visual": 2}
    assert (summary["elements"] > 0, summary["texts"] > 0, summary["unknown"]) == (True, True, [])


async def test_every_finding_has_its_evidence(dark: tuple[Audit, dict[str, Any]]) -> None:
    """It has selector, text, rectangle, measurements, both names, and a screenshot that was emitted before it."""
    audit, _ = dark
    shot = next(event for event in audit.events if event["step"] == "screenshot")
    assert hashlib.sha256(shot["data"]).hexdigest() == shot["sha256"]
    assert audit.events.index(shot) < min(i for i, event in enumerate(audit.events) if event["step"] == "finding")
    for finding in audit.context.findings:
        assert finding.severity in SEVERITIES
        assert finding.signal in SIGNALS
        assert 0 < finding.confidence <= 1
        assert finding.url == audit.context.url
        assert finding.detail.endswith(".")
        assert set(finding.taxonomy) == {"mathur2019", "gray2024"}
        assert set(finding.evidence) == {"selector", "text", "rect", "measured", "screenshot"}
        assert finding.evidence["screenshot"] == shot["sha256"]
        assert set(finding.evidence["rect"]) == {"x", "y", "width", "height"}
        assert finding.evidence["rect"]["width"] > 0
        assert finding.evidence["measured"]
        assert msgspec.convert(facts.as_json(finding), Finding) == finding


async def test_findings_are_shown_on_the_scouts_picture_if_that_shows_their_elements(
    site: Site, browser: Browser
) -> None:
    """A counter elsewhere on the page does not matter; where the element looks different, there are its changes."""
    offer = "<label><input type=checkbox checked> Parcel insurance (+$3.99)</label>"
    page = f"<!doctype html><html lang=en><body>{offer}<div style='margin-top: 300px'>"
    for path, color in (("/same", "#000"), ("/changed", "#060")):
        url = site.page(path, f"{page}<i id=n>1</i></div><script>n.textContent = Math.random()</script>")
        async with await browser.visit(url) as tab:
            await tab.page.add_style_tag(content=f"label {{ color: {color} }}")
            scouts = await keep(await tab.screenshot(full_page=True))
        audit = Audit(browser, url)
        audit.context.pictures[url] = scouts
        await audit.run()
        (shot,) = [event for event in audit.events if event["step"] == "screenshot"]
        is_same = path == "/same"
        assert (shot.get("taken_by"), shot["sha256"] == scouts.sha256) == (
            ("scout", True) if is_same else (None, False)
        )
        assert shot.get("base") == (None if is_same else scouts.sha256)
        assert {finding.evidence["screenshot"] for finding in audit.context.findings} == {shot["sha256"]}


async def test_selector_and_rectangle_identify_the_element(
    dark: tuple[Audit, dict[str, Any]], browser: Browser
) -> None:
    """The element that the selector finds has the text and the rectangle of the evidence."""
    audit, _ = dark
    async with await browser.visit(audit.context.url) as tab:
        for finding in audit.context.findings:
            if finding.kind in ("confirmshaming", "buried_exit"):
                element = tab.page.locator(finding.evidence["selector"])
                assert await element.inner_text() == finding.evidence["text"]
                box = await element.bounding_box()
                assert box is not None
                assert finding.evidence["rect"]["y"] == pytest.approx(box["y"], abs=1)


async def test_honest_shop_has_no_findings(site: Site, browser: Browser) -> None:
    """Without findings no screenshot is emitted."""
    audit = Audit(browser, site.page("/", HONEST_SHOP))
    summary = await audit.run()
    assert [(finding.kind, finding.detail) for finding in audit.context.findings] == []
    assert summary["findings"] == {}
    assert [event["step"] for event in audit.events] == ["examining"]


async def test_pattern_on_several_pages_is_reported_once(site: Site, browser: Browser) -> None:
    """A banner on every page is one dark pattern; every page is examined nevertheless."""
    banner = "<div style='position: fixed; bottom: 0'>We use cookies. <button>Accept all</button></div>"
    urls = [site.page(path, f"<!doctype html><p>{path}</p>{banner}") for path in ("/a", "/b", "/c")]
    audit = Audit(browser, *urls)
    summary = await audit.run()
    assert audit.kinds == ["consent_without_reject"]
    assert [page["url"] for page in summary["pages"]] == urls
    assert [page["findings"] for page in summary["pages"]] == [1, 0, 0]


async def test_steps_stay_within_the_phase(site: Site, browser: Browser) -> None:
    """There is a step for every page, and the percentages rise within 30-55."""
    audit = Audit(browser, site.page("/a", PLAIN), site.page("/b", PLAIN))
    await audit.run()
    percentages = [event["pct"] for event in audit.events]
    assert [event["step"] for event in audit.events] == ["examining", "examining"]
    assert percentages == sorted(percentages)
    assert 30 <= percentages[0] <= percentages[-1] <= 55


async def test_without_the_scout_the_requested_page_is_examined(site: Site, browser: Browser) -> None:
    """The scout may have failed."""
    url = site.page("/", PLAIN)
    summary = await Audit(browser, url, scouted=False).run()
    assert [page["url"] for page in summary["pages"]] == [url]


async def test_page_that_cannot_be_visited_is_unknown(site: Site, browser: Browser) -> None:
    """The summary gives the reason, and the other pages are examined."""
    gone = site.handle("/gone", lambda handler: handler.connection.close())
    good = site.page("/good", PLAIN)
    summary = await Audit(browser, gone, good).run()
    assert [page["url"] for page in summary["pages"]] == [good]
    (unknown,) = summary["unknown"]
    assert unknown["url"] == gone
    assert unknown["why"].endswith(".")


async def test_phase_without_any_examined_page_fails(site: Site, browser: Browser) -> None:
    """The error gives the reason."""
    with pytest.raises(PageError, match="No page could be examined"):
        await Audit(browser, site.handle("/", lambda handler: handler.connection.close())).run()


async def test_a_page_without_time_is_unknown_with_a_code(site: Site, browser: Browser) -> None:
    """The pages that were examined before count, also if their examination ended after it was due."""
    deadline = Deadline(300.0)

    def end_the_time(handler: BaseHTTPRequestHandler) -> None:
        deadline._end = 0.0
        site.closing.wait(60)

    good = [site.page("/first", PLAIN), site.page("/good", PLAIN)]
    late = site.handle("/late", end_the_time)
    audit = Audit(browser, good[0], late, good[1])
    audit.context.deadline = deadline
    summary = await audit.run()
    assert good[0] in [page["url"] for page in summary["pages"]]
    assert (late, "time_limit") in [(unknown["url"], unknown["kind"]) for unknown in summary["unknown"]]


async def test_a_page_that_never_fires_its_load_event_is_examined(site: Site, browser: Browser) -> None:
    """It is loaded again as often as the tests need it; a hanging image does not make it unknown."""
    site.hang("/image.png")
    dark = DARK_SHOP.replace("</script>", "; window.stop()</script>")
    summary = await Audit(browser, site.page("/", dark), site.page("/2", f"{PLAIN}<img src=/image.png>")).run()
    assert "countdown_resets" in summary["findings"]
    assert summary["unknown"] == []


async def test_page_that_leads_to_another_is_unknown(site: Site, browser: Browser) -> None:
    """The patterns of the second page are not reported for the first."""
    site.page("/next", DARK_SHOP)
    url = site.page("/", "<!doctype html><p>Wait</p><script>setTimeout(() => location = '/next', 3000)</script>")
    audit = Audit(browser, url, site.page("/good", PLAIN))
    summary = await audit.run()
    assert audit.kinds == []
    assert "moves to" in summary["unknown"][0]["why"]


async def test_the_audits_profile_is_not_changed(site: Site, browser: Browser) -> None:
    """A visit as a new visitor neither reads nor writes the cookies of the audit's profile."""
    url = site.page("/", PLAIN, headers={"Set-Cookie": "seen=1"})
    await Audit(browser, url).run()
    assert await browser.cookies() == []


async def test_texts_in_other_languages_are_unknown(site: Site, browser: Browser) -> None:
    """A page in another language is examined, but its texts are reported as unknown."""
    url = site.page("/", "<!doctype html><html lang=nl><p>Nog maar 3 op voorraad</p>")
    summary = await Audit(browser, url).run()
    assert [unknown["what"] for unknown in summary["unknown"]] == ["texts"]


async def test_page_whose_clock_cannot_be_advanced_is_examined_without_it(site: Site, browser: Browser) -> None:
    """The timers of this page start each other without end."""
    spin = "const spin = () => { setTimeout(spin, 0); setTimeout(spin, 0) }; spin();"
    audit = Audit(browser, site.page("/", DARK_SHOP.replace("let left", f"{spin} let left")))
    summary = await audit.run()
    assert "buried_exit" in audit.kinds
    assert "its timers never end" in summary["unknown"][0]["why"]


async def test_failing_scripts_do_not_stop_the_experiment(site: Site, browser: Browser) -> None:
    """All tests are run on a page whose timers throw."""
    html = DARK_SHOP.replace("let left", "setInterval(() => { throw new Error('broken') }, 500); let left")
    audit = Audit(browser, site.page("/", html))
    summary = await audit.run()
    assert {"countdown_resets", "countdown_outlives_zero", "false_scarcity"} <= set(audit.kinds)
    assert summary["unknown"] == []
