"""The graph phase: who is behind the page.

It asks the name servers and the host itself, reads what the pages claim, and puts the one against the other. What
stands against the page becomes a finding; what could not be asked is unknown.
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
from veritas.audit.identity.certificate import Certificate, fetch_certificate, seen_by_browser
from veritas.audit.identity.claim_checks import CONTACT_PAGE, claim_questions
from veritas.audit.identity.claims import KINDS, Claim, claims_of, distinct, of_kind
from veritas.audit.identity.consistency import EVIDENCE, Agreement, Facts
from veritas.audit.identity.dns import Records, look_up, mail_reaches
from veritas.audit.identity.domains import Host, host_of
from veritas.audit.identity.link_graph import GraphEdge, network_of
from veritas.audit.identity.network_checks import network_questions
from veritas.audit.identity.structured_data import Markup, read_markup
from veritas.audit.identity.url_checks import address_questions
from veritas.audit.page import PageFacts
from veritas.audit.phase import PhaseContext
from veritas.audit.summaries import ClaimedValue, ConsistencyAnswer, GraphSummary
from veritas.errors import InvalidUrl, PageError

_MAX_READ = 2
_MAX_MAIL_DOMAINS = 3
_READ_TIMEOUT = 5.0


async def run(
    context: PhaseContext, *, resolver: dns.asyncresolver.Resolver | None = None, trust: ssl.SSLContext | None = None
) -> GraphSummary:
    """Find out who is behind the page.

    Args:
        resolver: Asks the DNS, instead of the system's.
        trust: Verifies certificates, instead of the system's authorities.
    """
    requested = host_of(context.url)
    scout = context.summaries.scout
    seen = [page for page in scout.pages if host_of(page.url)] if scout else []
    pages = [page for page in seen if page.status < 400]  # an error page does not describe its site
    url = seen[0].url if seen else context.url
    host = host_of(url)
    if requested is None or host is None:
        raise InvalidUrl(f"The address {context.url!r} names no host.")
    context.emit("asking", 62, f"Asking name servers and {host.shown!r} itself, and reading what the pages say")
    (records, certificate), claims = await asyncio.gather(
        _ask_network(url, host, seen, resolver, trust), _read_claims(context, pages)
    )
    context.emit("comparing", 70, _progress(records, certificate, claims))
    facts = Facts(
        requested=requested,
        host=host,
        reached=bool(seen),
        pages=pages,
        claims=claims,
        certificate=certificate,
        records=records,
        mail_reach=await _ask_mail(claims, records, resolver),
    )
    agreements = [*address_questions(facts), *network_questions(facts), *claim_questions(facts)]
    marked = [finding for agreement in agreements if (finding := _finding(agreement, url))]
    for finding in marked:
        context.report(finding, 73)
    answers = Counter(answer.answer != "unknown" for answer in agreements if answer.basis in EVIDENCE)
    network = network_of(facts)
    return GraphSummary(
        url=url,
        host=host,
        requested_host=requested,
        certificate=certificate,
        dns=records,
        claims={kind: _grouped(of_kind(claims, kind)) for kind in KINDS},
        agreements=[
            ConsistencyAnswer(agreement.question, agreement.basis, agreement.answer, agreement.detail)
            for agreement in agreements
        ],
        answered=answers[True],
        unanswered=answers[False],
        nodes=list(network.nodes.values()),
        edges=[GraphEdge(*edge) for edge in network.edges],
        nodes_left_out=network.left_out,
        findings=len(marked),
    )


async def _ask_network(
    url: str,
    host: Host,
    seen: Sequence[PageFacts],
    resolver: dns.asyncresolver.Resolver | None,
    trust: ssl.SSLContext | None,
) -> tuple[dict[str, Records], Certificate]:
    """Return the DNS's records, and the certificate where the page is one of https."""
    split = urlsplit(url)
    port = split.port or 443
    lookup = asyncio.create_task(look_up(host, resolver=resolver))
    try:
        if split.scheme != "https":
            return await lookup, Certificate("not_applicable", reason="the page came over plain http")
        addresses = _addresses(host, port, seen)
        if not addresses:
            records = await lookup
            addresses = [value for kind in ("A", "AAAA") if kind in records for value in records[kind].values]
        certificate = await fetch_certificate(host, addresses, port, trust=trust)
        if certificate.status == "unknown" and seen:
            certificate = seen_by_browser(seen[0].certificate or {}, now=datetime.now(UTC)) or certificate
        return await lookup, certificate
    finally:
        lookup.cancel()


