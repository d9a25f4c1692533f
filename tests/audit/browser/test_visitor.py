"""A site sees the visitor that was chosen: in its pages, in the headers of each request, and in every profile."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from tests.audit.conftest import Site
from tests.browsers import open_local_browser
from veritas.audit.browser import Browser
from veritas.audit.browser.browser import _user_agent
from veritas.events.visitor import MOBILE, Visitor

SEEN = """() => [navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.userAgent, innerWidth,
  innerHeight, devicePixelRatio, navigator.maxTouchPoints > 0, matchMedia("(hover: none)").matches]"""
PAGE = (
    '<meta name="viewport" content="width=device-width"><body style="margin: 0"><div style="height: 2000px">Text</div>'
)


async def test_a_phone_is_seen_in_every_profile(site: Site) -> None:
    """With its window, its touch screen, its user agent, and the chosen language and time zone."""
    visitor = Visitor(MOBILE, "de-AT", "Europe/Vienna")
    async with open_local_browser(visitor=visitor) as first, first.fresh_profile() as second:
        assert "Mobile" in first.user_agent
        for browser in (first, second):
            async with await browser.visit(site.page("/", PAGE)) as tab:
                language, zone, agent, width, height, scale, touch, no_hover = await tab.evaluate(SEEN)
                assert (language, zone, agent) == ("de-AT", "Europe/Vienna", first.user_agent)
                assert (width, height, scale, touch, no_hover) == (412, 839, 2.625, True, True)
                assert size_of(await tab.screenshot(full_page=False)) == (412, 839)
                assert size_of(await tab.screenshot(full_page=True)) == (412, 2000)
        await first.fetch(site.url("/own"))
        async with await first.visit(site.page("/wide", "<p>" + "<b>No viewport</b> " * 400)) as tab:
            widths = {await tab.evaluate("innerWidth"), size_of(await tab.screenshot(full_page=True))[0]}
            assert widths <= {980, 981}  # rounded from device pixels
    sent = {path: headers for _, path, headers in site.requests}
    for path in ("/", "/own", "/wide"):
        assert (sent[path]["Accept-Language"], sent[path]["User-Agent"]) == ("de-AT", first.user_agent)
    assert sent["/"]["sec-ch-ua-mobile"] == "?1"


async def test_a_phone_has_the_values_of_playwrights_device(running_browser: Browser) -> None:
    device = running_browser._health._playwright.devices["Pixel 7"]
    window = {"width": MOBILE.width, "height": MOBILE.height}
    assert (window, MOBILE.scale) == (device["viewport"], device["device_scale_factor"])
    assert device["is_mobile"] and device["has_touch"]
    version = device["user_agent"].partition("Chrome/")[2].partition(" ")[0]
    assert _user_agent(f"Mozilla/5.0 (X11) HeadlessChrome/{version} Safari/537.36", MOBILE) == device["user_agent"]


def size_of(png: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(png)).size
