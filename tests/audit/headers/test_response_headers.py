"""The tests `x-frame-options`, `x-content-type-options` and `referrer-policy`."""

import pytest

from tests.audit.headers.responses import responses
from veritas.audit.headers.response_headers import check_framing, check_referrer, check_sniffing

META_CSP = "<meta http-equiv=content-security-policy content=\"frame-ancestors 'none'\">"
META_REFERRER = "<meta name=referrer content='{}'>"


@pytest.mark.parametrize(
    ("header", "result", "passed"),
    [
        ("DENY", "sameorigin-or-deny", True),
        (" sameorigin ", "sameorigin-or-deny", True),
        ("ALLOW-FROM https://a.example", "allow-from-origin", True),
        ("SAMEORIGIN, SAMEORIGIN", "header-invalid", False),
        ("whatever", "header-invalid", False),
        ("", "not-implemented", False),
    ],
)
def test_framing_by_header(header: str, result: str, passed: bool) -> None:
    """The header has three forms; case and surrounding spaces do not matter."""
    check = check_framing(responses({"X-Frame-Options": header}))
    assert (check.result, check.passed) == (f"x-frame-options-{result}", passed)


def test_framing_by_policy() -> None:
    """A policy's frame-ancestors takes precedence over the older header, which browsers ignore beside it."""
    policy = {"content-security-policy": "frame-ancestors https://mozilla.org"}
    assert check_framing(responses(policy)).result == "x-frame-options-implemented-via-csp"
    assert check_framing(responses({**policy, "x-frame-options": "?"})).result == "x-frame-options-implemented-via-csp"
    invalid = {"content-security-policy": "frame-ancestors 'none'; frame-ancestors 'none'"}
    assert check_framing(responses(invalid)).result == "x-frame-options-not-implemented"
    assert check_framing(responses(page=None)).result == "x-frame-options-not-implemented"


def test_a_policy_that_allows_any_host_restricts_no_framing() -> None:
    """Another policy can still restrict it; X-Frame-Options cannot."""
    for ancestors in ("*", "https:", "'self' http://*"):
        policy = f"frame-ancestors {ancestors}"
        site = responses({"content-security-policy": policy, "x-frame-options": "DENY"})
        assert check_framing(site).result == "x-frame-options-not-implemented"
        site = responses({"content-security-policy": [policy, "frame-ancestors 'self'"]})
        assert check_framing(site).result == "x-frame-options-implemented-via-csp"


def test_framing_in_meta_elements_is_ignored() -> None:
    """Browsers ignore frame-ancestors there, with or without another policy."""
    for headers in ({}, {"content-security-policy": "default-src 'self'"}):
        assert check_framing(responses(headers, html=META_CSP)).result == "x-frame-options-not-implemented"


@pytest.mark.parametrize(
    ("header", "result"),
    [
        ("nosniff", "nosniff"),
        (" NoSniff ", "nosniff"),
        ("nosniff, nosniff", "header-invalid"),
        ("sniff", "header-invalid"),
        ("", "not-implemented"),
    ],
)
def test_sniffing(header: str, result: str) -> None:
    """Only `nosniff` is a valid value."""
    check = check_sniffing(responses({"X-Content-Type-Options": header}))
    assert check.result == f"x-content-type-options-{result}"
    assert check.passed == (result == "nosniff")


@pytest.mark.parametrize(
    ("header", "meta", "result"),
    [
        ("no-referrer", None, "private"),
        ("Same-Origin", None, "private"),
        ("strict-origin-when-cross-origin", None, "private"),
        ("origin", None, "unsafe"),
        ("no-referrer-when-downgrade", None, "unsafe"),
        ("unsafe-url, strict-origin", None, "private"),
        ("strict-origin, unsafe-url", None, "unsafe"),
        ("strict-origin, unknown", None, "private"),
        ("unknown", None, "header-invalid"),
        ("", None, "header-invalid"),
        (None, "origin", "unsafe"),
        ("no-referrer", "unsafe-url", "unsafe"),
        ("unsafe-url", "no-referrer", "private"),
        ("no-referrer", "unknown", "private"),
        (None, None, "not-implemented"),
    ],
)
def test_referrers(header: str | None, meta: str | None, result: str) -> None:
    """The last valid policy applies, and a meta element comes after the header."""
    headers = {} if header is None else {"Referrer-Policy": header}
    check = check_referrer(responses(headers, html=META_REFERRER.format(meta) if meta else ""))
    assert check.result == f"referrer-policy-{result}"
    assert check.passed == (result in ("private", "not-implemented"))


def test_without_a_page_no_test_passes() -> None:
    """A missing response is not protection."""
    assert not check_referrer(responses(page=None)).passed
    assert not check_sniffing(responses(page=None)).passed
