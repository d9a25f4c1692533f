"""A comparison's page shows the differences side by side, is self-contained, and renders hostile text harmless."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page

from tests.diff.logs import DOT, ONE, OTHER, SAME, WHITE, audit, other, write_log
from tests.diff.transports.test_comparison import faulty
from tests.pages import attributes, backgrounds, elements, open_file, unfold, without_policy
from tests.projections.recordings import START, Recording, requested, selected
from tests.report.test_report import HOSTILE, colours
from veritas.archive.archive import Archive
from veritas.diff import Rules
from veritas.diff.html import render_comparison, render_transports
from veritas.diff.run_comparison import compare_runs
from veritas.diff.summary_text import summary_sentences
from veritas.diff.transports.tee import compare_transports
from veritas.events.recorder_events import RunFinished


def page_of(database: Path, *runs: Recording, rules: Rules | None = None) -> str:
    """Return the page that compares two runs."""
    with Archive.open(write_log(database, *runs)) as archive:
        comparison = compare_runs(archive, runs[0].run_id, runs[1].run_id, rules or Rules.of())
        pieces = render_comparison(comparison, origin=archive.origin(), artifact=archive.artifact)
        return b"".join(pieces).decode("utf-8")


def hostile_run(audit_id: str, sign: str) -> Recording:
    """Return a run in which every text that a page or a program can write is hostile."""
    text = HOSTILE + sign
    run = Recording(f"{audit_id}.1")
    run.recorder(requested(audit_id=audit_id, url=f"http://a.test/{text}", tier=text), at=START)
    run.recorder(selected(text), at=START)
    finding = dict.fromkeys(("kind", "title", "detail", "severity", "url"), text)
    run.child(
        "scout",
        "screenshot",
        seq=1,
        type="screenshot",
        data=text.encode("utf-8", "replace"),
        extra={"url": text, "kind": text},
    )
    run.child("scout", "screenshot", seq=2, type="screenshot", data=WHITE, extra={"url": text, "kind": text * 2})
    run.child("scout", text, seq=3, summary={text: text, "list": [text, {text: [text]}], "text": text * 40})
    run.child("scout", "done", seq=4, summary={"same": text, text: 1, "long": text + "x" * 5000 + sign})
    run.child("vision", "finding", seq=5, type="finding", extra={"finding": finding}, detail=text)
    run.child(text, "done", seq=6)
    run.child("judge", "done", seq=7, summary={"trust_score": ord(sign[0]) % 100, "risk_level": text})
    run.recorder(RunFinished(text, text, error=text))
    return run


@pytest.mark.parametrize("policy", ["with its policy", "without"])
async def test_hostile_text_has_no_effect_in_a_real_browser(page: Page, tmp_path: Path, policy: str) -> None:
    """Even if the browser ignored the policy that forbids scripts and the network: no text becomes markup."""
    html = page_of(tmp_path / "log.db", hostile_run(ONE, "a"), hostile_run(OTHER, "b"))
    if policy == "without":
        html = without_policy(html)
    file = tmp_path / "diff.html"
    file.write_text(html, encoding="utf-8")
    requests = await open_file(page, file)
    assert [url for url in requests if not url.startswith("data:image/png;")] == [file.as_uri()]
    assert not await elements(page) & {"script", "iframe", "link", "base", "object", "embed", "form", "textarea"}
    links = await page.evaluate("[...document.links].map(link => link.getAttribute('href'))")
    assert all(link.startswith("#") for link in links)
    assert not [name for name in await attributes(page) if name.startswith("on")]
    await unfold(page)
    text = await page.inner_text("body")
    assert "<script>window.ran = 1</script>" in text and "\\u202egnp.exe\\x1b[2J\\x00\\ud800" in text


async def test_it_fits_wide_and_narrow_screens(page: Page, tmp_path: Path) -> None:
    """Nothing overflows at the side, and there is a dark mode."""
    file = tmp_path / "diff.html"
    file.write_text(page_of(tmp_path / "log.db", audit(ONE), other()), encoding="utf-8")
    assert len(await backgrounds(page, file, (1280, 390, 320))) == 2
    assert await page.title() == "VERITAS diff: http://127.0.0.1:80/ and http://127.0.0.1:81/"


async def test_both_sides_are_next_to_each_other_with_changes_marked(page: Page, tmp_path: Path) -> None:
    """Of a long text only the part around a change is shown; a repeated change is shown once."""
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.set_content(page_of(tmp_path / "log.db", audit(ONE), other()))
    await unfold(page)
    row = page.locator("tr", has_text="summary.text")
    assert await row.count() == 1
    assert await row.locator(".again").inner_text() == "again in scout/done"
    before, after = await row.locator("td").all()
    assert (await before.locator("del").all_inner_texts(), await after.locator("ins").all_inner_texts()) == (
        ["30"],
        ["thirty"],
    )
    assert len(await before.inner_text()) < 400
    boxes = [await cell.bounding_box() for cell in (before, after)]
    assert boxes[0] and boxes[1] and boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]
    score = page.locator("tr", has_text="summary.trust_score")
    assert await score.locator("td").all_inner_texts() == ["44", "47"]
    gone = page.locator(".card", has_text="Countdown restarts")
    assert "only in A" in await gone.inner_text()
    assert await page.locator(".score").inner_text() == "5 differences"


async def test_the_contents_and_the_verdict_come_first_and_content_is_folded(page: Page, tmp_path: Path) -> None:
    """A printed page has everything."""
    await page.set_content(page_of(tmp_path / "log.db", audit(ONE), other()))
    links = await page.eval_on_selector_all("nav a", "links => links.map(link => link.getAttribute('href'))")
    ids = await page.eval_on_selector_all("section[id]", "sections => sections.map(section => '#' + section.id)")
    assert links == ids == ["#verdict", "#screenshots", "#content", "#phases", "#hidden"]
    content = page.locator("#content del").first
    visible = "element => element.checkVisibility({contentVisibilityAuto: true})"
    assert await page.locator("#verdict del").first.evaluate(visible)
    assert not await content.evaluate(visible)
    await page.emulate_media(media="print")
    assert await content.evaluate(visible)


async def test_screenshots_are_shown_with_their_differences(page: Page, tmp_path: Path) -> None:
    await page.set_viewport_size({"width": 1280, "height": 900})
    html = page_of(tmp_path / "log.db", audit(ONE), other())
    assert html.count("data:image/png;base64,") == 3
    await page.set_content(html)
    assert "2.0% of the pixels differ, at 20,30 40x10" in await page.inner_text("body")
    cuts = page.locator(".cuts svg")
    assert await cuts.count() == 2
    assert await page.locator(".three svg").count() == 3
    boxes: list[Any] = [await cut.bounding_box() for cut in await cuts.all()]
    assert [(box["width"], box["height"]) for box in boxes] == [(200, 100)] * 2
    shown = [await cut.screenshot() for cut in await cuts.all()]
    for picture, inside in zip(shown, ([255, 255, 255], [0, 0, 0]), strict=True):
        assert await colours(page, picture, (40, 35), (100, 80), (30, 26)) == [inside, [255, 255, 255], [194, 24, 43]]


async def test_the_page_of_two_equal_runs_says_so(page: Page, tmp_path: Path) -> None:
    await page.set_content(page_of(tmp_path / "log.db", audit(ONE, shown=DOT), audit(SAME, later=500, shown=DOT)))
    assert await page.locator(".score").inner_text() == "equal"
    text = await page.inner_text("body")
    assert "the same, byte for byte" in text and "timings" in text and "--no-defaults" in text
    assert "Equal except for" in text and "left out by rules" in text
    assert await page.locator("del, ins, svg, img").count() == 0


async def test_a_picture_of_only_one_run_is_shown_and_a_broken_one_is_not(page: Page, tmp_path: Path) -> None:
    more = audit(OTHER, shown=b"\x89PNG\r\n\x1a\n broken")
    more.child("vision", "screenshot", seq=9, type="screenshot", data=DOT, extra={"url": "u", "kind": "full_page"})
    await page.set_content(page_of(tmp_path / "log.db", audit(ONE), more))
    text = await page.inner_text("body")
    assert "not compared: it is not a picture, or a broken one" in text
    assert await page.locator("img").count() == 1


def test_a_text_that_changed_throughout_is_shortened(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(2_000)]
    changed = [word if number % 2 else f"x{number}" for number, word in enumerate(words)]
    html = page_of(tmp_path / "log.db", audit(ONE, text=" ".join(words)), audit(SAME, text=" ".join(changed)))
    assert 150 < html.count("<del>") <= 400 and len(html) < 100_000


def test_the_page_lists_the_given_rules(tmp_path: Path) -> None:
    """Without rules it does not mention any."""
    html = page_of(tmp_path / "log.db", audit(ONE), other(), rules=Rules.of(ignore=["<b>x"], tolerances=["pixels=3"]))
    assert "<dt>ignored</dt>" in html and "<code>&lt;b&gt;x</code>" in html and "<code>pixels=±3</code>" in html
    without = page_of(tmp_path / "2.db", audit(ONE), other())
    assert not any(f"<dt>{name}</dt>" in without for name in ("ignored", "only", "tolerated", "volatile fields"))


def test_the_same_log_gives_the_same_page(tmp_path: Path) -> None:
    pages = [page_of(tmp_path / "log.db", audit(ONE), other())]
    with Archive.open(tmp_path / "log.db") as archive:
        again = compare_runs(archive, f"{ONE}.1", f"{OTHER}.1", Rules.of())
        pages.append(
            b"".join(render_comparison(again, origin=archive.origin(), artifact=archive.artifact)).decode("utf-8")
        )
    assert pages[0] == pages[1]


async def test_the_comparison_of_one_runs_transports_has_a_page(page: Page, tmp_path: Path) -> None:
    with Archive.open(write_log(tmp_path / "log.db", faulty())) as archive:
        both = compare_transports(archive, f"{ONE}.1")
        file = tmp_path / "transports.html"
        file.write_bytes(b"".join(render_transports(both, origin=archive.origin())))
    assert len(await backgrounds(page, file, (1280, 390, 320))) == 2
    assert await page.locator(".score").inner_text() == f"{len(both.differences)} differences"
    assert "scout/visiting 2 missing over queue" in await page.locator("li").all_inner_texts()


def test_what_people_ask_comes_first_as_in_the_text(tmp_path: Path) -> None:
    """The answers of the text output, the new and gone findings and the changed facts; then every difference."""
    before, after = audit(ONE), audit(OTHER)
    for run, kind, host in ((before, "old <kind>", "ads.test"), (after, "fresh <kind>", "cdn.test")):
        finding = {"kind": kind, "title": kind, "severity": "high", "url": "http://127.0.0.1:80/"}
        run.child("scout", "done", seq=900, summary={"third_party_hosts": [host]})
        run.child("vision", "finding", seq=901, type="finding", extra={"finding": finding})
        run.child("vision", "done", seq=902)
    html = page_of(tmp_path / "log.db", before, after)
    with Archive.open(tmp_path / "log.db") as archive:
        comparison = compare_runs(archive, before.run_id, after.run_id, Rules.of())
    answers = dict(summary_sentences(comparison.summary, comparison.screenshots))
    assert answers["findings"] == "1 new, 1 gone, 1 unchanged" and answers["third parties"] == "1 new, 1 gone"
    assert all(f"<dt>{name}</dt><dd>{answer}</dd>" in html for name, answer in answers.items())
    places = ["summary", "new-findings", "gone-findings", "third-party-hosts", "screenshots", "content"]
    found = [html.index(f'id="{place}"') for place in places]
    assert found == sorted(found)
    assert all(f'href="#{place}"' in html for place in places[1:])
    new, gone = (html[found[at] : found[at + 1]] for at in (1, 2))
    assert "fresh &lt;kind&gt;" in new and "old &lt;kind&gt;" not in new and "old &lt;kind&gt;" in gone
    hosts = html[found[3] : found[4]]
    assert 'ads.test</td><td data-label="A"><del>present</del></td><td data-label="B">–</td>' in hosts
    assert 'cdn.test</td><td data-label="A">–</td><td data-label="B"><ins>present</ins></td>' in hosts
