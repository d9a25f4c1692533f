"""The outcomes of each test: their points, meanings, and titles as findings.

The tests' names, their outcomes' names and the modifiers are those of the MDN HTTP Observatory, algorithm version 6
(https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring). The sentences and titles are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ALGORITHM = "MDN HTTP Observatory 6"


class Outcome(NamedTuple):
    """An outcome of a test.

    Attributes:
        modifier: The points that it adds to the score.
        passes: Whether the test passes.
        meaning: Its meaning, in one sentence.
        title: The title of its finding; "" if the test passes.
    """

    modifier: int
    passes: bool
    meaning: str
    title: str = ""

    @property
    def severity(self) -> str:
        """The severity of its finding: the more points a failed test costs, the more severe."""
        for lowest, severity in ((-5, "low"), (-25, "medium"), (-40, "high")):
            if self.modifier >= lowest:
                return severity
        return "critical"


OUTCOMES: Mapping[str, Mapping[str, Outcome]] = {
    "content-security-policy": {
        "csp-implemented-with-no-unsafe-default-src-none": Outcome(
            10, True, "The Content-Security-Policy forbids everything that it does not list, and lists nothing unsafe."
        ),
        "csp-implemented-with-no-unsafe": Outcome(5, True, "The Content-Security-Policy allows nothing unsafe."),
        "csp-implemented-with-unsafe-inline-in-style-src-only": Outcome(
            0,
            True,
            "The Content-Security-Policy is unsafe for styles only: it allows inline styles, data: URLs or any host.",
        ),
        "csp-implemented-with-insecure-scheme-in-passive-content-only": Outcome(
            -10, True, "The Content-Security-Policy allows images or media over http:."
        ),
        "csp-implemented-with-unsafe-eval": Outcome(
            -10,
            False,
            "The Content-Security-Policy allows strings to be run as scripts ('unsafe-eval').",
            "Content-Security-Policy allows unsafe-eval",
        ),
        "csp-implemented-with-unsafe-inline": Outcome(
            -20,
            False,
            "The Content-Security-Policy does not restrict scripts: it allows inline scripts, data: URLs or any host, "
            "or has no rule for them.",
            "Content-Security-Policy allows unsafe scripts",
        ),
        "csp-implemented-with-insecure-scheme": Outcome(
            -20,
            False,
            "The Content-Security-Policy allows content that can change the page to come over http:.",
            "Content-Security-Policy allows plain http",
        ),
        "csp-implemented-but-duplicate-directives": Outcome(
            0, True, "The Content-Security-Policy repeats a reporting directive."
        ),
        "csp-header-invalid": Outcome(
            -25, False, "The Content-Security-Policy is not valid.", "Invalid Content-Security-Policy"
        ),
        "csp-not-implemented": Outcome(
            -25, False, "The Content-Security-Policy is missing.", "No Content-Security-Policy"
        ),
        "csp-not-implemented-but-reporting-enabled": Outcome(
            -25,
            False,
            "The Content-Security-Policy only reports, and forbids nothing.",
            "Content-Security-Policy is report-only",
        ),
    },
    "cookies": {
        "cookies-secure-with-httponly-sessions-and-samesite": Outcome(
            5, True, "All cookies have Secure and SameSite, and session cookies have HttpOnly."
        ),
        "cookies-secure-with-httponly-sessions": Outcome(
            0, True, "All cookies have Secure, and session cookies have HttpOnly."
        ),
        "cookies-not-found": Outcome(0, True, "The site sets no cookies."),
        "cookies-without-secure-flag-but-protected-by-hsts": Outcome(
            -5,
            False,
            "A cookie does not have Secure; only Strict-Transport-Security keeps it off http:.",
            "Cookie without Secure",
        ),
        "cookies-session-without-secure-flag-but-protected-by-hsts": Outcome(
            -10,
            False,
            "A session cookie does not have Secure; only Strict-Transport-Security keeps it off http:.",
            "Session cookie without Secure",
        ),
        "cookies-without-secure-flag": Outcome(
            -20, False, "A cookie does not have Secure, so it is also sent over http:.", "Cookie without Secure"
        ),
        "cookies-samesite-flag-invalid": Outcome(
            -20,
            False,
            "A cookie's SameSite is not valid, or has the value None without Secure.",
            "Cookie with invalid SameSite",
        ),
        "cookies-anticsrf-without-samesite-flag": Outcome(
            -20,
            False,
            "A cookie against request forgery (CSRF) does not have SameSite.",
            "Anti-CSRF cookie without SameSite",
        ),
        "cookies-session-without-httponly-flag": Outcome(
            -30,
            False,
            "A session cookie does not have HttpOnly, so any script of the page can read it.",
            "Session cookie without HttpOnly",
        ),
        "cookies-session-without-secure-flag": Outcome(
            -40,
            False,
            "A session cookie does not have Secure, so it is also sent over http:.",
            "Session cookie without Secure",
        ),
    },
    "cross-origin-resource-sharing": {
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
    },
    "redirection": {
        "redirection-all-redirects-preloaded": Outcome(
            0, True, "Every host in the http: redirect chain is on the HSTS preload list, so browsers only use https:."
        ),
        "redirection-to-https": Outcome(
            0, True, "The http: address redirects to https: on the same host in its first redirect."
        ),
        "redirection-not-needed-no-http": Outcome(0, True, "The site does not answer over http:."),
        "redirection-off-host-from-http": Outcome(
            -5,
            False,
            "The http: address redirects straight to another host, so its own host cannot set "
            "Strict-Transport-Security.",
            "http redirects to another host",
        ),
        "redirection-not-to-https-on-initial-redirection": Outcome(
            -10,
            False,
            "The http: address redirects to another http: address before https:.",
            "First redirect stays on http",
        ),
        "redirection-not-to-https": Outcome(
            -20,
            False,
            "The http: address redirects to an address that is http: too.",
            "Redirect does not lead to https",
        ),
        "redirection-missing": Outcome(
            -20, False, "The http: address serves pages and does not redirect.", "No redirect to https"
        ),
        "redirection-invalid-cert": Outcome(
            -20,
            False,
            "The http: address redirects to https: with a certificate that is not valid.",
            "Redirect to https with an invalid certificate",
        ),
    },
    "referrer-policy": {
        "referrer-policy-private": Outcome(5, True, "Other sites learn at most which site a visitor comes from."),
        "referrer-policy-not-implemented": Outcome(
            0, True, "Referrer-Policy is missing; the browser's default applies."
        ),
        "referrer-policy-unsafe": Outcome(
            -5,
            False,
            "The Referrer-Policy reveals more to other sites than the browser's default does.",
            "Unsafe Referrer-Policy",
        ),
        "referrer-policy-header-invalid": Outcome(
            -5, False, "The Referrer-Policy has no valid value.", "Invalid Referrer-Policy"
        ),
    },
    "strict-transport-security": {
        "hsts-preloaded": Outcome(5, True, "The host is on the HSTS preload list, so browsers only use https:."),
        "hsts-implemented-max-age-at-least-six-months": Outcome(
            0, True, "Strict-Transport-Security makes browsers use only https: for at least six months."
        ),
        "hsts-implemented-max-age-less-than-six-months": Outcome(
            -10,
            False,
            "Strict-Transport-Security makes browsers use only https:, but not for six months.",
            "Strict-Transport-Security too short",
        ),
        "hsts-not-implemented": Outcome(
            -20, False, "Strict-Transport-Security is missing, so browsers may use http:.", "No HSTS"
        ),
        "hsts-header-invalid": Outcome(
            -20, False, "Strict-Transport-Security is not valid.", "Invalid Strict-Transport-Security"
        ),
        "hsts-not-implemented-no-https": Outcome(-20, False, "The site does not answer over https:.", "No https"),
        "hsts-invalid-cert": Outcome(
            -20,
            False,
            "Browsers ignore Strict-Transport-Security, because the certificate is not valid.",
            "No HSTS: invalid certificate",
        ),
    },
    "subresource-integrity": {
        "sri-implemented-and-all-scripts-loaded-securely": Outcome(
            5, True, "All scripts come from the site itself, and have an integrity hash."
        ),
        "sri-implemented-and-external-scripts-loaded-securely": Outcome(
            5, True, "Scripts from other sites have an integrity hash, and come over https:."
        ),
        "sri-not-implemented-response-not-html": Outcome(0, True, "The page is not HTML and loads no script."),
        "sri-not-implemented-but-no-scripts-loaded": Outcome(0, True, "The page has no script."),
        "sri-not-implemented-but-all-scripts-loaded-from-secure-origin": Outcome(
            0, True, "All scripts come from the site itself."
        ),
        "sri-not-implemented-but-external-scripts-loaded-securely": Outcome(
            -5,
            False,
            "Scripts from other sites come over https:, but have no integrity hash.",
            "No Subresource Integrity",
        ),
        "sri-implemented-but-external-scripts-not-loaded-securely": Outcome(
            -20,
            False,
            "Scripts from other sites have an integrity hash, but can come over http:.",
            "External scripts over plain http",
        ),
        "sri-not-implemented-and-external-scripts-not-loaded-securely": Outcome(
            -50,
            False,
            "Scripts can come over http:, and have no integrity hash.",
            "No Subresource Integrity, scripts over plain http",
        ),
    },
    "x-content-type-options": {
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
    },
    "x-frame-options": {
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
    },
    "cross-origin-resource-policy": {
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
    },
    "cross-origin-embedder-policy": {
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
    },
    "cross-origin-opener-policy": {
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
    },
}
