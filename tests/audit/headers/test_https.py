"""The verdicts on strict transport security and on redirection."""

import pytest

from tests.audit.headers.observations import exchange, observe
from veritas.audit.headers.https import check_hsts, check_redirection, is_preloaded

PRELOADED = "accounts.google.com"


@pytest.mark.parametrize(
    ("header", "result"),
    [
        ("max-age=15552000", "implemented-max-age-at-least-six-months"),
        (" Max-Age=63072000 ; IncludeSubDomains; preload", "implemented-max-age-at-least-six-months"),
        ('max-age="31536000"', "implemented-max-age-at-least-six-months"),
        ("max-age=1; max-age=31536000", "implemented-max-age-at-least-six-months"),
        ("max-age=15551999", "implemented-max-age-less-than-six-months"),
        ("max-age=0", "implemented-max-age-less-than-six-months"),
        ("max-age=31536000, max-age=31536000", "header-invalid"),
        ("includeSubDomains", "header-invalid"),
        ("max-age=", "header-invalid"),
        ("max-age=long", "header-invalid"),
        ("max-age = 31536000", "header-invalid"),
        ("", "header-invalid"),
    ],
)
def test_the_header_names_a_time(header: str, result: str) -> None:
    """Half a year is enough; a header without a number, or two in one, is not valid."""
    judged = check_hsts(observe(https=exchange({"Strict-Transport-Security": header})))
    assert judged.result == f"hsts-{result}"
    assert judged.passed == (result == "implemented-max-age-at-least-six-months")


def test_the_first_header_counts() -> None:
    """Browsers pass over any but the first (RFC 6797, section 8.1)."""
    answer = exchange({"Strict-Transport-Security": ["max-age=10", "max-age=31536000"]})
    assert check_hsts(observe(https=answer)).result == "hsts-implemented-max-age-less-than-six-months"


def test_without_https_there_is_no_strict_transport_security() -> None:
    """Nothing there, a bad certificate, and no header are told apart; a header over http: does not count."""
    header = {"Strict-Transport-Security": "max-age=31536000"}
    assert check_hsts(observe(header, https=None)).result == "hsts-not-implemented-no-https"
    assert check_hsts(observe(header, https=exchange())).result == "hsts-not-implemented"
    assert check_hsts(observe(https=exchange(dict(header), verified=False))).result == "hsts-invalid-cert"


def test_browsers_know_some_hosts() -> None:
    """The list counts before the header and the certificate, but not without https."""
    for answer in (exchange(), exchange({"strict-transport-security": "?"}), exchange(verified=False)):
        assert check_hsts(observe(host=PRELOADED, https=answer)).result == "hsts-preloaded"
    assert check_hsts(observe(host=PRELOADED, https=None)).result == "hsts-not-implemented-no-https"


@pytest.mark.parametrize("host", ["x.dev", "deep.below.x.dev", PRELOADED])
def test_hosts_on_the_list(host: str) -> None:
    """A host is on it by itself, or under a domain that is on it with all below."""
    assert is_preloaded(host)


@pytest.mark.parametrize("host", ["example.org", "localhost", "127.0.0.1", "", "a..b", "x" * 300, "\udc80"])
def test_hosts_not_on_the_list(host: str) -> None:
    """Others are not, be they hosts or not."""
    assert not is_preloaded(host)


@pytest.mark.parametrize(
    ("route", "result"),
    [
        (["http://a.example/"], "missing"),
        (["http://a.example/", "https://a.example/"], "to-https"),
        (["http://a.example/", "https://a.example/", "https://www.a.example/"], "to-https"),
        (["http://a.example/", "https://A.example:8443/x"], "to-https"),
        (["http://a.example/", "http://a.example/x"], "not-to-https"),
        (["http://a.example/", "https://a.example/", "http://a.example/x"], "not-to-https"),
        (["http://a.example/", "http://a.example/x", "https://a.example/"], "not-to-https-on-initial-redirection"),
        (["http://a.example/", "https://www.a.example/"], "off-host-from-http"),
        (["http://x.dev/"], "all-redirects-preloaded"),
        (["http://x.dev/", "http://y.dev/"], "all-redirects-preloaded"),
        (["http://x.dev/", "http://a.example/"], "not-to-https"),
    ],
)
def test_where_http_leads(route: list[str], result: str) -> None:
    """Every way to go has its verdict."""
    judged = check_redirection(observe(http_route=tuple(route)))
    assert judged.result == f"redirection-{result}"
    assert judged.passed == (result in ("to-https", "all-redirects-preloaded"))
    assert judged.measured["route"] == route


def test_http_that_does_not_answer_needs_no_redirection() -> None:
    """Nothing there is safe; a bad certificate on the way is not."""
    judged = check_redirection(observe(http=None, http_route=()))
    assert (judged.result, judged.passed) == ("redirection-not-needed-no-http", True)
    judged = check_redirection(observe(http=exchange(verified=False)))
    assert (judged.result, judged.passed) == ("redirection-invalid-cert", False)
