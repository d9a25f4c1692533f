"""Redirect chains, requested from real servers."""

from pathlib import Path

import pytest

from tests.audit.conftest import Site
from tests.audit.headers.servers import tls_server
from veritas.audit.browser import Browser
from veritas.audit.headers.redirects import MAX_REDIRECTS, FetchFailure, follow_redirects, urls_by_scheme

CLOSED = "http://127.0.0.1:1/"


async def test_redirects_are_followed_to_their_end(browser: Browser, site: Site) -> None:
    """Every step is kept, relative URLs are resolved, and the last response counts."""
    start = site.redirect("/start", "middle?x=1#part", status=307)
    site.redirect("/middle", "//" + site.url("/end").partition("//")[2], status=308)
    site.page("/end", "", status=404, headers=[("X-A", "1"), ("X-A", "2")])
    chain = await follow_redirects(browser, f"{start}#top")
    assert chain.urls == (start, site.url("/middle?x=1"), site.url("/end"))
    assert [response.status for response in chain.responses] == [307, 308, 404]
    assert chain.failure is None and chain.is_known
    assert chain.last and chain.last.values("x-a") == ("1", "2")


@pytest.mark.parametrize("location", ["", "javascript:alert(1)", "file:///etc/passwd", "http://[", "\x01"])
async def test_a_redirect_to_an_invalid_url_ends_the_chain(browser: Browser, site: Site, location: str) -> None:
    """Only http: and https: URLs are requested."""
    chain = await follow_redirects(browser, site.redirect("/", location))
    assert chain.responses[0].status == 302
    assert len(chain.urls) == 1 or chain.urls[1].startswith(site.url("/"))


async def test_a_redirect_loop_ends(browser: Browser, site: Site) -> None:
    """After the maximum number of redirects, the last redirect is the response."""
    chain = await follow_redirects(browser, site.redirect("/", "/"))
    assert len(chain.responses) == MAX_REDIRECTS + 1
    assert chain.last and chain.last.status == 302


async def test_a_closed_port_is_known_to_be_absent(browser: Browser, site: Site) -> None:
    """A port that nothing listens on, and one that does not speak TLS, are known to serve no pages."""
    for url in (CLOSED, site.url("/").replace("http:", "https:")):
        chain = await follow_redirects(browser, url)
        assert chain.failure is FetchFailure.ABSENT
        assert chain.is_absent and chain.is_known and chain.last is None


async def test_a_redirect_to_nothing_is_not_known(browser: Browser, site: Site) -> None:
    """The first URL answers, so it is not absent, but it is not known where it leads."""
    chain = await follow_redirects(browser, site.redirect("/", CLOSED))
    assert not chain.is_absent and not chain.is_known
    assert "refuses" in chain.reason


async def test_an_invalid_certificate_is_its_own_failure(browser: Browser, site: Site, tmp_path: Path) -> None:
    """It differs from missing TLS, at the first URL and after a redirect."""
    with tls_server(tmp_path) as url:
        for start in (url, site.redirect("/", url)):
            chain = await follow_redirects(browser, start)
            assert chain.failure is FetchFailure.CERTIFICATE and chain.is_known
            assert chain.urls[-1] == url
            assert chain.last and not chain.last.verified


async def test_a_host_that_does_not_exist_is_not_known(browser: Browser) -> None:
    """Without a name server's answer, nothing is known of the host."""
    chain = await follow_redirects(browser, "http://nowhere.invalid/")
    assert chain.failure is FetchFailure.UNANSWERED and not chain.is_known


async def test_a_port_that_expects_tls_has_no_http(browser: Browser, tmp_path: Path) -> None:
    with tls_server(tmp_path) as url:
        chain = await follow_redirects(browser, url.replace("https:", "http:"))
    assert chain.has_no_http and not chain.is_known


@pytest.mark.parametrize(
    ("url", "urls"),
    [
        ("https://a.example", ["http://a.example", "https://a.example"]),
        ("http://a.example:80/x?y#z", ["http://a.example/x?y", "https://a.example/x?y"]),
        ("https://u:p@a.example:443/", ["http://a.example/", "https://a.example/"]),
        ("https://[2001:db8::1]/", ["http://[2001:db8::1]/", "https://[2001:db8::1]/"]),
        ("https://a.example:8443/x#z", ["http://a.example:8443/x", "https://a.example:8443/x"]),
        ("http://a.example:443/", ["http://a.example:443/"]),
    ],
)
def test_a_port_of_its_own_may_answer_over_http_too(url: str, urls: list[str]) -> None:
    """But where a port answers over http:, the one for https: is not known."""
    assert list(urls_by_scheme(url).values()) == urls
