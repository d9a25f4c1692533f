"""No page reaches an address that is not public: every spelling of one, by every route that a page has.

Servers on this machine count what reaches them. The page itself is on another port, which is opened.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import pytest
import pytest_asyncio

from tests.audit.conftest import Site
from tests.audit.egress.counters import Counter, counting
from veritas.audit.browser import Browser, open_browser
from veritas.audit.egress.addresses import Address
from veritas.audit.egress.guard import Guard
from veritas.audit.egress.policy import PUBLIC_ONLY
from veritas.audit.egress.thread import open_guard
from veritas.errors import PageError

# Names behind the guard of these tests, and the addresses that they lead to.
NAMES = {
    "loopback.example.com": ["127.0.0.1"],
    "mixed.example.com": ["198.41.0.4", "127.0.0.1"],
    "sixth.example.com": ["::1"],
}
SPELLINGS = [
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "2130706433",
    "017700000001",
    "0x7f.0.0.1",
    "0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "localhost",
    "a.localhost",
    "localhost.",
    "127.0.0.1.",
    "１２７。０。０。１",
    "%31%32%37.0.0.1",
    *NAMES,
    "rebinding.example.com",
]
ROUTES = """
const newFrame = () => {
  const frame = document.createElement("iframe");
  frame.name = "frame" + Math.random();
  document.body.append(frame);
  return frame.name;
};
const routes = {
  image: url => `<img src="${url}">`,
  script: url => `<script src="${url}"><${"/"}script>`,
  style: url => `<link rel=stylesheet href="${url}">`,
  font: url => `<style>@font-face {font-family: x; src: url("${url}")} p {font-family: x}</style><p>x</p>`,
  video: url => `<video src="${url}" preload=auto>`,
  object: url => `<object data="${url}">`,
  frame: url => `<iframe src="${url}"></iframe>`,
  prefetch: url => `<link rel=prefetch href="${url}">`,
  preload: url => `<link rel=preload as=fetch crossorigin href="${url}">`,
  preconnect: url => `<link rel=preconnect href="${url}">`,
  dns: url => `<link rel=dns-prefetch href="${url}">`,
  manifest: url => `<link rel=manifest href="${url}">`,
  icon: url => `<link rel=icon href="${url}">`,
  rules: url => `<script type=speculationrules>${JSON.stringify(
    {prerender: [{urls: [url], eagerness: "immediate"}]})}<${"/"}script>`,
  redirect: url => `<img src="/to?${encodeURIComponent(url)}"><iframe src="/to?${encodeURIComponent(url)}"></iframe>`,
  svg: url => `<svg><image href="${url}"/><use href="${url}#x"/></svg>`,
  ping: url => { navigator.sendBeacon(url, "x") },
  fetch: url => { fetch(url, {mode: "no-cors"}).catch(() => 0); fetch(url, {keepalive: true}).catch(() => 0) },
  request: url => { const x = new XMLHttpRequest(); x.open("POST", url); x.send("x") },
  events: url => { new EventSource(url) },
  socket: url => { new WebSocket(url.replace("http", "ws")) },
  worker: url => { new Worker(URL.createObjectURL(new Blob([
    `fetch("${url}", {mode: "no-cors"}).catch(() => 0); new WebSocket("${url.replace("http", "ws")}");
     try { importScripts("${url}") } catch {}`]))) },
  form: url => {
    const form = document.createElement("form");
    form.method = "post"; form.action = url; form.target = newFrame();
    document.body.append(form); form.submit() },
  download: url => {
    const link = document.createElement("a");
    link.href = url; link.download = "x"; link.target = newFrame();
    document.body.append(link); link.click() },
  popup: url => { open(url) },
  rtc: url => {
    const {hostname, port} = new URL(url);
    const rtc = new RTCPeerConnection({iceServers: [
      {urls: `stun:${hostname}:${port}`},
      {urls: `turn:${hostname}:${port}?transport=udp`, username: "u", credential: "p"},
      {urls: `turn:${hostname}:${port}?transport=tcp`, username: "u", credential: "p"}]});
    rtc.createDataChannel("x"); rtc.createOffer().then(offer => rtc.setLocalDescription(offer)) },
  transport: url => { new WebTransport(url.replace("http:", "https:")).ready.catch(() => 0) },
};
const failed = [];
for (const url of URLS) for (const [name, route] of Object.entries(routes)) {
  if (ONLY && name !== ONLY) continue;
  try {
    const html = route(url);
    if (html) document.body.append(document.createRange().createContextualFragment(html));
  } catch (error) { failed.push(`${name} ${url}: ${error}`) }
}
window.failed = failed;
"""


class Matrix:
    """A page that tries everything, and what it must not reach.

    Attributes:
        forbidden: What reached the forbidden port.
        guard: The guard.
        browser: The browser.
        site: The server of the page.
    """

    def __init__(self, forbidden: Counter, guard: Guard, browser: Browser, site: Site) -> None:
        self.forbidden = forbidden
        self.guard = guard
        self.browser = browser
        self.site = site

    async def try_all(self, spellings: Sequence[str], only: str | None = None, scheme: str = "http") -> list[str]:
        """Visit a page that requests every one of *spellings* by every route, or *only* one; return what it cannot."""
        urls = [f"{scheme}://{spelling}:{self.forbidden.port}/{number}" for number, spelling in enumerate(spellings)]
        script = f"const URLS = {urls}, ONLY = {f'{only!r}' if only else 'null'};{ROUTES}"
        url = self.site.page("/", f"<!doctype html><body><script>{script}</script>")
        async with await self.browser.visit(url, timeout=15) as tab:
            return list(await tab.evaluate("window.failed"))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def matrix() -> AsyncIterator[Matrix]:
    """A browser behind a guard that opens the page's own server alone."""
    times = iter([["198.41.0.4"]] + [["127.0.0.1"]] * 10_000)

    async def resolve(name: str) -> Sequence[Address]:
        if name == "rebinding.example.com":
            return [ip_address(text) for text in next(times)]
        if name in NAMES:
            return [ip_address(text) for text in NAMES[name]]
        raise OSError(f"no such name: {name}")

    def redirect(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(307)
        handler.send_header("Location", unquote(handler.path.partition("?")[2]))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    site = Site()
    site.handle("/to", redirect)
    policy = PUBLIC_ONLY.for_target(site.url())
    async with (
        counting() as forbidden,
        open_guard(policy, resolve=resolve) as guard,
        open_browser(guard=guard) as browser,
    ):
        yield Matrix(forbidden, guard, browser, site)
    site.close()


async def test_no_route_reaches_a_forbidden_address(matrix: Matrix) -> None:
    """One spelling by every route, and every spelling by one route; each is refused, and nothing reaches a server."""
    assert await matrix.try_all(SPELLINGS[:2]) == []
    await matrix.try_all(SPELLINGS, "image")
    await matrix.try_all(SPELLINGS, "socket")
    assert matrix.forbidden.hits == []
    asked = {urlsplit(f"//{host}").hostname for host in matrix.guard.hosts}
    assert {"127.0.0.1", "127.0.0.2", "::1", "localhost", *NAMES} <= asked
    assert matrix.guard.refused >= len(matrix.guard.refusals) >= 10


async def test_a_server_that_leads_there_is_not_followed(matrix: Matrix) -> None:
    """A visit, and the product's own requests, end at a redirect to a forbidden address, and say why."""
    there = f"http://127.0.0.1:{matrix.forbidden.port}/"
    url = matrix.site.redirect("/away", there)
    with pytest.raises(PageError, match="a loopback address; open it with --allow-private 127"):
        await matrix.browser.visit(url)
    with pytest.raises(PageError, match="was refused: 127"):
        await matrix.browser.fetch(there)
    assert matrix.forbidden.hits == []


@pytest.mark.slow
async def test_no_spelling_by_any_route_reaches_a_forbidden_address(matrix: Matrix) -> None:
    """The whole product, over http: and https:."""
    for scheme in ("http", "https"):
        for spelling in SPELLINGS:
            await matrix.try_all([spelling], scheme=scheme)
    await asyncio.sleep(2)  # nothing that could be waited for must come
    assert matrix.forbidden.hits == []


async def test_a_browser_asks_for_no_host_of_its_own(site: Site) -> None:
    """After a visit to a local page, which resolves names and connects early, the guard has seen that page's host."""
    early = "<link rel=dns-prefetch href=//prefetch.test><p>Text</p>"
    async with open_guard(PUBLIC_ONLY.for_target(site.url())) as own, open_browser(guard=own) as browser:
        async with await browser.visit(site.page("/", early)) as tab:
            await tab.evaluate("document.title")
        async with browser.fresh_profile() as fresh, await fresh.visit(site.url("/")):
            pass
    assert own.hosts == [f"127.0.0.1:{site.server.server_port}"]
