"""The scout visits the most useful pages of one site, and records pages that it cannot visit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from typing import Any

import msgspec
import pytest
from PIL import Image

from tests.audit.conftest import Site
from tests.audit.facts import as_json
from veritas.audit import scout
from veritas.audit.browser import Browser
from veritas.audit.phase import PhaseContext, Summaries
from veritas.audit.screenshots import NONE, VIEWPORT
from veritas.audit.tier import TIERS
from veritas.audit.time_limits import Deadline
from veritas.errors import PageError
from veritas.events.json import json_values

TIMEOUT = 5  # seconds for a page: some hang until then, and the others must answer on a busy machine


@dataclass
class Steps:
    """Every step that a phase emitted, in order."""

    steps: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self,
        step: str,
        pct: float,
        detail: str = "",
        *,
        summary: msgspec.Struct | None = None,
        fields: msgspec.Struct | None = None,
        **others: Any,
    ) -> None:
        """Keep one step, with its summary and its own fields as JSON values."""
        content = {} if summary is None else {"summary": as_json(summary)}
        self.steps.append({"step": step, "pct": pct, "detail": detail, **others, **content, **json_values(fields)})

    def named(self, step: str) -> list[dict[str, Any]]:
        """Return the steps of one name."""
        return [emitted for emitted in self.steps if emitted["step"] == step]


async def scouted(
    browser: Browser, url: str, tier: str = "quick_scan", seconds: float = 300.0, **options: Any
) -> tuple[dict[str, Any], Steps]:
    """Run the phase; return its summary and what it emitted."""
    steps = Steps()
    context = PhaseContext("scout", url, TIERS[tier], browser, steps, Summaries())
    context = replace(context, visit_timeout=TIMEOUT, deadline=Deadline(seconds), **options)
    return as_json(await scout.run(context)), steps


async def test_a_page_is_recorded_with_its_screenshots(browser: Browser, site: Site) -> None:
    """The summary has the page and the screenshots that were emitted."""
    site.page("/end", "<title>Tea</title><a href=/more>More</a>", headers={"Set-Cookie": "id=1"})
    summary, steps = await scouted(browser, site.redirect("/", "/end"))
    (page,) = summary["pages"]
    assert (summary["requested_url"], summary["url"], summary["status"]) == (site.url("/"), site.url("/end"), 200)
    assert [hop["status"] for hop in summary["redirects"]] == [302]
    assert summary["site"] == f"127.0.0.1:{site.server.server_port}"
    assert (summary["failed_pages"], summary["third_party_hosts"]) == ([], [])
    assert [cookie["name"] for cookie in summary["cookies"]] == ["id"]
    (loaded,) = steps.named("page_loaded")
    assert loaded["summary"] == page and "Tea" in loaded["detail"]
    shots = {shot["kind"]: shot for shot in steps.named("screenshot")}
    assert page["screenshots"] == {kind: hashlib.sha256(shot["data"]).hexdigest() for kind, shot in shots.items()}
    assert set(shots) == {"viewport", "full_page"} and not page["screenshot_truncated"]


async def test_the_windows_screenshot_is_the_upper_part_of_the_pages(browser: Browser, site: Site) -> None:
    """Both events have the same picture, and the window's says how much of it is the window; the pixels are equal."""
    page = "<body style='margin: 0; height: 2000px; background: linear-gradient(#fff, #036)'><h1>Tea</h1>"
    page += "<footer style='position: fixed; bottom: 0'>We use cookies.</footer>"
    url = site.page("/", page)
    _, steps = await scouted(browser, url)
    window, whole = steps.named("screenshot")
    assert (window["kind"], window["height"], whole["kind"]) == ("viewport", 768, "full_page")
    assert "height" not in whole and window["data"] == whole["data"]
    assert whole["media_type"] == "image/webp"
    _, alone = await scouted(browser, url, screenshots=VIEWPORT)
    (taken,) = alone.named("screenshot")
    upper = Image.open(BytesIO(whole["data"])).convert("RGB").crop((0, 0, 1366, 768))
    assert Image.open(BytesIO(taken["data"])).convert("RGB").tobytes() == upper.tobytes()


