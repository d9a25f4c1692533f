"""Questions that addresses alone answer: is the name what it seems, and do redirects, canonical link and forms stay."""

from __future__ import annotations

from collections.abc import Iterator

from veritas.audit.identity.consistency import Agreement, Facts, Mark
from veritas.audit.identity.domains import Host, disguises, host_of, same_site
from veritas.audit.page import FormFacts

_PERSONAL_FIELDS = ("email", "password", "tel")


def address_questions(facts: Facts) -> Iterator[Agreement]:
    """Answer what the addresses of a site say."""
    yield from _name(facts.host)
    yield _redirect(facts.requested, facts.host)
    if facts.pages:
        yield _canonical(facts)
        yield _forms(facts)


def _name(host: Host) -> Iterator[Agreement]:
    if host.is_address and host.public:
        detail = f"The site has no name, only the address {host.name}."
        mark = Mark("host_is_address", "A bare IP address instead of a name", "medium", 0.8)
        yield Agreement("host_name", "address", "disagrees", detail, mark)
        return
    found = disguises(host)
    for disguise in found:
        detail = f"{disguise.part!r} {disguise.detail}; people read {disguise.reads_as!r}."
        severity, confidence = ("medium", 0.7) if disguise.kind == "embedded_domain" else ("high", 0.9)
        measured = {"host": host.name, "part": disguise.part, "reads_as": disguise.reads_as}
        mark = Mark(
            f"host_{disguise.kind}", "A host name that reads as another", severity, confidence, measured=measured
        )
        yield Agreement("host_name", "address", "disagrees", detail, mark)
    if not found and host.shown != host.name:
        detail = f"The name has letters beyond ASCII: {host.shown!r} goes over the wire as {host.name!r}."
        mark = Mark(
            "host_internationalised", "An internationalised host name", "info", 1.0, measured={"host": host.name}
        )
        yield Agreement("host_name", "address", "agrees", detail, mark)
    elif not found:
        yield Agreement("host_name", "address", "agrees", f"Nothing in {host.name!r} is made to be mistaken.")


def _redirect(requested: Host, host: Host) -> Agreement:
    if same_site(requested, host):
        return Agreement("redirect", "address", "agrees", f"{requested.name!r} answers for itself.")
    detail = f"{requested.name!r} leads to another site, {host.name!r}."
    mark = Mark("leads_to_another_site", "The address leads to another site", "low", 0.6)
    return Agreement("redirect", "address", "disagrees", detail, mark)


def _canonical(facts: Facts) -> Agreement:
    named = [host for page in facts.pages if (host := host_of(page.canonical))]
    strangers = sorted({host.name for host in named if not same_site(host, facts.host)})
    if not named:
        return Agreement("canonical", "address", "unknown", "No page names its canonical address.")
    if not facts.host.public:
        return Agreement("canonical", "address", "unknown", "The site runs on a local name, so its own is not known.")
    if not strangers:
        return Agreement("canonical", "address", "agrees", "The canonical addresses are the site's own.")
    detail = f"Pages say that they really belong to {', '.join(map(repr, strangers[:3]))}."
    mark = Mark(
        "canonical_elsewhere", "The page names another site as its own", "low", 0.6, measured={"hosts": strangers[:5]}
    )
    return Agreement("canonical", "address", "disagrees", detail, mark)


def _forms(facts: Facts) -> Agreement:
    forms = [form for page in facts.pages for form in page.forms if _takes_data(form)]
    if not forms:
        return Agreement("forms", "address", "unknown", "No form asks for anything personal.")
    hosts = [host for form in forms if (host := host_of(form.action))]
    strangers = sorted({host.name for host in hosts if not same_site(host, facts.host)})
    if not strangers:
        return Agreement("forms", "address", "agrees", "Forms send what they ask for to the site itself.")
    detail = f"Forms send what they ask for to {', '.join(map(repr, strangers[:3]))}."
    return Agreement("forms", "address", "disagrees", detail)  # the security phase has reported it


def _takes_data(form: FormFacts) -> bool:
    return form.method == "post" or any(field.type in _PERSONAL_FIELDS for field in form.fields)
