"""Consistency checks of URLs: lookalike host names, and redirects, canonical links and forms that leave the site."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.audit.identity.consistency import ConsistencyCheck, FindingDraft, SiteFacts
from veritas.audit.identity.domains import Host, find_lookalikes, host_of, same_site
from veritas.audit.page import FormFacts

_PERSONAL_FIELDS = ("email", "password", "tel")


def check_urls(facts: SiteFacts) -> Iterator[ConsistencyCheck]:
    """Check the URLs of a site."""
    yield from _check_host_name(facts.host)
    yield _check_redirect(facts.requested, facts.host)
    if facts.pages:
        yield _check_canonical(facts)
        yield _check_forms(facts)


def _check_host_name(host: Host) -> Iterator[ConsistencyCheck]:
    if host.is_address and host.public:
        detail = f"The site has no host name, only the IP address {host.name}."
        finding = FindingDraft("host_is_address", "IP address instead of a host name", "medium", 0.8)
        yield ConsistencyCheck("host_name", "address", "disagrees", detail, finding)
        return
    lookalikes = find_lookalikes(host)
    for lookalike in lookalikes:
        detail = f"{lookalike.part!r} {lookalike.detail}; people read it as {lookalike.reads_as!r}."
        severity, confidence = ("medium", 0.7) if lookalike.kind == "embedded_domain" else ("high", 0.9)
        measured = {"host": host.name, "part": lookalike.part, "reads_as": lookalike.reads_as}
        finding = FindingDraft(f"host_{lookalike.kind}", "Lookalike host name", severity, confidence, measured=measured)
        yield ConsistencyCheck("host_name", "address", "disagrees", detail, finding)
    if not lookalikes and host.shown != host.name:
        detail = f"The host name has letters outside ASCII: {host.shown!r} is encoded as {host.name!r}."
        finding = FindingDraft(
            "host_internationalised", "Internationalised host name", "info", 1.0, measured={"host": host.name}
        )
        yield ConsistencyCheck("host_name", "address", "agrees", detail, finding)
    elif not lookalikes:
        yield ConsistencyCheck("host_name", "address", "agrees", f"{host.name!r} is not a lookalike of another name.")


def _check_redirect(requested: Host, host: Host) -> ConsistencyCheck:
    if same_site(requested, host):
        return ConsistencyCheck(
            "redirect", "address", "agrees", f"{requested.name!r} does not redirect to another site."
        )
    detail = f"{requested.name!r} redirects to another site, {host.name!r}."
    finding = FindingDraft("leads_to_another_site", "Redirect to another site", "low", 0.6)
    return ConsistencyCheck("redirect", "address", "disagrees", detail, finding)


def _check_canonical(facts: SiteFacts) -> ConsistencyCheck:
    hosts = [host for page in facts.pages if (host := host_of(page.canonical))]
    foreign = sorted({host.name for host in hosts if not same_site(host, facts.host)})
    if not hosts:
        return ConsistencyCheck("canonical", "address", "unknown", "No page has a canonical link.")
    if not facts.host.public:
        detail = "The site runs under a local name, so its public name is not known."
        return ConsistencyCheck("canonical", "address", "unknown", detail)
    if not foreign:
        return ConsistencyCheck("canonical", "address", "agrees", "The canonical links lead to the site itself.")
    detail = f"Canonical links lead to {', '.join(map(repr, foreign[:3]))}."
    finding = FindingDraft(
        "canonical_elsewhere", "Canonical link to another site", "low", 0.6, measured={"hosts": foreign[:5]}
    )
    return ConsistencyCheck("canonical", "address", "disagrees", detail, finding)


def _check_forms(facts: SiteFacts) -> ConsistencyCheck:
    forms = [form for page in facts.pages for form in page.forms if _asks_for_data(form)]
    if not forms:
        return ConsistencyCheck("forms", "address", "unknown", "No form asks for anything personal.")
    hosts = [host for form in forms if (host := host_of(form.action))]
    foreign = sorted({host.name for host in hosts if not same_site(host, facts.host)})
    if not foreign:
        return ConsistencyCheck("forms", "address", "agrees", "Forms send personal data to the site itself.")
    detail = f"Forms send personal data to {', '.join(map(repr, foreign[:3]))}."
    return ConsistencyCheck("forms", "address", "disagrees", detail)  # the security phase reports the finding


def _asks_for_data(form: FormFacts) -> bool:
    return form.method == "post" or any(field.type in _PERSONAL_FIELDS for field in form.fields)
