"""One recording of a site: its findings, facts and score, in a form that can be compared with other recordings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from veritas.diff.fields import FieldMatcher
from veritas.diff.rules import Rules
from veritas.diff.site.presence import RecordingRef
from veritas.diff.site.url import Page
from veritas.events.json import as_items, as_mapping, as_text
from veritas.projections.audit_state import AuditState
from veritas.projections.finding_grade import FindingGrade, worst_by_key
from veritas.projections.findings import by_severity
from veritas.projections.phase_state import COMPLETED

HEADERS, COOKIES, THIRD_PARTIES, CERTIFICATE = "headers", "cookies", "third_party_hosts", "certificate"
FACTS = (HEADERS, COOKIES, THIRD_PARTIES, CERTIFICATE)

_PAGE_LOADED = "scout/page_loaded"  # the event that the rules for a page's headers apply to
# An element's index among its siblings, and numbers in its name, change with what a page happens to show.
_SIBLING_INDEX = re.compile(r":nth-(?:of-type|child)\([^)]*\)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, order=True)
class FindingKey:
    """The identity of a finding, the same in every recording; its title and detail are not part of it.

    Attributes:
        kind: Its kind.
        about: The element, check or header that it is about; similar elements on one page count as one.
        page: The page that it is on.
    """

    kind: str
    about: str
    page: str


@dataclass(frozen=True)
class FindingDetails:
    """The details of one finding in one recording.

    Attributes:
        title: The finding in a few words.
        detail: The finding in a sentence.
        severity: Its severity.
        confidence: Its confidence, 0-1; None if it has none.
        phase: The phase that found it.
        count: On how many similar elements it was found.
    """

    title: str
    detail: str
    severity: str
    confidence: float | None
    phase: str
    count: int

    @property
    def grade(self) -> FindingGrade:
        """Its severity and confidence."""
        return FindingGrade(self.severity, self.confidence)


@dataclass(frozen=True)
class SiteRecording:
    """One run's recording of a site.

    Attributes:
        ref: The run, and the time of its request.
        page: The page requested.
        status: How the run ended, or that it is running.
        trust_score: Its verdict, 0-100; None if there is none.
        risk_level: The verdict in words.
        severities: The number of findings by severity.
        findings: The findings.
        facts: The first page's headers, the cookies, the third parties and the certificate, each by name; None if the
            run did not record them.
        visited: The pages that were visited; None if the run did not record any.
        examined: For each phase, whether it was completed.
    """

    ref: RecordingRef
    page: Page
    status: str
    trust_score: float | None
    risk_level: str | None
    severities: Mapping[str, int]
    findings: Mapping[FindingKey, FindingDetails]
    facts: Mapping[str, Mapping[str, str] | None]
    visited: frozenset[str] | None
    examined: Mapping[str, bool]

    @property
    def is_gap(self) -> bool:
        """Whether it has no score, because it failed, was inconclusive or interrupted, or is still running."""
        return self.trust_score is None

    @property
    def is_judged(self) -> bool:
        """Whether it has a verdict on the page, even if the verdict is inconclusive."""
        return not self.is_gap or (self.status == COMPLETED and self.risk_level is not None)

    def covers(self, phase: str, page: str) -> bool:
        """Return whether a finding of this phase on this page would have been found."""
        ended = self.examined.get(phase, self.status == COMPLETED)
        return ended and (self.visited is None or page in self.visited)


def site_recording(state: AuditState, page: Page, rules: Rules) -> SiteRecording:
    """Return a run's recording of a site.

    Args:
        state: The run's state.
        page: The page requested.
        rules: The rules that say which parts of headers are volatile.
    """
    summaries = {name: phase.summary for name, phase in state.phases.items() if phase.status == COMPLETED}
    visited = {str(loaded) for each in state.pages if (loaded := Page.of(as_text(each.get("url")) or ""))}
    return SiteRecording(
        ref=RecordingRef(state.started_at or 0.0, state.run_id),
        page=page,
        status=state.status,
        trust_score=state.trust_score,
        risk_level=state.risk_level,
        severities=state.severities,
        findings=_findings(state, page),
        facts={
            HEADERS: _headers(summaries.get("scout"), rules),
            COOKIES: _cookies(summaries.get("scout")),
            THIRD_PARTIES: _third_parties(summaries.get("scout")),
            CERTIFICATE: _certificate(summaries.get("graph")),
        },
        visited=frozenset(visited) or None,
        examined={name: phase.status == COMPLETED for name, phase in state.phases.items()},
    )


def _findings(state: AuditState, start: Page) -> dict[FindingKey, FindingDetails]:
    counts = Counter(finding_key(finding, start) for finding in state.findings)
    worst = worst_by_key(by_severity(state.findings), lambda finding: finding_key(finding, start))
    return {
        key: FindingDetails(
            title=as_text(finding.get("title")) or key.kind,
            detail=as_text(finding.get("detail")) or "",
            severity=grade.severity,
            confidence=grade.confidence,
            phase=as_text(finding.get("phase")) or "",
            count=counts[key],
        )
        for key, (grade, finding) in worst.items()
    }


def finding_key(finding: Mapping[str, Any], start: Page) -> FindingKey:
    """Return the identity of a finding; *start* is the page requested, which it is on if it does not name one."""
    evidence = as_mapping(finding.get("evidence"))
    measured = as_mapping(evidence.get("measured"))
    named = (evidence.get("selector"), measured.get("test"), evidence.get("header"), measured.get("action"))
    about = next((text for text in named if isinstance(text, str) and text), "")
    page = Page.of(as_text(finding.get("url")) or "") or start
    return FindingKey(
        as_text(finding.get("kind")) or "unknown", _NUMBER.sub("*", _SIBLING_INDEX.sub("", about)).strip(), str(page)
    )


def _headers(scout: Mapping[str, Any] | None, rules: Rules) -> dict[str, str] | None:
    """Return the first page's headers, without volatile headers and without the volatile parts of the others."""
    pages = as_items((scout or {}).get("pages"))
    if not pages or not isinstance(as_mapping(pages[0]).get("headers"), list):
        return None
    values: dict[str, list[str]] = {}
    for pair in pages[0]["headers"]:
        match pair:
            case [str(name), str(value)]:
                values.setdefault(name.lower(), []).append(value)
    matchers = {name: FieldMatcher(_PAGE_LOADED, rules, (HEADERS, name)) for name in values}
    return {
        name: " | ".join(matchers[name].comparable_text(header)[0] for header in headers)
        for name, headers in values.items()
        if matchers[name].hidden is None
    }


