"""A report says what was recorded, needs nothing beside itself, and gives hostile text no power."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright

from tests.projections.recordings import AUDIT, FINDING, RUN, START, VERDICT, Recording, requested, selected, whole_run
from veritas.audit.browser_finder import find_browser
from veritas.core.recorder_events import IpcFellBack, ObservationRedacted, OutputCaptured, RunFinished
from veritas.report import Provenance, RunProof, render_report

KEY = "veritas/log/0123456789abcdef+00112233+AWg="
PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (200).to_bytes(4) + (100).to_bytes(4) + b"\x08\x02\0\0\0" + bytes(30)
)  # as much of one as the report looks at

HOSTILE = (
    "<script>window.ran = 1</script><img src=x onerror='window.ran = 1'>\"'><svg onload=window.ran=1></svg>"
    "</title></style></textarea><script>window.ran = 1</script><iframe src=javascript:window.ran=1></iframe>"
    "<a href='javascript:window.ran=1' autofocus onfocus=window.ran=1>x</a>"
    "<meta http-equiv=refresh content='0;url=//a.test'><link rel=stylesheet href=//a.test>"
    "<base href=//a.test>&lt;b&gt;\u202egnp.exe\x1b[2J\0\ud800"
)


def page_of(run: Recording, artifacts: dict[str, bytes] | None = None) -> str:
    """Return the report of a run."""
    runs = {run.run_id: RunProof(len(run.events), "ab" * 32)}
    provenance = Provenance("veritas/log/0123456789abcdef", 1042, "cd" * 32, KEY, runs)
    return b"".join(render_report(run.events, provenance, artifact=(artifacts or {}).get)).decode("utf-8")


def hostile_run() -> Recording:
    """Return a run in which everything that a page or a program can write is hostile."""
    run = Recording(f"{AUDIT}.1")
    run.recorder(requested(url=f"http://a.test/{HOSTILE}", tier=HOSTILE), at=START)
    run.recorder(selected(HOSTILE), at=START)
    finding: dict[str, Any] = dict.fromkeys(("phase", "kind", "title", "detail", "severity", "signal", "url"), HOSTILE)
    svg = HOSTILE.encode("utf-8", "replace")
    screenshot = hashlib.sha256(svg).hexdigest()
    finding["evidence"] = {HOSTILE: {HOSTILE: [HOSTILE, {HOSTILE: [[HOSTILE]]}]}, "selector": HOSTILE, "text": None}
    finding["evidence"] |= {"screenshot": HOSTILE, "rect": {"x": HOSTILE, "y": 1e400, "width": -1, "height": True}}
    finding["taxonomy"] = {HOSTILE: HOSTILE, "gray2024": [1]}
    verdict = {
        "trust_score": 44,
        "risk_level": HOSTILE,
        "narrative": HOSTILE,
        "capped_by": {"why": HOSTILE},
        "signals": {HOSTILE: {"score": 1e308, "used_weight": -5, "why": HOSTILE}, "visual": HOSTILE, "meta": None},
        "recommendations": [{"audience": HOSTILE, "text": HOSTILE}, HOSTILE, None, {"text": 5}],
    }
    shown = {"url": HOSTILE, "kind": HOSTILE}
    run.child("scout", "screenshot", seq=1, type="screenshot", data=svg, extra=shown)
    run.child("vision", "finding", seq=2, type="finding", extra={"finding": finding}, detail=HOSTILE)
    run.child("vision", "finding", seq=3, type="finding", extra={"finding": {**finding, "evidence": HOSTILE}})
    run.child("vision", "finding", seq=4, type="finding", extra={"finding": {"evidence": {"screenshot": screenshot}}})
    run.child(HOSTILE, "error", seq=5, detail=HOSTILE)
    run.child("judge", "done", seq=6, summary=verdict)
    run.recorder(IpcFellBack(HOSTILE, HOSTILE, HOSTILE))
    run.recorder(OutputCaptured(HOSTILE, HOSTILE, 0))
    run.recorder(ObservationRedacted({"source": HOSTILE, "seq": HOSTILE}, HOSTILE, HOSTILE))
    run.recorder(RunFinished("failed", HOSTILE, error=HOSTILE))
    return run


@pytest.fixture
async def page() -> Any:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        yield await browser.new_page()
        await browser.close()


@pytest.mark.parametrize("policy", ["with its policy", "without"])
async def test_hostile_text_does_nothing_in_a_real_browser(page: Page, tmp_path: Path, policy: str) -> None:
    """Even if the browser did not know the policy that forbids scripts and the network: nothing becomes markup."""
    run = hostile_run()
    svg = HOSTILE.encode("utf-8", "replace")
    html = page_of(run, {hashlib.sha256(svg).hexdigest(): svg})
    if policy == "without":
        html, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
        assert removed == 1
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    await page.goto(file.as_uri())
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate("window.ran") is None
    assert requests == [file.as_uri()]
    elements = "[...document.querySelectorAll('*')]"
    names = set(await page.evaluate(f"{elements}.map(element => element.localName)"))
    assert not names & {"script", "iframe", "svg", "link", "base", "object", "embed", "form", "textarea"}
    attributes = set(await page.evaluate(f"{elements}.flatMap(element => element.getAttributeNames())"))
    assert attributes <= {
        *("lang", "charset", "http-equiv", "content", "name", "class", "id", "style", "href", "src", "alt"),
    }
    assert all(
        link.startswith("#") for link in await page.evaluate("[...document.links].map(a => a.getAttribute('href'))")
    )
    assert await page.locator("img").count() == 0
    text = await page.inner_text("body")
    assert "<script>window.ran = 1</script>" in text and "\\u202egnp.exe\\x1b[2J\\x00\\ud800" in text


async def test_a_report_reads_well_on_a_wide_and_on_a_narrow_screen(page: Page, tmp_path: Path) -> None:
    """Nothing hangs out at the side, and in the dark it is dark."""
    data = {hashlib.sha256(b"PNG").hexdigest(): PNG}
    file = tmp_path / "report.html"
    file.write_text(page_of(whole_run("queue", "stdout"), data), encoding="utf-8")
    backgrounds = set()
    for width in (1280, 320):
        for scheme in ("light", "dark"):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await page.goto(file.as_uri())
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            backgrounds.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(backgrounds) == 2
    assert await page.title() == "VERITAS report: http://shop.test/"


def test_it_tells_all_that_people_ask_for() -> None:
    """Verdict, signals, findings with their evidence, phases, transports, and what proves it."""
    html = page_of(whole_run("queue", "stdout"))
    for told in (
        *(
            "http://shop.test/",
            RUN,
            "44",
            "suspicious",
            VERDICT["narrative"],
            "1 finding(s) cost 80 points.",
            "unknown",
        ),
        *(FINDING["title"], FINDING["detail"], "#timer", "Fake Urgency", "95%", "Do not hurry.", "Visual Intelligence"),
        *("The server hung up.", "15 queue, 4 recorder, 15 stdout", KEY, "ab" * 32, "cd" * 32, "1,042 events"),
    ):
        assert told in html, told


def test_the_same_events_give_the_same_bytes() -> None:
    assert page_of(whole_run()) == page_of(whole_run())


def test_a_screenshot_is_shown_with_its_findings_marked() -> None:
    run = Recording()
    sha256 = hashlib.sha256(PNG).hexdigest()
    for seq, rect in enumerate(
        ({"x": 20, "y": 10, "width": 100, "height": 50}, {"x": 150, "y": 0, "width": 51, "height": 1}), 2
    ):
        finding = {**FINDING, "evidence": {"screenshot": sha256, "rect": rect}}
        run.child("vision", "finding", seq=seq, type="finding", extra={"finding": finding})
    run.child("scout", "screenshot", seq=1, type="screenshot", data=PNG, extra={"url": "u", "kind": "full_page"})
    html = page_of(run, {sha256: PNG})
    assert html.count("data:image/png;base64,") == 1
    assert 'style="left:10.000%;top:10.000%;width:50.000%;height:50.000%"' in html
    assert html.count('style="left:') == 1  # the other rectangle does not lie on the picture
    assert f'href="#screenshot-1-{sha256}"' in html and f'id="screenshot-1-{sha256}"' in html


def test_what_is_not_handed_over_is_not_shown() -> None:
    html = page_of(whole_run())
    assert "It was not handed over." in html and "data:image" not in html


@pytest.fixture
def small_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("veritas.report.screenshots._LARGEST_TOTAL", 100)
    yield


def test_pictures_beyond_a_bound_are_named(small_page: None) -> None:
    """They lie in the bundle beside it."""
    run = Recording()
    pictures = {hashlib.sha256(data).hexdigest(): data for data in (PNG + bytes([number]) for number in range(3))}
    for seq, data in enumerate(pictures.values(), 1):
        run.child("scout", "screenshot", seq=seq, type="screenshot", data=data, extra={"url": "u", "kind": "k"})
    html = page_of(run, pictures)
    assert html.count("data:image/png;base64,") == 1
    assert html.count("It is the bundle") == 2


def test_redactions_are_told_with_who_when_and_why() -> None:
    run = whole_run()
    run.recorder(ObservationRedacted({"source": "queue", "seq": 3}, "a card number", "jane@desk"), at=START + 86_400)
    html = page_of(run)
    for told in ("Redacted", "3 over queue", "jane@desk", "a card number", "2025-11-23"):
        assert told in html


def test_a_run_without_a_verdict_has_a_report_too() -> None:
    run = Recording()
    run.recorder(requested(url=None, command=["make", "audit"]), at=START)
    assert "make audit" in page_of(run) and "no verdict" in page_of(run)
