"""A page of HTML in a real browser: what it does there by itself, and how it lies on a screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.async_api import Page


def without_policy(html: str) -> str:
    """Return a page as a browser sees it that does not know the policy by which it forbids scripts and the network."""
    bare, removed = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    assert removed == 1
    return bare


async def opened(page: Page, file: Path) -> list[str]:
    """Open a file until nothing more comes; return what was asked for. It has run no script and shown no dialog."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    await page.goto(file.as_uri())
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate("window.ran") is None
    return requests


async def elements(page: Page) -> set[str]:
    """Return the names of all elements."""
    return set(await page.evaluate("[...document.querySelectorAll('*')].map(element => element.localName)"))


async def attributes(page: Page) -> set[str]:
    """Return the names of all attributes."""
    found = "[...document.querySelectorAll('*')].flatMap(element => element.getAttributeNames())"
    return set(await page.evaluate(found))


async def backgrounds(page: Page, file: Path, widths: Sequence[int]) -> set[str]:
    """Open a file at each width, in the light and in the dark; return its backgrounds. Nothing hangs out at a side."""
    found = set()
    for width in widths:
        for dark in (False, True):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.emulate_media(color_scheme="dark" if dark else "light")
            await page.goto(file.as_uri())
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            found.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    return found
