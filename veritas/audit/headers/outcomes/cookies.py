"""The outcomes of the test of cookies."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.headers.outcomes.outcome import Outcome

COOKIES: Mapping[str, Outcome] = {
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
}
