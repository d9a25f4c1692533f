"""Audits that share a Chromium share nothing else: a site that tracks its visitors takes each for a new one.

The site stores an identifier in every way that a browser has. A second visit in the same audit shows that it is found
again; a visit in the next audit shows that it is not.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.async_api import CDPSession
from playwright.async_api import Error as PlaywrightError

from tests.audit.conftest import Site
from tests.audit.identity.authority import Authority
from tests.browsers import LOOPBACK, open_local_guard
from tests.processes import descendants, until
from veritas.audit.browser import Browser, WarmBrowser
from veritas.audit.browser.finder import find_browser
from veritas.audit.browser.warm_browser import MAX_GROWTH
from veritas.audit.egress.thread import open_guard
from veritas.audit.login_parsing import parse_login
from veritas.errors import PageError
from veritas.events.visitor import Viewport, Visitor

# Stores an identifier, and returns where one was before.
TRACK = r"""async () => {
  const found = {};
  const database = await new Promise((resolve, reject) => {
    const opening = indexedDB.open("tracker", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("ids");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
  const asked = request => new Promise(resolve => { request.onsuccess = () => resolve(request.result); });
  const worker = new SharedWorker("/worker.js");
  const count = new Promise(resolve => { worker.port.onmessage = event => resolve(event.data); });
  const login = await fetch("/account/check");
  const root = await navigator.storage.getDirectory();
  const entries = [];
  for await (const name of root.keys()) entries.push(name);
  const ids = () => database.transaction("ids", "readwrite").objectStore("ids");
  found.cookie = document.cookie.includes("id=");
  found.localStorage = localStorage.getItem("id") !== null;
  found.indexedDB = (await asked(ids().get("id"))) !== undefined;
  found.cacheStorage = (await caches.keys()).length > 0;
  found.fileSystem = entries.length > 0;
  found.sharedWorker = (await count) > 1;
  found.login = login.status === 200;
  found.permission = (await navigator.permissions.query({name: "geolocation"})).state === "granted";
  found.locks = (await navigator.locks.query()).held.length > 0;
  found.serviceWorker = (await navigator.serviceWorker.getRegistrations()).length > 0;
  found.windowName = window.name !== "";
  document.cookie = "id=1; max-age=99999";
  localStorage.setItem("id", "1");
  await asked(ids().put(1, "id"));
  await caches.open("id");
  await root.getFileHandle("id", {create: true});
  navigator.locks.request("id", () => new Promise(() => {}));
  navigator.serviceWorker.register("/service.js").catch(() => {});
  window.name = "1";
  await new Promise(resolve => {
    const request = new XMLHttpRequest();
    request.open("GET", "/account/", true, "me", "secret");
    request.onloadend = resolve;
    request.send();
  });
  return found;
}"""
# A tab has its own name, and VERITAS lets no page install a service worker.
NEVER_FOUND = {"windowName", "serviceWorker"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def warm() -> AsyncIterator[WarmBrowser]:
    async with WarmBrowser() as browser:
        yield browser


@asynccontextmanager
async def audit(warm: WarmBrowser, **options: Any) -> AsyncIterator[Browser]:
    """Open the browser for an audit of a local site, behind a guard of its own."""
    async with open_local_guard() as guard, warm.open(guard=guard, **options) as browser:
        yield browser


@pytest.fixture
def tracker(site: Site) -> Site:
    """A site that recognises its visitors."""
    count = "let count = 0; onconnect = event => event.ports[0].postMessage(++count);"
    script = {"Content-Type": "text/javascript"}
    site.page("/worker.js", count, headers=script)
    site.page("/service.js", "", headers=script)
    site.handle("/tagged.js", answer_tagged)
    site.page("/kept.js", "", headers=script | {"Cache-Control": "max-age=9999"})
    site.handle("/account/", answer_login)
    site.handle("/account/check", answer_login)
    site.page("/", "<title>A shop</title><script src=/tagged.js></script><script src=/kept.js></script>",
              headers={"Accept-CH": "Sec-CH-UA-Platform-Version"})  # fmt: skip
    return site


def answer_tagged(handler: BaseHTTPRequestHandler) -> None:
    """Answer with an entity tag, which browsers take from HTTP/1.1 alone."""
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    for name, value in (("ETag", '"id-1"'), ("Cache-Control", "no-cache"), ("Content-Length", "0")):
        handler.send_header(name, value)
    handler.end_headers()


def answer_login(handler: BaseHTTPRequestHandler) -> None:
    """Ask for a login under `/account/`, which a script sends; the browser then has it for `/account/check` too."""
    has_login = handler.headers.get("Authorization") is not None
    handler.send_response(200 if has_login else 401 if handler.path == "/account/" else 403)
    if not has_login and handler.path == "/account/":
        handler.send_header("WWW-Authenticate", 'Basic realm="shop"')
    handler.send_header("Content-Length", "0")
    handler.end_headers()


async def track(browser: Browser, url: str) -> set[str]:
    """Visit the tracking page; return where it found its identifier."""
    async with await browser.visit(url) as tab:
        found = await tab.evaluate(TRACK)
        await browser._context.grant_permissions(["geolocation"])  # as if the visitor had agreed
    assert isinstance(found, dict)
    return {name for name, was_found in found.items() if was_found}


def requests_of(site: Site, path: str) -> list[dict[str, str]]:
    return [headers for _, requested, headers in site.requests if requested == path]


async def test_a_site_recognises_a_visitor_of_the_same_audit_and_none_of_another(
    warm: WarmBrowser, tracker: Site
) -> None:
    """By its storage, its cache, its workers, its logins, its permissions, or its hints."""
    url = tracker.url("/")
    async with audit(warm) as browser:
        assert await track(browser, url) == set()
        again = await track(browser, url)
        assert {*again, *NEVER_FOUND} == {*NEVER_FOUND, *names_of(TRACK)} - {"sharedWorker", "locks"}
        async with await browser.visit(url) as first, await browser.visit(url) as second:
            await first.evaluate(TRACK)
            assert {name for name, found in (await second.evaluate(TRACK)).items() if found} >= {
                "sharedWorker",
                "locks",
            }
    before = {path: len(requests_of(tracker, path)) for path in ("/", "/tagged.js", "/kept.js")}
    assert before["/kept.js"] == 1
    assert "If-None-Match" in requests_of(tracker, "/tagged.js")[-1]
    assert "Sec-Ch-Ua-Platform-Version" in {name.title() for name in requests_of(tracker, "/")[-1]}
    async with audit(warm) as browser:
        assert browser.audits_before > 0
        assert await track(browser, url) == set()
    after = {path: requests_of(tracker, path)[before[path] :] for path in before}
    assert [len(requests) for requests in after.values()] == [1, 1, 1]
    assert "If-None-Match" not in after["/tagged.js"][0]
    assert "Cookie" not in after["/"][0]
    assert "Sec-Ch-Ua-Platform-Version" not in {name.title() for name in after["/"][0]}


def names_of(script: str) -> set[str]:
    """Return the places where the tracking script looks."""
    return {line.partition("found.")[2].partition(" ")[0] for line in script.splitlines() if "  found." in line}


@pytest.mark.slow
async def test_a_host_that_wants_https_is_not_remembered(tmp_path: Path, site: Site) -> None:
    """Its Strict-Transport-Security holds in its own audit alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    secure = Site(Authority(tmp_path).issue("shop.example.com", key=key))
    secure.page("/", "secure", headers={"Strict-Transport-Security": "max-age=9999"})
    site.page("/", "plain")
    plain = site.url("/", "shop.example.com")
    try:
        async with WarmBrowser() as warm:
            executable = trusting(tmp_path, key)
            async with audit(warm, executable=executable) as browser:
                async with await browser.visit(plain) as tab:
                    assert tab.url == plain
                async with await browser.visit(secure.url("/", "shop.example.com")) as tab:
                    assert tab.status == 200
                with pytest.raises(PageError):  # over https:, to a server that does not speak it
                    await browser.visit(plain)
            async with audit(warm, executable=executable) as browser, await browser.visit(plain) as tab:
                assert (browser.audits_before, tab.url) == (1, plain)
    finally:
        secure.close()


def trusting(folder: Path, key: ec.EllipticCurvePrivateKey) -> str:
    """Return a browser that trusts every certificate of *key*."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    pin = base64.b64encode(hashlib.sha256(public).digest()).decode()
    program = folder / "browser"
    program.write_text(f'#!/bin/sh\nexec "{find_browser()}" "$@" --ignore-certificate-errors-spki-list={pin}\n')
    program.chmod(0o700)
    return str(program)


async def test_what_a_page_still_sends_reaches_no_other_audits_guard(warm: WarmBrowser, site: Site) -> None:
    """It asks for something in every way, without end and at its end; it sends nothing after its audit."""
    other = Site()
    other.page("/late", "")
    site.page(
        "/",
        """<script>
        const late = way => `LATE?${Date.now()}&${way}`;
        const endless = call => { call(); setInterval(call, 100); };
        endless(() => fetch(late("fetch"), {mode: "no-cors", keepalive: true}).catch(() => {}));
        endless(() => { new Image().src = late("image"); });
        endless(() => { new WebSocket(late("socket").replace("http", "ws")); });
        onpagehide = () => { navigator.sendBeacon(late("beacon")); fetch(late("end"), {keepalive: true}); };
        const ask = `fetch("LATE?" + Date.now() + "&worker", {mode: "no-cors"}).catch(() => {})`;
        const source = `setInterval(() => ${ask}, 100)`;
        new SharedWorker(URL.createObjectURL(new Blob([source])));
        </script>""".replace("LATE", other.url("/late")),
    )
    next_url = site.page("/next", "next")
    try:
        async with open_local_guard() as first, warm.open(guard=first) as browser, await browser.visit(site.url("/")):
            await until(lambda: any("worker" in path for _, path, _ in other.requests))
        ended = time.time() * 1000
        async with open_local_guard() as second, warm.open(guard=second) as browser:
            assert browser.audits_before > 0
            async with await browser.visit(next_url):
                assert second.hosts == [f"127.0.0.1:{site.server.server_port}"]
        sent = [float(path.partition("?")[2].partition("&")[0]) for _, path, _ in other.requests]
        assert max(sent) < ended
    finally:
        other.close()


async def test_each_audit_is_held_to_its_own_policy(warm: WarmBrowser, site: Site) -> None:
    """The second may not reach this machine, and both guards know only of their own connections."""
    url = site.page("/", "local")
    async with open_guard(LOOPBACK) as first, warm.open(guard=first) as browser, await browser.visit(url):
        assert first.hosts and not first.refused
    sent, received = len(site.requests), first.received
    async with open_guard() as second, warm.open(guard=second) as browser:
        with pytest.raises(PageError, match="--allow-private"):
            await browser.visit(url)
        assert second.refused
    assert (first.refused, first.received, len(site.requests)) == (0, received, sent)


async def test_a_guard_that_was_stopped_stops_no_other_audit(warm: WarmBrowser, site: Site) -> None:
    """The limit of bytes that one audit has reached is its own."""
    url = site.page("/", "local")
    async with audit(warm) as browser:
        browser.guard.stop("the audit's limit was reached")
        with pytest.raises(PageError, match="limit was reached"):
            await browser.visit(url)
    async with audit(warm) as browser, await browser.visit(url) as tab:
        assert tab.status == 200


async def test_outside_of_an_audit_the_browser_reaches_nothing(warm: WarmBrowser, site: Site) -> None:
    """A profile without the guard of an audit has that of the browser, which refuses everything."""
    running = await warm.prepare()
    context = await running.chromium.new_context()
    page = await context.new_page()
    with pytest.raises(PlaywrightError, match="ERR_SOCKS_CONNECTION_FAILED"):
        await page.goto(site.page("/", "local"))
    await context.close()
    assert site.requests == []


async def test_the_visitor_and_the_login_are_those_of_one_audit(warm: WarmBrowser, site: Site) -> None:
    """The next has the default ones."""
    url = site.page("/", "page")
    phone = Visitor(viewport=Viewport(390, 844, scale=2.0, mobile=True), locale="de-DE", time_zone="Asia/Tokyo")
    seen = "[innerWidth, navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.userAgent]"
    login = parse_login(url, headers=["X-Key: k-1"], cookies=["session=s-1"], basic_auth="me:secret")
    async with audit(warm, visitor=phone, login=login) as browser, await browser.visit(url) as tab:
        first = await tab.evaluate(seen)
    async with audit(warm) as browser, await browser.visit(url) as tab:
        second = await tab.evaluate(seen)
    assert first[1:3] == ["de-DE", "Asia/Tokyo"]
    assert "Android" in first[3]
    default = Visitor()
    assert second[:2] == [default.viewport.width, default.locale]
    assert second[2] != "Asia/Tokyo"
    assert "Android" not in second[3]
    logged_in, anonymous = (requests_of(site, "/")[0], requests_of(site, "/")[-1])
    assert {"X-Key", "Cookie", "Authorization"} <= {name.title() for name in logged_in}
    assert not {"X-Key", "Cookie", "Authorization"} & {name.title() for name in anonymous}


async def test_the_browsers_own_list_of_https_hosts_is_asked_once(
    warm: WarmBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the same in every audit, so the second needs no profile to find out."""
    async with audit(warm) as browser:
        first = await browser.find_preloaded(["veritas.dev", "veritas.invalid"])
    async with audit(warm) as browser:
        monkeypatch.setattr("veritas.audit.browser.hsts_preload._ask", None)
        assert await browser.find_preloaded(["veritas.dev"]) == first == {"veritas.dev"}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [({"max_audits": 2}, [0, 1, 0]), pytest.param({"max_growth": -1}, [0, 0], marks=pytest.mark.slow)],
)
async def test_a_browser_that_has_done_enough_is_started_again(
    site: Site, limits: dict[str, int], expected: list[int]
) -> None:
    """After so many audits, or when it has grown."""
    url = site.page("/", "page")
    async with WarmBrowser(**limits) as warm:
        assert [await audits_before(warm, url) for _ in expected] == expected


async def audits_before(warm: WarmBrowser, url: str) -> int:
    """Do an audit; return how many its browser did before."""
    async with audit(warm) as browser, await browser.visit(url):
        return browser.audits_before


async def test_a_prepared_profile_is_the_next_one(warm: WarmBrowser, site: Site) -> None:
    """It is taken once, and one that is not taken is closed with the audit."""
    running = await warm.prepare()
    async with audit(warm) as browser:
        browser.prepare_profile()
        browser.prepare_profile()
        async with browser.fresh_profile() as first, browser.fresh_profile() as second:
            assert len({id(each._context) for each in (browser, first, second)}) == 3
            assert first._tab is not None and second._tab is None
        browser.prepare_profile()
    assert await warm.prepare() is running and not running.chromium.contexts


async def test_a_browser_whose_profiles_may_be_open_is_started_again() -> None:
    """The end of an audit was cancelled before they were closed, and the next guard may have the port of its guard."""
    async with WarmBrowser() as warm:
        running = await warm.prepare()
        running.close_soon(await running.chromium.new_context())
        ending = asyncio.create_task(running.end_audit(has_fault=False, max_audits=9, max_growth=MAX_GROWTH))
        await asyncio.sleep(0)  # both begin
        ending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await ending
        assert await warm.prepare() is not running


@pytest.mark.slow
async def test_a_browser_that_keeps_the_login_is_started_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next audit may visit the same site without one."""
    url = site.page("/", "page")
    login = parse_login(url, headers=["X-Key: k-1"])
    async with WarmBrowser() as warm:
        async with audit(warm, login=login) as browser, await browser.visit(url):
            monkeypatch.setattr(CDPSession, "detach", refuse)
        monkeypatch.undo()
        assert await audits_before(warm, url) == 0
    keys = [headers.get("X-Key") for headers in requests_of(site, "/")]
    assert keys == ["k-1", None]


async def refuse(session: CDPSession) -> None:
    raise PlaywrightError("Session closed.")


@pytest.mark.parametrize("number", [signal.SIGKILL, pytest.param(signal.SIGSTOP, marks=pytest.mark.slow)])
async def test_a_browser_that_does_not_answer_is_started_again(
    site: Site, number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two audits it may have ended, or hang."""
    monkeypatch.setattr("veritas.audit.browser.running_browser._ANSWER_TIMEOUT", 1.0)
    url = site.page("/", "page")
    before = set(descendants())
    async with WarmBrowser() as warm:
        assert await audits_before(warm, url) == 0
        ours = [process for process in descendants() if process not in before]
        (found,) = (
            process.pid
            for process in ours
            if "--remote-debugging-pipe" in process.line
            and not any(word in process.line for word in ("--type=", "run-driver"))
        )
        os.kill(found, number)
        assert await audits_before(warm, url) == 0
    await until(lambda: not [process for process in ours if process.lives])