async def test_an_audit_without_screenshots_takes_none(browser: Browser, site: Site) -> None:
    """The page has no screenshot, and no part of it counts as cut off."""
    url = site.page("/", "<body style='height: 20000px'>Tea")
    summary, steps = await scouted(browser, url, screenshots=NONE)
    assert steps.named("screenshot") == [] and steps.named("screenshot_failed") == []
    assert (summary["pages"][0]["screenshots"], summary["pages"][0]["screenshot_truncated"]) == ({}, False)


async def test_links_are_followed_up_to_the_tiers_number(browser: Browser, site: Site) -> None:
    """Links of later pages count too; links that are unsafe or leave the site are not followed."""
    elsewhere = site.url("/elsewhere", host="localhost")
    site.page(
        "/", f"<a href={elsewhere}>E</a><a href=/news>N</a><a href=/logout>L</a><a href=/cart>C</a><a href=/>S</a>"
    )
    site.page("/cart", "<a href=/checkout>Pay</a><a href=/cart?delete=1>Remove</a>")
    for path in ("/checkout", "/news", "/elsewhere", "/logout"):
        site.page(path, "<a href=/one>1</a><a href=/two>2</a><a href=/three>3</a>")
    for path in ("/one", "/two", "/three"):
        site.page(path, "")
    summary, steps = await scouted(browser, site.url("/"), "standard_audit")
    paths = [page["url"].removeprefix(site.url("")) for page in summary["pages"]]
    assert paths == ["/", "/cart", "/checkout", "/news", "/one"]
    percents = [step["pct"] for step in steps.steps]
    assert percents == sorted(percents) and percents[0] >= 10 and percents[-1] < 25


async def test_a_later_page_that_fails_is_recorded_and_the_phase_continues(browser: Browser, site: Site) -> None:
    """Each failure has its reason; a page to which two links redirect counts once."""
    site.page(
        "/",
        "<a href=/checkout>Pay</a><a href=/cart>Cart</a><a href=/account>Account</a><a href=/about>About</a>"
        "<a href=/contact>Contact</a>",
    )
    site.hang("/checkout")
    site.page("/cart", "<script>location.reload()</script>")
    site.redirect("/account", "/login")
    site.redirect("/contact", "/login")
    site.page("/login", "<form><input type=password></form>")
    site.page("/about", "About us")
    summary, steps = await scouted(browser, site.url("/"), "standard_audit")
    assert [page["url"] for page in summary["pages"]] == [site.url(path) for path in ("/", "/login", "/about")]
    assert [page["requires_login"] for page in summary["pages"]] == [False, True, False]
    failed = {page["url"]: page["error"] for page in summary["failed_pages"]}
    assert set(failed) == {site.url("/checkout"), site.url("/cart")}
    assert f"did not answer within {TIMEOUT} s" in failed[site.url("/checkout")]
    assert "without end" in failed[site.url("/cart")]
    assert [step["summary"] for step in steps.named("page_failed")] == summary["failed_pages"]
    (repeated,) = steps.named("page_repeated")
    assert repeated["summary"]["leads_to"] == site.url("/login")


async def test_a_start_page_that_cannot_be_visited_fails_the_phase(browser: Browser, site: Site) -> None:
    """The error is one sentence with the reason."""
    with pytest.raises(PageError, match="redirects in a loop"):
        await scouted(browser, site.redirect("/", "/"))


async def test_a_start_page_with_an_error_status_is_a_page(browser: Browser, site: Site) -> None:
    """Its links are not followed, because an error page does not represent its site."""
    summary, _ = await scouted(
        browser, site.page("/", "<title>No</title><a href=/next>Next</a>", status=404), "standard_audit"
    )
    assert [(page["status"], page["title"]) for page in summary["pages"]] == [(404, "No")]


async def test_a_page_that_never_finishes_is_recorded_as_incomplete(browser: Browser, site: Site) -> None:
    """The dialogs that it opened are recorded too."""
    site.hang("/image.png")
    summary, _ = await scouted(
        browser, site.page("/", "<p>Here<img src=/image.png><script>confirm('Really leave?')</script>")
    )
    (page,) = summary["pages"]
    assert (page["complete"], page["text"]) == (False, "Here")
    assert page["dialogs"] == [{"type": "confirm", "message": "Really leave?"}]


