"""Check a self-contained HTML page in a real browser: its requests, elements and layout."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import Page


def without_policy(html: str) -> str:
    """Return the page without its Content-Security-Policy, which forbids scripts and the network."""
    without, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    assert removed == 1
    return without


async def open_file(page: Page, file: Path) -> list[str]:
    """Open a file and wait until the network is idle; return the requested URLs. Fail if a script ran."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    await page.goto(file.as_uri())
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate("window.ran") is None
    return requests


async def elements(page: Page) -> set[str]:
    """Return the names of the page's elements."""
    return set(await page.evaluate("[...document.querySelectorAll('*')].map(element => element.localName)"))


async def attributes(page: Page) -> set[str]:
    """Return the names of the page's attributes."""
    script = "[...document.querySelectorAll('*')].flatMap(element => element.getAttributeNames())"
    return set(await page.evaluate(script))


async def backgrounds(page: Page, file: Path, widths: Sequence[int]) -> set[str]:
    """Return a file's background colours, light and dark. Fail if it is wider than one of *widths*."""
    colours = set()
    for width in widths:
        for dark in (False, True):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.emulate_media(color_scheme="dark" if dark else "light")
            await page.goto(file.as_uri())
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            colours.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    return colours
