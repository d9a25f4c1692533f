"""What one recording tells of the site that was audited."""

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
from veritas.projections.findings import by_severity, severity_of
from veritas.projections.phase_state import COMPLETED

HEADERS, COOKIES, THIRD_PARTIES, CERTIFICATE = "headers", "cookies", "third_party_hosts", "certificate"
FACTS = (HEADERS, COOKIES, THIRD_PARTIES, CERTIFICATE)

_PAGE_LOADED = "scout/page_loaded"  # by which the rules know the facts of a page
# Where an element stands among its like, and numbers in its name, change with what a page happens to show.
_PLACE = re.compile(r":nth-(?:of-type|child)\([^)]*\)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, order=True)
class FindingKey:
    """What makes a finding the same one in another recording; its words and the numbers in them do not.

    Attributes:
        kind: What it is.
        about: Which element, check or header it is about; elements that are alike on one page count as one.
        page: The page that it is on.
    """

    kind: str
    about: str
    page: str


@dataclass(frozen=True)
class FindingDetails:
    """One finding in one recording.

    Attributes:
        title: A few words.
        detail: What was seen, in a sentence.
        severity: Its severity.
        phase: The phase that found it.
        count: On how many elements that are alike.
    """

    title: str
    detail: str
    severity: str
    phase: str
    count: int


@dataclass(frozen=True)
class SiteRecording:
    """What one run tells of a site.

    Attributes:
        when: The run, and when it was asked for.
        page: The page that was asked for.
        status: How the run ended, or that it runs.
        trust_score: Its verdict, 0-100; None where there is none.
        risk_level: The same in words.
        severities: How many findings there are, by severity.
        findings: The findings.
        facts: The first page's headers, the cookies, the third parties and the certificate, each by name; None where
            the run does not tell.
        visited: The pages that were visited; None where the run does not tell.
        examined: Of each phase whether it came to its end.
    """

    when: RecordingRef
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
        """Whether it has no score: it failed, was broken off, or runs still."""
        return self.trust_score is None

    def tells(self, phase: str, page: str) -> bool:
        """Whether a finding of a phase on a page would have been found."""
        ended = self.examined.get(phase, self.status == COMPLETED)
        return ended and (self.visited is None or page in self.visited)


def site_recording(state: AuditState, page: Page, rules: Rules) -> SiteRecording:
    """Return what a run tells of the site.

    Args:
        state: What the run came to.
        page: The page that was asked for.
        rules: What is volatile.
    """
    summaries = {name: phase.summary for name, phase in state.phases.items() if phase.status == COMPLETED}
    visited = {str(at) for said in state.pages if (at := Page.of(as_text(said.get("url")) or ""))}
    return SiteRecording(
        when=RecordingRef(state.started_at or 0.0, state.run_id),
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
    found: dict[FindingKey, Mapping[str, Any]] = {}
    counts: Counter[FindingKey] = Counter()
    for finding in by_severity(state.findings):
        key = _key(finding, start)
        found.setdefault(key, finding)
        counts[key] += 1
    return {
        key: FindingDetails(
            title=as_text(finding.get("title")) or key.kind,
            detail=as_text(finding.get("detail")) or "",
            severity=severity_of(finding),
            phase=as_text(finding.get("phase")) or "",
            count=counts[key],
        )
        for key, finding in found.items()
    }


def _key(finding: Mapping[str, Any], start: Page) -> FindingKey:
    evidence = as_mapping(finding.get("evidence"))
    measured = as_mapping(evidence.get("measured"))
    named = (evidence.get("selector"), measured.get("test"), evidence.get("header"), measured.get("action"))
    about = next((text for text in named if isinstance(text, str) and text), "")
    page = Page.of(as_text(finding.get("url")) or "") or start
    return FindingKey(
        as_text(finding.get("kind")) or "unknown", _NUMBER.sub("*", _PLACE.sub("", about)).strip(), str(page)
    )


def _headers(scout: Mapping[str, Any] | None, rules: Rules) -> dict[str, str] | None:
    """Return the first page's headers, without those that are volatile and what is volatile in the others."""
    pages = as_items((scout or {}).get("pages"))
    if not pages or not isinstance(as_mapping(pages[0]).get("headers"), list):
        return None
    values: dict[str, list[str]] = {}
    for pair in pages[0]["headers"]:
        match pair:
            case [str(name), str(value)]:
                values.setdefault(name.lower(), []).append(value)
    places = {name: FieldMatcher(_PAGE_LOADED, rules, (HEADERS, name)) for name in values}
    return {
        name: " | ".join(places[name].comparable_text(value)[0] for value in said)
        for name, said in values.items()
        if places[name].hidden is None
    }


def _cookies(scout: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return each cookie by its name and where it counts, with what it may do; not its value."""
    if scout is None or not isinstance(scout.get("cookies"), list):
        return None
    return dict(_cookie(as_mapping(cookie)) for cookie in scout["cookies"])


def _cookie(cookie: Mapping[str, Any]) -> tuple[str, str]:
    place = (as_text(cookie.get("domain")) or "") + (as_text(cookie.get("path")) or "")
    flags = [shown for name, shown in (("secure", "Secure"), ("httpOnly", "HttpOnly")) if cookie.get(name) is True]
    same_site = as_text(cookie.get("sameSite"))
    lasts = "for the session" if cookie.get("expires") in (-1, None) else "lasting"
    said = ", ".join([*flags, *([f"SameSite={same_site}"] if same_site else []), lasts])
    return f"{as_text(cookie.get('name')) or ''} ({place})", said


def _third_parties(scout: Mapping[str, Any] | None) -> dict[str, str] | None:
    if scout is None or not isinstance(scout.get("third_party_hosts"), list):
        return None
    return {host: "" for host in scout["third_party_hosts"] if isinstance(host, str)}


def _certificate(graph: Mapping[str, Any] | None) -> dict[str, str] | None:
    certificate = as_mapping((graph or {}).get("certificate"))
    if certificate.get("status") == "not_applicable":  # a site without one
        return {}
    if certificate.get("status") != "found":
        return None
    return {name: said for name, said in _certificate_facts(certificate) if said}


def _certificate_facts(certificate: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    issuer = as_mapping(certificate.get("issuer"))
    names = sorted(name for name in as_items(certificate.get("names")) if isinstance(name, str))
    yield "issuer", ", ".join(said for said in issuer.values() if isinstance(said, str))
    yield "names", ", ".join(names)
    yield "expires", as_text(certificate.get("not_after")) or ""
    if isinstance(trusted := certificate.get("trusted"), bool):
        yield "trusted", "yes" if trusted else "no"