async def test_a_page_too_tall_for_a_screenshot_is_marked(browser: Browser, site: Site) -> None:
    """The screenshot has the maximum height of Chromium's pictures, and the event says what limit was reached."""
    url = site.page("/", "<div style='height: 20000px'>Tall</div>")
    summary, steps = await scouted(browser, url)
    (page,) = summary["pages"]
    assert page["screenshot_truncated"] and page["limits_reached"] == ["height"]
    (reached,) = steps.named("limit_reached")
    assert (reached["summary"]["name"], reached["summary"]["limit"], reached["summary"]["url"]) == (
        "height",
        16_384,
        url,
    )
    assert "reaches the limit of 16,384 pixels of height" in reached["detail"]


async def test_a_redirect_to_another_site_makes_that_the_site(browser: Browser, site: Site) -> None:
    """The audit covers the site that the address leads to."""
    site.page("/shop", "<a href=/inside>In</a>")
    site.page("/inside", "")
    there = site.url("/shop", host="localhost")
    summary, _ = await scouted(browser, site.redirect("/", there), "standard_audit")
    assert summary["site"] == f"localhost:{site.server.server_port}"
    assert [page["url"] for page in summary["pages"]] == [there, site.url("/inside", host="localhost")]


async def test_pages_that_there_is_no_time_for_are_failed_pages(browser: Browser, site: Site) -> None:
    """The summary has the pages that were visited before; each other page up to the tier's number has a code."""
    ended = Deadline(300.0)

    def answer_late(handler: BaseHTTPRequestHandler) -> None:
        ended._end = 0.0
        site.closing.wait(60)

    site.page("/", "".join(f"<a href=/{number}>Page {number}</a>" for number in range(9)))
    site.page("/0", "First")
    for number in range(1, 9):
        site.handle(f"/{number}", answer_late)
    steps = Steps()
    context = PhaseContext("scout", site.url("/"), TIERS["standard_audit"], browser, steps, Summaries())
    summary = as_json(await scout.run(replace(context, visit_timeout=2, deadline=ended)))
    assert len(summary["pages"]) == 2
    assert [page["kind"] for page in summary["failed_pages"]] == ["page", "time_limit", "time_limit"]
    assert [step["summary"] for step in steps.named("page_failed")] == summary["failed_pages"]
    assert len([path for _, path, _ in site.requests if path in {f"/{number}" for number in range(9)}]) == 2


async def test_no_time_for_the_start_page_is_an_error_with_a_code(browser: Browser, site: Site) -> None:
    """It is not the page's fault."""
    with pytest.raises(PageError, match="The time of the phase, 0 s, was over before") as caught:
        await scouted(browser, site.page("/", "Fine"), seconds=0)
    assert caught.value.kind == "time_limit"


async def test_a_page_that_robots_txt_disallows_is_left_out_if_it_is_to_be_obeyed(browser: Browser, site: Site) -> None:
    """It counts as a page that was not visited, and as one that the verdict does without."""
    site.page("/robots.txt", "User-agent: *\nDisallow: /cart", headers={"Content-Type": "text/plain"})
    site.page("/cart", "<title>Cart</title>")
    site.page("/tea", "<title>Tea</title>")
    site.page("/", "<title>Shop</title><a href=/cart>Cart</a><a href=/tea>Tea</a>")
    for obey, titles in ((False, {"Shop", "Cart", "Tea"}), (True, {"Shop", "Tea"})):
        summary, steps = await scouted(browser, site.url("/"), "standard_audit", obey_robots=obey)
        assert {page["title"] for page in summary["pages"]} == titles
        failed = [(page["url"], page["kind"]) for page in summary["failed_pages"]]
        assert failed == ([(site.url("/cart"), "robots")] if obey else [])
        assert [step["summary"]["kind"] for step in steps.named("page_failed")] == (["robots"] if obey else [])
