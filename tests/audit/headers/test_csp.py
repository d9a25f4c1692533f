"""The test `content-security-policy`."""

import pytest

from tests.audit.headers.responses import exchange, responses
from veritas.audit.headers.csp import check_csp, enforced_policies
from veritas.audit.headers.csp_policy import MAX_POLICIES

NAME = "content-security-policy"
SAFE = "default-src 'none'; script-src https://cdn.example.net; style-src https://cdn.example.net"

OUTCOMES = {
    # Everything that is not listed is forbidden, and nothing listed is unsafe.
    "default-src 'none'": "csp-implemented-with-no-unsafe-default-src-none",
    SAFE: "csp-implemented-with-no-unsafe-default-src-none",
    # The default is not 'none', or missing.
    "default-src 'self'": "csp-implemented-with-no-unsafe",
    "default-src 'none' 'self'": "csp-implemented-with-no-unsafe",
    "script-src 'self'; object-src 'none'; style-src 'self'": "csp-implemented-with-no-unsafe",
    # Only styles are unsafe.
    "default-src 'self'; style-src 'self' 'unsafe-inline'": "csp-implemented-with-unsafe-inline-in-style-src-only",
    "default-src 'self'; style-src http://*": "csp-implemented-with-insecure-scheme",
    "default-src 'self'; style-src https://*.*": "csp-implemented-with-unsafe-inline-in-style-src-only",
    # Without a default, everything that is not listed is allowed.
    "script-src 'self'; object-src 'none'": "csp-implemented-with-unsafe-inline-in-style-src-only",
    "script-src 'self'; style-src 'self'": "csp-implemented-with-unsafe-inline",
    "object-src 'none'; style-src 'self'": "csp-implemented-with-unsafe-inline",
    "upgrade-insecure-requests": "csp-implemented-with-unsafe-inline",
    # Images and media over http.
    "default-src 'self'; media-src http:": "csp-implemented-with-insecure-scheme-in-passive-content-only",
    "default-src 'self'; img-src ftp://a.example": "csp-implemented-with-insecure-scheme-in-passive-content-only",
    # Other content over http.
    "default-src 'self'; font-src http://a.example": "csp-implemented-with-insecure-scheme",
    "default-src http://a.example": "csp-implemented-with-insecure-scheme",
    "default-src 'self'; report-uri http://a.example/r": "csp-implemented-with-insecure-scheme",
    # Strings run as scripts.
    "default-src 'self' 'unsafe-eval'": "csp-implemented-with-unsafe-eval",
    "default-src 'self'; style-src 'unsafe-eval'": "csp-implemented-with-unsafe-eval",
    "default-src 'self'; script-src 'unsafe-eval'; img-src http:": "csp-implemented-with-unsafe-eval",
    # Scripts from anywhere.
    "default-src 'self'; script-src data:": "csp-implemented-with-unsafe-inline",
    "default-src 'self' 'unsafe-inline'": "csp-implemented-with-unsafe-inline",
    "default-src 'self'; object-src http://*.*": "csp-implemented-with-unsafe-inline",
    "default-src 'self'; object-src data:": "csp-implemented-with-no-unsafe",
    # A nonce or a hash disables 'unsafe-inline'.
    "default-src 'self'; script-src 'unsafe-inline' 'nonce-Abc'": "csp-implemented-with-no-unsafe",
    "default-src 'self'; style-src 'unsafe-inline' 'sha512-abc='": "csp-implemented-with-no-unsafe",
    "default-src 'self' 'unsafe-inline' 'sha384-abc='": "csp-implemented-with-no-unsafe",
    "default-src 'self'; script-src 'nonce-a'; style-src 'unsafe-inline'": (
        "csp-implemented-with-unsafe-inline-in-style-src-only"
    ),
    "default-src 'self'; script-src 'nonce-a' data:": "csp-implemented-with-unsafe-inline",
    # 'strict-dynamic' disables hosts and schemes, and needs a nonce or a hash.
    "default-src 'self'; script-src 'strict-dynamic' 'nonce-a' https: http: * 'self' 'unsafe-inline'": (
        "csp-implemented-with-no-unsafe"
    ),
    "default-src 'none'; script-src 'strict-dynamic' https:": "csp-header-invalid",
    "default-src 'self' 'strict-dynamic'": "csp-header-invalid",
    # Reporting directives may be repeated.
    "default-src 'self'; report-uri /a; report-uri /b": "csp-implemented-but-duplicate-directives",
    "default-src *; report-uri /a; report-uri /b": "csp-implemented-with-unsafe-inline",
    # Not a valid policy.
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


@pytest.mark.parametrize(("policy", "result"), OUTCOMES.items())
def test_a_policy_in_a_header_has_its_outcome(policy: str, result: str) -> None:
    """Each rule has its own outcome; the case of the header's name does not matter."""
    check = check_csp(responses({"Content-Security-Policy": policy}))
    assert check.result == result
    assert check.passed == (result in PASSING)


@pytest.mark.parametrize(("policy", "result"), OUTCOMES.items())
def test_a_policy_in_a_meta_element_has_the_same_outcome(policy: str, result: str) -> None:
    """An empty element is not a policy, and reports are only sent as a header requests."""
    check = check_csp(responses(html=f'<meta http-equiv="Content-Security-Policy" content="{policy}">'))
    if "report-uri http:" in policy:
        result = "csp-implemented-with-no-unsafe"
    assert check.result == (result if policy else "csp-not-implemented")


def test_no_policy_is_an_outcome() -> None:
    """A page without a policy and a missing page have the same outcome."""
    assert check_csp(responses()).result == "csp-not-implemented"
    assert check_csp(responses(page=None)).result == "csp-not-implemented"


def test_a_report_only_policy_forbids_nothing() -> None:
    """It has its own outcome, and is ignored if there is also an enforced policy."""
    reports = {"Content-Security-Policy-Report-Only": "default-src 'none'"}
    assert check_csp(responses(reports)).result == "csp-not-implemented-but-reporting-enabled"
    assert check_csp(responses({**reports, NAME: "default-src 'self'"})).result == "csp-implemented-with-no-unsafe"


def test_http_pages_may_load_over_http() -> None:
    """On a page that is not encrypted, insecure sources are not a fault."""
    policy = {NAME: "default-src http://a.example; img-src http:"}
    assert check_csp(responses(policy, url="http://shop.example.org/")).result == "csp-implemented-with-no-unsafe"
    assert check_csp(responses(policy)).result == "csp-implemented-with-insecure-scheme"


OPEN = "default-src * 'unsafe-inline' 'unsafe-eval'"
SEVERAL = {
    # A policy without a rule for scripts takes nothing away from an open one.
    ("frame-ancestors 'self'", OPEN): "csp-implemented-with-unsafe-inline",
    ("upgrade-insecure-requests", OPEN): "csp-implemented-with-unsafe-inline",
    (OPEN, "img-src 'self'"): "csp-implemented-with-unsafe-inline",
    ("script-src 'self'", OPEN): "csp-implemented-with-unsafe-inline",  # plug-ins from anywhere
    ("default-src 'self'; script-src 'self'", OPEN): "csp-implemented-with-no-unsafe",
    # One strict policy is enough.
    (OPEN, "default-src 'none'"): "csp-implemented-with-no-unsafe-default-src-none",
    ("script-src 'unsafe-inline'", "default-src 'none'"): "csp-implemented-with-no-unsafe-default-src-none",
    ("default-src 'self'; script-src 'unsafe-inline'", "default-src 'self'"): "csp-implemented-with-no-unsafe",
    # Two policies may each forbid what the other allows.
    ("default-src 'self' 'unsafe-eval'", "default-src 'self' 'unsafe-inline'"): "csp-implemented-with-no-unsafe",
    ("default-src *", "default-src 'self' 'unsafe-inline'"): "csp-implemented-with-no-unsafe",
    ("default-src 'self'; font-src http:", "default-src 'self'; connect-src http:"): "csp-implemented-with-no-unsafe",
    # A fault that all of them allow remains.
    ("default-src 'self' 'unsafe-eval'", "script-src 'unsafe-eval'"): "csp-implemented-with-unsafe-eval",
    ("default-src 'self' http://a.example", "script-src 'self'"): "csp-implemented-with-insecure-scheme",
    ("default-src 'self'; img-src http:", "default-src 'self'; img-src http://a.example"): (
        "csp-implemented-with-insecure-scheme-in-passive-content-only"
    ),
    ("default-src 'self'; style-src 'unsafe-inline'", "script-src 'self'"): (
        "csp-implemented-with-unsafe-inline-in-style-src-only"
    ),
    # Browsers ignore an invalid policy and enforce the others.
    ("default-src 'self'", ""): "csp-implemented-with-no-unsafe",
    ("none", "x"): "csp-header-invalid",
    ("script-src 'strict-dynamic'", OPEN): "csp-implemented-with-unsafe-inline",
}


@pytest.mark.parametrize(("policies", "result"), SEVERAL.items())
def test_each_of_several_policies_is_enforced(policies: tuple[str, str], result: str) -> None:
    """The page may do what all policies allow, whatever their order and whether one is in a meta element."""
    for one, two in (policies, policies[::-1]):
        meta = f'<meta http-equiv=content-security-policy content="{two}">'
        assert check_csp(responses({NAME: [one, two]})).result == result
        assert check_csp(responses({NAME: f"{one}, {two}"})).result == result
        if one and two and "frame-ancestors" not in two:
            assert check_csp(responses({NAME: one}, html=meta)).result == result


def test_too_many_policies_are_invalid() -> None:
    """A page cannot keep the checks busy with a large number of policies."""
    check = check_csp(responses({NAME: ["default-src 'self'"] * (MAX_POLICIES + 1)}))
    assert check.result == "csp-header-invalid" and "101" in check.measured["problem"]


def test_frame_ancestors_is_ignored_in_a_meta_element() -> None:
    """A meta element with only frame-ancestors forbids nothing, and so it does beside another policy."""
    meta = "<meta http-equiv=content-security-policy content=\"frame-ancestors 'none'\">"
    assert check_csp(responses(html=meta)).result == "csp-not-implemented"
    for headers in ({}, {NAME: "default-src 'self'"}):
        policies = enforced_policies(responses(headers, html=meta))
        assert all(policy.get("frame-ancestors") is None for policy in policies)
    (policy,) = enforced_policies(responses({NAME: "frame-ancestors 'none'"}))
    assert policy.get("frame-ancestors") == {"'none'"}


def test_the_sources_at_fault_are_listed() -> None:
    """The evidence is the policy and the sources in it that caused the outcome."""
    check = check_csp(responses({NAME: "default-src 'self'; script-src 'self' data: https:"}))
    assert check.value == "default-src 'self'; script-src 'self' data: https:"
    assert check.measured == {"at_fault": ["data:", "https:"]}
    assert "repeated" not in check_csp(responses(page=exchange({NAME: SAFE}))).measured
