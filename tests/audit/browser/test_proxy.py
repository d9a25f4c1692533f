"""The browser and `http_get` reach sites through the same proxies."""

from __future__ import annotations

import pytest

from tests.audit.conftest import Site
from tests.audit.test_network import DIRECT_URLS, NO_PROXY, PROXIED_URLS
from tests.browsers import open_local_browser, open_local_guard
from tests.proxies import forward_proxy, socks_proxy
from veritas.audit.browser.http_get import Response, http_get
from veritas.audit.network import Network
from veritas.config import Settings
from veritas.errors import PageError


def network(proxy: str, no_proxy: str = "") -> Network:
    """Return the network with this proxy for everything."""
    return Network.of(Settings(proxy=proxy, no_proxy=no_proxy))


async def get(url: str, through: Network) -> Response:
    """GET *url* outside the browser."""
    async with open_local_guard(through) as guard:
        return await http_get(url, headers={}, timeout=20, guard=guard)


async def test_only_the_proxy_knows_the_site(site: Site) -> None:
    """Both reach it, the proxy's address is not the page's, and the proxy's login is never given to a site."""
    site.page("/", "<h1>Shop</h1>")
    site.page("/login", "", status=401, headers={"WWW-Authenticate": 'Basic realm="p"'})
    with forward_proxy({"shop.test": site.server.server_port}, login="me:s@cret") as proxy:
        through = network(proxy.url.replace("//", "//me:s%40cret@"))
        async with open_local_browser(network=through) as browser:
            async with await browser.visit("http://shop.test/") as tab:
                assert (tab.status, tab.proxy, tab.address) == (200, proxy.url, None)
            async with await browser.visit("http://shop.test/login") as tab:
                assert tab.status == 401
            assert b"Shop" in (await browser.fetch("http://shop.test/")).body
    assert proxy.requests.count("GET http://shop.test/") >= 2
    assert all(request.startswith("GET http://shop.test/") for request in proxy.requests), (
        "nothing of the browser's own"
    )
    headers = [{name.lower() for name in headers} for _, _, headers in site.requests]
    assert len(headers) >= 3 and not any({"authorization", "proxy-authorization"} & names for names in headers)


async def test_a_socks_proxy_resolves_the_names(site: Site) -> None:
    """Both send it the name of the host; a host that it does not know is a one-sentence error."""
    site.page("/", "<h1>Shop</h1>")
    with socks_proxy({"shop.test": site.server.server_port}) as proxy:
        async with open_local_browser(network=network(proxy.url)) as browser:
            async with await browser.visit("http://shop.test/") as tab:
                assert (tab.status, tab.proxy) == (200, proxy.url)
            assert b"Shop" in (await browser.fetch("http://shop.test/")).body
            for get in (browser.visit, browser.fetch):
                with pytest.raises(PageError, match=rf"proxy '{proxy.url}' makes no connection to 'other\.test'"):
                    await get("http://other.test/")
    assert set(proxy.requests) == {"CONNECT shop.test:80", "CONNECT other.test:80"}


async def test_no_proxy_means_the_same_to_both(site: Site) -> None:
    """The browser sends exactly those requests through the proxy for which `Network.proxy_for` returns it."""
    urls = [url for url in (*DIRECT_URLS, *PROXIED_URLS) if not url.startswith("https:")]
    with forward_proxy() as proxy:
        mixed = network(proxy.url, f"{NO_PROXY},127.0.0.1")
        async with open_local_browser(network=mixed) as browser, await browser.visit(site.page("/", "")) as tab:
            assert tab.proxy is None and tab.address is not None
            await tab.page.evaluate(
                """urls => Promise.all(urls.map(url =>
                    fetch(url, {mode: 'no-cors', signal: AbortSignal.timeout(3000)}).catch(() => null)))""",
                urls,
            )
    refused = ["http://192.0.2.70/", "http://[2001:db8::11]/"]  # addresses that are not public, whatever the proxy
    expected = {f"GET {url}" for url in urls if mixed.proxy_for(url) and url not in refused}
    assert set(proxy.requests) == expected
    assert len(expected) == len(PROXIED_URLS) - 1 - len(refused)


async def test_https_goes_through_a_tunnel(untrusted_site: Site) -> None:
    """The certificate is verified at the end of the tunnel, so a proxy cannot read what it forwards."""
    untrusted = pytest.raises(PageError, match=r"certificate of 'shop\.test' is not valid")
    with forward_proxy({"shop.test": untrusted_site.server.server_port}) as proxy, untrusted:
        await get("https://shop.test/", network(proxy.url))
    assert proxy.requests == ["CONNECT shop.test:443"]


async def test_a_failure_of_the_proxy_is_a_one_sentence_error(site: Site) -> None:
    """It is never taken for an answer of the site, or for its absence."""
    with forward_proxy({"shop.test": 4}, login="me:secret") as proxy:
        login = network(proxy.url.replace("//", "//me:secret@"))
        for url, through, words in (
            ("http://shop.test/", network(proxy.url), "requires a login"),
            ("https://shop.test/", network(proxy.url), "requires a login"),
            ("http://shop.test/", login, "answers 502"),
            ("https://shop.test/", login, "makes no connection to 'shop.test'"),
            ("http://shop.test/", network("http://127.0.0.1:4"), "proxy 'http://127.0.0.1:4' cannot be reached"),
            ("https://shop.test/", network("socks5://127.0.0.1:4"), "proxy 'socks5://127.0.0.1:4' cannot be reached"),
            (
                "http://shop.test/",
                network(site.url().replace("http:", "https:").rstrip("/")),
                "certificate of the proxy",
            ),
        ):
            with pytest.raises(PageError, match=words):
                await get(url, through)
