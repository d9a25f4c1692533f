"""What a site is asked, and what stays unknown."""

import ssl
from typing import Any

import pytest

from tests.audit.conftest import Site
from tests.audit.headers.servers import PublicWeb
from veritas.audit.browser import Browser, Tab
from veritas.audit.headers import TESTS
from veritas.audit.headers.cookies import check_cookies
from veritas.audit.headers.https import check_hsts, check_redirection
from veritas.audit.headers.probe import FOREIGN_ORIGIN, Survey, survey
from veritas.errors import PageError

HTML = ("Content-Type", "text/html; charset=utf-8")
HTTP, HTTPS = "http://shop.example.org/", "https://shop.example.org/"
PAGE = (200, [HTML], "<script src=a.js></script>")
TO_HTTPS = (301, [("Location", HTTPS)], "")


def visited(tab: Tab) -> dict[str, Any]:
    """Return a visit as the scout tells it, as far as the survey reads it."""
    return {
        "url": tab.url,
        "status": tab.status,
        "headers": [list(pair) for pair in tab.headers],
        "redirects": list(tab.redirects),
    }


async def ask(web: PublicWeb, url: str = HTTPS, pages: list[dict[str, Any]] | None = None) -> Survey:
    """Survey a site of the made-up web."""
    return await survey(web, url, pages or [])


async def test_a_page_that_the_browser_saw(browser: Browser, site: Site) -> None:
    """Headers and cookies are the browser's, redirects included; the markup is what the server sends."""
    site.page(
        "/shop",
        "<script src=a.js></script>",
        headers=[("X-Frame-Options", "DENY"), ("Set-Cookie", "b=2; SameSite=Lax")],
    )
    site.page("/", "", status=302, headers=[("Location", "/shop"), ("Set-Cookie", "a=1; HttpOnly")])
    async with await browser.visit(site.url("/")) as tab:
        found = await survey(browser, site.url("/"), [visited(tab)])
    assert found.observation.url == site.url("/shop")
    assert found.observation.page and found.observation.page.first("x-frame-options") == "DENY"
    assert found.observation.markup.script_count == 1
    assert [(cookie.name, cookie.same_site, cookie.http_only) for cookie in found.cookies] == [
        ("a", "", True),
        ("b", "lax", False),
    ]
    assert ("GET", "/shop", FOREIGN_ORIGIN) in [(m, path, headers.get("Origin")) for m, path, headers in site.requests]


async def test_a_page_that_nobody_saw(browser: Browser, site: Site) -> None:
    """Where no visit was made, the server is asked directly."""
    site.page("/", "<p>", headers={"Set-Cookie": "a=1"})
    found = await survey(browser, site.url("/"), [])
    assert found.observation.page and found.observation.page.status == 200
    assert [cookie.name for cookie in found.cookies] == ["a"]


async def test_loopback_is_not_asked_for_encryption(browser: Browser, site: Site) -> None:
    """The tests on transport are unknown there, and cookies count as if they were Secure."""
    site.page("/", "", headers={"Set-Cookie": "sess=1; HttpOnly; SameSite=Lax"})
    found = await survey(browser, site.url("/", host="localhost"), [])
    assert found.loopback
    assert set(found.unknown) == {"redirection", "strict-transport-security"}
    assert check_cookies(found.observation).passed
    assert not found.cookies[0].secure


async def test_nothing_at_all(browser: Browser) -> None:
    """Without a page and without an answer there is nothing to survey."""
    with pytest.raises(PageError, match="refuses the connection"):
        await survey(browser, "http://127.0.0.1:1/", [])


async def test_a_public_site_is_asked_over_both_schemes() -> None:
    """Both ways lead to their verdicts, and nothing is left unknown."""
    web = PublicWeb({HTTP: TO_HTTPS, HTTPS: (200, [HTML, ("Strict-Transport-Security", "max-age=99999999")], "")})
    found = await ask(web)
    assert found.unknown == {}
    assert check_redirection(found.observation).result == "redirection-to-https"
    assert check_hsts(found.observation).passed
    assert sorted(url for url, headers in web.asked if not headers) == [HTTP, HTTPS, HTTPS]


