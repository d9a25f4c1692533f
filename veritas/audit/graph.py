"""The graph phase: who runs the site.

It queries the name servers and the host, reads what the pages claim, and compares the two. A contradiction becomes a
finding; a check whose data could not be obtained is `unknown`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import dns.asyncresolver
import msgspec

from veritas.audit.finding import Finding
from veritas.audit.headers.charset import decode_html
from veritas.audit.identity.certificate import (
    HANDSHAKE_TIMEOUT,
    Certificate,
    certificate_from_browser,
    fetch_certificate,
)
from veritas.audit.identity.claim_checks import CONTACT_PAGE, check_claims
from veritas.audit.identity.claims import KINDS, OwnerClaim, claims_of, distinct, of_kind
from veritas.audit.identity.consistency import EVIDENCE, ConsistencyCheck, SiteFacts
from veritas.audit.identity.dns import LOOK_UP_TIMEOUT, MAIL_TIMEOUT, Records, check_mail_domains, look_up
from veritas.audit.identity.domains import Host, host_of
from veritas.audit.identity.link_graph import GraphEdge, link_graph_of
from veritas.audit.identity.network_checks import check_network
from veritas.audit.identity.structured_data import StructuredData, read_structured_data
from veritas.audit.identity.url_checks import check_urls
from veritas.audit.page import PageFacts
from veritas.audit.phase import PhaseContext
from veritas.audit.summaries import ClaimedValue, ConsistencyAnswer, GraphSummary
from veritas.audit.time_limits import Deadline
from veritas.audit.timed_fetcher import TimedFetcher
from veritas.default_ports import port_of
from veritas.errors import InvalidUrl, PageError
from veritas.formatting import count

_MAX_STRUCTURED_PAGES = 2
_MAX_MAIL_DOMAINS = 3
_FETCH_TIMEOUT = 5.0  # seconds
_PROXIED = "the page came through a proxy, which can present a certificate of its own"


async def run(
    context: PhaseContext, *, resolver: dns.asyncresolver.Resolver | None = None, trust: ssl.SSLContext | None = None
) -> GraphSummary:
    """Find out who runs the site; what is not answered before the deadline is unknown.

    Args:
        resolver: The DNS resolver to use instead of the system's.
        trust: The context to verify certificates with, instead of the system's authorities.
    """
    requested = host_of(context.url)
    scout = context.summaries.scout
    visited = [page for page in scout.pages if host_of(page.url)] if scout else []
    pages = [page for page in visited if page.status < 400]  # error pages do not describe the site
    url = visited[0].url if visited else context.url
    host = host_of(url)
    if requested is None or host is None:
        raise InvalidUrl(f"The address {context.url!r} names no host.")
    context.emit("asking", 62, f"Querying name servers and {host.shown!r}, and reading the pages")
    (records, certificate), claims = await asyncio.gather(
        _query_network(context, url, host, visited, resolver, trust), _read_claims(context, pages)
    )
    context.emit("comparing", 70, _progress(records, certificate, claims))
    facts = SiteFacts(
        requested=requested,
        host=host,
        reached=bool(visited),
        proxied=context.browser.guard.network.proxy_for(url) is not None,
        pages=pages,
        claims=claims,
        certificate=certificate,
        records=records,
        accepts_mail=await _query_mail_domains(context.deadline, claims, records, resolver),
    )
    is_unanswered = certificate.status == "unknown" or any(found.status == "unknown" for found in records.values())
    if is_unanswered and not context.deadline.left:
        context.deadline.miss("every query was answered")
    checks = [*check_urls(facts), *check_network(facts), *check_claims(facts)]
    findings = [finding for check in checks if (finding := _finding_of(check, url))]
    for finding in findings:
        context.report(finding, 73)
    is_answered = Counter(check.answer != "unknown" for check in checks if check.basis in EVIDENCE)
    graph = link_graph_of(facts)
    return GraphSummary(
        url=url,
        host=host,
        requested_host=requested,
        certificate=certificate,
        dns=records,
        claims={kind: _grouped(of_kind(claims, kind)) for kind in KINDS},
        agreements=[ConsistencyAnswer(check.question, check.basis, check.answer, check.detail) for check in checks],
        answered=is_answered[True],
        unanswered=is_answered[False],
        nodes=list(graph.nodes.values()),
        edges=[GraphEdge(*edge) for edge in graph.edges],
        nodes_left_out=graph.left_out,
        findings=len(findings),
    )


async def _query_network(
    context: PhaseContext,
    url: str,
    host: Host,
    visited: Sequence[PageFacts],
    resolver: dns.asyncresolver.Resolver | None,
    trust: ssl.SSLContext | None,
) -> tuple[dict[str, Records], Certificate]:
    """Return the DNS records and, if the page came over https, the certificate."""
    split = urlsplit(url)
    timeout = min(LOOK_UP_TIMEOUT, context.deadline.left)
    lookup = asyncio.create_task(look_up(host, timeout=timeout, resolver=resolver))
    try:
        if split.scheme != "https":
            return await lookup, Certificate("not_applicable", reason="the page came over plain http")
        if context.browser.guard.network.proxy_for(url):
            return await lookup, Certificate("unknown", reason=_PROXIED)
        guard, timeout = context.browser.guard, min(HANDSHAKE_TIMEOUT, context.deadline.left)
        certificate = await fetch_certificate(host, port_of(split), guard=guard, timeout=timeout, trust=trust)
        if certificate.status == "unknown" and visited:
            details = visited[0].certificate or {}
            certificate = certificate_from_browser(details, now=datetime.now(UTC)) or certificate
        return await lookup, certificate
    finally:
        lookup.cancel()


async def _read_claims(context: PhaseContext, pages: Sequence[PageFacts]) -> list[OwnerClaim]:
    """Return the pages' claims; the start page and one contact page are also fetched for their structured data."""
    contact_pages = [page for page in pages[1:] if CONTACT_PAGE.search(page.url)]
    with_data = [*pages[:1], *contact_pages][:_MAX_STRUCTURED_PAGES]
    data = {page.url: await _fetch_structured_data(context, page) for page in with_data}
    return distinct(claim for page in pages for claim in claims_of(page, data.get(page.url)))


