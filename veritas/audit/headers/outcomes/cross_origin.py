"""The outcomes of the tests of the policies about other origins."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.headers.outcomes.outcome import Outcome

CORS: Mapping[str, Outcome] = {
    "cross-origin-resource-sharing-not-implemented": Outcome(0, True, "Other sites cannot read the page."),
    "cross-origin-resource-sharing-implemented-with-public-access": Outcome(
        0, True, "Every site can read the page, but without the visitor's cookies."
    ),
    "cross-origin-resource-sharing-implemented-with-restricted-access": Outcome(
        0, True, "Only sites that the server names can read the page with the visitor's cookies."
    ),
    "cross-origin-resource-sharing-implemented-with-universal-access": Outcome(
        -50,
        False,
        "Every site can read the page with the visitor's cookies, because the server allows any origin.",
        "CORS allows any origin with credentials",
    ),
}

RESOURCE_POLICY: Mapping[str, Outcome] = {
    "corp-not-implemented": Outcome(0, True, "Cross-Origin-Resource-Policy is missing."),
    "corp-implemented-with-same-origin": Outcome(10, True, "No other origin can load the page as a resource."),
    "corp-implemented-with-same-site": Outcome(10, True, "No other site can load the page as a resource."),
    "corp-implemented-with-cross-origin": Outcome(0, True, "Every site can load the page as a resource."),
    "corp-header-invalid": Outcome(
        -5,
        False,
        "Cross-Origin-Resource-Policy has a value that does not exist.",
        "Invalid Cross-Origin-Resource-Policy",
    ),
}

EMBEDDER_POLICY: Mapping[str, Outcome] = {
    "coep-not-implemented": Outcome(0, True, "Cross-Origin-Embedder-Policy is missing."),
    "coep-implemented-with-require-corp": Outcome(
        10, True, "The page loads resources of other origins only if they allow it."
    ),
    "coep-implemented-with-credentialless": Outcome(
        10, True, "The page loads resources of other origins without the visitor's cookies."
    ),
    "coep-implemented-with-unsafe-none": Outcome(0, True, "Cross-Origin-Embedder-Policy restricts nothing."),
    "coep-header-invalid": Outcome(
        -5,
        False,
        "Cross-Origin-Embedder-Policy has a value that does not exist.",
        "Invalid Cross-Origin-Embedder-Policy",
    ),
}

OPENER_POLICY: Mapping[str, Outcome] = {
    "coop-not-implemented": Outcome(0, True, "Cross-Origin-Opener-Policy is missing."),
    "coop-implemented-with-same-origin": Outcome(10, True, "The page shares its window with no other origin."),
    "coop-implemented-with-same-origin-allow-popups": Outcome(
        10, True, "The page shares its window with no other origin, except the pop-ups that it opens."
    ),
    "coop-implemented-with-noopener-allow-popups": Outcome(
        10, True, "The page never shares its window with the page that opened it."
    ),
    "coop-implemented-with-unsafe-none": Outcome(0, True, "Cross-Origin-Opener-Policy restricts nothing."),
    "coop-header-invalid": Outcome(
        -5,
        False,
        "Cross-Origin-Opener-Policy has a value that does not exist.",
        "Invalid Cross-Origin-Opener-Policy",
    ),
}
