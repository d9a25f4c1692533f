"""The security phase: headers, cookies, mixed content, and the destinations of forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace

import msgspec

from veritas.audit.finding import Finding
from veritas.audit.headers import ALGORITHM, OUTCOMES, TESTS, CheckResult, SiteResponses, score
from veritas.audit.headers.cookies import list_cookies
from veritas.audit.headers.csp import enforced_policies
from veritas.audit.headers.forms import PageForm, Risk, find_risks, form_in_browser, form_in_markup
from veritas.audit.headers.https import HSTS
from veritas.audit.headers.mixed_content import MixedContent, find_mixed_content
from veritas.audit.headers.probe import LOOPBACK_REASON, ProbeResult, probe
from veritas.audit.page import PageFacts
from veritas.audit.phase import PhaseContext
from veritas.audit.private_requests import private_requests
from veritas.audit.summaries import CheckedForm, CheckStep, SecuritySummary, UnknownTest
from veritas.audit.timed_fetcher import TimedFetcher
from veritas.errors import PageError
from veritas.formatting import count

START, END = 27.0, 30.0
MAX_LISTED = 100


async def run(context: PhaseContext) -> SecuritySummary:
    """Check how the site protects its visitors.

    A test for which there is too little time has no answer.

    Raises:
        PageError: The scout visited no page, and the site does not answer, or not in time.
    """
    scout = context.summaries.scout
    pages = scout.pages if scout else []
    jar = scout.cookies if scout else await context.browser.cookies()
    context.emit("scanning", START, f"Fetching the headers of {context.url}")
    try:
        probed = await probe(TimedFetcher(context.browser, context.deadline), context.url, pages)
    except PageError as error:
        if context.deadline.is_missed:
            raise context.deadline.miss(f"{context.url!r} answered") from error
        raise
    checks = _run_checks(context, probed)
    mixed = _mixed_content(pages, probed.responses)
    forms = [(form, list(find_risks(form))) for form in _distinct_forms(pages, probed.responses)]
    for finding in (
        *(_check_finding(check, probed.responses.url) for check in checks if not check.passed),
        *_mixed_content_findings(mixed),
        *_form_findings(forms),
        *private_requests(context.browser.guard, context.url, pages),
    ):
        context.report(finding, END)
    scored = score(checks)
    return SecuritySummary(
        score=scored.score if checks else None,
        grade=scored.grade if checks else None,
        passed=scored.passed,
        failed=scored.failed,
        checks=checks,
        unknown=[_unknown(test, probed) for test in TESTS if test in probed.unknown],
        cookies=list_cookies(jar, probed.cookies, has_hsts=_passes(HSTS, checks), require_secure=not probed.loopback),
        refused_cookies=list(probed.responses.refused_cookies) or msgspec.UNSET,
        mixed_content=mixed[:MAX_LISTED],
        forms=[
            CheckedForm(
                page=form.page,
                action=form.action,
                method=form.method,
                secrets=list(form.secrets),
                selector=form.selector,
                risks=[risk.kind for risk in risks],
            )
            for form, risks in forms
        ],
        loopback=probed.loopback,
        algorithm=ALGORITHM,
    )


def _run_checks(context: PhaseContext, probed: ProbeResult) -> list[CheckResult]:
    """Carry out the tests that can be carried out, and emit a step for each test."""
    checks = []
    for number, (test, check) in enumerate(TESTS.items(), start=1):
        pct = round(START + (END - START) * number / (len(TESTS) + 1), 2)
        reason = probed.unknown.get(test)
        if reason:
            result_name = "not_applicable" if test in probed.not_applicable else "unknown"
            step = CheckStep(test, result_name, None, None, reason)
            context.emit("check", pct, f"{test}: {result_name.replace('_', ' ')}: {reason}", summary=step)
            continue
        result = check(probed.responses)
        if test == "cookies" and probed.loopback and result.passed and result.result != "cookies-not-found":
            detail = f"The cookies' flags are right; Secure is not required, because {LOOPBACK_REASON}."
            result = replace(result, detail=detail)
        checks.append(result)
        step = CheckStep(test, result.result, result.passed, result.modifier)
        context.emit("check", pct, f"{test}: {result.detail}", summary=step)
    return checks


def _unknown(test: str, probed: ProbeResult) -> UnknownTest:
    return UnknownTest(test, probed.unknown[test], applies=False if test in probed.not_applicable else msgspec.UNSET)


def _passes(test: str, checks: Iterable[CheckResult]) -> bool:
    return any(check.test == test and check.passed for check in checks)


def _check_finding(check: CheckResult, url: str) -> Finding:
    detail = check.detail
    if check.value:
        detail = f"{detail.removesuffix('.')} ({check.header or 'found'}: {check.value[:200]})."
    outcome = OUTCOMES[check.test][check.result]
    return Finding(
        phase="security",
        kind=check.result,
        title=outcome.title,
        detail=detail,
        severity=outcome.severity,
        confidence=1.0,
        signal="security",
        url=url,
        evidence={
            "header": check.header,
            "value": check.value,
            "measured": {"test": check.test, "modifier": check.modifier, **check.measured},
        },
    )


def _mixed_content(pages: Sequence[PageFacts], site: SiteResponses) -> list[MixedContent]:
    """Return the mixed content of the start page's HTML and of every page's requests."""
    is_upgraded = any("upgrade-insecure-requests" in policy.directives for policy in enforced_policies(site))
    named = () if is_upgraded else site.markup.resources
    if not pages:
        return find_mixed_content(site.url, named, ())
    return [
        item
        for number, page in enumerate(pages)
        for item in find_mixed_content(page.url, () if number else named, page.requests)
    ]


def _mixed_content_findings(mixed: Iterable[MixedContent]) -> Iterator[Finding]:
    for is_active, kind, title, severity, effect in (
        (True, "mixed_content_active", "Active mixed content", "high", "change the page"),
        (False, "mixed_content_passive", "Passive mixed content", "low", "read and replace what it loads"),
    ):
        items = [item for item in mixed if item.active is is_active]
        if items:
            page, url = items[0].page, items[0].url
            yield Finding(
                phase="security",
                kind=kind,
                title=title,
                detail=f"{page!r} loads {count(len(items), 'resource')} over http:, such as {url!r}; anyone on the "
                f"network can {effect}.",
                severity=severity,
                confidence=1.0,
                signal="security",
                url=page,
                evidence={"measured": {"count": len(items), "items": [asdict(item) for item in items[:10]]}},
            )


def _distinct_forms(pages: Sequence[PageFacts], site: SiteResponses) -> list[PageForm]:
    """Return at most `MAX_LISTED` forms, each once: those of the visited pages or, without any, those of the HTML."""
    forms = [form_in_browser(page.url, form) for page in pages for form in page.forms]
    if not pages:
        forms = [form_in_markup(site.url, form) for form in site.markup.forms]
    distinct = {(form.action or form.page, form.method, form.secrets): form for form in reversed(forms)}
    return list(reversed(distinct.values()))[:MAX_LISTED]


def _form_findings(forms: Iterable[tuple[PageForm, Sequence[Risk]]]) -> Iterator[Finding]:
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
