"""The tests that read one header of the page: `x-frame-options`, `x-content-type-options`, `referrer-policy`."""

from __future__ import annotations

from veritas.audit.headers.csp import merged_directives
from veritas.audit.headers.markup import REFERRER_POLICY
from veritas.audit.headers.observation import MAX_VALUE, CheckResult, Observation, verdict

FRAME_OPTIONS = "x-frame-options"
CONTENT_TYPE_OPTIONS = "x-content-type-options"

PRIVATE_POLICIES = frozenset({"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"})
UNSAFE_POLICIES = frozenset({"origin", "origin-when-cross-origin", "unsafe-url", "no-referrer-when-downgrade"})


def check_framing(observation: Observation) -> CheckResult:
    """Judge who may frame the page; a policy's frame-ancestors counts before the older header.

    It counts even where it stands in a meta element beside another policy, as it does for the Observatory, though
    browsers pass over it there.
    """
    header = observation.page.first(FRAME_OPTIONS)[:MAX_VALUE] if observation.page else ""
    option = header.strip().lower()
    ancestors = merged_directives(observation).get("frame-ancestors")
    if ancestors is not None:
        result = "x-frame-options-implemented-via-csp"
    elif not header:
        result = "x-frame-options-not-implemented"
    elif option in ("deny", "sameorigin"):
        result = "x-frame-options-sameorigin-or-deny"
    elif option.startswith("allow-from"):
        result = "x-frame-options-allow-from-origin"
    else:
        result = "x-frame-options-header-invalid"
    measured = {} if ancestors is None else {"frame_ancestors": sorted(ancestors)}
    return verdict(FRAME_OPTIONS, result, header=FRAME_OPTIONS, value=header, measured=measured)


def check_sniffing(observation: Observation) -> CheckResult:
    """Judge whether browsers may guess at the types of files."""
    header = observation.page.first(CONTENT_TYPE_OPTIONS)[:MAX_VALUE] if observation.page else ""
    if not header:
        result = "x-content-type-options-not-implemented"
    elif header.strip().lower() == "nosniff":
        result = "x-content-type-options-nosniff"
    else:
        result = "x-content-type-options-header-invalid"
    return verdict(CONTENT_TYPE_OPTIONS, result, header=CONTENT_TYPE_OPTIONS, value=header)


def check_referrer(observation: Observation) -> CheckResult:
    """Judge what other sites are told; of several policies the last that exists holds, and meta elements come last."""
    page = observation.page
    values = page.values(REFERRER_POLICY) if page else ()
    declared = [*values, *(observation.markup.meta.get(REFERRER_POLICY, ()) if page else ())]
    known = [
        policy
        for policy in (word.strip().lower() for value in declared for word in value.split(","))
        if policy in PRIVATE_POLICIES | UNSAFE_POLICIES
    ]
    if not declared:
        result = "referrer-policy-not-implemented"
    elif not known:
        result = "referrer-policy-header-invalid"
    elif known[-1] in PRIVATE_POLICIES:
        result = "referrer-policy-private"
    else:
        result = "referrer-policy-unsafe"
    return verdict(
        REFERRER_POLICY, result, answered=page is not None, header=REFERRER_POLICY, value=", ".join(declared)
    )
