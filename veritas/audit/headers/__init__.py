"""The security checks of a site's headers: the twelve tests of the MDN HTTP Observatory, as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from veritas.audit.headers.check_result import CheckResult
from veritas.audit.headers.cookies import check_cookies
from veritas.audit.headers.cross_origin import (
    check_cors,
    check_embedder_policy,
    check_opener_policy,
    check_resource_policy,
)
from veritas.audit.headers.csp import check_csp
from veritas.audit.headers.https import check_hsts, check_redirection
from veritas.audit.headers.outcomes import ALGORITHM, OUTCOMES
from veritas.audit.headers.response_headers import check_framing, check_referrer, check_sniffing
from veritas.audit.headers.responses import Cookie, Exchange, SiteResponses
from veritas.audit.headers.scoring import Score, score
from veritas.audit.headers.sri import check_sri

TESTS: Mapping[str, Callable[[SiteResponses], CheckResult]] = {
    "content-security-policy": check_csp,
    "cookies": check_cookies,
    "cross-origin-resource-sharing": check_cors,
    "redirection": check_redirection,
    "referrer-policy": check_referrer,
    "strict-transport-security": check_hsts,
    "subresource-integrity": check_sri,
    "x-content-type-options": check_sniffing,
    "x-frame-options": check_framing,
    "cross-origin-resource-policy": check_resource_policy,
    "cross-origin-embedder-policy": check_embedder_policy,
    "cross-origin-opener-policy": check_opener_policy,
}


def evaluate(site: SiteResponses) -> list[CheckResult]:
    """Return the result of each test on *site*."""
    return [check(site) for check in TESTS.values()]


__all__ = (
    "ALGORITHM",
    "OUTCOMES",
    "TESTS",
    "CheckResult",
    "Cookie",
    "Exchange",
    "Score",
    "SiteResponses",
    "evaluate",
    "score",
)
