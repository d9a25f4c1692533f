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


async def unfold(page: Page) -> None:
    """Open everything that is folded."""
    await page.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")


# What does not fit: a page or an element that can be scrolled sideways, a text that its plot cuts off, and a cell
# without a heading where the heads of its table are hidden.
_MISFITS = """() => {
    const cells = [...document.querySelectorAll("table.stacked")].flatMap(table => {
        const heads = [...table.tHead.rows[0].cells];
        const hidden = getComputedStyle(table.tHead).display === "none";
        const rows = hidden ? [...table.tBodies[0].rows] : [];
        return rows.flatMap(row => [...row.cells].filter((cell, at) =>
            at && heads[at].textContent && cell.dataset.label !== heads[at].textContent));
    });
    const texts = [...document.querySelectorAll("svg.plot text")].filter(text => {
        const [inner, outer] = [text, text.ownerSVGElement].map(each => each.getBoundingClientRect());
        return inner.width && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
    });
    const wide = [...document.querySelectorAll("*")].filter(each => each instanceof HTMLElement).filter(each =>
        each.scrollWidth > innerWidth
        || each.scrollWidth > each.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(each).overflowX));
    return [...wide, ...texts, ...cells].map(each => each.outerHTML.slice(0, 200));
}"""


async def misfits(page: Page) -> list[str]:
    """Return the elements that do not fit the window."""
    found: list[str] = await page.evaluate(_MISFITS)
    return found


async def backgrounds(page: Page, file: Path, widths: Sequence[int]) -> set[str]:
    """Return a file's background colours, light and dark. Fail if anything does not fit one of *widths*."""
    colours = set()
    for width in widths:
        for dark in (False, True):
            await page.set_viewport_size({"width": width, "height": 800})
            await page.emulate_media(color_scheme="dark" if dark else "light")
            await page.goto(file.as_uri())
            assert await misfits(page) == []
            colours.add(await page.evaluate("getComputedStyle(document.body).backgroundColor"))
    return colours
