"""A site's page says what its history does, needs nothing beside itself, and gives hostile text no power."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Page

from tests.diff.site.test_history import history
from tests.diff.sites import SITE, finding, site_run
from tests.pages import backgrounds, elements, opened, without_policy
from tests.projections.recordings import Recording
from tests.report.test_report import HOSTILE
from veritas.diff.site.html import site_page


def hostile_run(number: int) -> Recording:
    said = f"{HOSTILE}{'abc'[number]}"  # without a number that would count as one
    return site_run(
        number,
        findings=[finding(said, selector=said, title=said, detail=said, severity=said)],
        level=said,
        headers=[(said, said), ("x", said)],
        cookies=[{"name": said, "domain": said, "path": said, "sameSite": said}, {"name": "x", "sameSite": said}],
        third_parties=[said],
        certificate={"status": "found", "issuer": {said: said}, "names": [said], "not_after": said},
    )


async def test_hostile_text_does_nothing_in_a_real_browser(page: Page, tmp_path: Path) -> None:
    """Even where the browser does not know the policy that forbids scripts and the network."""
    html = site_page(history(hostile_run(0), hostile_run(1), of=SITE)).decode("utf-8")
    file = tmp_path / "site.html"
    file.write_text(without_policy(html), encoding="utf-8")
    assert await opened(page, file) == [file.as_uri()]
    harmful = {"script", "iframe", "link", "base", "object", "embed", "form", "textarea", "a", "img"}
    assert not await elements(page) & harmful
    text = await page.locator("body").inner_text()
    assert "\u202e" not in text
    assert "\\u202egnp.exe" in text


async def test_it_shows_the_plot_the_recordings_and_what_changed(page: Page, tmp_path: Path) -> None:
    found = history(
        site_run(1, findings=[finding("a")], headers=[("server", "one")], score=44),
        site_run(2, failed="scout"),
        site_run(
            3, findings=[finding("b")], headers=[("server", "two"), ("kept", "x")], score=71, level="probably_safe"
        ),
    )
    file = tmp_path / "site.html"
    file.write_bytes(site_page(found))
    await page.goto(file.as_uri())
    text = await page.locator("body").inner_text()
    for said in ("44 -> 71", "1 without a score", "Findings that appeared (1)", "Findings that went (1)", "one → two"):
        assert said in text
    assert await page.locator("svg.plot .mark").count() == 2
    assert await page.locator("svg.plot .gap").count() == 1
    assert (await page.locator("svg.plot .mark title").all_text_contents())[-1].endswith("71 of 100, probably safe")
    assert len(await backgrounds(page, file, (1200, 360))) == 2


def test_the_same_events_give_the_same_bytes() -> None:
    runs = [hostile_run(0), hostile_run(1)]
    assert site_page(history(*runs)) == site_page(history(*reversed(runs)))
