"""The outcomes of the test of Content-Security-Policy."""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.headers.outcomes.outcome import Outcome

CSP: Mapping[str, Outcome] = {
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
    "csp-not-implemented": Outcome(-25, False, "The Content-Security-Policy is missing.", "No Content-Security-Policy"),
    "csp-not-implemented-but-reporting-enabled": Outcome(
        -25,
        False,
        "The Content-Security-Policy only reports, and forbids nothing.",
        "Content-Security-Policy is report-only",
    ),
}
