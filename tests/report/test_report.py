"""A report shows what was recorded, is self-contained, and renders hostile text harmless."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.diff import pictures
from tests.pages import attributes, backgrounds, elements, open_file, without_policy
from tests.projections.recordings import (
    AUDIT,
    FINDING,
    INCONCLUSIVE,
    RUN,
    START,
    VERDICT,
    Recording,
    requested,
    selected,
    whole_run,
)
from veritas.events.login_use import LoginUse
from veritas.events.recorder_events import IpcFellBack, ObservationRedacted, OutputCaptured, RunFinished
from veritas.events.visitor import Visitor
from veritas.report import CoveringCheckpoint, Provenance, render_report

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
    provenance = Provenance(
        origin="veritas/log/0123456789abcdef",
        heads={run.run_id: "ab" * 32},
        checkpoint=CoveringCheckpoint(1042, "cd" * 32, KEY),
        made_from="what this test made up.",
    )
    return b"".join(render_report(run.events, provenance, artifact=(artifacts or {}).get)).decode("utf-8")


def hostile_run() -> Recording:
    """Return a run in which every text that a page or a program can write is hostile."""
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
        "inconclusive_because": HOSTILE,
        "not_examined": [{"url": HOSTILE, "what": HOSTILE, "why": HOSTILE, "count": 1e308}, HOSTILE, {"what": 5}],
        "signals": {HOSTILE: {"score": 1e308, "used_weight": -5, "why": HOSTILE}, "visual": HOSTILE, "meta": None},
        "recommendations": [{"audience": HOSTILE, "text": HOSTILE}, HOSTILE, None, {"text": 5}],
    }
    shown = {"url": HOSTILE, "kind": HOSTILE}
    run.child("scout", "screenshot", seq=1, type="screenshot", data=svg, extra=shown)
    run.child("vision", "finding", seq=2, type="finding", extra={"finding": finding}, detail=HOSTILE)
    run.child("vision", "finding", seq=3, type="finding", extra={"finding": {**finding, "evidence": HOSTILE}})
    run.child("vision", "finding", seq=4, type="finding", extra={"finding": {"evidence": {"screenshot": screenshot}}})
    run.child(HOSTILE, "error", seq=5, detail=HOSTILE)
    check = dict.fromkeys(("test", "detail", "reason", "header", "value", "passed", "modifier"), HOSTILE)
    checks = [check, {"passed": True, "modifier": -5}, {"passed": None, "reason": HOSTILE}, HOSTILE, None, [HOSTILE]]
    summary = {"score": HOSTILE, "grade": HOSTILE, "checks": checks}
    run.child("security", "done", seq=6, summary=summary, at=-1e300)
    run.child("judge", "done", seq=7, summary=verdict, at=1e300)
    run.recorder(IpcFellBack(HOSTILE, HOSTILE, HOSTILE, HOSTILE))
    run.recorder(OutputCaptured(HOSTILE, HOSTILE, 0))
    run.recorder(ObservationRedacted({"source": HOSTILE, "seq": HOSTILE}, HOSTILE, HOSTILE))
    run.recorder(RunFinished("failed", HOSTILE, error=HOSTILE))
    return run


@pytest.mark.parametrize("policy", ["with its policy", "without"])
async def test_hostile_text_has_no_effect_in_a_real_browser(page: Page, tmp_path: Path, policy: str) -> None:
    """Even if the browser ignored the policy that forbids scripts and the network: no text becomes markup."""
    run = hostile_run()
    svg = HOSTILE.encode("utf-8", "replace")
    html = page_of(run, {hashlib.sha256(svg).hexdigest(): svg})
    if policy == "without":
        html = without_policy(html)
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    assert await open_file(page, file) == [file.as_uri()]
    assert not await elements(page) & {"script", "iframe", "svg", "link", "base", "object", "embed", "form", "textarea"}
    assert await attributes(page) <= {
        *(
            "lang",
            "charset",
            "http-equiv",
            "content",
            "name",
            "class",
            "id",
            "style",
            "href",
            "src",
            "alt",
            "aria-hidden",
            "aria-label",
            "data-label",
            "open",
            "scope",
        ),
    }
    assert all(
        link.startswith("#") for link in await page.evaluate("[...document.links].map(a => a.getAttribute('href'))")
    )
    assert await page.locator("img").count() == 0
    text = await page.inner_text("body")
    assert "<script>window.ran = 1</script>" in text and "\\u202egnp.exe\\x1b[2J\\x00\\ud800" in text


async def test_it_fits_wide_and_narrow_screens(page: Page, tmp_path: Path) -> None:
    """Nothing overflows at the side, whatever was recorded, and there is a dark mode."""
    file = tmp_path / "hostile.html"
    file.write_text(page_of(hostile_run()), encoding="utf-8")
    assert len(await backgrounds(page, file, (390,))) == 2
    data = {hashlib.sha256(b"PNG").hexdigest(): PNG}
    file = tmp_path / "report.html"
    file.write_text(page_of(whole_run("queue", "stdout"), data), encoding="utf-8")
    assert len(await backgrounds(page, file, (1280, 390, 320))) == 2
    assert await page.title() == "VERITAS report: http://shop.test/"


def test_it_has_all_sections() -> None:
    """The verdict, signals, findings with their evidence, phases, transports, and the proof."""
    html = page_of(whole_run("queue", "stdout"))
    for text in (
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
        assert text in html, text


def run_with_equal_findings() -> Recording:
    """Return a run with one finding of one kind, and three of another kind on two pages."""
    run = Recording()
    run.recorder(requested(), at=START)
    stock = {**FINDING, "kind": "false_scarcity", "title": "Fake stock claim", "severity": "critical"}
    for seq, (kind, url, detail) in enumerate(
        (
            (stock, "a", "Only 2 left."),
            (FINDING, "a", "It restarts."),
            (stock, "a", "Only 3 left."),
            (stock, "b", "One."),
        )
    ):
        finding = {**kind, "url": f"http://shop.test/{url}", "detail": detail}
        run.child("vision", "finding", seq=seq + 1, type="finding", extra={"finding": finding})
    return run


async def test_equal_findings_are_on_one_card(page: Page) -> None:
    """Each place has its own number, page and evidence, and the contents have a link to the card."""
    await page.set_content(page_of(run_with_equal_findings()))
    card = page.locator(".card", has=page.locator("h3", has_text="Fake stock claim"))
    assert await card.count() == 1
    assert "3 places" in await card.inner_text()
    assert await card.locator(".place > summary").all_inner_texts() == [
        f"no. {number}: {detail} on http://shop.test/{url}"
        for number, url, detail in ((1, "a", "Only 2 left."), (2, "a", "Only 3 left."), (3, "b", "One."))
    ]
    assert await page.get_by_role("link", name="Fake stock claim").get_attribute("href") == "#card-1-1"
    assert await card.get_attribute("id") == "card-1-1"
    single = page.locator(".card", has=page.locator("h3", has_text="Countdown restarts"))
    assert "no. 4" in await single.inner_text() and "on http://shop.test/a" in await single.inner_text()


def test_it_says_under_which_conditions_the_site_was_seen() -> None:
    """A site may look different to a phone, behind a login, or if it is refused what it asks for."""
    run = Recording()
    login = LoginUse(headers=["X-Api-Key"], origins=["http://shop.test"])
    run.recorder(requested(visitor=Visitor.parse(viewport="mobile"), login=login), at=START)
    run.child("init", "done", seq=1, summary={"sandbox": "off, because of a test"})
    refused = {"refused": 3, "refusals": [{"reason": "10.0.0.1:80 is a private address"}]}
    run.child("complete", "done", seq=2, summary={"egress": refused})
    page = page_of(run)
    for condition in (
        "mobile, 412x839",
        "X-Api-Key to http://shop.test",
        "off, because of a test",
        "3 connections: 10.0.0.1:80 is a private address",
    ):
        assert condition in page
    assert "<dt>visitor</dt>" in page
    plain = page_of(whole_run())
    assert not [name for name in ("visitor", "login", "sandbox", "refused") if f"<dt>{name}</dt>" in plain]


def test_findings_of_one_kind_that_differ_in_severity_have_their_own_cards() -> None:
    run = Recording()
    for seq, severity in enumerate(("high", "low", None), 1):
        run.child("vision", "finding", seq=seq, type="finding", extra={"finding": {**FINDING, "severity": severity}})
    html = page_of(run)
    assert html.count("<h3>Countdown restarts</h3>") == 3
    assert '<span class="chip">unknown</span>' in html and "None" not in html


async def test_every_link_of_the_contents_leads_to_a_section(page: Page) -> None:
    await page.set_content(page_of(run_with_equal_findings()))
    links = await page.eval_on_selector_all("nav a", "links => links.map(link => link.getAttribute('href').slice(1))")
    assert len(links) == len({*links}) > 4
    assert [link for link in links if await page.locator(f"[id='{link}']").count() != 1] == []


async def test_a_printed_report_has_everything_that_is_folded(page: Page) -> None:
    """And not the contents, whose links do not work on paper."""
    await page.set_content(page_of(run_with_equal_findings()))
    evidence = page.get_by_text("#timer").last
    visible = "element => element.checkVisibility({contentVisibilityAuto: true}) && element.offsetHeight > 0"
    assert not await evidence.evaluate(visible)
    await page.emulate_media(media="print")
    assert await evidence.evaluate(visible)
    assert not await page.locator("nav").is_visible()


async def test_a_score_of_0_is_not_drawn_like_an_unknown_one(page: Page) -> None:
    """A score of 0 has a short bar in its colour, and an unknown score an empty outline."""
    run = Recording()
    signals = {"meta": {"score": 0, "used_weight": 1.0}, "graph": {"score": None, "used_weight": 0.0}}
    run.child("judge", "done", seq=1, summary={**VERDICT, "trust_score": 0, "signals": signals})
    await page.set_content(page_of(run))
    zero, unknown = await page.locator(".bar").all()
    assert await zero.locator("i").evaluate("bar => bar.offsetWidth") > 0
    assert await unknown.locator("i").count() == 0
    assert await unknown.evaluate("bar => getComputedStyle(bar).borderStyle") == "dashed"
    assert await page.locator(".score").inner_text() == "0 of 100"


async def test_what_was_not_examined_is_shown(page: Page) -> None:
    """An inconclusive verdict says why, has no score, and lists what was not examined, equal things once."""
    run = Recording()
    run.child("judge", "done", seq=1, summary=INCONCLUSIVE)
    await page.set_content(page_of(run))
    verdict = page.locator(".verdict")
    assert await verdict.locator(".score").inner_text() == "–"
    assert await verdict.locator(".chip").first.inner_text() == "inconclusive"
    assert "note" in (await verdict.get_attribute("class") or "")
    assert "Only 50% of what the pages show was examined." in await verdict.inner_text()
    rows = page.locator("[id^=unexamined] tbody tr")
    assert [await row.locator("td").first.inner_text() for row in await rows.all()] == ["texts", "the page"]
    assert await rows.first.locator("td").nth(1).inner_text() == "7"
    signal = rows.first.locator("[data-label=signal]")
    assert await signal.evaluate("cell => getComputedStyle(cell).overflowWrap") == "normal", "no word is broken"


async def test_commands_are_shown_as_code(page: Page) -> None:
    """No page shows the backticks of a sentence."""
    run = whole_run()
    provenance = Provenance(
        origin="log",
        heads={RUN: "ab"},
        checkpoint=None,
        made_from="the log; `veritas verify` checks it.",
        faults={RUN: "An event was changed; see `veritas verify`."},
    )
    await page.set_content(b"".join(render_report(run.events, provenance, artifact=lambda _: None)).decode("utf-8"))
    assert "`" not in await page.inner_text("body")
    assert await page.locator("footer code").all_inner_texts() == ["veritas verify"]


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
    assert html.count('<a href="#finding-1-') == 1  # the other rectangle does not lie on the picture
    assert f'href="#screenshot-1-{sha256}"' in html and f'id="screenshot-1-{sha256}"' in html


async def test_a_finding_shows_its_element_cut_out_of_the_screenshot(page: Page, tmp_path: Path) -> None:
    """It is outlined and has a margin. The page has the picture only once."""
    await page.set_viewport_size({"width": 1200, "height": 900})
    await page.set_content(
        "<body style='margin: 0; background: rgb(0, 0, 255)'>"
        "<div style='position: absolute; left: 700px; top: 500px; width: 200px; height: 80px; background: lime'>"
    )
    picture = await page.screenshot(animations="disabled")
    sha256 = hashlib.sha256(picture).hexdigest()
    run = Recording()
    run.child("scout", "screenshot", seq=1, type="screenshot", data=picture, extra={"url": "u", "kind": "viewport"})
    evidence = {"screenshot": sha256, "rect": {"x": 700, "y": 500, "width": 200, "height": 80}}
    run.child("vision", "finding", seq=2, type="finding", extra={"finding": {**FINDING, "evidence": evidence}})
    file = tmp_path / "report.html"
    html = page_of(run, {sha256: picture})
    assert html.count("data:image/png;base64,") == 1
    file.write_text(html, encoding="utf-8")
    await page.goto(file.as_uri())
    crop = page.locator(".crop svg")
    box = await crop.bounding_box()
    assert box is not None and (box["width"], box["height"]) == (360, 160)
    shown = await crop.screenshot()
    inside, outside, outline = await colours(page, shown, (180, 80), (20, 20), (80, 80))
    assert (inside, outside) == ([0, 255, 0], [0, 0, 255])
    assert outline == [194, 24, 43]


async def test_a_finding_on_a_picture_of_changes_is_shown_on_its_base(page: Page, tmp_path: Path) -> None:
    """The changes lie on the earlier screenshot, which is in the page once; without it the page says so."""
    base = pictures.picture((1200, 900), (0, 0, 600, 900))
    changes = pictures.picture((1200, 900), (700, 500, 200, 80), transparent=True, mode="RGBA")
    shas = [hashlib.sha256(data).hexdigest() for data in (base, changes)]
    run = Recording()
    shown = {"url": "u", "kind": "full_page"}
    run.child("scout", "screenshot", seq=1, type="screenshot", data=base, extra=shown)
    run.child("vision", "screenshot", seq=2, type="screenshot", data=changes, extra={**shown, "base": shas[0]})
    evidence = {"screenshot": shas[1], "rect": {"x": 700, "y": 500, "width": 200, "height": 80}}
    run.child("vision", "finding", seq=3, type="finding", extra={"finding": {**FINDING, "evidence": evidence}})
    html = page_of(run, dict(zip(shas, (base, changes), strict=True)))
    assert html.count("data:image/png;base64,") == 2 and "is not available" not in html
    file = tmp_path / "report.html"
    file.write_text(html, encoding="utf-8")
    await page.set_viewport_size({"width": 1200, "height": 900})
    await page.goto(file.as_uri())
    cut = await page.locator(".crop svg").screenshot()
    assert await colours(page, cut, (180, 80), (20, 20), (350, 20)) == [[0, 0, 0], [255, 255, 255], [255, 255, 255]]
    assert "that one is not available" in page_of(run, {shas[1]: changes})


def test_screenshots_that_name_each_other_as_base_are_not_laid_on_each_other() -> None:
    """A circle in the log does not become one in the page."""
    run = Recording()
    shots = [pictures.picture((20, 20), (left, 0, 2, 2)) for left in (0, 4)]
    shas = [hashlib.sha256(data).hexdigest() for data in shots]
    for seq, (data, base) in enumerate(zip(shots, reversed(shas), strict=True), 1):
        run.child("vision", "screenshot", seq=seq, type="screenshot", data=data, extra={"url": "u", "base": base})
    assert "<use " not in page_of(run, dict(zip(shas, shots, strict=True)))


async def colours(page: Page, picture: bytes, *places: tuple[int, int]) -> list[list[int]]:
    """Return the colours of a PNG at some of its pixels."""
    await page.goto("about:blank")
    found: list[list[int]] = await page.evaluate(
        """async ([picture, places]) => {
            const bytes = Uint8Array.from(atob(picture), letter => letter.charCodeAt(0));
            const bitmap = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
            const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            context.drawImage(bitmap, 0, 0);
            return places.map(([x, y]) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3));
        }""",
        [base64.b64encode(picture).decode("ascii"), places],
    )
    return found


def test_the_security_checks_are_shown_with_their_results() -> None:
    run = Recording()
    failed = {"test": "x-frame-options", "passed": False, "modifier": -20, "detail": "Any site may frame the page."}
    unknown = {"test": "strict-transport-security", "reason": "the server did not answer"}
    inapplicable = {"test": "redirection", "reason": "the site is on this machine", "applies": False}
    named = {
        "test": "cookies",
        "passed": True,
        "modifier": 5,
        "header": "set-cookie",
        "value": "id=1",
        "detail": "Good.",
    }
    summary = {"score": 85, "grade": "B+", "checks": [failed, named], "unknown": [unknown, inapplicable]}
    run.child("security", "done", seq=1, summary=summary)
    html = page_of(run)
    for text in (
        "85 of 100",
        "B+",
        "x-frame-options",
        "-20",
        "Any site may frame",
        "the server did not answer",
        '<span class="chip">unknown</span>',
        "the site is on",
        '<span class="chip">n/a</span>',
        "set-cookie: id=1",
    ):
        assert text in html, text


def test_the_phases_are_drawn_to_scale() -> None:
    """Each bar goes from the start of its phase to its end, on a scale from the request to the end."""
    run = Recording()
    run.recorder(requested(), at=START)
    for seq, (phase, step, at) in enumerate(
        (("scout", "navigating", 0), ("scout", "done", 5), ("vision", "analyzing", 5), ("vision", "error", 10)), 1
    ):
        run.child(phase, step, seq=seq, at=START + at)
    run.recorder(RunFinished("failed", "queue"), at=START + 20)
    html = page_of(run)
    assert '<i class="good" style="left:0.000%;width:25.000%">' in html
    assert '<i class="bad" style="left:25.000%;width:25.000%">' in html
    assert "<span>0 s</span><span>20.0 s</span>" in html


def test_a_picture_that_is_not_available_is_not_shown() -> None:
    html = page_of(whole_run())
    assert "Its bytes are not available as they were recorded." in html and "data:image" not in html


@pytest.fixture
def small_page(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("veritas.report.screenshots._LARGEST_TOTAL", 100)
    yield


def test_pictures_beyond_the_largest_total_are_only_named(small_page: None) -> None:
    """A bundle has them all the same."""
    run = Recording()
    pictures = {hashlib.sha256(data).hexdigest(): data for data in (PNG + bytes([number]) for number in range(3))}
    for seq, data in enumerate(pictures.values(), 1):
        run.child("scout", "screenshot", seq=seq, type="screenshot", data=data, extra={"url": "u", "kind": "k"})
    html = page_of(run, pictures)
    assert html.count("data:image/png;base64,") == 1
    assert html.count("It is not shown here") == 2


def test_redactions_are_shown_with_who_when_and_why() -> None:
    run = whole_run()
    run.recorder(ObservationRedacted({"source": "queue", "seq": 3}, "a card number", "jane@desk"), at=START + 86_400)
    html = page_of(run)
    for text in ("Redacted", "3 over queue", "jane@desk", "a card number", "2025-11-23"):
        assert text in html


def test_a_run_without_a_verdict_has_a_report_too() -> None:
    run = Recording()
    run.recorder(requested(url=None, command=["make", "audit"]), at=START)
    assert "make audit" in page_of(run) and "no verdict" in page_of(run)
