"""The outcomes of each test: their points, meanings, and titles as findings.

The tests' names, their outcomes' names and the modifiers are those of the MDN HTTP Observatory, algorithm version 6
(https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring). The sentences and titles are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from veritas.audit.headers.outcomes.cookies import COOKIES
from veritas.audit.headers.outcomes.cross_origin import CORS, EMBEDDER_POLICY, OPENER_POLICY, RESOURCE_POLICY
from veritas.audit.headers.outcomes.csp import CSP
from veritas.audit.headers.outcomes.https import HSTS, REDIRECTION
from veritas.audit.headers.outcomes.outcome import Outcome
from veritas.audit.headers.outcomes.response_headers import FRAMING, REFERRER, SNIFFING
from veritas.audit.headers.outcomes.sri import SRI

ALGORITHM = "MDN HTTP Observatory 6"

OUTCOMES: Mapping[str, Mapping[str, Outcome]] = {
    "content-security-policy": CSP,
    "cookies": COOKIES,
    "cross-origin-resource-sharing": CORS,
    "redirection": REDIRECTION,
    "referrer-policy": REFERRER,
    "strict-transport-security": HSTS,
    "subresource-integrity": SRI,
    "x-content-type-options": SNIFFING,
    "x-frame-options": FRAMING,
    "cross-origin-resource-policy": RESOURCE_POLICY,
    "cross-origin-embedder-policy": EMBEDDER_POLICY,
    "cross-origin-opener-policy": OPENER_POLICY,
}

__all__ = ("ALGORITHM", "OUTCOMES", "Outcome")
