"""The test `content-security-policy`: whether a policy keeps injected scripts out of the page.

Browsers enforce each policy of a page by itself, so that a page may do only what all of them allow. The MDN HTTP
Observatory merges several policies into one instead, and takes a directive that only a later policy has for 'none'
(https://github.com/mozilla/http-observatory/issues/489). On one policy both agree; several are judged here as browsers
do it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from veritas.audit.headers.check_result import CheckResult
from veritas.audit.headers.csp_policy import MAX_POLICIES, NONE, InvalidPolicy, Policy, parse_policy, split_policies
from veritas.audit.headers.markup import CONTENT_SECURITY_POLICY
from veritas.audit.headers.responses import SiteResponses

REPORT_ONLY = "content-security-policy-report-only"

# Sources that allow any host: `http:` does, `http://example.org` does not.
BROAD = frozenset({"ftp:", "http:", "https:", "*", "http://*", "http://*.*", "https://*", "https://*.*"})
INLINE = frozenset({"'unsafe-inline'", "data:"})
_NONCES_AND_HASHES = ("'sha256-", "'sha384-", "'sha512-", "'nonce-")
_STRICT_DYNAMIC = "'strict-dynamic'"
_EVAL = "'unsafe-eval'"
_PASSIVE = ("img-src", "media-src")

_ANY_HOST = "any host"

_INVALID = "csp-header-invalid"
_OPEN = "csp-implemented-with-unsafe-inline"
_INSECURE = "csp-implemented-with-insecure-scheme"
_EVAL_ALLOWED = "csp-implemented-with-unsafe-eval"
_INSECURE_PASSIVE = "csp-implemented-with-insecure-scheme-in-passive-content-only"
_STYLES = "csp-implemented-with-unsafe-inline-in-style-src-only"
_FAULTS = (_OPEN, _INSECURE, _EVAL_ALLOWED, _INSECURE_PASSIVE, _STYLES)  # from the most severe to the least severe

# What a policy allows of one kind, such as inline scripts, and the sources that allow it. No sources: the policy has no
# directive of the kind, and so allows all of it.
_Allowed = Mapping[str, Set[str]]


class _Judged(NamedTuple):
    """A policy as it is judged.

    Attributes:
        faults: What the policy allows, by the fault that it is.
        forbids_by_default: Whether it forbids everything that it does not list.
        is_valid: Whether it allows any script that its author meant to allow.
    """

    faults: Mapping[str, _Allowed]
    forbids_by_default: bool
    is_valid: bool


def check_csp(site: SiteResponses) -> CheckResult:
    """Check what all content security policies of the page's headers and meta elements allow together."""
    page = site.page
    in_headers, in_meta = _texts(site)
    texts = [*in_headers, *in_meta]
    value = ", ".join(texts)
    policies, problem = _parse(in_headers, in_meta)
    if problem and not policies:
        return _result(_INVALID, value, problem=problem)
    if page is None or not site.url or not any(policy.directives for policy in policies):
        reports = page.first(REPORT_ONLY) if page else ""
        if reports:
            return _result("csp-not-implemented-but-reporting-enabled", reports)
        return _result("csp-not-implemented", value)
    is_https = site.url.lower().startswith("https:")
    names = {name for policy in policies for name in policy.directives}
    judged = [_judge(policy, names, is_https=is_https) for policy in policies if policy.directives]
    if not any(policy.is_valid for policy in judged):
        return _result(_INVALID, value, at_fault=[_STRICT_DYNAMIC])
    outcome, at_fault = _shared_outcome(judged)
    result = _result(outcome, value, at_fault=at_fault)
    repeated = frozenset[str]().union(*(policy.repeated for policy in policies))
    if result.passed and repeated:
        return _result("csp-implemented-but-duplicate-directives", value, repeated=sorted(repeated))
    return result


def enforced_policies(site: SiteResponses) -> list[Policy]:
    """Return the page's valid policies, each with the directives that browsers enforce."""
    return _parse(*_texts(site))[0]


def _texts(site: SiteResponses) -> tuple[list[str], list[str]]:
    """Return the policies in the page's headers and those in its meta elements."""
    if site.page is None:
        return [], []
    in_headers = site.page.values(CONTENT_SECURITY_POLICY)
    in_meta = site.markup.meta.get(CONTENT_SECURITY_POLICY, ())
    return split_policies(in_headers), split_policies(in_meta)


