"""Open pages with Playwright and nothing else: `python _bare_visits.py CONCURRENCY WAIT RELOADS BROWSER URL...`.

Each page is opened twice, as by a quick scan, each time in a fresh context of one warm browser: once for a screenshot
of the window and one of the whole page, and once for another one of the whole page. WAIT is what is waited for, in
Playwright's words: `load` or `networkidle`. After the last screenshot, the page is loaded again RELOADS times, as by
the experiments of an audit.
"""

from __future__ import annotations

import asyncio
import os
import sys

from playwright.async_api import Browser, async_playwright

VISITS = ((False, True), (True,))  # for each visit, whether each of its screenshots is of the whole page


async def visit_all(urls: list[str], concurrency: int, wait: str, reloads: int, executable: str) -> None:
    """Visit each page, *concurrency* pages at a time."""
    places = asyncio.Semaphore(concurrency)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )

        async def visit_in_turn(url: str) -> None:
            async with places:
                await visit(browser, url, wait, reloads)

        await asyncio.gather(*map(visit_in_turn, urls))
        await browser.close()


async def visit(browser: Browser, url: str, wait: str, reloads: int) -> None:
    """Open one page, as often as a quick scan does, and take its screenshots."""
    for screenshots, again in zip(VISITS, (0, reloads), strict=True):
        context = await browser.new_context(viewport={"width": 1366, "height": 768})
        page = await context.new_page()
        await page.goto(url, wait_until=wait)  # type: ignore[arg-type]
        for full_page in screenshots:
            await page.screenshot(full_page=full_page, animations="disabled")
        for _ in range(again):
            await page.reload(wait_until=wait)  # type: ignore[arg-type]
        await context.close()


if __name__ == "__main__":
    asyncio.run(visit_all(sys.argv[5:], int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))
