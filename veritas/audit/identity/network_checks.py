"""Questions that others answer: certificate authorities and name servers."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.audit.identity.claims import of_kind
from veritas.audit.identity.company_names import same_company
from veritas.audit.identity.consistency import Agreement, Facts, Mark
from veritas.audit.identity.contacts import provider_kind
from veritas.audit.identity.domains import registrable_domain

# A certificate of ordinary life that is this close to its end was forgotten: renewal is automatic weeks before.
_FORGOTTEN_DAYS = 3
_ORDINARY_LIFE_DAYS = 30


def network_questions(facts: Facts) -> Iterator[Agreement]:
    """Answer what certificate and DNS say."""
    if facts.certificate.status == "found":
        yield _dates(facts)
        yield _names(facts)
        yield _trust(facts)
        yield _strength(facts)
        yield _organization(facts)
    elif facts.certificate.status == "unknown":
        yield _unknown("certificate_trust", f"The certificate is not known: {facts.certificate.reason}.")
    if facts.records:
        exists = _existence(facts)
        yield exists
        yield from _mail(facts, resolver_sees_site=exists.answer == "agrees")


def _dates(facts: Facts) -> Agreement:
    certificate = facts.certificate
    days = certificate.days_left
    if days is None or certificate.days_total is None:
        return _unknown("certificate_dates", "The certificate's dates are not known.")
    measured = {"not_before": certificate.not_before, "not_after": certificate.not_after, "days_left": days}
    if days < 0:
        mark = Mark("certificate_expired", "The certificate has expired", "high", 1.0, measured=measured)
        return _disagrees("certificate_dates", f"The certificate was valid until {certificate.not_after}.", mark)
    if days > certificate.days_total:
        mark = Mark("certificate_not_yet_valid", "The certificate is not valid yet", "high", 1.0, measured=measured)
        return _disagrees("certificate_dates", f"The certificate is valid from {certificate.not_before}.", mark)
    if days <= _FORGOTTEN_DAYS and certificate.days_total > _ORDINARY_LIFE_DAYS:
        mark = Mark("renewal_overdue", "The certificate is about to expire", "low", 0.6, measured=measured)
        detail = f"The certificate ends within {days + 1} days, and nobody has renewed it."
        return Agreement("certificate_dates", "network", "agrees", detail, mark)
    return _agrees("certificate_dates", f"The certificate is valid for {days} more days.")


def _names(facts: Facts) -> Agreement:
    certificate = facts.certificate
    if certificate.host_matches is None:
        return _unknown("certificate_names", "The names on the certificate are not known.")
    if certificate.host_matches:
        return _agrees("certificate_names", f"The certificate is made out to {facts.host.name!r}.")
    shown = ", ".join(map(repr, certificate.names[:3])) or "no host at all"
    mark = Mark(
        "certificate_wrong_host",
        "The certificate is made out to another host",
        "high",
        1.0,
        measured={"host": facts.host.name, "names": certificate.names[:10]},
    )
    return _disagrees("certificate_names", f"The certificate is made out to {shown}, not to {facts.host.name!r}.", mark)


def _trust(facts: Facts) -> Agreement:
    certificate = facts.certificate
    issuer = certificate.issuer.get("organization") or certificate.issuer.get("common_name") or "an authority"
    if certificate.trusted:
        return _agrees("certificate_trust", f"The certificate is vouched for by {issuer!r}.")
    if certificate.incomplete and facts.reached:
        detail = "The browser accepted the certificate; its chain could not be completed without the browser's help."
        return _unknown("certificate_trust", detail)
    detail = f"The certificate does not verify: {certificate.problem}."
    if certificate.host_matches is False or _dates(facts).answer == "disagrees":
        return Agreement("certificate_trust", "network", "disagrees", detail)  # the mark stands at the cause
    measured = {"problem": certificate.problem, "issuer": issuer, "self_signed": certificate.self_signed}
    mark = Mark(
        "certificate_untrusted", "No known authority vouches for the certificate", "high", 1.0, measured=measured
    )
    return _disagrees("certificate_trust", detail, mark)


def _strength(facts: Facts) -> Agreement:
    certificate = facts.certificate
    if certificate.key is None:
        return _unknown("certificate_strength", "The certificate's key is not known.")
    if not certificate.weaknesses:
        return _agrees("certificate_strength", f"The certificate's key is {certificate.key}.")
    measured = {"key": certificate.key, "weaknesses": certificate.weaknesses}
    mark = Mark("certificate_weak", "The certificate is weak", "medium", 0.9, measured=measured)
    return _disagrees("certificate_strength", f"The certificate is weak: {'; '.join(certificate.weaknesses)}.", mark)


def _organization(facts: Facts) -> Agreement:
    organization = facts.certificate.subject.get("organization")
    companies = sorted({claim.value for claim in of_kind(facts.claims, "company") if claim.source != "mention"})
    if not organization:
        return _unknown("certificate_company", "The certificate names no company: only the domain was validated.")
    if not companies:
        return _unknown("certificate_company", f"The certificate names {organization!r}; the pages name no company.")
    if any(same_company(organization, company) for company in companies):
        return _agrees("certificate_company", f"Certificate and pages name the same company, {organization!r}.")
    measured = {"certificate": organization, "pages": companies[:5]}
    mark = Mark(
        "company_differs_from_certificate",
        "Certificate and pages name different companies",
        "low",
        0.5,
        measured=measured,
    )
    return _disagrees(
        "certificate_company", f"The certificate names {organization!r}, the pages name {companies[0]!r}.", mark
    )


def _existence(facts: Facts) -> Agreement:
    """Answer whether the DNS knows the host; anybody's host is known, so that is no evidence of whose it is."""
    answers = [facts.records[kind] for kind in ("A", "AAAA") if kind in facts.records]
    name = facts.host.name
    if any(answer.status == "found" for answer in answers):
        return Agreement("host_in_dns", "address", "agrees", f"The DNS has an address for {name!r}.")
    if any(answer.status == "unknown" for answer in answers):
        return Agreement("host_in_dns", "address", "unknown", f"The DNS could not be asked: {answers[0].reason}.")
    if facts.reached:  # the browser got there: by a proxy, a hosts file, or another resolver
        detail = f"This resolver does not know {name!r}, though the browser reached it."
        return Agreement("host_in_dns", "address", "unknown", detail)
    mark = Mark("host_not_in_dns", "The DNS does not know the host", "info", 1.0)
    return Agreement("host_in_dns", "address", "disagrees", f"The DNS has no address for {name!r}.", mark)


