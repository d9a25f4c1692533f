"""The honest shop does not manipulate a visitor, in a real browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
import pytest_asyncio

from tests.cli.demo.reading import all_looks, look_of, pounds_on, seconds_on, text_of, ticked_boxes
from veritas.audit.browser import Browser, Tab
from veritas.cli.demo.server import ShopAddresses
from veritas.cli.demo.shop import load_shop

pytestmark = pytest.mark.asyncio(loop_scope="package")

PAGES = sorted(load_shop("honest", opened_at=datetime.now(UTC)).pages)
MINUTE = 60_000


@dataclass(frozen=True)
class Read:
    """A page of the shop as a visitor finds it: its ticked boxes, the looks of its texts, and its HTML."""

    ticked: dict[str, str]
    looks: list[dict[str, Any]]
    html: str


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def all_read(running_browser: Browser, shops: ShopAddresses) -> dict[str, Read]:
    """Read each page once."""
    read = {}
    async with running_browser.fresh_profile() as fresh, await fresh.visit(shops.honest) as tab:
        for path in PAGES:
            await tab.page.goto(urljoin(shops.honest, path))
            read[path] = Read(await ticked_boxes(tab), await all_looks(tab), await tab.html())
    return read


async def offer_end(tab: Tab) -> datetime:
    return datetime.fromisoformat(await tab.evaluate("document.querySelector('[data-offer-end]').dateTime"))


async def test_the_honest_countdown_goes_on_after_a_reload(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.honest, virtual_time=True) as tab:
        end = await offer_end(tab)
        await tab.page.clock.set_system_time(end - timedelta(hours=5))
        await tab.page.reload()
        first = await seconds_on(tab, "[data-offer-end]")
        assert 4 * 3_600 < first <= 5 * 3_600
        await tab.page.clock.run_for(60 * MINUTE)
        later = await seconds_on(tab, "[data-offer-end]")
        assert later <= first - 3_590
        await tab.page.reload()
        assert await seconds_on(tab, "[data-offer-end]") <= later


async def test_the_honest_offer_ends_at_its_zero(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.honest, virtual_time=True) as tab:
        end = await offer_end(tab)
        await tab.page.clock.set_system_time(end - timedelta(seconds=30))
        await tab.page.reload()
        assert "£22.00" in await text_of(tab, ".hero")
        await tab.page.clock.run_for(MINUTE)
        for _ in range(2):
            shown = await text_of(tab, "main")
            assert "£22.00" not in shown and "Ends in" not in shown
            assert "The offer of the month has ended." in shown
            assert shown.count("£26.00") == 2
            await tab.page.reload()


async def test_the_honest_shop_ticks_nothing_but_the_cheapest_delivery(all_read: dict[str, Read]) -> None:
    ticked = {path: read.ticked for path, read in all_read.items() if read.ticked}
    assert ticked == {"/cart": {"delivery": "Standard, two to three working days: free"}}


async def test_the_honest_total_is_the_same_in_basket_and_checkout(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.honest + "cart") as tab:
        assert await pounds_on(tab, "[data-total]") == 71.00
        await tab.page.click("main button.main")
        await tab.page.wait_for_url("**/checkout?*")
        assert await pounds_on(tab, "[data-total]") == 71.00
        await tab.page.go_back()
        await tab.page.check("[value=express]")
        await tab.page.check("[name=gift]")
        assert await pounds_on(tab, "[data-total]") == 80.50
        await tab.page.click("main button.main")
        await tab.page.wait_for_url("**/checkout?*gift*")
        assert await pounds_on(tab, "tfoot [data-total]") == 80.50
        assert "Standard delivery" not in await text_of(tab, "aside")


@pytest.mark.parametrize("answer", ["yes", "no"])
async def test_the_honest_banner_takes_yes_and_no_alike(browser: Browser, shops: ShopAddresses, answer: str) -> None:
    async with await browser.visit(shops.honest) as tab:
        yes, no = [await look_of(tab, f".consent [data-consent={answer}]") for answer in ("yes", "no")]
        assert (yes.pop("text"), no.pop("text")) == ("Accept", "Reject")
        assert yes == no
        await tab.page.click(f".consent [data-consent={answer}]")
        assert await tab.page.locator(".consent").is_hidden()
        await tab.page.reload()
        assert await tab.page.locator(".consent").is_hidden()


async def test_the_honest_subscription_is_cancelled_with_two_clicks(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.honest + "account") as tab:
        await tab.page.click("main a:text-is('Cancel subscription')")
        await tab.page.wait_for_url("**/cancel")
        await tab.page.click("main button:text-is('Cancel subscription')")
        await tab.page.wait_for_url("**/thanks")


async def test_every_honest_text_can_be_read(all_read: dict[str, Read]) -> None:
    """Its contrast is at least 4.5 (WCAG 2 level AA), and its font size at least 14 pixels."""
    for read in all_read.values():
        assert len(read.looks) > 20
        assert [look for look in read.looks if look["contrast"] < 4.5 or look["letters"] < 14] == []


async def test_the_honest_shop_is_the_same_company_on_every_page(all_read: dict[str, Read]) -> None:
    for read in all_read.values():
        assert set(re.findall(r"[\w.]+@[\w.]+\w", read.html)) == {"hello@quillmoor.example"}
        assert set(re.findall(r"\+44[\d ]+\d", read.html)) == {"+44 113 496 0142", "+441134960142"}
        assert set(re.findall(r"[A-Z][\w ]+ (?:Ltd|LLC|Inc|GmbH)\b", read.html)) == {"Quillmoor Kitchen Goods Ltd"}


async def test_the_honest_policy_is_in_force(browser: Browser, shops: ShopAddresses) -> None:
    """A violation is a console error, so a page without errors complies with the policy."""
    async with await browser.visit(shops.honest) as tab:
        async with tab.page.expect_console_message() as message:
            await tab.evaluate("document.body.setAttribute('style', 'color: red')")
        assert "Content Security Policy" in (await message.value).text


async def test_the_honest_session_is_closed_to_scripts_and_other_sites(browser: Browser, shops: ShopAddresses) -> None:
    """Chromium keeps the Secure cookie although the shop uses plain HTTP, because it is on loopback."""
    async with await browser.visit(shops.honest) as tab:
        (cookie,) = await browser.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (
            "session",
            True,
            True,
            "Lax",
        )
        assert await tab.evaluate("document.cookie") == ""
