"""The probe of a site: its requests, and the tests that stay unknown."""

import ssl

import h11
import pytest

from tests.audit.conftest import Site
from tests.audit.facts import page as page_of
from tests.audit.headers.servers import PublicWeb
from veritas.audit.browser import Browser, Tab
from veritas.audit.headers import TESTS
from veritas.audit.headers.cookies import check_cookies
from veritas.audit.headers.https import check_hsts, check_redirection
from veritas.audit.headers.probe import FOREIGN_ORIGIN, ProbeResult, probe
from veritas.audit.page import PageFacts
from veritas.errors import PageError

HTML = ("Content-Type", "text/html; charset=utf-8")
HTTP, HTTPS = "http://shop.example.org/", "https://shop.example.org/"
OWN_PORT, OVER_HTTP = "https://shop.example.org:8443/", "http://shop.example.org:8443/"
PAGE = (200, [HTML], "<script src=a.js></script>")
TO_HTTPS = (301, [("Location", HTTPS)], "")


def visited(tab: Tab) -> PageFacts:
    """Return the parts of the scout's record of a visit that the probe reads."""
    return page_of(tab.url, status=tab.status, headers=list(tab.headers), redirects=list(tab.redirects))


async def probe_web(web: PublicWeb, url: str = HTTPS, pages: list[PageFacts] | None = None) -> ProbeResult:
    """Probe a site of the fake web."""
    return await probe(web, url, pages or [])


async def test_a_visited_pages_headers_are_the_browsers(browser: Browser, site: Site) -> None:
    """Headers and cookies come from the browser, redirects included; the HTML comes from the server."""
    site.page(
        "/shop",
        "<script src=a.js></script>",
        headers=[("X-Frame-Options", "DENY"), ("Set-Cookie", "b=2; SameSite=Lax")],
    )
    site.page("/", "", status=302, headers=[("Location", "/shop"), ("Set-Cookie", "a=1; HttpOnly")])
    async with await browser.visit(site.url("/")) as tab:
        result = await probe(browser, site.url("/"), [visited(tab)])
    assert result.responses.url == site.url("/shop")
    assert result.responses.page and result.responses.page.first("x-frame-options") == "DENY"
    assert result.responses.markup.script_count == 1
    assert [(cookie.name, cookie.same_site, cookie.http_only) for cookie in result.cookies] == [
        ("a", "", True),
        ("b", "lax", False),
    ]
    assert ("GET", "/shop", FOREIGN_ORIGIN) in [(m, path, headers.get("Origin")) for m, path, headers in site.requests]


async def test_without_a_visit_the_server_is_asked(browser: Browser, site: Site) -> None:
    """If the browser visited no page, the probe fetches it."""
    site.page("/", "<p>", headers={"Set-Cookie": "a=1"})
    result = await probe(browser, site.url("/"), [])
    assert result.responses.page and result.responses.page.status == 200
    assert [cookie.name for cookie in result.cookies] == ["a"]


async def test_loopback_needs_no_encryption(browser: Browser, site: Site) -> None:
    """The tests of https: are unknown there, and cookies count as if they had Secure."""
    site.page("/", "", headers={"Set-Cookie": "sess=1; HttpOnly; SameSite=Lax"})
    result = await probe(browser, site.url("/", host="localhost"), [])
    assert result.loopback
    assert set(result.unknown) == result.not_applicable == {"redirection", "strict-transport-security"}
    assert check_cookies(result.responses).passed
    assert not result.cookies[0].secure


async def test_without_any_response_the_probe_fails(browser: Browser) -> None:
    """If the browser visited no page and the site does not answer, there is nothing to check."""
    with pytest.raises(PageError, match="refuses the connection"):
        await probe(browser, "http://127.0.0.1:1/", [])


async def test_a_public_site_is_asked_over_both_schemes() -> None:
    """Both schemes are tested, and no test is unknown."""
    web = PublicWeb({HTTP: TO_HTTPS, HTTPS: (200, [HTML, ("Strict-Transport-Security", "max-age=99999999")], "")})
    result = await probe_web(web)
    assert result.unknown == {}
    assert check_redirection(result.responses).result == "redirection-to-https"
    assert check_hsts(result.responses).passed
    assert sorted(url for url, headers in web.requests if not headers) == [HTTP, HTTPS, HTTPS]


