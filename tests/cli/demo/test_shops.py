"""Both shops work without errors at any width, in a real browser."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit

import pytest

from veritas.audit.browser import Browser
from veritas.cli.demo.server import ShopAddresses
from veritas.cli.demo.shop import load_shop

pytestmark = pytest.mark.asyncio(loop_scope="package")

PAGES = {name: sorted(load_shop(name, opened_at=datetime.now(UTC)).pages) for name in ("crooked", "honest")}


@pytest.mark.parametrize("name", PAGES)
async def test_every_page_works_and_stays_on_its_own_server(browser: Browser, shops: ShopAddresses, name: str) -> None:
    """No console error (such as a violation of its CSP), no failed request, none to another host, no dead link.

    And no page is wider than its window.
    """
    home = getattr(shops, name)
    wrong: list[str] = []
    links: set[str] = set()
    async with await browser.visit(home) as tab:
        tab.page.on(
            "console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None
        )
        tab.page.on("pageerror", lambda error: wrong.append(str(error)))
        for path in PAGES[name]:
            await tab.page.goto(urljoin(home, path))
            links.update(await tab.evaluate("[...document.links].map(link => link.href)"))
            assert await tab.evaluate("[...document.images].every(image => image.naturalWidth)")
            for width in (320, 768, 1366):
                await tab.page.set_viewport_size({"width": width, "height": 800})
                assert await tab.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [width, width], path
        assert wrong == []
        assert tab.requests
        for request in tab.requests:
            assert urlsplit(request["url"]).netloc == urlsplit(home).netloc
            assert request["status"] in (200, None)
            assert request["failure"] in (
                None,
                "net::ERR_ABORTED",
            )  # it opened the next page before the icon came

    assert {urlsplit(link).scheme for link in links} <= {"http", "mailto", "tel"}
    inner = [urlsplit(link) for link in links if link.startswith("http:")]
    assert {link.netloc for link in inner} == {urlsplit(home).netloc}
    assert {link.path for link in inner} | {"/checkout", "/thanks"} == set(PAGES[name])
