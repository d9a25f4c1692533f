"""A visit ends with a tab or with a one-sentence error, whatever the page does."""

from __future__ import annotations

import asyncio
import re
import shutil
import struct
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.audit.conftest import Site
from tests.audit.hostile import cut_short, flood, reset, trickle
from tests.browsers import open_local_browser
from tests.processes import descendants, kill, until
from veritas.audit.browser import Browser, health
from veritas.audit.browser.health import find_shortage
from veritas.audit.limits import DEFAULT_LIMITS as LIMITS
from veritas.errors import BrowserMissing, PageError
from veritas.events.visitor import DESKTOP


def size_of(png: bytes) -> tuple[int, int]:
    """Return width and height of a PNG."""
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


# The attributes of a tab


async def test_a_tab_has_the_main_documents_response(browser: Browser, site: Site) -> None:
    """Status, headers with their duplicates, address and timing are those of the main document."""
    url = site.page("/", "<title>Hello</title>", headers=[("X-Twice", "1"), ("X-Twice", "2")])
    async with await browser.visit(url) as tab:
        assert (tab.requested_url, tab.url, tab.status, tab.complete) == (url, url, 200, True)
        assert [value for name, value in tab.headers if name == "X-Twice"] == ["1", "2"]
        assert tab.address == {"ipAddress": "127.0.0.1", "port": site.server.server_port}
        assert tab.document["timing"]["responseStart"] > 0
        assert tab.redirects == () and tab.certificate is None
        assert await tab.evaluate("document.title") == "Hello"


async def test_redirects_are_listed_in_order(browser: Browser, site: Site) -> None:
    """Redirects by status, by script and by meta refresh are listed, each with its kind."""
    start = site.redirect("/1", "/2", status=301)
    site.redirect("/2", "/3")
    site.page("/3", "<script>location = '/4'</script>")
    site.page("/4", "<meta http-equiv=refresh content='0;url=/5'>")
    end = site.page("/5", "The end")
    async with await browser.visit(start) as tab:
        hops = [(hop["url"], hop["status"], hop["kind"]) for hop in tab.redirects]
        assert tab.url == end
    assert hops == [
        (site.url("/1"), 301, "http"),
        (site.url("/2"), 302, "http"),
        (site.url("/3"), 200, "client"),
        (site.url("/4"), 200, "client"),
    ]
    assert ("Location", "/2") in tab.redirects[0]["headers"]


async def test_sub_requests_have_their_status_or_failure(browser: Browser, site: Site) -> None:
    """The document itself is not among them."""
    site.page("/good.css", "p {}", headers={"Content-Type": "text/css"})
    site.handle("/broken.js", reset)
    url = site.page("/", "<link rel=stylesheet href=/good.css><script src=/broken.js></script><img src=/none.png>")
    async with await browser.visit(url) as tab:
        requests = {request["url"].removeprefix(site.url("/")): request for request in tab.requests}
    assert url not in {request["url"] for request in tab.requests}
    assert (requests["good.css"]["status"], requests["good.css"]["resource_type"]) == (200, "stylesheet")
    assert requests["none.png"]["status"] == 404
    assert requests["broken.js"]["status"] is None and "ERR_" in requests["broken.js"]["failure"]
    assert not tab.log._to_measure, "finished and failed requests are dropped"


@pytest.mark.parametrize(("status", "body"), [(404, "<title>Gone</title>"), (404, ""), (500, "")])
async def test_an_error_page_is_a_tab(browser: Browser, site: Site, status: int, body: str) -> None:
    """With a body it is that page; without one it is an empty page, not Chromium's error page."""
    async with await browser.visit(site.page("/", body, status=status)) as tab:
        assert (tab.status, tab.url) == (status, site.url("/"))
        assert await tab.evaluate("document.title") == ("Gone" if body else "")
        assert await tab.evaluate("document.body.innerText") == ""


