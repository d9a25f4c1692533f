"""A browser that is logged in sees what is behind the login, and no other host gets any of it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.audit.conftest import Site
from tests.browsers import open_local_browser
from veritas.audit.browser import Browser
from veritas.audit.login_parsing import parse_login
from veritas.audit.storage_state import StorageState

KEY = "key-f00d"
BASIC = f"Basic {b64encode(b'me:pass-f00d').decode()}"
SESSION = "session-f00d"
STORED = "stored-f00d"


@pytest.fixture(scope="module")
def shop() -> Iterator[Site]:
    served = Site()
    yield served
    served.close()


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Site]:
    """A server of another origin: its URLs have the host `localhost`."""
    served = Site()
    yield served
    served.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def logged_in(shop: Site) -> AsyncIterator[Browser]:
    origin = shop.url("")
    stored = {
        "cookies": [
            {"name": "stored", "value": STORED, "domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True},
            {"name": "foreign", "value": STORED, "domain": "localhost", "path": "/", "expires": -1},
        ],
        "origins": [{"origin": origin, "localStorage": [{"name": "account", "value": STORED}]}],
    }
    login = parse_login(
        shop.url(),
        headers=[f"X-Key: {KEY}"],
        cookies=[f"session={SESSION}"],
        basic_auth="me:pass-f00d",
        storage_state=msgspec.convert(stored, StorageState),
    )
    async with open_local_browser(login=login) as browser:
        yield browser


def behind(header: str, value: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Answer with a page to requests whose *header* has *value*, and with 401 to others."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        allowed = value in handler.headers.get(header, "")
        body = b"<h1>The account</h1>" if allowed else b"<h1>Who are you?</h1>"
        handler.send_response(200 if allowed else 401)
        handler.send_header("WWW-Authenticate", 'Basic realm="shop"')
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


async def test_the_page_behind_each_kind_of_login_is_seen_in_every_profile(logged_in: Browser, shop: Site) -> None:
    """By the browser, and by a request outside it."""
    pages = [
        shop.handle("/basic", behind("Authorization", BASIC)),
        shop.handle("/key", behind("X-Key", KEY)),
        shop.handle("/cookie", behind("Cookie", f"session={SESSION}")),
        shop.handle("/state", behind("Cookie", f"stored={STORED}")),
    ]
    async with logged_in.fresh_profile() as fresh:
        for page, browser in zip(pages, (logged_in, fresh, logged_in, fresh), strict=True):
            async with await browser.visit(page) as tab:
                assert (tab.status, await tab.evaluate("document.body.innerText")) == (200, "The account"), page
                assert await tab.evaluate("localStorage.account") == STORED
            assert (await browser.fetch(page)).status == 200


async def test_no_other_host_gets_any_of_it(logged_in: Browser, shop: Site, elsewhere: Site) -> None:
    """Not by subresources, frames, workers, redirects in either direction, forms or requests outside the browser.

    The audited origin gets it from all of them. The cache is on, and the other headers are those without a login.
    """
    there = elsewhere.url("", host="localhost")
    shop.redirect("/leave", f"{there}/left")
    elsewhere.redirect("/return", shop.url("/returned"))
    worker = f"fetch('/by-worker'); fetch('{there}/by-worker', {{mode: 'no-cors'}})"
    shop.page("/worker.js", worker, headers={"Content-Type": "text/javascript"})
    cached = {"Content-Type": "text/javascript", "Cache-Control": "max-age=600"}
    shop.page("/cached.js", "", headers=cached)
    elsewhere.page("/frame", f"<img src='{shop.url('/in-frame')}'><script>fetch('/by-frame')</script>")
    page = shop.page(
        "/",
        f"<script src=/cached.js></script><img src='{there}/image'><img src=/leave><img src='{there}/return'>"
        f"<iframe src='{there}/frame'></iframe><script>new Worker('/worker.js'); navigator.sendBeacon('/beacon', 'x');"
        f"fetch('{there}/fetch', {{mode: 'no-cors'}})</script>",
    )
    for _ in range(2):
        async with await logged_in.visit(page):
            pass
    async with await logged_in.visit(shop.url("/leave")) as tab:
        assert tab.url == f"{there}/left"
    await logged_in.fetch(f"{there}/outside")

    own = {path: headers for _, path, headers in shop.requests}
    foreign = {path: headers for _, path, headers in elsewhere.requests}
    assert foreign.keys() >= {"/image", "/left", "/return", "/frame", "/by-frame", "/by-worker", "/fetch", "/outside"}
    for path, headers in foreign.items():
        assert "f00d" not in str(headers), path
    for path in ("/", "/leave", "/returned", "/in-frame", "/by-worker", "/worker.js", "/beacon", "/cached.js"):
        assert (own[path]["X-Key"], own[path]["Authorization"]) == (KEY, BASIC), path
    assert own["/cached.js"]["Referer"] == page and own["/cached.js"]["Sec-Fetch-Dest"] == "script"
    assert [path for _, path, _ in shop.requests].count("/cached.js") == 1


async def test_the_logins_cookies_are_not_taken_for_the_sites(logged_in: Browser, shop: Site) -> None:
    """A cookie that the site sets is its own, also if it replaces one of the login."""
    async with logged_in.fresh_profile() as browser:
        async with await browser.visit(shop.page("/", "")):
            assert await browser.cookies() == []
        headers = [("Set-Cookie", "session=another; Path=/"), ("Set-Cookie", "own=1; Path=/")]
        async with await browser.visit(shop.page("/", "", headers=headers)):
            cookies: list[Any] = await browser.cookies()
    assert sorted((each["name"], each["value"]) for each in cookies) == [("own", "1"), ("session", "another")]
