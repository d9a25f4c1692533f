"""The test `content-security-policy`: whether a policy keeps injected scripts out of the page."""

from __future__ import annotations

from collections.abc import Iterable, Set
from contextlib import suppress

from veritas.audit.headers.check_result import CheckResult
from veritas.audit.headers.csp_policy import (
    NONE,
    InvalidPolicy,
    Policy,
    parse_meta_policies,
    parse_policies,
    split_policies,
)
from veritas.audit.headers.markup import CONTENT_SECURITY_POLICY
from veritas.audit.headers.responses import SiteResponses

REPORT_ONLY = "content-security-policy-report-only"

# Sources that allow any host: `http:` does, `http://example.org` does not.
BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
INLINE = frozenset({"'unsafe-inline'", "data:"})
_NONCES_AND_HASHES = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_STRICT_DYNAMIC = "'strict-dynamic'"
_PASSIVE = ("img-src", "media-src")


def check_csp(site: SiteResponses) -> CheckResult:
    """Check the content security policies of the page's headers and meta elements, merged into one."""
    page = site.page
    in_headers, in_meta = _policies(site)
    value = ", ".join((*in_headers, *in_meta))
    try:
        policy = parse_policies([*in_headers, *in_meta])
    except InvalidPolicy as error:
        return _result("csp-header-invalid", value, problem=str(error))
    if page is None or not site.url or not _has_effect(in_headers, in_meta):
        reports = page.first(REPORT_ONLY) if page else ""
        if reports:
            return _result("csp-not-implemented-but-reporting-enabled", reports)
        return _result("csp-not-implemented", value)
    outcome, at_fault = _worst_outcome(policy, is_https=site.url.lower().startswith("https:"))
    result = _result(outcome, value, at_fault=at_fault)
    if result.passed and policy.repeated:
        return _result("csp-implemented-but-duplicate-directives", value, repeated=sorted(policy.repeated))
    return result


def merged_directives(site: SiteResponses) -> dict[str, set[str]]:
    """Return the directives of the page's policies; empty without a valid policy that has an effect."""
    in_headers, in_meta = _policies(site)
    try:
        policy = parse_policies([*in_headers, *in_meta])
    except InvalidPolicy:
        return {}
    return policy.directives if _has_effect(in_headers, in_meta) else {}


def _policies(site: SiteResponses) -> tuple[list[str], list[str]]:
    """Return the policies in the page's headers and those in its meta elements."""
    if site.page is None:
        return [], []
    in_headers = site.page.values(CONTENT_SECURITY_POLICY)
    in_meta = site.markup.meta.get(CONTENT_SECURITY_POLICY, ())
    return split_policies(in_headers), split_policies(in_meta)


def _has_effect(in_headers: list[str], in_meta: list[str]) -> bool:
    """Return whether these policies have any directive that is allowed in its place: header or meta element."""
    for parse, policies in ((parse_policies, in_headers), (parse_meta_policies, in_meta)):
        with suppress(InvalidPolicy):
            if parse(policies).directives:
                return True
    return False


def _worst_outcome(policy: Policy, *, is_https: bool) -> tuple[str, list[str]]:
    """Return the most severe outcome of *policy* and the sources that cause it."""
    scripts = policy.get("script-src", "default-src")
    styles = policy.get("style-src", "default-src")
    objects = policy.get("object-src", "default-src")
    for sources in (scripts, styles):
        if _has_nonce_or_hash(sources):
            sources.discard("'unsafe-inline'")  # browsers that support nonces and hashes ignore it
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
    for outcome, at_fault in (
        ("csp-implemented-with-unsafe-inline", sorted(scripts & (BROAD | INLINE)) or sorted(objects & BROAD)),
        ("csp-implemented-with-insecure-scheme", insecure_active),
        ("csp-implemented-with-unsafe-eval", sorted((scripts | styles) & {"'unsafe-eval'"})),
        ("csp-implemented-with-insecure-scheme-in-passive-content-only", insecure_passive),
        ("csp-implemented-with-unsafe-inline-in-style-src-only", sorted(styles & (BROAD | INLINE))),
    ):
        if at_fault:
            return outcome, at_fault
    if policy.directives.get("default-src") == {NONE}:
        return "csp-implemented-with-no-unsafe-default-src-none", []
    return "csp-implemented-with-no-unsafe", []


def _has_nonce_or_hash(sources: Set[str]) -> bool:
    return any(source.startswith(_NONCES_AND_HASHES) for source in sources)


def _insecure(sources: Iterable[str]) -> list[str]:
    return sorted(source for source in sources if source.startswith(("http:", "ftp:")))


def _result(outcome: str, value: str, **measured: object) -> CheckResult:
    name = CONTENT_SECURITY_POLICY
    return CheckResult.of(name, outcome, header=name, value=value, measured=measured)