def _mail(facts: Facts, *, resolver_sees_site: bool) -> Iterator[Agreement]:
    """Answer whether claimed mail domains take mail; a resolver that does not see the site is not believed."""
    answered = {domain: reach for domain, reach in facts.mail_reach.items() if reach is not None}
    dead = sorted(domain for domain, reach in answered.items() if not reach)
    if not answered or not resolver_sees_site:
        yield _unknown("mail_deliverable", "Whether mail reaches the addresses given could not be asked.")
    elif dead:
        mark = Mark(
            "mail_undeliverable", "Mail to the address given cannot arrive", "medium", 0.8, measured={"domains": dead}
        )
        yield _disagrees("mail_deliverable", f"No mail can be delivered to {', '.join(map(repr, dead[:3]))}.", mark)
    else:
        yield _agrees("mail_deliverable", f"Mail reaches {', '.join(map(repr, sorted(answered)[:3]))}.")
    own = facts.host.registrable
    uses_mail = own and any(
        registrable_domain(claim.value.rpartition("@")[2]) == own for claim in of_kind(facts.claims, "mail")
    )
    if not uses_mail or provider_kind(own or ""):
        return
    missing = [label for label in ("SPF", "DMARC") if facts.records[label].status == "none"]
    if missing and resolver_sees_site:
        mark = Mark(
            "mail_forgeable", "Anybody can send mail in the site's name", "low", 0.6, measured={"missing": missing}
        )
        yield _disagrees("mail_protected", f"The domain {own!r} has no {' and no '.join(missing)} record.", mark)
    elif all(facts.records[label].status == "found" for label in ("SPF", "DMARC")):
        yield _agrees("mail_protected", f"The domain {own!r} has SPF and DMARC records.")
    else:
        yield _unknown("mail_protected", "Whether the domain's mail is protected could not be asked.")


def _agrees(question: str, detail: str) -> Agreement:
    return Agreement(question, "network", "agrees", detail)


def _disagrees(question: str, detail: str, mark: Mark) -> Agreement:
    return Agreement(question, "network", "disagrees", detail, mark)


def _unknown(question: str, detail: str) -> Agreement:
    return Agreement(question, "network", "unknown", detail)
