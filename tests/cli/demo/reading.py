"""Read a page as a visitor sees it: texts, looks, ticked boxes, prices and countdowns."""

from __future__ import annotations

import re
from typing import Any

from veritas.audit.browser import Tab

# The look of an element: its size, its font size, and the WCAG 2 contrast of its text with the first opaque background.
_LOOK = """
element => {
  const channels = colour => colour.match(/[\\d.]+/g).map(Number);
  const luminance = colour => {
    const [r, g, b] = channels(colour).map(c => c / 255)
      .map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  let behind = element;
  while (behind && channels(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
  const style = getComputedStyle(element), box = element.getBoundingClientRect();
  const [dark, light] = [style.color, behind ? getComputedStyle(behind).backgroundColor : 'rgb(255, 255, 255)']
    .map(luminance).sort((a, b) => a - b);
  return {
    text: element.textContent.trim(), contrast: (light + .05) / (dark + .05), letters: parseFloat(style.fontSize),
    width: box.width, height: box.height, colour: style.color, background: style.backgroundColor,
  };
}
"""
_TEXTS = f"""
() => [...document.body.querySelectorAll('*')]
  .filter(element => element.checkVisibility() && [...element.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
  .map({_LOOK.strip()})
"""
_TICKED = """
() => [...document.querySelectorAll('input:checked')]
  .map(input => [input.name, input.closest('label').textContent.trim()])
"""


async def text_of(tab: Tab, selector: str) -> str:
    """Return the visible text of the first *selector*."""
    return str(await tab.page.locator(selector).first.inner_text())


async def look_of(tab: Tab, selector: str) -> dict[str, Any]:
    """Return the look of the first *selector*."""
    look: dict[str, Any] = await tab.page.locator(selector).first.evaluate(_LOOK)
    return look


async def all_looks(tab: Tab) -> list[dict[str, Any]]:
    """Return the look of each element that has text of its own."""
    looks: list[dict[str, Any]] = await tab.evaluate(_TEXTS)
    return looks


async def ticked_boxes(tab: Tab) -> dict[str, str]:
    """Return the labels of all boxes that are ticked, by the box's name."""
    return dict(await tab.evaluate(_TICKED))


async def seconds_on(tab: Tab, selector: str) -> int:
    """Return the seconds that a countdown such as `3 days 04:05:06` or `14:59` shows."""
    shown = re.fullmatch(r"(?:(\d+) days? )?(?:(\d+):)?(\d+):(\d+)", await text_of(tab, selector))
    assert shown
    days, hours, minutes, seconds = map(int, shown.groups(default="0"))
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


async def pounds_on(tab: Tab, selector: str) -> float:
    """Return the price that the first *selector* shows."""
    return float((await text_of(tab, selector)).removeprefix("£"))
