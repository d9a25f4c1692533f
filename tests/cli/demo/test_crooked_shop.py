"""The crooked shop manipulates a visitor in all the ways that it should, in a real browser."""

from __future__ import annotations

import re

import pytest

from tests.cli.demo.reading import look_of, pounds_on, seconds_on, text_of, ticked_boxes
from veritas.audit.browser import Browser
from veritas.cli.demo.server import ShopAddresses

pytestmark = pytest.mark.asyncio(loop_scope="package")

MINUTE = 60_000


async def test_the_crooked_countdown_resets_with_each_load(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked, virtual_time=True) as tab:
        await tab.page.clock.run_for(5 * MINUTE)
        assert await seconds_on(tab, "#countdown") <= 14 * 60 + 59 - 5 * 60
        await tab.page.reload()
        assert await seconds_on(tab, "#countdown") > 14 * 60
        assert "Offer ends in" in await text_of(tab, ".strip")


async def test_the_crooked_countdown_starts_again_at_its_zero(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked, virtual_time=True) as tab:
        shown = set()
        for _ in range(16):
            await tab.page.clock.run_for(MINUTE)
            shown.add(await seconds_on(tab, "#countdown") // 60)
        assert {0, 14} <= shown
        assert "Offer ends in" in await text_of(tab, ".strip")
        assert "£19.99" in await text_of(tab, ".buy .price")


async def test_the_crooked_stock_changes_with_each_load(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked) as tab:
        loads = set()
        for _ in range(3):
            texts = await tab.page.locator(".scarce").all_inner_texts()
            assert len(texts) == 9
            assert all(re.fullmatch(r"Only [2-5] left in stock", text) for text in texts)
            loads.add(tuple(texts))
            await tab.page.reload()
        assert len(loads) > 1


async def test_the_crooked_shop_makes_up_visitors_and_buyers(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked, virtual_time=True) as tab:
        assert re.fullmatch(r"\w+ from \w+ bought this \d minutes ago", await text_of(tab, "#ticker"))
        viewers, buyers = set(), set()
        for _ in range(10):
            viewers.add(await text_of(tab, "#viewers"))
            buyers.add((await text_of(tab, "#ticker")).partition(" bought")[0])
            await tab.page.clock.run_for(6_000)
        assert len(viewers) > 1
        assert all(re.fullmatch(r"\d\d\s+people are looking at this right now", text) for text in viewers)
        assert len(buyers) == 6


async def test_the_crooked_shop_ticks_paid_extras_beforehand(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked) as tab:
        for path, extras in (("", ["care"]), ("product", ["care", "express"]), ("cart", ["care", "express"])):
            await tab.page.goto(shops.crooked + path)
            ticked = await ticked_boxes(tab)
            for name in extras:
                assert re.search(r"\+£\d\.\d\d$", ticked[name]), path
            assert "newsletters" in ticked["partners"]


async def test_the_crooked_shop_shames_a_visitor_who_declines(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked) as tab:
        decline, accept = await look_of(tab, "#decline"), await look_of(tab, "#offer .big")
        assert decline["text"] == "No thanks, I hate saving money"
        assert decline["letters"] < accept["letters"]
        assert decline["contrast"] < 3
        await tab.page.click("#decline")
        assert await tab.page.locator("#offer").is_hidden()
        await tab.page.reload()
        assert await tab.page.locator("#offer").is_visible()


async def test_the_crooked_cookie_banner_hides_the_way_to_refuse(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked) as tab:
        accept, manage = await look_of(tab, "#accept-cookies"), await look_of(tab, "#manage-cookies")
        assert accept["width"] * accept["height"] > 5 * manage["width"] * manage["height"]
        assert accept["contrast"] > 4.5 > 2 > manage["contrast"]
        assert manage["letters"] <= 10
        await tab.page.click("#accept-cookies")
        assert "tracking" in {cookie["name"] for cookie in await browser.cookies()}


async def test_the_crooked_membership_can_hardly_be_cancelled(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked + "account") as tab:
        link, keep = await look_of(tab, "#cancel"), await look_of(tab, ".plus .big")
        assert link["text"] == "cancel your membership"
        assert link["letters"] == 9 < 18 < keep["letters"]
        assert link["contrast"] < 2 < 4 < keep["contrast"]
        await tab.page.click("#cancel")
        await tab.page.wait_for_url("**/cancel")
        assert "call 01632 960 983" in await text_of(tab, "main")
        assert await tab.page.locator("main form, main button").count() == 0


async def test_the_crooked_checkout_adds_fees_and_a_trick_question(browser: Browser, shops: ShopAddresses) -> None:
    async with await browser.visit(shops.crooked + "cart") as tab:
        in_basket = await pounds_on(tab, ".total b")
        assert "fee" not in (await text_of(tab, "main")).lower()
        await tab.page.click("main .big")
        await tab.page.wait_for_url("**/checkout?*")
        assert await pounds_on(tab, ".total b") == pytest.approx(in_basket + 3.95 + 1.49)
        assert "Service fee" in await text_of(tab, "main")
        ticked = await ticked_boxes(tab)
        assert ticked["post"].startswith("Untick this box if you do not want not to receive")
        assert "free GrabPlus trial" in ticked["plus"]


async def test_the_crooked_extras_can_be_unticked(browser: Browser, shops: ShopAddresses) -> None:
    """It is crooked, not broken."""
    async with await browser.visit(shops.crooked + "cart") as tab:
        for name in ("care", "express"):
            await tab.page.uncheck(f"main [name={name}]")
        assert await pounds_on(tab, ".total b") == pytest.approx(24.48)
        await tab.page.click("main .big")
        await tab.page.wait_for_url("**/checkout?*")
        assert await pounds_on(tab, ".total b") == pytest.approx(24.48 + 5.44)


async def test_the_crooked_shop_names_another_company_on_each_page(browser: Browser, shops: ShopAddresses) -> None:
    expected = {"": "Grabwell Direct Ltd", "terms": "Lucky Lantern Trading LLC", "contact": "GW Home Bargains"}
    async with await browser.visit(shops.crooked) as tab:
        for path, company in expected.items():
            await tab.page.goto(shops.crooked + path)
            assert company in await text_of(tab, "main" if path else "footer")
            mails = set(re.findall(r"[\w.]+@[\w.]+\w", await tab.html()))
            assert mails == {"grabwellcustomerservicehelpdesk@gmail.com"}