def _addresses(host: Host, port: int, seen: Sequence[PageFacts]) -> list[str]:
    """Return the IP addresses that are known without asking: the browser's own, as far as it was the host's."""
    if host.is_address:
        return [host.name]
    places = [page.address for page in seen[:1]]
    known = [place["ipAddress"].strip("[]") for place in places if place and place["port"] == port]
    if not known and (host.name == "localhost" or host.name.endswith(".localhost")):
        return ["127.0.0.1", "::1"]
    return known


async def _read_claims(context: PhaseContext, pages: Sequence[PageFacts]) -> list[Claim]:
    """Return what the pages claim; of the start page, and of one like an imprint, the markup is read too."""
    imprints = [page for page in pages[1:] if CONTACT_PAGE.search(page.url)]
    markup = {page.url: await _markup(context, page) for page in [*pages[:1], *imprints][:_MAX_READ]}
    return distinct(claim for page in pages for claim in claims_of(page, markup.get(page.url)))


async def _markup(context: PhaseContext, page: PageFacts) -> Markup:
    """Return what the page's own markup says, as the server sends it: JSON-LD is there for readers without scripts."""
    try:
        answer = await context.browser.fetch(page.url, timeout=_READ_TIMEOUT)
    except PageError:
        return Markup()
    return read_markup(answer.body.decode("utf-8", "replace")) if answer.status < 400 else Markup()


async def _ask_mail(
    claims: Sequence[Claim], records: Mapping[str, Records], resolver: dns.asyncresolver.Resolver | None
) -> dict[str, bool | None]:
    """Return whether mail gets to the addresses claimed; where the resolver did not answer before, it is not asked."""
    if "A" not in records or records["A"].status == "unknown":
        return {}
    domains = sorted({claim.value.rpartition("@")[2] for claim in of_kind(claims, "mail")})
    return await mail_reaches(domains[:_MAX_MAIL_DOMAINS], resolver=resolver)


def _finding(agreement: Agreement, url: str) -> Finding | None:
    mark = agreement.mark
    if mark is None:
        return None
    return Finding(
        phase="graph",
        kind=mark.kind,
        title=mark.title,
        detail=agreement.detail,
        severity=mark.severity,
        confidence=mark.confidence,
        signal=mark.signal,
        url=url,
        evidence={"measured": mark.measured} if mark.measured else {},
    )


def _grouped(claims: Sequence[Claim]) -> list[ClaimedValue]:
    """Return each value once, with all its sources."""
    grouped: dict[str, ClaimedValue] = {}
    for claim in claims:
        value = grouped.get(claim.value) or ClaimedValue(claim.value, [], claim.url)
        value.sources.append(claim.source)
        if claim.scheme:
            value = msgspec.structs.replace(value, scheme=claim.scheme, valid=claim.valid)
        grouped[claim.value] = value
    return list(grouped.values())


def _progress(records: Mapping[str, Records], certificate: Certificate, claims: Sequence[Claim]) -> str:
    answered = sum(1 for answer in records.values() if answer.status != "unknown")
    dns_part = f"{answered} of {len(records)} DNS questions answered" if records else "no DNS to ask"
    return f"{dns_part}; certificate {certificate.status.replace('_', ' ')}; {len(claims)} claims read"
