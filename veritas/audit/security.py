"""The security phase: headers, cookies, mixed content, and where forms send to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from veritas.audit.finding import Finding
from veritas.audit.headers import ALGORITHM, TESTS, CheckResult, Observation, score
from veritas.audit.headers.cookies import list_cookies
from veritas.audit.headers.csp import merged_directives
from veritas.audit.headers.forms import Destination, Risk, destination_in_markup, destination_seen, find_risks
from veritas.audit.headers.https import HSTS
from veritas.audit.headers.mixed_content import MixedContent, find_mixed_content
from veritas.audit.headers.probe import LOOPBACK_REASON, Survey, survey
from veritas.audit.phase import PhaseContext

START, END = 27.0, 30.0
MAX_LISTED = 100

TITLES: Mapping[str, str] = {
    "content-security-policy": "Scripts are not held back",
    "cookies": "Cookies without protection",
    "cross-origin-resource-sharing": "Readable by every site",
    "redirection": "No safe way to https",
    "referrer-policy": "Referrer policy that does not protect",
    "strict-transport-security": "Encryption is not insisted on",
    "subresource-integrity": "Scripts that nobody checks",
    "x-content-type-options": "File types left to guess",
    "x-frame-options": "Can be framed by any site",
    "cross-origin-resource-policy": "Invalid resource policy",
    "cross-origin-embedder-policy": "Invalid embedder policy",
    "cross-origin-opener-policy": "Invalid opener policy",
}


async def run(context: PhaseContext) -> dict[str, Any]:
    """Check what the site does for the safety of its visitors.

    Returns:
        score, grade: Of the checks that could be carried out, by the MDN HTTP Observatory's algorithm.
        passed, failed: How many of them did.
        checks: Of each: test, result, passed, modifier, detail, header, value, measured.
        unknown: Of each test that could not be carried out: test, reason.
        cookies: Of each: name, domain, path, secure, http_only, same_site, session, origin, faults; see `list_cookies`.
        mixed_content: Of each: page, url, loaded_as, active, status.
        forms: Of each: page, action, method, secrets, selector, risks (their kinds).
        loopback: Whether the site is on this machine, so that it is not asked for encryption.
        algorithm: By whose rules it is scored.

    Raises:
        PageError: No page was visited before, and the site does not answer either.
    """
    scout = context.summaries.get("scout", {})
    pages: Sequence[Mapping[str, Any]] = scout.get("pages") or ()
    jar = scout["cookies"] if "cookies" in scout else await context.browser.cookies()
    context.emit("scanning", START, f"Asking {context.url} for its headers")
    surveyed = await survey(context.browser, context.url, pages)
    checks = _check(context, surveyed)
    mixed = _mixed_content(pages, surveyed.observation)
    forms = [(form, list(find_risks(form))) for form in _destinations(pages, surveyed.observation)]
    for finding in (
        *(_check_finding(check, surveyed.observation.url) for check in checks if not check.passed),
        *_mixed_content_findings(mixed),
        *_form_findings(forms),
    ):
        context.report(finding, END)
    scored = score(checks)
    return {
        "score": scored.score if checks else None,
        "grade": scored.grade if checks else None,
        "passed": scored.passed,
        "failed": scored.failed,
        "checks": [asdict(check) for check in checks],
        "unknown": [{"test": test, "reason": surveyed.unknown[test]} for test in TESTS if test in surveyed.unknown],
        "cookies": list_cookies(
            jar, surveyed.cookies, has_hsts=_passes(HSTS, checks), ask_for_secure=not surveyed.loopback
        ),
        "mixed_content": [item.as_dict() for item in mixed[:MAX_LISTED]],
        "forms": [
            {**asdict(form), "secrets": list(form.secrets), "risks": [risk.kind for risk in risks]}
            for form, risks in forms
        ],
        "loopback": surveyed.loopback,
        "algorithm": ALGORITHM,
    }


def severity_of(modifier: int) -> str:
    """Return how bad a failed check is that takes *modifier* off the score."""
    for least, severity in ((-5, "low"), (-25, "medium"), (-40, "high")):
        if modifier >= least:
            return severity
    return "critical"


def _check(context: PhaseContext, surveyed: Survey) -> list[CheckResult]:
    """Carry out the checks that can be, and emit a step for each test."""
    checks = []
    for number, (test, check) in enumerate(TESTS.items(), start=1):
        pct = round(START + (END - START) * number / (len(TESTS) + 1), 2)
        reason = surveyed.unknown.get(test)
        if reason:
            summary: dict[str, Any] = {"test": test, "result": "unknown", "passed": None, "modifier": None}
            context.emit("check", pct, f"{test}: unknown, because {reason}", summary={**summary, "reason": reason})
            continue
        result = check(surveyed.observation)
        if test == "cookies" and surveyed.loopback and result.passed and result.result != "cookies-not-found":
            result = replace(result, detail=f"The cookies' flags are right; Secure is left out, as {LOOPBACK_REASON}.")
        checks.append(result)
        summary = {"test": test, "result": result.result, "passed": result.passed, "modifier": result.modifier}
        context.emit("check", pct, f"{test}: {result.detail}", summary=summary)
    return checks


def _passes(test: str, checks: Iterable[CheckResult]) -> bool:
    return any(check.test == test and check.passed for check in checks)


def _check_finding(check: CheckResult, url: str) -> Finding:
    detail = check.detail
    if check.value:
        detail = f"{detail.removesuffix('.')} ({check.header or 'seen'}: {check.value[:200]})."
    return Finding(
        phase="security",
        kind=check.result,
        title=TITLES[check.test],
        detail=detail,
        severity=severity_of(check.modifier),
        confidence=1.0,
        signal="security",
        url=url,
        evidence={
            "header": check.header,
            "value": check.value,
            "measured": {"test": check.test, "modifier": check.modifier, **check.measured},
        },
    )


def _mixed_content(pages: Sequence[Mapping[str, Any]], observation: Observation) -> list[MixedContent]:
    """Return the mixed content of the start page's markup and of every page's requests."""
    is_upgraded = "upgrade-insecure-requests" in merged_directives(observation)
    named = () if is_upgraded else observation.markup.resources
    if not pages:
        return find_mixed_content(observation.url, named, ())
    return [
        item
        for number, page in enumerate(pages)
        for item in find_mixed_content(str(page["url"]), () if number else named, page.get("requests", ()))
    ]


def _mixed_content_findings(mixed: Iterable[MixedContent]) -> Iterator[Finding]:
    for is_active, kind, severity in ((True, "mixed_content_active", "high"), (False, "mixed_content_passive", "low")):
        items = [item for item in mixed if item.active is is_active]
        if items:
            page, url = items[0].page, items[0].url
            effect = "rewrite the page" if is_active else "see and swap them"
            yield Finding(
                phase="security",
                kind=kind,
                title="Encrypted page with unencrypted parts",
                detail=f"{page!r} takes {len(items)} of its parts over http:, such as {url!r}; anyone on the way can "
                f"{effect}.",
                severity=severity,
                confidence=1.0,
                signal="security",
                url=page,
                evidence={"measured": {"count": len(items), "items": [item.as_dict() for item in items[:10]]}},
            )


def _destinations(pages: Sequence[Mapping[str, Any]], observation: Observation) -> list[Destination]:
    """Return at most `MAX_LISTED` forms, each once: of every page that was visited, or else of the markup."""
    seen = [destination_seen(str(page["url"]), form) for page in pages for form in page.get("forms", ())]
    if not pages:
        seen = [destination_in_markup(observation.url, form) for form in observation.markup.forms]
    distinct = {(form.action or form.page, form.method, form.secrets): form for form in reversed(seen)}
    return list(reversed(distinct.values()))[:MAX_LISTED]


def _form_findings(forms: Iterable[tuple[Destination, Sequence[Risk]]]) -> Iterator[Finding]:
    for form, risks in forms:
        for risk in risks:
            yield Finding(
                phase="security",
                kind=risk.kind,
                title=risk.title,
                detail=risk.detail,
                severity=risk.severity,
                confidence=risk.confidence,
                signal="security",
                url=form.page,
                evidence={
                    **({"selector": form.selector} if form.selector else {}),
                    "measured": {"action": form.action, "method": form.method, "secrets": list(form.secrets)},
                },
            )
