"""A GET without a browser returns the response as it was sent, and ends in time."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from functools import partial
from http.server import BaseHTTPRequestHandler

import brotli
import pytest

from tests.audit.conftest import Site
from tests.audit.hostile import cut_short, flood, reset, trickle, trickle_headers
from veritas.audit.browser import Browser
from veritas.audit.browser.http_get import MAX_BODY, http_get
from veritas.audit.egress.guard import Guard
from veritas.errors import PageError


async def test_headers_are_as_sent(guard: Guard, site: Site) -> None:
    """Order, case, duplicates and non-ASCII letters are kept; the space around values is removed."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX-Z: caf\xe9 \r\nset-cookie:b=2\r\n\r\nHi")

    answered = await http_get(site.handle("/", answer), headers={}, timeout=20, guard=guard)
    assert answered.headers == (("Set-Cookie", "a=1"), ("X-Z", "café"), ("set-cookie", "b=2"))
    assert (answered.status, answered.body, answered.url) == (200, b"Hi", site.url("/"))


async def test_redirects_are_not_followed(guard: Guard, site: Site) -> None:
    """The redirect itself is the response."""
    answered = await http_get(site.redirect("/", "/elsewhere", status=301), headers={}, timeout=20, guard=guard)
    assert answered.status == 301 and ("Location", "/elsewhere") in answered.headers
    assert [path for _, path, _ in site.requests] == ["/"]


async def test_the_browser_sends_its_user_agent_and_no_cookies(browser: Browser, site: Site) -> None:
    """It also sends the headers that the caller adds."""
    async with await browser.visit(site.page("/", "", headers={"Set-Cookie": "id=1"})):
        await browser.fetch(site.page("/plain", ""), headers={"Origin": "https://other.example"})
    headers = next(headers for _, path, headers in site.requests if path == "/plain")
    assert headers["User-Agent"] == browser.user_agent and headers["Origin"] == "https://other.example"
    assert "Cookie" not in headers


async def test_odd_addresses_are_sent_as_a_browser_sends_them(guard: Guard, site: Site) -> None:
    """Non-ASCII letters and spaces are escaped; characters that are already escaped are not escaped again."""
    site.page("/caf%C3%A9%20%2F", "")
    answered = await http_get(site.url("/café %2F?q=ü&r=a+b"), headers={}, timeout=20, guard=guard)
    assert answered.status == 200
    assert site.requests[0][1] == "/caf%C3%A9%20%2F?q=%C3%BC&r=a+b"


async def test_a_body_may_be_incomplete(guard: Guard, site: Site) -> None:
    """It ends at the size limit, at the timeout, or where the connection breaks, and the response states which."""
    large = await http_get(site.handle("/flood", flood), headers={}, timeout=20, guard=guard)
    assert len(large.body) == MAX_BODY and "has more than 4,000,000 bytes" in large.problem
    slow = await http_get(site.handle("/slow", trickle(site.closing)), headers={}, timeout=1, guard=guard)
    assert slow.status == 200 and b"The beginning" in slow.body and "was not whole after 1 s" in slow.problem
    short = await http_get(site.handle("/short", cut_short(b"Half")), headers={}, timeout=20, guard=guard)
    assert short.body == b"Half" and "broke off" in short.problem


async def test_no_response_in_time_is_a_one_sentence_error(guard: Guard, site: Site) -> None:
    """Headers that never end are not a response."""
    for url in (site.hang("/hang"), site.handle("/headers", trickle_headers(site.closing))):
        with pytest.raises(PageError, match=r"did not answer within 0\.5 s"):
            await http_get(url, headers={}, timeout=0.5, guard=guard)


async def test_an_untrusted_server_is_a_one_sentence_error(guard: Guard, untrusted_site: Site) -> None:
    """Certificates are verified as in a browser."""
    url = untrusted_site.page("/", "Trust me").replace("127.0.0.1", "localhost")
    with pytest.raises(PageError, match=r"The TLS certificate of 'localhost:[0-9]+' is not valid"):
        await http_get(url, headers={}, timeout=20, guard=guard)