async def _fetch_structured_data(context: PhaseContext, page: PageFacts) -> StructuredData:
    """Return the structured data in the HTML that the server sends; JSON-LD does not need scripts to run."""
    try:
        fetcher = TimedFetcher(context.browser, context.deadline)
        response = await fetcher.fetch(page.url, timeout=_FETCH_TIMEOUT)
    except PageError:
        return StructuredData()
    if response.status >= 400:
        return StructuredData()
    content_type = next((value for name, value in response.headers if name.lower() == "content-type"), "")
    return read_structured_data(decode_html(response.body, content_type))


async def _query_mail_domains(
    deadline: Deadline,
    claims: Sequence[OwnerClaim],
    records: Mapping[str, Records],
    resolver: dns.asyncresolver.Resolver | None,
) -> dict[str, bool | None]:
    """Return which domains of the claimed mail addresses accept mail; empty if the resolver did not answer before."""
    if "A" not in records or records["A"].status == "unknown":
        return {}
    domains = sorted({claim.value.rpartition("@")[2] for claim in of_kind(claims, "mail")})
    timeout = min(MAIL_TIMEOUT, deadline.left)
    return await check_mail_domains(domains[:_MAX_MAIL_DOMAINS], timeout=timeout, resolver=resolver)


def _finding_of(check: ConsistencyCheck, url: str) -> Finding | None:
    draft = check.finding
    if draft is None:
        return None
    return Finding(
        phase="graph",
        kind=draft.kind,
        title=draft.title,
        detail=check.detail,
        severity=draft.severity,
        confidence=draft.confidence,
        signal=draft.signal,
        url=url,
        evidence={"measured": draft.measured} if draft.measured else {},
    )


def _grouped(claims: Sequence[OwnerClaim]) -> list[ClaimedValue]:
    """Return each value once, with all its sources."""
    grouped: dict[str, ClaimedValue] = {}
    for claim in claims:
        value = grouped.get(claim.value) or ClaimedValue(claim.value, [], claim.url)
        value.sources.append(claim.source)
        if claim.scheme:
            value = msgspec.structs.replace(value, scheme=claim.scheme, valid=claim.valid)
        grouped[claim.value] = value
    return list(grouped.values())


def _progress(records: Mapping[str, Records], certificate: Certificate, claims: Sequence[OwnerClaim]) -> str:
    answered = sum(1 for found in records.values() if found.status != "unknown")
    dns_part = f"DNS answered {answered} of {len(records)} queries" if records else "no DNS records to query"
    return f"{dns_part}; certificate {certificate.status.replace('_', ' ')}; {count(len(claims), 'claim')} read"