def _cookies(scout: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return each cookie's attributes by its name, domain and path; not its value."""
    if scout is None or not isinstance(scout.get("cookies"), list):
        return None
    return dict(_cookie(as_mapping(cookie)) for cookie in scout["cookies"])


def _cookie(cookie: Mapping[str, Any]) -> tuple[str, str]:
    scope = (as_text(cookie.get("domain")) or "") + (as_text(cookie.get("path")) or "")
    flags = [flag for name, flag in (("secure", "Secure"), ("httpOnly", "HttpOnly")) if cookie.get(name) is True]
    same_site = as_text(cookie.get("sameSite"))
    lifetime = "session" if cookie.get("expires") in (-1, None) else "persistent"
    attributes = ", ".join([*flags, *([f"SameSite={same_site}"] if same_site else []), lifetime])
    return f"{as_text(cookie.get('name')) or ''} ({scope})", attributes


def _third_parties(scout: Mapping[str, Any] | None) -> dict[str, str] | None:
    if scout is None or not isinstance(scout.get("third_party_hosts"), list):
        return None
    return {host: "" for host in scout["third_party_hosts"] if isinstance(host, str)}


def _certificate(graph: Mapping[str, Any] | None) -> dict[str, str] | None:
    certificate = as_mapping((graph or {}).get("certificate"))
    if certificate.get("status") == "not_applicable":  # a site without a certificate
        return {}
    if certificate.get("status") != "found":
        return None
    return {name: value for name, value in _certificate_facts(certificate) if value}


def _certificate_facts(certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    issuer = as_mapping(certificate.get("issuer"))
    names = sorted(name for name in as_items(certificate.get("names")) if isinstance(name, str))
    yield "issuer", ", ".join(value for value in issuer.values() if isinstance(value, str))
    yield "names", ", ".join(names)
    yield "expires", as_text(certificate.get("not_after")) or ""
    if isinstance(trusted := certificate.get("trusted"), bool):
        yield "trusted", "yes" if trusted else "no"