async def test_an_unreachable_address_is_a_one_sentence_error(guard: Guard, site: Site) -> None:
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
            await http_get(url, headers={}, timeout=20, guard=guard)
        assert "\n" not in str(caught.value)


EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload; as=style\r\n\r\n"
HTML = b"<script src=a.js></script>"


def sent(handler: BaseHTTPRequestHandler, answer: bytes) -> None:
    """Send *answer* as it is."""
    handler.wfile.write(answer)


@pytest.mark.parametrize(
    "answer",
    [
        EARLY_HINTS + b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n" + HTML,
        b"HTTP/1.1 100 Continue\r\n\r\n" + EARLY_HINTS * 3 + b"HTTP/1.1 200 OK\r\nContent-Length: 26\r\n\r\n" + HTML,
        b"HTTP/1.0 200 OK\r\n\r\n" + HTML,
        b"HTTP/1.1 200 OK\nContent-Length: 26\nX-Y: z\n\n" + HTML,
        b"HTTP/1.1 200\r\n\r\n" + HTML,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a;x=y\r\n" + HTML + b"\r\n0\r\nX-Trailer: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n  b\r\n\tc\r\n\r\n" + HTML,
        b"HTTP/1.1 200 OK\r\n" + b"Set-Cookie: a=1; Path=/\r\n" * 1000 + b"\r\n" + HTML,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(HTML, mtime=0),
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nContent-Encoding: deflate, br\r\n\r\n"
        + brotli.compress(zlib.compress(gzip.compress(HTML, mtime=0))),
    ],
)
async def test_every_form_of_response_is_read(guard: Guard, site: Site, answer: bytes) -> None:
    """Interim responses are skipped, and header and body are read as browsers read them."""
    answered = await http_get(
        site.handle("/", lambda handler: sent(handler, answer)), headers={}, timeout=20, guard=guard
    )
    assert (answered.status, answered.body, answered.problem) == (200, HTML, "")
    assert ("Link", "</s.css>; rel=preload; as=style") not in answered.headers
    assert len(answered.headers) == (1000 if b"Set-Cookie" in answer else len(answered.headers))


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(50_000_000)), "has more than 4,000,000 bytes"),
        (b"Content-Encoding: gzip\r\n\r\n" + HTML, "is not valid gzip"),
        (b"Content-Encoding: aws-chunked\r\n\r\n" + HTML, "'aws-chunked', which is not known"),
        (b"Transfer-Encoding: chunked\r\n\r\n1a\r\n" + HTML, "broke off before its end"),
    ],
)
async def test_a_body_that_cannot_be_decoded_is_a_problem(
    guard: Guard, site: Site, answer: bytes, problem: str
) -> None:
    """It is not taken for the page's text."""
    url = site.handle("/", lambda handler: sent(handler, b"HTTP/1.1 200 OK\r\n" + answer))
    assert problem in (await http_get(url, headers={}, timeout=20, guard=guard)).problem


async def test_a_server_that_speaks_http2_only_is_named(guard: Guard, site: Site) -> None:
    """Without TLS it begins with a frame of its own; with TLS it refuses HTTP/1.1 (alert 120)."""
    frame = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0d"
    alert = b"\x15\x03\x03\0\x02\x02\x78"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(alert)
        await writer.drain()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as refusing:
        port = refusing.sockets[0].getsockname()[1]
        for url in (site.handle("/", lambda handler: sent(handler, frame)), f"https://127.0.0.1:{port}/"):
            with pytest.raises(PageError, match="speaks HTTP/2 only"):
                await http_get(url, headers={}, timeout=20, guard=guard)


async def test_an_answer_that_never_comes_is_a_one_sentence_error(guard: Guard, site: Site) -> None:
    """A connection is closed without an answer, or the headers are too large."""
    huge = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600_000 + b"\r\n\r\n"
    for path, answer, words in (("/empty", b"", "closed the connection"), ("/huge", huge, "cannot be visited")):
        url = site.handle(path, partial(sent, answer=answer))
        with pytest.raises(PageError, match=words):
            await http_get(url, headers={}, timeout=20, guard=guard)