def _parse(in_headers: Sequence[str], in_meta: Sequence[str]) -> tuple[list[Policy], str]:
    """Return the valid policies, and why another one is invalid; "" if none is."""
    number = len(in_headers) + len(in_meta)
    if number > MAX_POLICIES:
        return [], f"There are {number} policies."
    policies, problem = [], ""
    for index, text in enumerate((*in_headers, *in_meta)):
        try:
            policy = parse_policy(text)
        except InvalidPolicy as error:
            problem = problem or str(error)
        else:
            policies.append(policy if index < len(in_headers) else policy.in_meta())
    return policies, problem


def _judge(policy: Policy, names: Iterable[str], *, is_https: bool) -> _Judged:
    """Judge one policy.

    Args:
        names: The directives of all policies of the page.
        is_https: Whether the page is encrypted, and so has something to lose by http:.
    """
    default = policy.get("default-src")
    scripts = _without_ignored(policy.get("script-src", "default-src"))
    styles = _without_ignored(policy.get("style-src", "default-src"))
    is_valid = True
    if scripts is not None and _STRICT_DYNAMIC in scripts:
        is_valid = _has_nonce_or_hash(scripts)
        scripts -= {"'self'", *(source for source in scripts if source.startswith(tuple(BROAD)))}

    def sources_of(name: str) -> Set[str] | None:
        if name == "script-src" or (name == "default-src" and "script-src" not in policy.directives):
            return scripts
        return policy.get(name, "default-src") if name.endswith("-src") else policy.get(name)

    insecure = {name: _insecure(sources_of(name)) for name in {*names, "script-src", *_PASSIVE}} if is_https else {}
    faults: dict[str, _Allowed] = {
        _OPEN: _unsafe(scripts)
        | {f"object-src {kind}": at for kind, at in _hosts(policy.get("object-src", "default-src")).items()},
        _INSECURE: {name: at for name, at in insecure.items() if at is not None and name not in _PASSIVE},
        _EVAL_ALLOWED: _evaluating(scripts, styles),
        _INSECURE_PASSIVE: {name: at for name, at in insecure.items() if at is not None and name in _PASSIVE},
        _STYLES: _unsafe(styles),
    }
    return _Judged(faults, default == frozenset({NONE}), is_valid)


def _shared_outcome(judged: Sequence[_Judged]) -> tuple[str, list[str]]:
    """Return the most severe fault that all policies allow, and the sources that do; else how strict they are."""
    for fault in _FAULTS:
        kinds = set.intersection(*(set(policy.faults[fault]) for policy in judged))
        scripts_first = {kind for kind in kinds if not kind.startswith("object-src")} or kinds
        at_fault = {source for policy in judged for kind in scripts_first for source in policy.faults[fault][kind]}
        if at_fault:
            return fault, sorted(at_fault)
    if any(policy.forbids_by_default for policy in judged):
        return "csp-implemented-with-no-unsafe-default-src-none", []
    return "csp-implemented-with-no-unsafe", []


def _without_ignored(sources: Set[str] | None) -> set[str] | None:
    """Return *sources* without 'unsafe-inline' if browsers ignore it, because there is a nonce or a hash."""
    if sources is None:
        return None
    return set(sources) - ({"'unsafe-inline'"} if _has_nonce_or_hash(sources) else set())


def _has_nonce_or_hash(sources: Set[str]) -> bool:
    return any(source.startswith(_NONCES_AND_HASHES) for source in sources)


def _unsafe(sources: Set[str] | None) -> dict[str, Set[str]]:
    """Return which of inline code, data: URLs and any host *sources* allow; None allows all of them."""
    if sources is None:
        return dict.fromkeys((*INLINE, _ANY_HOST), frozenset("*"))
    return {source: {source} for source in INLINE & sources} | _hosts(sources)


def _hosts(sources: Set[str] | None) -> dict[str, Set[str]]:
    """Return the sources that allow any host."""
    broad = frozenset("*") if sources is None else BROAD & sources
    return {_ANY_HOST: broad} if broad else {}


def _evaluating(scripts: Set[str] | None, styles: Set[str] | None) -> dict[str, Set[str]]:
    """Return whether strings may be run as code, in scripts and in styles."""
    return {
        kind: frozenset() if sources is None else {_EVAL}
        for kind, sources in (("scripts", scripts), ("styles", styles))
        if sources is None or _EVAL in sources
    }


def _insecure(sources: Set[str] | None) -> Set[str] | None:
    """Return the *sources* that allow http:, none for a directive that is missing, and None if it allows no http:."""
    if sources is None:
        return frozenset()
    return {source for source in sources if source.startswith(("http:", "ftp:"))} or None


def _result(outcome: str, value: str, **measured: object) -> CheckResult:
    name = CONTENT_SECURITY_POLICY
    return CheckResult.of(name, outcome, header=name, value=value, measured=measured)
