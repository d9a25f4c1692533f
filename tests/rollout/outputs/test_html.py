"""The page of a rollout runs no scripts, loads nothing, and shows the metrics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.async_api import Page

from tests.pages import backgrounds, open_file, without_policy
from tests.rollout.outputs.test_outputs import QUEUE, metrics
from veritas.rollout.metrics import Metrics, ModeMetrics
from veritas.rollout.outputs.html import rollout_page

HOSTILE = "<script>window.ran = 1</script>"


async def shown(page: Page, file: Path, measured: Metrics) -> str:
    file.write_text(without_policy(rollout_page(measured).decode("utf-8")), encoding="utf-8")
    assert await open_file(page, file) == [file.as_uri()]
    text: str = await page.inner_text("body")
    return text


async def test_it_shows_the_metrics(page: Page, tmp_path: Path) -> None:
    mode = replace(QUEUE, latency={95: np.array([0.002, 0.004])})
    text = await shown(page, tmp_path / "page.html", metrics(mode=mode))
    for row in (
        "half\tqueue\t12\t10\t90.0%\t59.6%-98.2%\t1",
        "half\tqueue\t3 (2 unknown)\t-\t-\t-",
        "half\tqueue\tlatency\t-\t3.0 ms\t-",
        "half\tqueue\tbroke\t1",
    ):
        assert row in text
    assert await page.locator("svg.plot").count() == 4
    titles = await page.eval_on_selector_all("svg title", "every => every.map(title => title.textContent)")
    assert "9 of 10 completed, 59.6% to 98.2%" in titles
    assert "1970-01-01 00:00Z: 12 of 12 (100.0%), wanted 50.0%" in titles


async def test_names_are_shown_as_text(page: Page, tmp_path: Path) -> None:
    """The user names the stages of a rollout."""
    measured = replace(metrics(HOSTILE), rollout=HOSTILE)
    assert (await shown(page, tmp_path / "page.html", measured)).count(HOSTILE) >= 3


async def test_it_fits_wide_and_narrow_screens(page: Page, tmp_path: Path) -> None:
    """No table and no plot scrolls sideways either, and there is a dark mode."""
    file = tmp_path / "page.html"
    file.write_bytes(rollout_page(metrics()))
    assert len(await backgrounds(page, file, (1280, 390, 320))) == 2


async def test_without_data_it_says_so(page: Page, tmp_path: Path) -> None:
    empty = replace(metrics(mode=ModeMetrics("queue")), others=(), periods=())
    text = await shown(page, tmp_path / "page.html", empty)
    assert text.count("Nothing is known of this yet.") == 4
    assert await page.locator("svg").count() == 0
