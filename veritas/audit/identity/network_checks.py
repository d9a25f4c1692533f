"""Consistency checks of certificate and DNS: what certificate authorities and name servers state about a site."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.audit.identity.claims import of_kind
from veritas.audit.identity.company_names import same_company
from veritas.audit.identity.consistency import ConsistencyCheck, FindingDraft, SiteFacts
from veritas.audit.identity.contacts import provider_kind
from veritas.audit.identity.domains import registrable_domain
from veritas.formatting import count

# Certificates are renewed automatically weeks before they expire. One with fewer days left was forgotten, unless it is
# so short-lived that this is normal.
_OVERDUE_DAYS = 3
_SHORT_LIVED_DAYS = 30


def check_network(facts: SiteFacts) -> Iterator[ConsistencyCheck]:
    """Check the certificate and the DNS records."""
    if facts.certificate.status == "found":
        yield _check_dates(facts)
        yield _check_names(facts)
        yield _check_trust(facts)
        yield _check_strength(facts)
        yield _check_company(facts)
    elif facts.certificate.status == "unknown":
        yield _unknown("certificate_trust", f"The certificate is not known: {facts.certificate.reason}.")
    if facts.records:
        host_in_dns = _check_host_in_dns(facts)
        yield host_in_dns
        yield from _check_mail(facts, resolver_knows_host=host_in_dns.answer == "agrees")


def _check_dates(facts: SiteFacts) -> ConsistencyCheck:
    certificate = facts.certificate
    days = certificate.days_left
    if days is None or certificate.days_total is None:
        return _unknown("certificate_dates", "The certificate's dates are not known.")
    measured = {"not_before": certificate.not_before, "not_after": certificate.not_after, "days_left": days}
    if days < 0:
        finding = FindingDraft("certificate_expired", "The certificate has expired", "high", 1.0, measured=measured)
        return _disagrees("certificate_dates", f"The certificate was valid until {certificate.not_after}.", finding)
    if days > certificate.days_total:
        finding = FindingDraft(
            "certificate_not_yet_valid", "The certificate is not valid yet", "high", 1.0, measured=measured
        )
        return _disagrees("certificate_dates", f"The certificate is valid from {certificate.not_before}.", finding)
    if days <= _OVERDUE_DAYS and certificate.days_total > _SHORT_LIVED_DAYS:
        finding = FindingDraft("renewal_overdue", "The certificate is about to expire", "low", 0.6, measured=measured)
        detail = f"The certificate expires within {count(days + 1, 'day')} and has not been renewed."
        return ConsistencyCheck("certificate_dates", "network", "agrees", detail, finding)
    return _agrees("certificate_dates", f"The certificate is valid for {count(days, 'more day')}.")


def _check_names(facts: SiteFacts) -> ConsistencyCheck:
    certificate = facts.certificate
    if certificate.host_matches is None:
        return _unknown("certificate_names", "The names on the certificate are not known.")
    if certificate.host_matches:
        return _agrees("certificate_names", f"The certificate is issued for {facts.host.name!r}.")
    names = ", ".join(map(repr, certificate.names[:3])) or "no host"
    finding = FindingDraft(
        "certificate_wrong_host",
        "The certificate is issued for another host",
        "high",
        1.0,
        measured={"host": facts.host.name, "names": certificate.names[:10]},
    )
    return _disagrees(
        "certificate_names", f"The certificate is issued for {names}, not for {facts.host.name!r}.", finding
    )


def _check_trust(facts: SiteFacts) -> ConsistencyCheck:
    certificate = facts.certificate
    issuer = certificate.issuer.get("organization") or certificate.issuer.get("common_name") or "an authority"
    if certificate.trusted:
        return _agrees("certificate_trust", f"The certificate is signed by {issuer!r}, a trusted authority.")
    if certificate.incomplete and facts.reached:
        detail = "The browser accepted the certificate, but its chain cannot be completed outside the browser."
        return _unknown("certificate_trust", detail)
    detail = f"The certificate does not verify: {certificate.problem}."
    if certificate.host_matches is False or _check_dates(facts).answer == "disagrees":
        return ConsistencyCheck("certificate_trust", "network", "disagrees", detail)  # the cause has the finding
    measured = {"problem": certificate.problem, "issuer": issuer, "self_signed": certificate.self_signed}
    finding = FindingDraft(
        "certificate_untrusted", "The certificate is not from a trusted authority", "high", 1.0, measured=measured
    )
    return _disagrees("certificate_trust", detail, finding)


def _check_strength(facts: SiteFacts) -> ConsistencyCheck:
    certificate = facts.certificate
    if certificate.key is None:
        return _unknown("certificate_strength", "The certificate's key is not known.")
    if not certificate.weaknesses:
        return _agrees("certificate_strength", f"The certificate's key is {certificate.key}.")
    measured = {"key": certificate.key, "weaknesses": certificate.weaknesses}
    finding = FindingDraft("certificate_weak", "The certificate is weak", "medium", 0.9, measured=measured)
    return _disagrees("certificate_strength", f"The certificate is weak: {'; '.join(certificate.weaknesses)}.", finding)


def _check_company(facts: SiteFacts) -> ConsistencyCheck:
    organization = facts.certificate.subject.get("organization")
    companies = sorted({claim.value for claim in of_kind(facts.claims, "company") if claim.source != "mention"})
    if not organization:
        return _unknown(
            "certificate_company", "The certificate names no company: the authority validated only the domain."
        )
    if not companies:
        return _unknown("certificate_company", f"The certificate names {organization!r}; the pages name no company.")
    if any(same_company(organization, company) for company in companies):
        return _agrees("certificate_company", f"Certificate and pages name the same company, {organization!r}.")
    measured = {"certificate": organization, "pages": companies[:5]}
    finding = FindingDraft(
        "company_differs_from_certificate",
        "Certificate and pages name different companies",
        "low",
        0.5,
        measured=measured,
    )
    return _disagrees(
        "certificate_company", f"The certificate names {organization!r}, the pages name {companies[0]!r}.", finding
    )


def _check_host_in_dns(facts: SiteFacts) -> ConsistencyCheck:
    """Check whether the DNS knows the host; this is true of any site, so it is not evidence of who runs it."""
    addresses = [facts.records[kind] for kind in ("A", "AAAA") if kind in facts.records]
    name = facts.host.name
    if any(records.status == "found" for records in addresses):
        return ConsistencyCheck("host_in_dns", "address", "agrees", f"The DNS has an address for {name!r}.")
    if any(records.status == "unknown" for records in addresses):
        return ConsistencyCheck(
            "host_in_dns", "address", "unknown", f"The DNS could not be queried: {addresses[0].reason}."
        )
    if facts.reached:  # the browser used a proxy, a hosts file, or another resolver
        detail = f"This resolver does not know {name!r}, but the browser reached it."
        return ConsistencyCheck("host_in_dns", "address", "unknown", detail)
    if facts.proxied:
        detail = f"This resolver does not know {name!r}, but the proxy may know it."
        return ConsistencyCheck("host_in_dns", "address", "unknown", detail)
    finding = FindingDraft("host_not_in_dns", "The DNS does not know the host", "info", 1.0)
    return ConsistencyCheck("host_in_dns", "address", "disagrees", f"The DNS has no address for {name!r}.", finding)


def _check_mail(facts: SiteFacts, *, resolver_knows_host: bool) -> Iterator[ConsistencyCheck]:
    """Check whether claimed mail domains accept mail; a resolver that does not know the host is not trusted."""
    known = {domain: accepts for domain, accepts in facts.accepts_mail.items() if accepts is not None}
    undeliverable = sorted(domain for domain, accepts in known.items() if not accepts)
    if not known or not resolver_knows_host:
        yield _unknown("mail_deliverable", "It is not known whether the mail addresses accept mail.")
    elif undeliverable:
        finding = FindingDraft(
            "mail_undeliverable",
            "Mail address that cannot receive mail",
            "medium",
            0.8,
            measured={"domains": undeliverable},
        )
        yield _disagrees(
            "mail_deliverable", f"Mail to {', '.join(map(repr, undeliverable[:3]))} cannot be delivered.", finding
        )
    else:
        yield _agrees("mail_deliverable", f"Mail to {', '.join(map(repr, sorted(known)[:3]))} can be delivered.")
    own = facts.host.registrable
    uses_mail = own and any(
        registrable_domain(claim.value.rpartition("@")[2]) == own for claim in of_kind(facts.claims, "mail")
    )
    if not uses_mail or provider_kind(own or ""):
        return
    missing = [label for label in ("SPF", "DMARC") if facts.records[label].status == "none"]
    if missing and resolver_knows_host:
        finding = FindingDraft(
            "mail_forgeable", "Mail can be sent in the site's name", "low", 0.6, measured={"missing": missing}
        )
        yield _disagrees("mail_protected", f"The domain {own!r} has no {' and no '.join(missing)} record.", finding)
    elif all(facts.records[label].status == "found" for label in ("SPF", "DMARC")):
        yield _agrees("mail_protected", f"The domain {own!r} has SPF and DMARC records.")
    else:
        yield _unknown("mail_protected", "It is not known whether the domain has SPF and DMARC records.")


def _agrees(question: str, detail: str) -> ConsistencyCheck:
    return ConsistencyCheck(question, "network", "agrees", detail)


def _disagrees(question: str, detail: str, finding: FindingDraft) -> ConsistencyCheck:
    return ConsistencyCheck(question, "network", "disagrees", detail, finding)


def _unknown(question: str, detail: str) -> ConsistencyCheck:
    return ConsistencyCheck(question, "network", "unknown", detail)
