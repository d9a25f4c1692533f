"""The tests of one response header: `x-frame-options`, `x-content-type-options` and `referrer-policy`."""

from __future__ import annotations

from veritas.audit.headers.check_result import MAX_VALUE, CheckResult
from veritas.audit.headers.csp import BROAD, enforced_policies
from veritas.audit.headers.markup import REFERRER_POLICY
from veritas.audit.headers.responses import SiteResponses

FRAME_OPTIONS = "x-frame-options"
CONTENT_TYPE_OPTIONS = "x-content-type-options"

PRIVATE_POLICIES = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
UNSAFE_POLICIES = frozenset({"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"})


def check_framing(site: SiteResponses) -> CheckResult:
    """Check who may frame the page; a policy's frame-ancestors in a header takes precedence over the older header.

    Every policy has to allow a site. One that allows any host restricts nothing, and neither does X-Frame-Options then,
    which browsers ignore beside frame-ancestors.
    """
    header = site.page.first(FRAME_OPTIONS)[:MAX_VALUE] if site.page else ""
    option = header.strip().lower()
    ancestors = [
        sources for policy in enforced_policies(site) if (sources := policy.get("frame-ancestors")) is not None
    ]
    if any(not sources & BROAD for sources in ancestors):
        result = "x-frame-options-implemented-via-csp"
    elif ancestors or not header:
        result = "x-frame-options-not-implemented"
    elif option in ("deny", "sameorigin"):
        result = "x-frame-options-sameorigin-or-deny"
    elif option.startswith("allow-from"):
        result = "x-frame-options-allow-from-origin"
    else:
        result = "x-frame-options-header-invalid"
    measured = {"frame_ancestors": sorted(set().union(*ancestors))} if ancestors else {}
    return CheckResult.of(FRAME_OPTIONS, result, header=FRAME_OPTIONS, value=header, measured=measured)


def check_sniffing(site: SiteResponses) -> CheckResult:
    """Check whether browsers may guess the types of files."""
    header = site.page.first(CONTENT_TYPE_OPTIONS)[:MAX_VALUE] if site.page else ""
    if not header:
        result = "x-content-type-options-not-implemented"
    elif header.strip().lower() == "nosniff":
        result = "x-content-type-options-nosniff"
    else:
        result = "x-content-type-options-header-invalid"
    return CheckResult.of(CONTENT_TYPE_OPTIONS, result, header=CONTENT_TYPE_OPTIONS, value=header)


def check_referrer(site: SiteResponses) -> CheckResult:
    """Check what other sites learn from the Referer header.

    The last policy with a valid value applies; those in meta elements come after the header.
    """
    page = site.page
    values = page.values(REFERRER_POLICY) if page else ()
    declared = [*values, *(site.markup.meta.get(REFERRER_POLICY, ()) if page else ())]
    policies = (word.strip().lower() for value in declared for word in value.split(","))
    valid = [policy for policy in policies if policy in PRIVATE_POLICIES | UNSAFE_POLICIES]
    if not declared:
        result = "referrer-policy-not-implemented"
    elif not valid:
        result = "referrer-policy-header-invalid"
    elif valid[-1] in PRIVATE_POLICIES:
        result = "referrer-policy-private"
    else:
        result = "referrer-policy-unsafe"
    return CheckResult.of(
        REFERRER_POLICY, result, answered=page is not None, header=REFERRER_POLICY, value=", ".join(declared)
    )
