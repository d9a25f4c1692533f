"""Chromium is started with the switches that Playwright gives it and with ours, and ours do not undo Playwright's."""

from __future__ import annotations

import os
import re
import sys

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page

from tests.processes import descendants
from veritas.audit.browser import Browser


@pytest.mark.skipif(sys.platform != "linux", reason="reads command lines in /proc")
async def test_every_feature_that_playwright_disables_stays_disabled(browser: Browser) -> None:
    """Chromium obeys the last list alone, so a feature that a new Playwright disables has to be added to ours."""
    processes = descendants(os.getpid())
    lines = [each.line for each in processes if "--remote-debugging-pipe" in each.line and "--type=" not in each.line]
    assert lines
    for line in lines:
        lists = [set(features.split(",")) for features in re.findall(r"--disable-features=(\S+)", line)]
        assert len(lists) >= 2
        assert set().union(*lists) == lists[-1]
        assert "DnsOverHttpsUpgrade" in lists[-1]  # it connects to resolvers past the guard


async def test_a_tab_has_no_browser_pages_beside_it(running_chromium: Chromium, page: Page) -> None:
    """Pages of Chromium's own window would take processor time and memory for each new tab."""
    await page.screenshot()
    session = await running_chromium.new_browser_cdp_session()
    targets = await session.send("Target.getTargets", {"filter": [{}]})
    urls = [target["url"] for target in targets["targetInfos"]]
    assert "about:blank" in urls
    assert [url for url in urls if url.startswith("chrome")] == []
    await session.detach()
