"""The tests `strict-transport-security` and `redirection`."""

import pytest

from tests.audit.headers.responses import exchange, responses
from veritas.audit.headers.https import check_hsts, check_redirection

PRELOADED = frozenset({"shop.example.org", "x.dev", "y.dev"})


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
def test_the_max_age_must_be_long_enough(header: str, result: str) -> None:
    """Six months are enough; a header without a number, or two headers in one, is invalid."""
    check = check_hsts(responses(https=exchange({"Strict-Transport-Security": header})))
    assert check.result == f"hsts-{result}"
    assert check.passed == (result == "implemented-max-age-at-least-six-months")


def test_the_first_header_counts() -> None:
    """Browsers ignore all but the first header (RFC 6797, section 8.1)."""
    response = exchange({"Strict-Transport-Security": ["max-age=10", "max-age=31536000"]})
    assert check_hsts(responses(https=response)).result == "hsts-implemented-max-age-less-than-six-months"


def test_without_https_there_is_no_hsts() -> None:
    """No https, an invalid certificate and no header have different outcomes; a header over http: is ignored."""
    header = {"Strict-Transport-Security": "max-age=31536000"}
    assert check_hsts(responses(header, https=None)).result == "hsts-not-implemented-no-https"
    assert check_hsts(responses(header, https=exchange())).result == "hsts-not-implemented"
    assert check_hsts(responses(https=exchange(dict(header), verified=False))).result == "hsts-invalid-cert"


def test_a_preloaded_host_needs_no_header() -> None:
    """The preload list takes precedence over the header and the certificate, but the site must answer over https:."""
    for response in (exchange(), exchange({"strict-transport-security": "?"}), exchange(verified=False)):
        check = check_hsts(responses(preloaded=PRELOADED, https=response))
        assert (check.result, check.measured["preloaded"]) == ("hsts-preloaded", True)
    assert check_hsts(responses(preloaded=PRELOADED, https=None)).result == "hsts-not-implemented-no-https"


def test_without_the_preload_list_the_header_decides() -> None:
    """The evidence states that it is not known whether the host is listed."""
    check = check_hsts(responses(https=exchange({"strict-transport-security": "max-age=31536000"})))
    assert (check.passed, check.measured["preloaded"]) == (True, None)


@pytest.mark.parametrize(
    ("chain", "result"),
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
def test_each_kind_of_redirect_chain_has_its_outcome(chain: list[str], result: str) -> None:
    """The URLs that the http: URL redirects to decide."""
    check = check_redirection(responses(http_chain=tuple(chain), preloaded=PRELOADED))
    assert check.result == f"redirection-{result}"
    assert check.passed == (result in ("to-https", "all-redirects-preloaded"))
    assert check.measured["route"] == chain


def test_a_site_without_http_needs_no_redirect() -> None:
    """No http: is safe; an invalid certificate in the redirect chain is not."""
    check = check_redirection(responses(http=None, http_chain=()))
    assert (check.result, check.passed) == ("redirection-not-needed-no-http", True)
    check = check_redirection(responses(http=exchange(verified=False)))
    assert (check.result, check.passed) == ("redirection-invalid-cert", False)
