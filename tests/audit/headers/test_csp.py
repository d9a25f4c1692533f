"""The verdicts on content security policies."""

import pytest

from tests.audit.headers.observations import exchange, observe
from veritas.audit.headers.csp import check_csp, merged_directives

NAME = "content-security-policy"
SAFE = "default-src 'none'; script-src https://cdn.example.net; style-src https://cdn.example.net"

VERDICTS = {
    # All that is not named is forbidden, and nothing named is unsafe.
    "default-src 'none'": "csp-implemented-with-no-unsafe-default-src-none",
    SAFE: "csp-implemented-with-no-unsafe-default-src-none",
    # The default may be something else than nothing, or missing.
    "default-src 'self'": "csp-implemented-with-no-unsafe",
    "default-src 'none' 'self'": "csp-implemented-with-no-unsafe",
    "script-src 'self'; object-src 'none'; style-src 'self'": "csp-implemented-with-no-unsafe",
    # Styles alone.
    "default-src 'self'; style-src 'self' 'unsafe-inline'": "csp-implemented-with-unsafe-inline-in-style-src-only",
    "default-src 'self'; style-src http://*": "csp-implemented-with-insecure-scheme",
    "default-src 'self'; style-src https://*.*": "csp-implemented-with-unsafe-inline-in-style-src-only",
    # Without a default, what is not named is allowed.
    "script-src 'self'; object-src 'none'": "csp-implemented-with-unsafe-inline-in-style-src-only",
    "script-src 'self'; style-src 'self'": "csp-implemented-with-unsafe-inline",
    "object-src 'none'; style-src 'self'": "csp-implemented-with-unsafe-inline",
    "upgrade-insecure-requests": "csp-implemented-with-unsafe-inline",
    # Pictures and media over http.
    "default-src 'self'; media-src http:": "csp-implemented-with-insecure-scheme-in-passive-content-only",
    "default-src 'self'; img-src ftp://a.example": "csp-implemented-with-insecure-scheme-in-passive-content-only",
    # Anything else over http.
    "default-src 'self'; font-src http://a.example": "csp-implemented-with-insecure-scheme",
    "default-src http://a.example": "csp-implemented-with-insecure-scheme",
    "default-src 'self'; report-uri http://a.example/r": "csp-implemented-with-insecure-scheme",
    # Text as script.
    "default-src 'self' 'unsafe-eval'": "csp-implemented-with-unsafe-eval",
    "default-src 'self'; style-src 'unsafe-eval'": "csp-implemented-with-unsafe-eval",
    "default-src 'self'; script-src 'unsafe-eval'; img-src http:": "csp-implemented-with-unsafe-eval",
    # Scripts from anywhere.
    "default-src 'self'; script-src data:": "csp-implemented-with-unsafe-inline",
    "default-src 'self' 'unsafe-inline'": "csp-implemented-with-unsafe-inline",
    "default-src 'self'; object-src http://*.*": "csp-implemented-with-unsafe-inline",
    "default-src 'self'; object-src data:": "csp-implemented-with-no-unsafe",
    # A nonce or a hash takes the force from 'unsafe-inline'.
    "default-src 'self'; script-src 'unsafe-inline' 'nonce-Abc'": "csp-implemented-with-no-unsafe",
    "default-src 'self'; style-src 'unsafe-inline' 'sha512-abc='": "csp-implemented-with-no-unsafe",
    "default-src 'self' 'unsafe-inline' 'sha384-abc='": "csp-implemented-with-no-unsafe",
    "default-src 'self'; script-src 'nonce-a'; style-src 'unsafe-inline'": (
        "csp-implemented-with-unsafe-inline-in-style-src-only"
    ),
    "default-src 'self'; script-src 'nonce-a' data:": "csp-implemented-with-unsafe-inline",
    # 'strict-dynamic' does so from hosts and schemes, and needs a nonce or a hash itself.
    "default-src 'self'; script-src 'strict-dynamic' 'nonce-a' https: http: * 'self' 'unsafe-inline'": (
        "csp-implemented-with-no-unsafe"
    ),
    "default-src 'none'; script-src 'strict-dynamic' https:": "csp-header-invalid",
    "default-src 'self' 'strict-dynamic'": "csp-header-invalid",
    # Reporting may be asked for twice.
    "default-src 'self'; report-uri /a; report-uri /b": "csp-implemented-but-duplicate-directives",
    "default-src *; report-uri /a; report-uri /b": "csp-implemented-with-unsafe-inline",
    # Not a policy.
    "": "csp-header-invalid",
    "none": "csp-header-invalid",
    "default-src 'none'; default-src 'none'": "csp-header-invalid",
    ";;;;;;;;": "csp-not-implemented",
}
PASSING = {
    "csp-implemented-with-no-unsafe-default-src-none",
    "csp-implemented-with-no-unsafe",
    "csp-implemented-with-unsafe-inline-in-style-src-only",
    "csp-implemented-with-insecure-scheme-in-passive-content-only",
    "csp-implemented-but-duplicate-directives",
}