async def test_the_requested_scheme_is_checked() -> None:
    """A site that only answers over http: has no https:, and its page is the http: one."""
    result = await probe_web(PublicWeb({HTTP: PAGE}), HTTP)
    assert result.responses.url == HTTP
    assert check_hsts(result.responses).result == "hsts-not-implemented-no-https"
    assert check_redirection(result.responses).result == "redirection-missing"


async def test_a_refused_connection_means_no_http() -> None:
    """It shows that no server listens, so the test is not unknown."""
    result = await probe_web(PublicWeb({HTTPS: PAGE}))
    assert check_redirection(result.responses).result == "redirection-not-needed-no-http"
    assert "redirection" not in result.unknown


async def test_after_a_timeout_the_tests_are_unknown() -> None:
    """With Strict-Transport-Security unknown, the protection of the cookies is unknown too."""
    page = page_of(HTTPS, headers=[HTML, ("Set-Cookie", "a=1")])
    result = await probe_web(PublicWeb({HTTP: TimeoutError("silence"), HTTPS: TimeoutError("silence")}), pages=[page])
    assert set(result.unknown) == {
        "redirection",
        "strict-transport-security",
        "cookies",
        "subresource-integrity",
        "content-security-policy",
        "referrer-policy",
        "cross-origin-resource-sharing",
    }
    assert all("silence" in reason for test, reason in result.unknown.items() if test != "cookies")
    assert set(result.unknown) < set(TESTS)


async def test_a_policy_in_a_header_needs_no_html() -> None:
    """Without the HTML, a policy in a header can still be checked."""
    policies = [["Content-Security-Policy", "default-src 'self'"], ["Referrer-Policy", "no-referrer"]]
    page = page_of(HTTPS, headers=[HTML, *policies])
    result = await probe_web(PublicWeb({HTTP: TO_HTTPS, HTTPS: TimeoutError("silence")}), pages=[page])
    assert "content-security-policy" not in result.unknown
    assert "referrer-policy" not in result.unknown
    assert "subresource-integrity" in result.unknown


async def test_a_different_status_outside_the_browser_leaves_the_html_unknown() -> None:
    """A server that answers only browsers does not reveal its HTML to the probe."""
    page = page_of(HTTPS, headers=[HTML])
    result = await probe_web(PublicWeb({HTTP: TO_HTTPS, HTTPS: (403, [HTML], "<script src=x></script>")}), pages=[page])
    assert "status 403" in result.unknown["subresource-integrity"]
    assert result.responses.markup.script_count == 0


async def test_a_certificate_that_the_browser_accepts_is_not_invalid() -> None:
    """Only browsers complete some certificate chains; tests that need such a host's headers are unknown."""
    refused = ssl.SSLCertVerificationError("unable to get local issuer certificate")
    web = PublicWeb({HTTP: TO_HTTPS, HTTPS: refused})
    result = await probe_web(web, pages=[page_of(HTTPS, headers=[HTML])])
    assert {"strict-transport-security", "redirection"} <= set(result.unknown)
    with pytest.raises(PageError):
        await probe_web(web)
    result = await probe_web(PublicWeb({HTTP: PAGE, HTTPS: refused}), HTTP)
    assert check_hsts(result.responses).result == "hsts-invalid-cert"


@pytest.mark.parametrize("preloaded", [frozenset(), None])
async def test_with_a_port_of_its_own_a_site_has_one_scheme(preloaded: frozenset[str] | None) -> None:
    """What answers over https: there has no http: address, so the test of its redirect does not apply."""
    url = "https://shop.example.org:8443/"
    header = ("Strict-Transport-Security", "max-age=99999999")
    result = await probe_web(PublicWeb({url: (200, [HTML, header], "")}, preloaded=preloaded), url)
    assert set(result.unknown) == result.not_applicable == {"redirection"}
    assert check_hsts(result.responses).passed