async def test_a_login_box_is_a_tab_with_status_401(browser: Browser, site: Site) -> None:
    """A server that asks for a password over HTTP gets none, and its response is kept."""
    url = site.page("/", "Members only", status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    async with await browser.visit(url) as tab:
        assert tab.status == 401
        assert ("WWW-Authenticate", 'Basic realm="x"') in tab.headers


async def test_plain_text_is_a_page_and_so_is_xhtml(browser: Browser, site: Site) -> None:
    """Every document with text that Chromium shows can be audited."""
    xhtml = '<html xmlns="http://www.w3.org/1999/xhtml"><body>Hi</body></html>'
    for media_type, body in (("text/plain", "Hi"), ("application/xhtml+xml", xhtml), ("text/xml", "<a>Hi</a>")):
        async with await browser.visit(site.page("/", body, headers={"Content-Type": media_type})) as tab:
            assert "Hi" in await tab.html()


# Pages that do not finish


async def test_a_hanging_image_does_not_block_a_visit(browser: Browser, site: Site) -> None:
    """The document has arrived, so there is a tab, and it is marked as not complete."""
    site.hang("/image.png")
    async with await browser.visit(site.page("/", "<p>There<img src=/image.png>"), timeout=1) as tab:
        assert not tab.complete
        assert await tab.evaluate("document.body.innerText") == "There"
        assert size_of(await tab.screenshot(full_page=True)) == (DESKTOP.width, DESKTOP.height)


async def test_a_hanging_font_does_not_block_a_screenshot(browser: Browser, site: Site) -> None:
    """A script that asks for a font after the page has loaded cannot prevent the screenshot."""
    site.hang("/font.woff2")
    url = site.page(
        "/",
        "<style>@font-face { font-family: slow; src: url(/font.woff2) }</style><p>Text<script>"
        "addEventListener('load', () => setTimeout(() => document.body.style.fontFamily = 'slow', 500))</script>",
    )
    async with await browser.visit(url, timeout=3) as tab:
        loading = "new Promise(done => document.fonts.addEventListener('loading', done))"
        await tab.evaluate(f"document.fonts.status === 'loading' || {loading}")  # it may have begun before this asks
        assert size_of(await tab.screenshot(full_page=False)) == (DESKTOP.width, DESKTOP.height)


async def test_a_page_that_trickles_is_cut_at_the_timeout(browser: Browser, site: Site) -> None:
    """The tab has the part that has arrived by then."""
    async with await browser.visit(site.handle("/", trickle(site.closing)), timeout=1) as tab:
        assert not tab.complete
        assert "The beginning" in await tab.html()


async def test_a_page_whose_transfer_fails_is_incomplete(browser: Browser, site: Site) -> None:
    """The tab has the part that arrived before the connection ended."""
    url = site.handle("/", cut_short(b"<title>Half</title>" + b"<p>a paragraph</p>" * 5000))
    async with await browser.visit(url) as tab:
        assert not tab.complete
        assert await tab.evaluate("document.title") == "Half"


@pytest.mark.parametrize("script", ["while (true);", "while (true) { for (i = 0; i < 1e5; i++); alert('again') }"])
async def test_an_endless_script_is_stopped(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """The content that the page showed before the script can still be read."""
    monkeypatch.setattr("veritas.audit.browser.navigation._PROBE_TIMEOUT", 0.5)
    async with await browser.visit(site.page("/", f"<p>Before<script>{script}</script>"), timeout=1) as tab:
        assert not tab.complete
        assert "Before" in await tab.evaluate("document.body.innerText")


@pytest.mark.parametrize("read", ["evaluate", "inspect"])
async def test_a_script_that_never_ends_after_the_load_is_stopped(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """The page can then be read."""
    monkeypatch.setattr("veritas.audit.browser.tab.STEP_TIMEOUT", 0.2)
    async with await browser.visit(site.page("/", "<p>Before")) as tab:
        await tab.evaluate("void setTimeout(() => { while (true); })")
        assert await getattr(tab, read)("() => document.body.innerText") == "Before"


async def test_a_page_that_answers_late_is_read(browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A huge page runs no script before it is laid out, which takes its time on a slow machine."""
    monkeypatch.setattr("veritas.audit.browser.tab.STEP_TIMEOUT", 0.01)
    async with await browser.visit(site.page("/", "<p>x</p>" * 20_000)) as tab:
        assert await tab.inspect("() => document.querySelectorAll('p').length") == 20_000


async def test_a_page_that_never_answers_times_out(browser: Browser, site: Site) -> None:
    """The error names the timeout."""
    with pytest.raises(PageError, match=r"did not answer within 1 s"):
        await browser.visit(site.hang("/"), timeout=1)


async def test_a_flood_ends_the_visit_and_not_the_browser(browser: Browser, site: Site) -> None:
    """The tab may or may not have time to answer; in both cases the visit ends, and another page can be visited."""
    try:
        async with await browser.visit(site.handle("/", flood), timeout=1) as tab:
            assert not tab.complete
    except PageError as error:
        assert "keeps its tab so busy" in str(error)
    async with await browser.visit(site.page("/next", "Fine")) as tab:
        assert tab.complete


async def test_a_page_that_polls_is_complete(browser: Browser, site: Site) -> None:
    """On a page whose network is never quiet, the load event decides."""
    site.page("/poll", "{}")
    url = site.page("/", "<script>setInterval(() => fetch('/poll'), 50)</script>")
    async with await browser.visit(url, timeout=2) as tab:
        assert tab.complete


NOT_LOADED = {
    "stopped": "window.stop()",
    "leads to a mail program": "location.href = 'mailto:x@shop.example'",
    "leads to an application": "location.href = 'customapp://open'",
    "leads to an answer without a page": "location.href = '/none'",
    "starts a download": "location.href = '/file'",
}


async def test_a_document_that_never_fires_load_is_complete(browser: Browser, site: Site) -> None:
    """It can be read, and nothing is on its way. All are visited at once: each visit waits until nothing happens."""
    site.page("/none", "", status=204)
    site.page("/file", "data", headers=ATTACHED)

    async def visit(number: int, name: str) -> None:
        url = site.page(f"/{number}", f"<p>Text<script>{NOT_LOADED[name]}</script>")
        async with browser.fresh_profile() as fresh, await fresh.visit(url, timeout=30) as tab:
            assert tab.complete and not tab.log.loaded, name
            assert tab.url == url, name
            assert await tab.evaluate("document.body.innerText") == "Text", name

    await asyncio.gather(*(visit(number, name) for number, name in enumerate(NOT_LOADED)))


async def test_a_hanging_image_ends_the_wait_before_the_timeout(browser: Browser, site: Site) -> None:
    """Nothing has happened for some seconds, and the visitor can read the page."""
    site.hang("/image.png")
    async with asyncio.timeout(60), await browser.visit(site.page("/", "Text<img src=/image.png>"), timeout=120) as tab:
        assert not tab.complete


FLOODS = {
    "console": "console.log(i, {again: i})",
    "errors": "setTimeout(() => { throw new Error('again') })",
    "rejections": "Promise.reject('again')",
}


@pytest.mark.parametrize("statement", FLOODS.values(), ids=FLOODS)
async def test_a_flood_of_messages_is_ended(browser: Browser, site: Site, statement: str) -> None:
    """The page is complete, can be read, and is loaded again without another flood; the log says that it is full."""
    script = f"setInterval(() => {{ for (let i = 0; i < 60; i++) {statement} }}, 16)"
    async with await browser.visit(site.page("/", f"<p>Text<script>{script}</script>"), timeout=30) as tab:
        assert tab.complete
        await until(lambda: "console" in tab.log.reached)
        assert len(tab.log.errors) <= LIMITS.console
        await tab.page.reload()
        assert await tab.evaluate("document.body.innerText") == "Text"
        assert await tab.inspect("() => document.body.innerText") == "Text"


@pytest.mark.parametrize("most", [LIMITS.requests // 10, pytest.param(LIMITS.requests, marks=pytest.mark.slow)])
async def test_a_flood_of_requests_is_ended(browser: Browser, site: Site, most: int) -> None:
    """The page can be read, and is loaded again without another flood."""
    browser.limits = replace(LIMITS, requests=most)
    script = "setInterval(() => { for (let i = 0; i < 15; i++) fetch('/data').catch(() => {}) }, 16)"
    async with await browser.visit(site.page("/", f"<p>Text<script>{script}</script>"), timeout=30) as tab:
        await until(lambda: "requests" in tab.log.reached)
        await tab.page.reload()
        assert await tab.inspect("() => document.body.innerText") == "Text"
    assert len(tab.requests) == most < tab.log.request_count


async def test_after_many_dialogs_the_page_goes_on(browser: Browser, site: Site) -> None:
    """The first are listed, and all are dismissed."""
    script = f"for (let i = 0; i < {2 * LIMITS.dialogs}; i++) alert(i); document.title = 'done'"
    async with await browser.visit(site.page("/", f"<script>{script}</script>")) as tab:
        assert await tab.evaluate("document.title") == "done"
    assert [dialog["message"] for dialog in tab.dialogs] == [str(number) for number in range(LIMITS.dialogs)]
    assert set(tab.log.reached) == {"dialogs"}


# Addresses without a page

ATTACHED = {"Content-Disposition": "attachment; filename=x.bin", "Content-Type": "application/octet-stream"}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://nothing.invalid/", "The host 'nothing.invalid' cannot be resolved"),
        ("http://127.0.0.1:4/", "'127.0.0.1:4' refuses the connection"),
        ("http://127.0.0.1:25/", "port belongs to another service"),
        ("http://127.0.0.1:99999/", "not an address that a browser can open"),
        ("http://[::1", "not an http:// or https:// address"),
        ("about:blank", "not an http:// or https:// address"),
        ("file:///etc/passwd", "not an http:// or https:// address"),
        ("javascript:alert(1)", "not an http:// or https:// address"),
        ("data:text/html,hello", "not an http:// or https:// address"),
        ("example.com", "not an http:// or https:// address"),
        ("", "not an http:// or https:// address"),
    ],
)
async def test_an_address_without_a_page_is_a_one_sentence_error(browser: Browser, url: str, words: str) -> None:
    """It names the address and the fault."""
    with pytest.raises(PageError, match=re.escape(words)) as caught:
        await browser.visit(url, timeout=20)
    assert "\n" not in str(caught.value) and repr(url) in str(caught.value)


NO_PAGES = {
    "redirect loop": ("/loop", "", 302, {"Location": "/loop"}, "redirects in a loop"),
    "redirect to a file": ("/", "", 302, {"Location": "file:///etc/passwd"}, "no web page may lead to"),
    "no content": ("/", "", 204, {}, "answers with HTTP 204"),
    "download": ("/", "data", 200, ATTACHED, "is a download, not a web page"),
    "binary": ("/", "\0", 200, {"Content-Type": "application/octet-stream"}, "is a download, not a web page"),
    "PDF": ("/", "%PDF-1.4\n%%EOF", 200, {"Content-Type": "application/pdf"}, "is application/pdf, not a web page"),
    "JSON": ("/", "{}", 200, {"Content-Type": "application/json"}, "is application/json, not a web page"),
    "reload loop": ("/", "<script>location.reload()</script>", 200, {}, "leads from page to page without end"),
    "refresh loop": ("/", "<meta http-equiv=refresh content=0>", 200, {}, "leads from page to page without end"),
    "leads to no host": (
        "/",
        "<script>location = 'http://nothing.invalid/'</script>",
        200,
        {},
        "leads to another address. The host 'nothing.invalid' cannot be resolved",
    ),
    "leads to nothing": ("/", "<script>location = 'about:blank'</script>", 200, {}, "which is not a web page"),
}


@pytest.mark.parametrize(("path", "body", "status", "headers", "words"), NO_PAGES.values(), ids=NO_PAGES)
async def test_a_response_without_a_page_is_a_one_sentence_error(
    browser: Browser, site: Site, path: str, body: str, status: int, headers: dict[str, str], words: str
) -> None:
    """It names the address and what it leads to instead."""
    url = site.page(path, body, status=status, headers=headers)
    with pytest.raises(PageError, match=re.escape(words)) as caught:
        await browser.visit(url, timeout=20)
    assert "\n" not in str(caught.value) and url in str(caught.value)


async def test_a_page_that_only_starts_a_download_is_an_error(browser: Browser, site: Site) -> None:
    """It names the file."""
    file = site.page("/file", "data", headers=ATTACHED)
    with pytest.raises(PageError, match=re.escape(f"starts the download of {file!r}")):
        await browser.visit(site.page("/", "<script>location = '/file'</script>"), timeout=20)


async def test_a_broken_connection_is_a_one_sentence_error(browser: Browser, site: Site) -> None:
    """It may break before the headers or right after them."""
    with pytest.raises(PageError, match="reset the connection"):
        await browser.visit(site.handle("/reset", reset), timeout=20)
    with pytest.raises(PageError, match="ends before anything can be shown"):
        await browser.visit(site.handle("/short", cut_short(b"")), timeout=20)


async def test_an_untrusted_certificate_is_a_one_sentence_error(browser: Browser, untrusted_site: Site) -> None:
    """Chromium's warning is not clicked away."""
    url = untrusted_site.page("/", "Trust me")
    with pytest.raises(PageError, match=r"The TLS certificate of .* is not valid \(ERR_CERT_AUTHORITY_INVALID\)"):
        await browser.visit(url.replace("127.0.0.1", "localhost"), timeout=20)
    assert untrusted_site.requests == []


async def test_https_on_a_plain_port_is_a_one_sentence_error(browser: Browser, site: Site) -> None:
    """It asks whether http:// was meant."""
    with pytest.raises(PageError, match="does it need http:// instead"):
        await browser.visit(site.url().replace("http:", "https:"), timeout=20)


@pytest.mark.skipif(sys.platform != "linux", reason="finds Chromium's processes in /proc")
async def test_a_crash_is_a_one_sentence_error_and_the_browser_survives(browser: Browser, site: Site) -> None:
    """The page's process is killed while the page loads."""

    def kill_page(_: object) -> None:
        renderers = [process for process in descendants() if "--type=renderer" in process.line]
        kill(process for process in renderers if "--top-chrome-webui" not in process.line)

    site.handle("/killer.js", kill_page)
    with pytest.raises(PageError, match=r"The tab of .* crashed"):
        await browser.visit(site.page("/", "<script src=/killer.js></script>"), timeout=10)
    async with await browser.visit(site.page("/next", "Fine")) as tab:
        assert tab.complete


# Dialogs, popups, downloads and permissions


async def test_dialogs_are_dismissed_and_listed(browser: Browser, site: Site) -> None:
    """The page continues as if the visitor had cancelled each."""
    script = "alert('one'); document.title = [confirm('two'), prompt('three')]"
    async with await browser.visit(site.page("/", f"<script>{script}</script>")) as tab:
        assert await tab.evaluate("document.title") == "false,"
    assert tab.dialogs == [
        {"type": "alert", "message": "one"},
        {"type": "confirm", "message": "two"},
        {"type": "prompt", "message": "three"},
    ]


async def test_popups_are_blocked_and_listed(browser: Browser, site: Site) -> None:
    """A flood of them neither opens a window nor stops the page."""
    script = "for (let i = 0; i < 100; i++) window.open('/popup?' + i)"
    async with await browser.visit(site.page("/", f"<p>Here<script>{script}</script>")) as tab:
        assert tab.complete
    assert tab.log.popups == [site.url(f"/popup?{number}") for number in range(LIMITS.popups)]
    assert not [path for _, path, _ in site.requests if path.startswith("/popup")]


async def test_a_popup_that_a_click_opens_is_closed(browser: Browser, site: Site) -> None:
    """A phase that clicks need not handle a second window."""
    site.page("/popup", "Buy!")
    async with await browser.visit(site.page("/", "<a href=/popup target=_blank>Click</a>")) as tab:
        async with tab.page.expect_popup() as opened:
            await tab.page.click("a")
        popup = await opened.value
        if not popup.is_closed():
            await popup.wait_for_event("close")
    assert tab.log.popups == [site.url("/popup")]


async def test_a_download_from_a_loaded_page_is_listed(browser: Browser, site: Site) -> None:
    """The page itself stays."""
    file = site.page("/file", "data", headers=ATTACHED)
    script = "addEventListener('load', () => location = '/file')"
    async with await browser.visit(site.page("/", f"<p>Here<script>{script}</script>")) as tab:
        assert await tab.evaluate("document.body.innerText") == "Here"
    assert tab.log.downloads == [file]


async def test_every_permission_is_denied(browser: Browser, site: Site) -> None:
    """The page gets the denial without a prompt."""
    script = "async () => (await navigator.permissions.query({name: 'geolocation'})).state"
    async with await browser.visit(site.page("/", "")) as tab:
        assert await tab.evaluate(script) == "denied"
        assert await tab.evaluate("Notification.permission") == "denied"
        camera = "navigator.mediaDevices.getUserMedia({video: true}).catch(error => error.name)"
        assert await tab.evaluate(camera) in ("NotAllowedError", "NotFoundError")


# The visitor that a site sees


async def test_a_site_sees_an_ordinary_visitor(browser: Browser, site: Site) -> None:
    """Neither headers nor scripts reveal that the browser is headless; that it is automated is not hidden."""
    async with await browser.visit(site.page("/", "")) as tab:
        seen = await tab.evaluate("[navigator.userAgent, navigator.webdriver, navigator.language, innerWidth]")
    headers = next(headers for _, path, headers in site.requests if path == "/")
    assert headers["User-Agent"] == seen[0] == browser.user_agent
    assert "Headless" not in str(headers) and "Chrome/" in seen[0]
    assert headers["Accept-Language"].startswith("en-US")
    assert seen[1:] == [True, "en-US", 1366]


async def test_a_profile_keeps_cookies_and_a_fresh_one_has_none(browser: Browser, site: Site) -> None:
    """Cookies have every attribute that the checks need."""
    url = site.page("/", "", headers={"Set-Cookie": "id=1; HttpOnly; SameSite=Strict; Path=/"})
    async with await browser.visit(url):
        (cookie,) = await browser.cookies()
    expected = {"name": "id", "value": "1", "domain": "127.0.0.1", "path": "/", "httpOnly": True, "sameSite": "Strict"}
    assert expected.items() <= cookie.items()
    async with browser.fresh_profile() as other:
        assert await other.cookies() == []


# Reading a page


async def test_a_page_in_virtual_time_needs_no_waiting(browser: Browser, site: Site) -> None:
    """An hour passes at once, also for the page's first script."""
    script = "setTimeout(() => document.title = 'later', 3600e3)"
    async with await browser.visit(site.page("/", f"<script>{script}</script>"), virtual_time=True) as tab:
        await tab.page.clock.fast_forward(3_600_000)
        assert await tab.evaluate("document.title") == "later"


async def test_an_inspection_is_not_deceived_by_the_page(browser: Browser, site: Site) -> None:
    """The page's scripts can redefine only their own globals; the document is the same."""
    url = site.page("/", "<b>real</b><script>document.querySelector = () => ({textContent: 'fake'})</script>")
    function = "(selector) => document.querySelector(selector).textContent"
    async with await browser.visit(url) as tab:
        assert await tab.evaluate(function, "b") == "fake"
        assert await tab.inspect(function, "b") == "real"


async def test_a_script_that_fails_or_never_ends_is_a_one_sentence_error(
    browser: Browser, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This holds for the page's own world and for the isolated one."""
    monkeypatch.setattr("veritas.audit.browser.tab.STEP_TIMEOUT", 0.5)
    monkeypatch.setattr("veritas.audit.browser.tab._PATIENCE", 1.0)
    async with await browser.visit(site.page("/", "")) as tab:
        for run in (tab.evaluate, tab.inspect):
            with pytest.raises(PageError, match=r"cannot be read: .*nowhere is not defined"):
                await run("() => nowhere")
            with pytest.raises(PageError, match=r"no answer within 1 s"):
                await run("() => new Promise(() => {})")


async def test_a_closed_tab_is_a_page_error(browser: Browser, site: Site) -> None:
    """A caller that still reads from it gets no Playwright error."""
    tab = await browser.visit(site.page("/", ""))
    await tab.close()
    for reading in (tab.html(), tab.evaluate("1"), tab.inspect("() => 1"), tab.screenshot(full_page=False)):
        with pytest.raises(PageError):
            await reading
    await tab.close()


async def test_a_screenshot_has_one_pixel_per_css_pixel(browser: Browser, site: Site) -> None:
    """It shows the window, or the page down to the height at which Chromium's pictures end."""
    tall = site.page("/", f"<body style='margin: 0'><div style='height: {LIMITS.height + 999}px'>")
    async with await browser.visit(tall) as tab:
        assert size_of(await tab.screenshot(full_page=False)) == (1366, 768)
        assert size_of(await tab.screenshot(full_page=True)) == (1366, LIMITS.height)


async def test_two_screenshots_of_an_animated_page_are_equal(browser: Browser, site: Site) -> None:
    """Animations are stopped in them."""
    moving = "<style>@keyframes x { to { margin-left: 900px } } p { animation: x .3s infinite }</style><p>Look!"
    async with await browser.visit(site.page("/", moving)) as tab:
        assert await tab.screenshot(full_page=True) == await tab.screenshot(full_page=True)


async def test_html_is_the_document_after_its_scripts_ran(browser: Browser, site: Site) -> None:
    """It differs from the HTML that the server sent."""
    async with await browser.visit(site.page("/", "<script>document.write('<i>made</i>')</script>")) as tab:
        assert "<i>made</i>" in await tab.html()


# Starting


async def test_a_missing_browser_is_named() -> None:
    """The error names its path."""
    with pytest.raises(BrowserMissing, match="'/no/such/browser'"):
        async with open_local_browser("/no/such/browser"):
            pass


STARTS = {
    "a missing library": (
        ["libnss3.so: cannot open shared object file"],
        "libnss3.so: cannot open shared object file",
        "name another",
        "browser",
    ),
    "too many files": (
        [
            "[1:2:1129/1:ERROR:dbus/bus.cc:405] Failed to connect to the bus: No such file or directory",
            "[1:3:1129/1:ERROR:components/login_database.cc:1128] Unable to open the password store database.",
            "[1:4:1129/1:FATAL:base/message_pump_epoll.cc:143] Check failed: Too many open files (24)",
            "[1129/1:ERROR:third_party/crashpad/file_io_posix.cc:145] open /sys/devices: No such file or directory (2)",
        ],
        "does not start (Check failed: Too many open files (24))",
        "ulimit -n",
        "machine",
    ),
    "an error among others": (
        [
            "[1:2:1129/1:ERROR:dbus/bus.cc:405] Failed to connect to the bus.",
            "[1:3:1129/1:ERROR:headless/app.cc:9] Cannot make a user data directory.",
        ],
        "(Cannot make a user data directory)",
        "name another",
        "browser",
    ),
}


@pytest.mark.parametrize(("lines", "cause", "remedy", "kind"), STARTS.values(), ids=STARTS)
async def test_a_browser_that_does_not_start_is_an_error_with_the_line_that_matters(
    tmp_path: Path, lines: list[str], cause: str, remedy: str, kind: str
) -> None:
    """The error quotes the line of its stderr that states the reason, and has a remedy for that."""
    stub = tmp_path / "chromium"
    stub.write_text(
        "#!/bin/sh\necho 'Welcome' >&2\n" + "".join(f"echo '{line}' >&2\n" for line in lines) + "exit 127\n"
    )
    stub.chmod(0o755)
    with pytest.raises(BrowserMissing) as caught:
        async with open_local_browser(str(stub)):
            pass
    assert cause in str(caught.value) and remedy in str(caught.value) and caught.value.kind == kind


def test_a_full_disk_is_a_shortage_with_a_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It names the directory for temporary files; so does one that is missing."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert find_shortage() is None
    monkeypatch.setattr(health, "_ENOUGH_SPACE", shutil.disk_usage(tmp_path).total + 1)
    assert f"the disk of {str(tmp_path)!r} is full; free some space" in str(find_shortage())
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/directory")
    assert "'/no/such/directory' cannot be used" in str(find_shortage())


async def test_the_browser_knows_the_preload_list(browser: Browser) -> None:
    """An entry of the HSTS preload list may include all names under it; the browser connects nowhere to tell."""
    hosts = ["accounts.google.com", "deep.below.veritas.dev", "example.org", "[", "127.0.0.1", "::1", ""]
    assert await browser.find_preloaded(hosts) == {"accounts.google.com", "deep.below.veritas.dev", "veritas.dev"}


@pytest.mark.parametrize(
    "html",
    [
        "<script>setTimeout(ask, 120); function ask() { fetch('/late'); }</script>",
        "<body onload=\"setTimeout(() => fetch('/late'), 120)\">",
        "<svg onload=\"setTimeout(() => fetch('/late'), 120)\"></svg>",
        "<iframe srcdoc=\"<script>setTimeout(() => fetch('/late'), 120)</script>\"></iframe>",
    ],
)
async def test_a_page_that_can_act_gets_time_to(browser: Browser, site: Site, html: str) -> None:
    """What a script or a handler asks for soon after the load belongs to the visit."""
    site.page("/late", "")
    async with await browser.visit(site.page("/", f"<title>x</title>{html}")) as tab:
        assert any(request["url"].endswith("/late") for request in tab.requests)
