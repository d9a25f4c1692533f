"""The tests on what other origins may do with the page: CORS, and the cross-origin policies CORP, COEP and COOP."""

from __future__ import annotations

import re
from collections.abc import Mapping

from veritas.audit.headers.observation import MAX_VALUE, CheckResult, Observation, verdict

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


def check_cors(observation: Observation) -> CheckResult:
    """Judge which other sites may read the page, by the answer to a request that named a foreign origin."""
    answer = observation.cors
    allowed = answer.first(ALLOW_ORIGIN) if answer else ""
    result = "cross-origin-resource-sharing-not-implemented"
    if answer and allowed:
        asked = answer.asked_with("origin")
        with_cookies = answer.first(ALLOW_CREDENTIALS).strip().lower() == "true"
        if allowed.strip() == "*":
            result = "cross-origin-resource-sharing-implemented-with-public-access"
        elif asked and asked == allowed and with_cookies:
            result = "cross-origin-resource-sharing-implemented-with-universal-access"
        else:
            result = "cross-origin-resource-sharing-implemented-with-restricted-access"
    return verdict("cross-origin-resource-sharing", result, header=ALLOW_ORIGIN, value=allowed)


def check_resource_policy(observation: Observation) -> CheckResult:
    """Judge who may load the page as a resource; the header sent twice is no policy that exists."""
    page = observation.page
    header = ", ".join(page.values(RESOURCE_POLICY)) if page else ""
    if page and not header:
        header = next(reversed(observation.markup.meta.get(RESOURCE_POLICY, ())), "")
    value = header[:MAX_VALUE].strip().lower()
    result = _RESOURCE_POLICIES.get(value, "corp-header-invalid") if value else "corp-not-implemented"
    return verdict(RESOURCE_POLICY, result, answered=page is not None, header=RESOURCE_POLICY, value=header)


def check_embedder_policy(observation: Observation) -> CheckResult:
    """Judge what the page may load from other origins."""
    return _check_structured(observation, EMBEDDER_POLICY, "coep", _EMBEDDER_POLICIES)


def check_opener_policy(observation: Observation) -> CheckResult:
    """Judge with whom the page shares its window."""
    return _check_structured(observation, OPENER_POLICY, "coop", _OPENER_POLICIES)


def parse_token(value: str) -> str | None:
    """Return the token that the structured field *value* is, parameters left aside; None where it is not one."""
    item = _TOKEN_ITEM.fullmatch(value.strip(" "))
    return item[1] if item else None


def _check_structured(observation: Observation, name: str, prefix: str, policies: Mapping[str, str]) -> CheckResult:
    page = observation.page
    values = page.values(name) if page else ()
    if len(values) > 1:
        result = f"{prefix}-header-invalid"
    elif not values or not values[0]:
        result = f"{prefix}-not-implemented"
    else:
        token = parse_token(values[0][:MAX_VALUE].strip())
        result = policies.get(token or "", f"{prefix}-header-invalid")
    return verdict(name, result, answered=page is not None, header=name, value=", ".join(values))
