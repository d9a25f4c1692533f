"""The tests of what other origins may do with the page: CORS, CORP, COEP and COOP."""

from __future__ import annotations

import re
from collections.abc import Mapping

from veritas.audit.headers.check_result import MAX_VALUE, CheckResult
from veritas.audit.headers.responses import SiteResponses

ALLOW_ORIGIN = "access-control-allow-origin"
ALLOW_CREDENTIALS = "access-control-allow-credentials"
RESOURCE_POLICY = "cross-origin-resource-policy"
EMBEDDER_POLICY = "cross-origin-embedder-policy"
OPENER_POLICY = "cross-origin-opener-policy"

_RESOURCE_POLICIES = {value: f"corp-implemented-with-{value}" for value in ("same-site", "same-origin", "cross-origin")}
_EMBEDDER_POLICIES = {
    value: f"coep-implemented-with-{value}" for value in ("require-corp", "credentialless", "unsafe-none")
}
_OPENER_POLICIES = {
    value: f"coop-implemented-with-{value}"
    for value in ("same-origin", "same-origin-allow-popups", "noopener-allow-popups", "unsafe-none")
}

# An item of a structured field (RFC 9651, section 3.3) whose value is a token, with its parameters.
_TOKEN = r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*"
_BARE_ITEM = "|".join(
    (
        r"-?[0-9]{1,12}\.[0-9]{1,3}",
        r"-?[0-9]{1,15}",
        r'"(?:[ !#-\[\]-~]|\\["\\])*"',
        _TOKEN,
        r":[A-Za-z0-9+/=]*:",
        r"\?[01]",
        r"@-?[0-9]{1,15}",
        r'%"(?:[ !#$&-~]|%[0-9a-f]{2})*"',
    )
)
_TOKEN_ITEM = re.compile(rf"({_TOKEN})(?:; *[a-z*][a-z0-9_.*-]*(?:=(?:{_BARE_ITEM}))?)*")


def check_cors(site: SiteResponses) -> CheckResult:
    """Check which other sites may read the page, by the response to a request with a foreign origin."""
    response = site.cors
    allowed = response.first(ALLOW_ORIGIN) if response else ""
    result = "cross-origin-resource-sharing-not-implemented"
    if response and allowed:
        origin = response.request_header("origin")
        with_credentials = response.first(ALLOW_CREDENTIALS).strip().lower() == "true"
        if allowed.strip() == "*":
            result = "cross-origin-resource-sharing-implemented-with-public-access"
        elif origin and origin == allowed and with_credentials:
            result = "cross-origin-resource-sharing-implemented-with-universal-access"
        else:
            result = "cross-origin-resource-sharing-implemented-with-restricted-access"
    return CheckResult.of("cross-origin-resource-sharing", result, header=ALLOW_ORIGIN, value=allowed)


def check_resource_policy(site: SiteResponses) -> CheckResult:
    """Check who may load the page as a resource; a header that is sent twice is invalid."""
    page = site.page
    header = ", ".join(page.values(RESOURCE_POLICY)) if page else ""
    if page and not header:
        header = next(reversed(site.markup.meta.get(RESOURCE_POLICY, ())), "")
    value = header[:MAX_VALUE].strip().lower()
    result = _RESOURCE_POLICIES.get(value, "corp-header-invalid") if value else "corp-not-implemented"
    return CheckResult.of(RESOURCE_POLICY, result, answered=page is not None, header=RESOURCE_POLICY, value=header)


def check_embedder_policy(site: SiteResponses) -> CheckResult:
    """Check what the page may load from other origins."""
    return _check_structured(site, EMBEDDER_POLICY, "coep", _EMBEDDER_POLICIES)


def check_opener_policy(site: SiteResponses) -> CheckResult:
    """Check which other pages share a browsing context group with the page."""
    return _check_structured(site, OPENER_POLICY, "coop", _OPENER_POLICIES)


def parse_token(value: str) -> str | None:
    """Return the token in the structured field *value*, without its parameters; None if it is not a token."""
    item = _TOKEN_ITEM.fullmatch(value.strip(" "))
    return item[1] if item else None


def _check_structured(site: SiteResponses, name: str, prefix: str, policies: Mapping[str, str]) -> CheckResult:
    page = site.page
    values = page.values(name) if page else ()
    if len(values) > 1:
        result = f"{prefix}-header-invalid"
    elif not values or not values[0]:
        result = f"{prefix}-not-implemented"
    else:
        token = parse_token(values[0][:MAX_VALUE].strip())
        result = policies.get(token or "", f"{prefix}-header-invalid")
    return CheckResult.of(name, result, answered=page is not None, header=name, value=", ".join(values))
