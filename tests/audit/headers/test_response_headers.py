"""The verdicts on framing, on sniffing and on what referrers tell."""

import pytest

from tests.audit.headers.observations import observe
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
    """The header has three forms, and case and space around do not matter."""
    judged = check_framing(observe({"X-Frame-Options": header}))
    assert (judged.result, judged.passed) == (f"x-frame-options-{result}", passed)


def test_framing_by_policy() -> None:
    """A policy's frame-ancestors counts before the header, whatever it allows; a meta element alone cannot hold it."""
    policy = {"content-security-policy": "frame-ancestors *"}
    assert check_framing(observe(policy)).result == "x-frame-options-implemented-via-csp"
    assert check_framing(observe({**policy, "x-frame-options": "?"})).result == "x-frame-options-implemented-via-csp"
    assert check_framing(observe(html=META_CSP)).result == "x-frame-options-not-implemented"
    invalid = {"content-security-policy": "frame-ancestors 'none'; frame-ancestors 'none'"}
    assert check_framing(observe(invalid)).result == "x-frame-options-not-implemented"
    assert check_framing(observe(page=None)).result == "x-frame-options-not-implemented"


def test_framing_in_meta_elements_counts_beside_another_policy() -> None:
    """The Observatory merges all policies before it looks for frame-ancestors, and so does the check."""
    observation = observe({"content-security-policy": "default-src 'self'"}, html=META_CSP)
    assert check_framing(observation).result == "x-frame-options-implemented-via-csp"


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
    """There is one value that means something."""
    judged = check_sniffing(observe({"X-Content-Type-Options": header}))
    assert judged.result == f"x-content-type-options-{result}"
    assert judged.passed == (result == "nosniff")


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
        ("strict-origin, new-word", None, "private"),
        ("new-word", None, "header-invalid"),
        ("", None, "header-invalid"),
        (None, "origin", "unsafe"),
        ("no-referrer", "unsafe-url", "unsafe"),
        ("unsafe-url", "no-referrer", "private"),
        ("no-referrer", "new-word", "private"),
        (None, None, "not-implemented"),
    ],
)
def test_referrers(header: str | None, meta: str | None, result: str) -> None:
    """The last policy that exists holds, and a meta element comes after the header."""
    headers = {} if header is None else {"Referrer-Policy": header}
    judged = check_referrer(observe(headers, html=META_REFERRER.format(meta) if meta else ""))
    assert judged.result == f"referrer-policy-{result}"
    assert judged.passed == (result in ("private", "not-implemented"))


def test_without_a_page_nothing_passes() -> None:
    """No answer is no protection."""
    assert not check_referrer(observe(page=None)).passed
    assert not check_sniffing(observe(page=None)).passed
