"""The test `content-security-policy`: whether a policy keeps foreign scripts out of the page."""

from __future__ import annotations

from collections.abc import Iterable, Set
from contextlib import suppress

from veritas.audit.headers.csp_policy import (
    NONE,
    InvalidPolicy,
    Policy,
    parse_meta_policies,
    parse_policies,
    split_policies,
)
from veritas.audit.headers.markup import CONTENT_SECURITY_POLICY
from veritas.audit.headers.observation import CheckResult, Observation, verdict

REPORT_ONLY = "content-security-policy-report-only"

# Sources that allow any host; `http:` alone does, and `http://example.org` does not.
BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
INLINE = frozenset({"'unsafe-inline'", "data:"})
_NONCES_AND_HASHES = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_STRICT_DYNAMIC = "'strict-dynamic'"
_PASSIVE = ("img-src", "media-src")


def check_csp(observation: Observation) -> CheckResult:
    """Judge the content security policies of the page's headers and meta elements, taken together."""
    page = observation.page
    in_headers, in_meta = _policies(observation)
    value = ", ".join((*in_headers, *in_meta))
    try:
        policy = parse_policies([*in_headers, *in_meta])
    except InvalidPolicy as error:
        return _verdict("csp-header-invalid", value, problem=str(error))
    if page is None or not observation.url or not _has_effect(in_headers, in_meta):
        reports = page.first(REPORT_ONLY) if page else ""
        if reports:
            return _verdict("csp-not-implemented-but-reporting-enabled", reports)
        return _verdict("csp-not-implemented", value)
    result, at_fault = _judge(policy, is_https=observation.url.lower().startswith("https:"))
    judged = _verdict(result, value, at_fault=at_fault)
    if judged.passed and policy.repeated:
        return _verdict("csp-implemented-but-duplicate-directives", value, repeated=sorted(policy.repeated))
    return judged


def merged_directives(observation: Observation) -> dict[str, set[str]]:
    """Return the directives of the page's policies; none where there is no policy, or no valid one with an effect."""
    in_headers, in_meta = _policies(observation)
    try:
        policy = parse_policies([*in_headers, *in_meta])
    except InvalidPolicy:
        return {}
    return policy.directives if _has_effect(in_headers, in_meta) else {}


def _policies(observation: Observation) -> tuple[list[str], list[str]]:
    """Return the policies in the page's headers, and those in its meta elements."""
    if observation.page is None:
        return [], []
    in_headers = observation.page.values(CONTENT_SECURITY_POLICY)
    in_meta = observation.markup.meta.get(CONTENT_SECURITY_POLICY, ())
    return split_policies(in_headers), split_policies(in_meta)


def _has_effect(in_headers: list[str], in_meta: list[str]) -> bool:
    """Say whether these policies have any directive that counts where it stands."""
    for parse, policies in ((parse_policies, in_headers), (parse_meta_policies, in_meta)):
        with suppress(InvalidPolicy):
            if parse(policies).directives:
                return True
    return False


def _judge(policy: Policy, *, is_https: bool) -> tuple[str, list[str]]:
    """Return the worst that holds of *policy*, and the sources that make it so."""
    scripts = policy.get("script-src", "default-src")
    styles = policy.get("style-src", "default-src")
    objects = policy.get("object-src", "default-src")
    for sources in (scripts, styles):
        if _has_nonce_or_hash(sources):
            sources.discard("'unsafe-inline'")  # browsers that know nonces and hashes pass over it
    if _STRICT_DYNAMIC in scripts:
        if not _has_nonce_or_hash(scripts):
            return "csp-header-invalid", [_STRICT_DYNAMIC]
        ignored = {"'self'", *(source for source in scripts if source.startswith(tuple(BROAD)))}
        scripts.difference_update(ignored)
    active = {
        source
        for name, sources in policy.directives.items()
        if name not in (*_PASSIVE, "script-src")
        for source in sources
    } | scripts
    passive = {
        source for name in _PASSIVE for source in policy.directives.get(name, policy.directives.get("default-src", ()))
    }
    insecure_active = _insecure(active) if is_https else []
    insecure_passive = _insecure(passive) if is_https else []
    for result, at_fault in (
        ("csp-implemented-with-unsafe-inline", sorted(scripts & (BROAD | INLINE)) or sorted(objects & BROAD)),
        ("csp-implemented-with-insecure-scheme", insecure_active),
        ("csp-implemented-with-unsafe-eval", sorted((scripts | styles) & {"'unsafe-eval'"})),
        ("csp-implemented-with-insecure-scheme-in-passive-content-only", insecure_passive),
        ("csp-implemented-with-unsafe-inline-in-style-src-only", sorted(styles & (BROAD | INLINE))),
    ):
        if at_fault:
            return result, at_fault
    if policy.directives.get("default-src") == {NONE}:
        return "csp-implemented-with-no-unsafe-default-src-none", []
    return "csp-implemented-with-no-unsafe", []


def _has_nonce_or_hash(sources: Set[str]) -> bool:
    return any(source.startswith(_NONCES_AND_HASHES) for source in sources)


def _insecure(sources: Iterable[str]) -> list[str]:
    return sorted(source for source in sources if source.startswith(("http:", "ftp:")))


def _verdict(result: str, value: str, **measured: object) -> CheckResult:
    return verdict(CONTENT_SECURITY_POLICY, result, header=CONTENT_SECURITY_POLICY, value=value, measured=measured)
