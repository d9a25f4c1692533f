"""A GET without a browser returns the response as it was sent, and ends in time."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import pytest

from tests.audit.conftest import Site
from tests.audit.hostile import cut_short, flood, reset, trickle, trickle_headers
from veritas.audit.browser import Browser
from veritas.audit.browser.http_get import MAX_BODY, http_get
from veritas.errors import PageError


async def test_headers_are_as_sent(site: Site) -> None:
    """Order, case, duplicates and non-ASCII letters are kept; the space around values is removed."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Z: caf\xe9 \r\nset-cookie:b=2\r\n\r\nHi")

    answered = await http_get(site.handle("/", answer), headers={}, timeout=5)
    assert answered.headers == (("Set-Cookie", "a=1"), ("X-Z", "café"), ("set-cookie", "b=2"))
    assert (answered.status, answered.body, answered.url) == (200, b"Hi", site.url("/"))


async def test_redirects_are_not_followed(site: Site) -> None:
    """The redirect itself is the response."""
    answered = await http_get(site.redirect("/", "/elsewhere", status=301), headers={}, timeout=5)
    assert answered.status == 301 and ("Location", "/elsewhere") in answered.headers
    assert [path for _, path, _ in site.requests] == ["/"]


async def test_the_browser_sends_its_user_agent_and_no_cookies(browser: Browser, site: Site) -> None:
    """It also sends the headers that the caller adds."""
    async with await browser.visit(site.page("/", "", headers={"Set-Cookie": "id=1"})):
        await browser.fetch(site.page("/plain", ""), headers={"Origin": "https://other.example"})
    headers = next(headers for _, path, headers in site.requests if path == "/plain")
    assert headers["User-Agent"] == browser.user_agent and headers["Origin"] == "https://other.example"
    assert "Cookie" not in headers


async def test_odd_addresses_are_sent_as_a_browser_sends_them(site: Site) -> None:
    """Non-ASCII letters and spaces are escaped; characters that are already escaped are not escaped again."""
    site.page("/caf%C3%A9%20%2F", "")
    answered = await http_get(site.url("/café %2F?q=ü&r=a+b"), headers={}, timeout=5)
    assert answered.status == 200
    assert site.requests[0][1] == "/caf%C3%A9%20%2F?q=%C3%BC&r=a+b"


async def test_a_body_may_be_incomplete(site: Site) -> None:
    """It ends at the size limit, at the timeout, or where the connection breaks."""
    assert len((await http_get(site.handle("/flood", flood), headers={}, timeout=5)).body) == MAX_BODY
    slow = await http_get(site.handle("/slow", trickle(site.closing)), headers={}, timeout=1)
    assert slow.status == 200 and b"The beginning" in slow.body
    assert (await http_get(site.handle("/short", cut_short(b"Half")), headers={}, timeout=5)).body == b"Half"


async def test_no_response_in_time_is_a_one_sentence_error(site: Site) -> None:
    """Headers that never end are not a response."""
    for url in (site.hang("/hang"), site.handle("/headers", trickle_headers(site.closing))):
        with pytest.raises(PageError, match=r"did not answer within 0\.5 s"):
            await http_get(url, headers={}, timeout=0.5)


async def test_an_untrusted_server_is_a_one_sentence_error(untrusted_site: Site) -> None:
    """Certificates are verified as in a browser."""
    url = untrusted_site.page("/", "Trust me").replace("127.0.0.1", "localhost")
    with pytest.raises(PageError, match=r"The TLS certificate of 'localhost:[0-9]+' is not valid"):
        await http_get(url, headers={}, timeout=5)


async def test_an_unreachable_address_is_a_one_sentence_error(site: Site) -> None:
    """Each fault has its own sentence."""
    garbage = site.handle("/garbage", lambda handler: handler.wfile.write(b"220 mail.example ESMTP\r\n"))
    for url, words in (
        ("http://nothing.invalid/", "cannot be resolved"),
        ("http://127.0.0.1:4/", "refuses the connection"),
        (site.url().replace("http:", "https:"), "No TLS connection"),
        (site.handle("/reset", reset), "reset the connection"),
        (garbage, "cannot be visited"),
        ("ftp://127.0.0.1/", "not an http:// or https:// address"),
        ("http://127.0.0.1:99999/", "not an http:// or https:// address"),
        ("http://", "not an http:// or https:// address"),
        ("http://exa\r\nmple/", "cannot be"),
    ):
        with pytest.raises(PageError, match=words) as caught:
            await http_get(url, headers={}, timeout=5)
        assert "\n" not in str(caught.value)
