"""A site's page shows its history, is self-contained, and renders hostile text harmless."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

from tests.diff.site.test_history import history
from tests.diff.sites import SITE, finding, site_run
from tests.pages import backgrounds, elements, open_file, without_policy
from tests.projections.recordings import Recording
from tests.report.test_report import HOSTILE
from veritas.diff.site.html import site_page


def hostile_run(number: int) -> Recording:
    text = f"{HOSTILE}{'abc'[number]}"  # without a digit, because digits do not distinguish findings
    return site_run(
        number,
        findings=[finding(text, selector=text, title=text, detail=text, severity=text)],
        level=text,
        headers=[(text, text), ("x", text)],
        cookies=[{"name": text, "domain": text, "path": text, "sameSite": text}, {"name": "x", "sameSite": text}],
        third_parties=[text],
        certificate={"status": "found", "issuer": {text: text}, "names": [text], "not_after": text},
    )


async def test_hostile_text_has_no_effect_in_a_real_browser(page: Page, tmp_path: Path) -> None:
    """Even if the browser ignored the policy that forbids scripts and the network: no text becomes markup."""
    html = site_page(history(hostile_run(0), hostile_run(1), of=SITE)).decode("utf-8")
    file = tmp_path / "site.html"
    file.write_text(without_policy(html), encoding="utf-8")
    assert await open_file(page, file) == [file.as_uri()]
    harmful = {"script", "iframe", "link", "base", "object", "embed", "form", "textarea", "a", "img"}
    assert not await elements(page) & harmful
    text = await page.locator("body").inner_text()
    assert "\u202e" not in text
    assert "\\u202egnp.exe" in text


async def test_it_shows_the_plot_the_recordings_and_the_changes(page: Page, tmp_path: Path) -> None:
    result = history(
        site_run(1, findings=[finding("a")], headers=[("server", "one")], score=44),
        site_run(2, failed="scout"),
        site_run(
            3, findings=[finding("b")], headers=[("server", "two"), ("kept", "x")], score=71, level="probably_safe"
        ),
    )
    file = tmp_path / "site.html"
    file.write_bytes(site_page(result))
    await page.goto(file.as_uri())
    text = await page.locator("body").inner_text()
    for text in ("44 -> 71", "1 without a score", "New findings (1)", "Gone findings (1)", "one → two"):
        assert text in text
    assert await page.locator("svg.plot .mark").count() == 2
    assert await page.locator("svg.plot .gap").count() == 1
    assert (await page.locator("svg.plot .mark title").all_text_contents())[-1].endswith("71 of 100, probably safe")
    assert len(await backgrounds(page, file, (1280, 390, 320))) == 2


def test_the_same_events_give_the_same_bytes() -> None:
    runs = [hostile_run(0), hostile_run(1)]
    assert site_page(history(*runs)) == site_page(history(*reversed(runs)))