@pytest.mark.parametrize(("policy", "result"), VERDICTS.items())
def test_a_policy_has_its_verdict(policy: str, result: str) -> None:
    """Each rule leads to its verdict, in a header and whatever the header's case."""
    judged = check_csp(observe({"Content-Security-Policy": policy}))
    assert judged.result == result
    assert judged.passed == (result in PASSING)


@pytest.mark.parametrize(("policy", "result"), VERDICTS.items())
def test_a_policy_has_the_same_verdict_in_a_meta_element(policy: str, result: str) -> None:
    """None of these directives counts in headers only; an empty element is no policy at all."""
    judged = check_csp(observe(html=f'<meta http-equiv="Content-Security-Policy" content="{policy}">'))
    assert judged.result == (result if policy else "csp-not-implemented")


def test_no_policy() -> None:
    """Without a policy, or without a page to have one, there is none."""
    assert check_csp(observe()).result == "csp-not-implemented"
    assert check_csp(observe(page=None)).result == "csp-not-implemented"


def test_a_policy_that_only_reports_forbids_nothing() -> None:
    """It is told apart from none, and does not matter beside one that holds."""
    reports = {"Content-Security-Policy-Report-Only": "default-src 'none'"}
    assert check_csp(observe(reports)).result == "csp-not-implemented-but-reporting-enabled"
    assert check_csp(observe({**reports, NAME: "default-src 'self'"})).result == "csp-implemented-with-no-unsafe"


def test_http_pages_may_load_over_http() -> None:
    """On a page that is not encrypted itself, insecure sources change nothing."""
    policy = {NAME: "default-src http://a.example; img-src http:"}
    assert check_csp(observe(policy, url="http://shop.example.org/")).result == "csp-implemented-with-no-unsafe"
    assert check_csp(observe(policy)).result == "csp-implemented-with-insecure-scheme"


def test_several_policies_count_together() -> None:
    """Two headers, one header with a comma, and a header with a meta element are all the same."""
    one, two = "default-src 'self'; script-src 'unsafe-inline' 'self'", "default-src 'self'; script-src 'self'"
    meta = f'<meta http-equiv=content-security-policy content="{two}">'
    for observation in (observe({NAME: [one, two]}), observe({NAME: f"{one}, {two}"}), observe({NAME: one}, html=meta)):
        assert check_csp(observation).result == "csp-implemented-with-no-unsafe"
    assert check_csp(observe({NAME: one})).result == "csp-implemented-with-unsafe-inline"


def test_what_does_not_count_in_a_meta_element_is_no_policy() -> None:
    """A meta element with nothing but frame-ancestors forbids nothing."""
    meta = "<meta http-equiv=content-security-policy content=\"frame-ancestors 'none'\">"
    assert check_csp(observe(html=meta)).result == "csp-not-implemented"
    assert merged_directives(observe(html=meta)) == {}
    assert merged_directives(observe({NAME: "frame-ancestors 'none'"}))["frame-ancestors"] == {"'none'"}


def test_the_sources_at_fault_are_named() -> None:
    """The evidence is the policy, and in it what made the verdict."""
    judged = check_csp(observe({NAME: "default-src 'self'; script-src 'self' data: https:"}))
    assert judged.value == "default-src 'self'; script-src 'self' data: https:"
    assert judged.measured == {"at_fault": ["data:", "https:"]}
    assert "repeated" not in check_csp(observe(page=exchange({NAME: SAFE}))).measured