async def test_the_site_as_it_was_asked_for_is_judged() -> None:
    """A site that only answers over http: has no https, and its page is the http: one."""
    found = await ask(PublicWeb({HTTP: PAGE}), HTTP)
    assert found.observation.url == HTTP
    assert check_hsts(found.observation).result == "hsts-not-implemented-no-https"
    assert check_redirection(found.observation).result == "redirection-missing"


async def test_no_http_at_all_is_known() -> None:
    """A refused connection is an answer."""
    found = await ask(PublicWeb({HTTPS: PAGE}))
    assert check_redirection(found.observation).result == "redirection-not-needed-no-http"
    assert "redirection" not in found.unknown


async def test_silence_is_not_known() -> None:
    """A time-out is no answer, and with strict transport security unknown, so is what protects a cookie."""
    seen = {"url": HTTPS, "status": 200, "headers": [list(HTML), ["Set-Cookie", "a=1"]]}
    found = await ask(PublicWeb({HTTP: TimeoutError("silence"), HTTPS: TimeoutError("silence")}), pages=[seen])
    assert set(found.unknown) == {
        "redirection",
        "strict-transport-security",
        "cookies",
        "subresource-integrity",
        "content-security-policy",
        "referrer-policy",
        "cross-origin-resource-sharing",
    }
    assert all("silence" in reason for test, reason in found.unknown.items() if test != "cookies")
    assert set(found.unknown) < set(TESTS)


async def test_headers_are_enough_where_they_say_it() -> None:
    """Without the markup, a policy in a header can still be judged."""
    policies = [["Content-Security-Policy", "default-src 'self'"], ["Referrer-Policy", "no-referrer"]]
    seen = {"url": HTTPS, "status": 200, "headers": [list(HTML), *policies]}
    found = await ask(PublicWeb({HTTP: TO_HTTPS, HTTPS: TimeoutError("silence")}), pages=[seen])
    assert "content-security-policy" not in found.unknown
    assert "referrer-policy" not in found.unknown
    assert "subresource-integrity" in found.unknown


async def test_another_answer_outside_the_browser_is_not_the_page() -> None:
    """A server that turns everyone but browsers away does not show its markup."""
    seen = {"url": HTTPS, "status": 200, "headers": [list(HTML)]}
    found = await ask(PublicWeb({HTTP: TO_HTTPS, HTTPS: (403, [HTML], "<script src=x></script>")}), pages=[seen])
    assert "status 403" in found.unknown["subresource-integrity"]
    assert found.observation.markup.script_count == 0


async def test_a_certificate_that_only_the_browser_accepts_is_not_called_invalid() -> None:
    """Browsers complete chains that nothing else can; what cannot be asked then is unknown."""
    refused = ssl.SSLCertVerificationError("unable to get local issuer certificate")
    web = PublicWeb({HTTP: TO_HTTPS, HTTPS: refused})
    found = await ask(web, pages=[{"url": HTTPS, "status": 200, "headers": [list(HTML)]}])
    assert {"strict-transport-security", "redirection"} <= set(found.unknown)
    with pytest.raises(PageError):
        await ask(web)
    found = await ask(PublicWeb({HTTP: PAGE, HTTPS: refused}), HTTP)
    assert check_hsts(found.observation).result == "hsts-invalid-cert"


async def test_a_port_of_its_own_hides_the_other_scheme() -> None:
    """Where https answers on an unusual port, nobody knows where http would."""
    url = "https://shop.example.org:8443/"
    found = await ask(PublicWeb({url: PAGE}), url)
    assert set(found.unknown) == {"redirection"}
    assert check_hsts(found.observation).result == "hsts-not-implemented"


@pytest.mark.parametrize(
    ("content_type", "body", "scripts"),
    [
        ("text/html; charset=utf-16-le", "<script>".encode("utf-16-le").decode("latin-1"), 1),
        ("text/html; charset=no-such-thing", "<script>", 1),
        ("text/html; charset=hex", "<script>", 1),
        ("application/json", "<script>", 0),
        ("", "<script>", 1),
    ],
)
async def test_markup_is_read_as_what_the_server_calls_it(content_type: str, body: str, scripts: int) -> None:
    """Any text encoding is understood, an unknown one is taken for UTF-8, and other types are no markup."""
    found = await ask(PublicWeb({HTTPS: (200, [("Content-Type", content_type)], body)}))
    assert found.observation.markup.script_count == scripts
