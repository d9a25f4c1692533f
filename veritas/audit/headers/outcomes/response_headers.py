"""The outcomes of the tests of Referrer-Policy, X-Content-Type-Options and X-Frame-Options."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.headers.outcomes.outcome import Outcome

REFERRER: Mapping[str, Outcome] = {
    "referrer-policy-private": Outcome(5, True, "Other sites learn at most which site a visitor comes from."),
    "referrer-policy-not-implemented": Outcome(0, True, "Referrer-Policy is missing; the browser's default applies."),
    "referrer-policy-unsafe": Outcome(
        -5,
        False,
        "The Referrer-Policy reveals more to other sites than the browser's default does.",
        "Unsafe Referrer-Policy",
    ),
    "referrer-policy-header-invalid": Outcome(
        -5, False, "The Referrer-Policy has no valid value.", "Invalid Referrer-Policy"
    ),
}

SNIFFING: Mapping[str, Outcome] = {
    "x-content-type-options-nosniff": Outcome(
        0, True, "Browsers use the media types that the server sends, and do not guess."
    ),
    "x-content-type-options-header-invalid": Outcome(
        -5,
        False,
        "X-Content-Type-Options has a value other than nosniff.",
        "Invalid X-Content-Type-Options",
    ),
    "x-content-type-options-not-implemented": Outcome(
        -5,
        False,
        "Browsers may guess the type of a file, and run files as scripts that are not scripts.",
        "MIME sniffing not disabled",
    ),
}

FRAMING: Mapping[str, Outcome] = {
    "x-frame-options-implemented-via-csp": Outcome(
        5, True, "The Content-Security-Policy restricts which sites may frame the page."
    ),
    "x-frame-options-sameorigin-or-deny": Outcome(5, True, "No other site may frame the page."),
    "x-frame-options-allow-from-origin": Outcome(
        0, True, "X-Frame-Options allows one site to frame the page, in a form that browsers no longer support."
    ),
    "x-frame-options-not-implemented": Outcome(
        -20,
        False,
        "Any site may frame the page, and so trick visitors into clicking in it.",
        "Clickjacking: framing allowed",
    ),
    "x-frame-options-header-invalid": Outcome(
        -20, False, "X-Frame-Options has a value that does not exist.", "Clickjacking: invalid X-Frame-Options"
    ),
}
