"""What each outcome of each test is worth, and what it means.

The tests' names, their outcomes' names and the modifiers are those of the MDN HTTP Observatory, algorithm version 6
(https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring). The sentences are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ALGORITHM = "MDN HTTP Observatory 6"


class Outcome(NamedTuple):
    """One outcome of a test: what it adds to the score, whether the test passes, what it means."""

    modifier: int
    passes: bool
    meaning: str


RESULTS: Mapping[str, Mapping[str, Outcome]] = {
    "content-security-policy": {
        "csp-implemented-with-no-unsafe-default-src-none": Outcome(
            10, True, "The content security policy forbids everything that it does not name, and nothing is unsafe."
        ),
        "csp-implemented-with-no-unsafe": Outcome(5, True, "The content security policy allows nothing unsafe."),
        "csp-implemented-with-unsafe-inline-in-style-src-only": Outcome(
            0, True, "The content security policy is unsafe for styles only: inline, data: or any host."
        ),
        "csp-implemented-with-insecure-scheme-in-passive-content-only": Outcome(
            -10, True, "The content security policy lets images or media come over http:."
        ),
        "csp-implemented-with-unsafe-eval": Outcome(
            -10, False, "The content security policy lets text be run as script ('unsafe-eval')."
        ),
        "csp-implemented-with-unsafe-inline": Outcome(
            -20, False, "The content security policy does not hold scripts back: inline, data:, any host, or no limit."
        ),
        "csp-implemented-with-insecure-scheme": Outcome(
            -20, False, "The content security policy lets content that can change the page come over http:."
        ),
        "csp-implemented-but-duplicate-directives": Outcome(
            0, True, "The content security policy names where to report to more than once."
        ),
        "csp-header-invalid": Outcome(-25, False, "The content security policy is not valid."),
        "csp-not-implemented": Outcome(-25, False, "There is no content security policy."),
        "csp-not-implemented-but-reporting-enabled": Outcome(
            -25, False, "The content security policy only reports, and forbids nothing."
        ),
    },
    "cookies": {
        "cookies-secure-with-httponly-sessions-and-samesite": Outcome(
            5, True, "All cookies are Secure and say SameSite, and session cookies are HttpOnly."
        ),
        "cookies-secure-with-httponly-sessions": Outcome(
            0, True, "All cookies are Secure, and session cookies are HttpOnly."
        ),
        "cookies-not-found": Outcome(0, True, "No cookie is set."),
        "cookies-without-secure-flag-but-protected-by-hsts": Outcome(
            -5, False, "A cookie is not Secure; only strict transport security keeps it off http:."
        ),
        "cookies-session-without-secure-flag-but-protected-by-hsts": Outcome(
            -10, False, "A session cookie is not Secure; only strict transport security keeps it off http:."
        ),
        "cookies-without-secure-flag": Outcome(-20, False, "A cookie is not Secure, so it also travels over http:."),
        "cookies-samesite-flag-invalid": Outcome(
            -20, False, "A cookie's SameSite is not valid, or is None without Secure."
        ),
        "cookies-anticsrf-without-samesite-flag": Outcome(
            -20, False, "A cookie against request forgery does not say SameSite."
        ),
        "cookies-session-without-httponly-flag": Outcome(
            -30, False, "A session cookie is not HttpOnly, so that any script of the page can take it."
        ),
        "cookies-session-without-secure-flag": Outcome(
            -40, False, "A session cookie is not Secure, so it also travels over http:."
        ),
    },
    "cross-origin-resource-sharing": {
        "cross-origin-resource-sharing-not-implemented": Outcome(0, True, "Other sites cannot read the page."),
        "cross-origin-resource-sharing-implemented-with-public-access": Outcome(
            0, True, "Every site can read the page, though without the visitor's cookies."
        ),
        "cross-origin-resource-sharing-implemented-with-restricted-access": Outcome(
            0, True, "Only sites that the server names can read the page with the visitor's cookies."
        ),
        "cross-origin-resource-sharing-implemented-with-universal-access": Outcome(
            -50, False, "Every site can read the page with the visitor's cookies: the server allows whichever asks."
        ),
    },
    "redirection": {
        "redirection-all-redirects-preloaded": Outcome(
            0, True, "Browsers know every host on the way from http: as one for https: only."
        ),
        "redirection-to-https": Outcome(0, True, "The http: address leads to https: on the same host at once."),
        "redirection-not-needed-no-http": Outcome(0, True, "Nothing answers over http:."),
        "redirection-off-host-from-http": Outcome(
            -5, False, "The http: address leads straight to another host, so its own never gets to say https: only."
        ),
        "redirection-not-to-https-on-initial-redirection": Outcome(
            -10, False, "The http: address leads to https: only after another http: address."
        ),
        "redirection-not-to-https": Outcome(-20, False, "The http: address leads to one that is http: too."),
        "redirection-missing": Outcome(-20, False, "The http: address serves pages and leads nowhere else."),
        "redirection-invalid-cert": Outcome(
            -20, False, "The http: address leads to https: with a certificate that is not valid."
        ),
    },
    "referrer-policy": {
        "referrer-policy-private": Outcome(5, True, "Other sites are told no more than which site a visitor is from."),
        "referrer-policy-not-implemented": Outcome(0, True, "There is no referrer policy; the browser's own holds."),
        "referrer-policy-unsafe": Outcome(-5, False, "The referrer policy tells more than a browser would by itself."),
        "referrer-policy-header-invalid": Outcome(-5, False, "The referrer policy names none that exists."),
    },
    "strict-transport-security": {
        "hsts-preloaded": Outcome(5, True, "Browsers know this host as one for https: only."),
        "hsts-implemented-max-age-at-least-six-months": Outcome(
            0, True, "Browsers are told to keep to https: for at least six months."
        ),
        "hsts-implemented-max-age-less-than-six-months": Outcome(
            -10, False, "Browsers are told to keep to https:, but for less than six months."
        ),
        "hsts-not-implemented": Outcome(-20, False, "Browsers are not told to keep to https:."),
        "hsts-header-invalid": Outcome(-20, False, "The header that tells browsers to keep to https: is not valid."),
        "hsts-not-implemented-no-https": Outcome(-20, False, "Nothing answers over https:."),
        "hsts-invalid-cert": Outcome(
            -20, False, "Browsers cannot be told to keep to https:, because the certificate is not valid."
        ),
    },
    "subresource-integrity": {
        "sri-implemented-and-all-scripts-loaded-securely": Outcome(
            5, True, "Scripts come from the site itself, and say what they must be."
        ),
        "sri-implemented-and-external-scripts-loaded-securely": Outcome(
            5, True, "Scripts from other sites say what they must be, and come over https:."
        ),
        "sri-not-implemented-response-not-html": Outcome(0, True, "The page is not HTML and loads no script."),
        "sri-not-implemented-but-no-scripts-loaded": Outcome(0, True, "The page has no script."),
        "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": Outcome(
            0, True, "All scripts come from the site itself."
        ),
        "sri-not-implemented-but-external-scripts-loaded-securely": Outcome(
            -5, False, "Scripts from other sites come over https:, but nothing says what they must be."
        ),
        "sri-implemented-but-external-scripts-not-loaded-securely": Outcome(
            -20, False, "Scripts from other sites say what they must be, but can come over http:."
        ),
        "sri-not-implemented-and-external-scripts-not-loaded-securely": Outcome(
            -50, False, "Scripts can come over http:, and nothing says what they must be."
        ),
    },
    "x-content-type-options": {
        "x-content-type-options-nosniff": Outcome(0, True, "Browsers take files for what the server calls them."),
        "x-content-type-options-header-invalid": Outcome(
            -5, False, "X-Content-Type-Options has a value other than nosniff."
        ),
        "x-content-type-options-not-implemented": Outcome(
            -5, False, "Browsers may guess what a file is, and run what was never meant as a script."
        ),
    },
    "x-frame-options": {
        "x-frame-options-implemented-via-csp": Outcome(
            5, True, "The content security policy says which sites may frame the page."
        ),
        "x-frame-options-sameorigin-or-deny": Outcome(5, True, "No other site may frame the page."),
        "x-frame-options-allow-from-origin": Outcome(
            0, True, "X-Frame-Options allows one site to frame the page, in a form that browsers no longer read."
        ),
        "x-frame-options-not-implemented": Outcome(
            -20, False, "Any site may frame the page, and so trick visitors into clicking in it."
        ),
        "x-frame-options-header-invalid": Outcome(-20, False, "X-Frame-Options has a value that does not exist."),
    },
    "cross-origin-resource-policy": {
        "corp-not-implemented": Outcome(0, True, "There is no Cross-Origin-Resource-Policy."),
        "corp-implemented-with-same-origin": Outcome(10, True, "No other origin can load the page as a resource."),
        "corp-implemented-with-same-site": Outcome(10, True, "No other site can load the page as a resource."),
        "corp-implemented-with-cross-origin": Outcome(0, True, "Every site can load the page as a resource."),
        "corp-header-invalid": Outcome(-5, False, "Cross-Origin-Resource-Policy has a value that does not exist."),
    },
    "cross-origin-embedder-policy": {
        "coep-not-implemented": Outcome(0, True, "There is no Cross-Origin-Embedder-Policy."),
        "coep-implemented-with-require-corp": Outcome(
            10, True, "The page loads from other origins only what agrees to it."
        ),
        "coep-implemented-with-credentialless": Outcome(
            10, True, "The page loads from other origins without the visitor's cookies."
        ),
        "coep-implemented-with-unsafe-none": Outcome(0, True, "Cross-Origin-Embedder-Policy asks for nothing."),
        "coep-header-invalid": Outcome(-5, False, "Cross-Origin-Embedder-Policy has a value that does not exist."),
    },
    "cross-origin-opener-policy": {
        "coop-not-implemented": Outcome(0, True, "There is no Cross-Origin-Opener-Policy."),
        "coop-implemented-with-same-origin": Outcome(10, True, "The page shares its window with no other origin."),
        "coop-implemented-with-same-origin-allow-popups": Outcome(
            10, True, "The page shares its window with no other origin but the ones that it opens."
        ),
        "coop-implemented-with-noopener-allow-popups": Outcome(
            10, True, "The page never shares its window with what opened it."
        ),
        "coop-implemented-with-unsafe-none": Outcome(0, True, "Cross-Origin-Opener-Policy asks for nothing."),
        "coop-header-invalid": Outcome(-5, False, "Cross-Origin-Opener-Policy has a value that does not exist."),
    },
}