@pytest.mark.parametrize("answer", [(400, [HTML], ""), EOFError(), ConnectionResetError(), h11.RemoteProtocolError("")])
async def test_what_expects_tls_at_a_port_has_no_http_address(
    answer: Exception | tuple[int, list[tuple[str, str]], str],
) -> None:
    """It answers a request without TLS with status 400, with an alert, or not at all."""
    result = await probe_web(PublicWeb({OWN_PORT: PAGE, OVER_HTTP: answer}), OWN_PORT)
    assert result.not_applicable == {"redirection"}


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(PAGE, "redirection-missing"), ((301, [("Location", OWN_PORT)], ""), "redirection-to-https")],
)
async def test_a_port_that_answers_over_both_schemes_is_tested(
    answer: tuple[int, list[tuple[str, str]], str], outcome: str
) -> None:
    result = await probe_web(PublicWeb({OWN_PORT: PAGE, OVER_HTTP: answer}), OWN_PORT)
    assert "redirection" not in result.unknown
    assert check_redirection(result.responses).result == outcome


async def test_without_time_it_is_unknown_what_a_port_answers_over_http() -> None:
    result = await probe_web(PublicWeb({OWN_PORT: PAGE, OVER_HTTP: TimeoutError("silence")}), OWN_PORT)
    assert set(result.unknown) == {"redirection"} and not result.not_applicable


async def test_no_header_can_encrypt_a_port_that_answers_over_http() -> None:
    """So its test does not apply; but the site does not redirect to https:, and its cookies go over http:."""
    url = "http://shop.example.org:8080/"
    result = await probe_web(PublicWeb({url: (200, [HTML, ("Set-Cookie", "a=1")], "")}), url)
    assert set(result.unknown) == result.not_applicable == {"strict-transport-security"}
    assert "the same port" in result.unknown["strict-transport-security"]
    assert check_redirection(result.responses).result == "redirection-missing"
    assert check_cookies(result.responses).result == "cookies-without-secure-flag"


@pytest.mark.parametrize(
    ("url", "target", "test"),
    [
        ("http://shop.example.org:8080/", HTTPS, "strict-transport-security"),
        ("https://shop.example.org:8443/", HTTP, "redirection"),
    ],
)
async def test_where_a_port_leads_to_another_origin_the_other_scheme_is_unknown(
    url: str, target: str, test: str
) -> None:
    """That origin may answer over both."""
    result = await probe_web(PublicWeb({url: (301, [("Location", target)], ""), target: PAGE}), url)
    assert test in result.unknown and "not known" in result.unknown[test]
    assert not result.not_applicable


@pytest.mark.parametrize(
    ("content_type", "body", "scripts"),
    [
        ("text/html; charset=utf-16le", "<script>".encode("utf-16-le").decode("latin-1"), 1),
        ("text/html; charset=no-such-thing", "<script>", 1),
        ("text/html; charset=hex", "<script>", 1),
        ("application/json", "<script>", 0),
        ("", "<script>", 1),
    ],
)
async def test_html_is_decoded_as_its_content_type_states(content_type: str, body: str, scripts: int) -> None:
    """Any text encoding works, an unknown one is ignored, and other media types are not parsed."""
    result = await probe_web(PublicWeb({HTTPS: (200, [("Content-Type", content_type)], body)}))
    assert result.responses.markup.script_count == scripts


async def test_without_the_preload_list_a_missing_header_is_unknown() -> None:
    """A listed host needs neither the header nor a redirect, so their absence is no fault; their presence is known."""
    header = ("Strict-Transport-Security", "max-age=99999999")
    for answer, unknown in (
        ({HTTP: PAGE, HTTPS: PAGE}, {"strict-transport-security", "redirection"}),
        ({HTTP: TO_HTTPS, HTTPS: (200, [HTML, header], "")}, set()),
    ):
        assert set((await probe_web(PublicWeb(answer, preloaded=None))).unknown) == unknown
    listed = await probe_web(PublicWeb({HTTP: PAGE, HTTPS: PAGE}, preloaded=frozenset({"shop.example.org"})))
    assert check_hsts(listed.responses).result == "hsts-preloaded"
    assert check_redirection(listed.responses).passed
