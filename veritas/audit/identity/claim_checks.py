"""Consistency checks of what pages claim: contact data, and whether mail, company names and numbers fit together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from veritas.audit.identity.claims import of_kind
from veritas.audit.identity.company_names import named_in, same_company
from veritas.audit.identity.consistency import ConsistencyCheck, FindingDraft, SiteFacts
from veritas.audit.identity.contacts import provider_kind
from veritas.audit.identity.domains import registrable_domain
from veritas.audit.page import PageFacts
from veritas.formatting import count

CONTACT_PAGE = re.compile(
    r"contact|kontakt|impressum|imprint|legal|about|uber-uns|ueber-uns|über uns|mentions|aviso|chi-siamo|contatti|"
    r"colofon|customer-?service|support|help",
    re.IGNORECASE,
)
_PRICE = re.compile(r"[€$£¥]\s?\d|\d\s?(?:€|£|EUR\b|USD\b|GBP\b|CHF\b|zł|kr\b)")
_SELLING = re.compile(
    r"add to (?:cart|basket|bag)|check ?out|buy now|order now|place order|warenkorb|in den korb|jetzt kaufen|zur kasse|"
    r"ajouter au panier|commander|añadir al carrito|comprar|aggiungi al carrello|winkelwagen|subscribe now",
    re.IGNORECASE,
)
_LITTLE_TEXT = 200  # characters; on a page with less text, missing contact data means nothing


def check_claims(facts: SiteFacts) -> Iterator[ConsistencyCheck]:
    """Check the claims of the pages."""
    if not facts.pages:
        return
    yield _check_contact(facts)
    yield _check_mail_domain(facts)
    yield _check_company_names(facts)
    yield _check_company_domain(facts)
    yield _check_profiles(facts)
    yield _check_registrations(facts)


def is_shop(pages: Iterable[PageFacts]) -> bool:
    """Return whether *pages* belong to a shop: they show prices, and offer something for sale."""
    texts = [page.text for page in pages]
    return any(_PRICE.search(text) for text in texts) and any(_SELLING.search(text) for text in texts)


def _check_contact(facts: SiteFacts) -> ConsistencyCheck:
    kinds = {claim.kind for claim in facts.claims}
    has_form = any(field.type == "textarea" for page in facts.pages for form in page.forms for field in form.fields)
    missing = []
    if not kinds & {"mail", "phone"} and not has_form:
        missing.append("no mail address, phone number or contact form")
    if not kinds & {"company", "registration", "address"}:
        missing.append("no company, postal address or register number")
    unvisited = _unvisited_contact_pages(facts)
    shop = is_shop(facts.pages)
    if not missing:
        return ConsistencyCheck(
            "contact", "page", "agrees", "The pages say who runs them and how to contact the owner."
        )
    if unvisited:
        detail = f"Contact data may be on a page that was not visited: {unvisited[0]}."
        return ConsistencyCheck("contact", "page", "unknown", detail)
    if sum(len(page.text) for page in facts.pages) < _LITTLE_TEXT:
        detail = "The pages have too little text to expect contact data in it."
        return ConsistencyCheck("contact", "page", "unknown", detail)
    detail = f"On {count(len(facts.pages), 'page')} there is {' and '.join(missing)}."
    measured = {"pages": len(facts.pages), "lacks": missing, "shop": shop}
    if len(missing) == 2:
        severity = "medium" if shop else "low"
        finding = FindingDraft("contact_missing", "No contact data", severity, 0.8, "meta", measured)
        return ConsistencyCheck("contact", "page", "disagrees", detail, finding)
    if shop:
        finding = FindingDraft("contact_incomplete", "Incomplete contact data", "low", 0.6, "meta", measured)
        return ConsistencyCheck("contact", "page", "disagrees", detail, finding)
    return ConsistencyCheck("contact", "page", "agrees", f"There is some contact data, but {missing[0]}.")


def _unvisited_contact_pages(facts: SiteFacts) -> list[str]:
    visited = {url for page in facts.pages for url in (page.url, page.requested_url)}
    links = [link for page in facts.pages for link in page.links_internal]
    return sorted(
        {
            link.url
            for link in links
            if link.url not in visited and (CONTACT_PAGE.search(link.url) or CONTACT_PAGE.search(link.text))
        }
    )


def _check_mail_domain(facts: SiteFacts) -> ConsistencyCheck:
    domains = sorted({claim.value.rpartition("@")[2] for claim in of_kind(facts.claims, "mail")})
    sites = [registrable_domain(domain) or domain for domain in domains]
    providers = {site: provider_kind(site) for site in sites}
    disposable = [site for site, kind in providers.items() if kind == "disposable"]
    if disposable:
        measured = {"domains": disposable}
        finding = FindingDraft("mail_disposable", "Disposable mail address", "high", 0.9, measured=measured)
        return _disagrees("mail_domain", f"The pages give a disposable mail address at {disposable[0]!r}.", finding)
    if not domains:
        return _unknown("mail_domain", "The pages give no mail address.")
    own = facts.host.registrable
    if own is None or facts.host.platform:
        return _unknown("mail_domain", "The site does not have its own domain to compare mail with.")
    if own in sites or any(_label(site) == _label(own) for site in sites):
        return _agrees("mail_domain", f"Mail goes to the site's own domain, {own!r}.")
    if all(providers.values()):
        finding = FindingDraft(
            "mail_at_freemail", "Free mail provider as the only contact", "low", 0.8, measured={"domains": sites}
        )
        return _disagrees(
            "mail_domain", f"Mail goes to a free mail provider, {sites[0]!r}, not to the site's domain.", finding
        )
    finding = FindingDraft(
        "mail_at_other_domain", "Mail goes to another domain", "low", 0.5, measured={"domains": sites[:5]}
    )
    return _disagrees("mail_domain", f"Mail goes to {', '.join(map(repr, sites[:3]))}, not to {own!r}.", finding)


def _check_company_names(facts: SiteFacts) -> ConsistencyCheck:
    claims = {(claim.value, claim.source) for claim in of_kind(facts.claims, "company") if claim.source != "mention"}
    names = sorted({name for name, _ in claims})
    if len(claims) < 2:
        return _unknown("company_names", "The pages name their company in at most one place.")
    for one, other in combinations(names[:10], 2):
        if not same_company(one, other):
            finding = FindingDraft(
                "company_names_differ", "Several companies named as owner", "low", 0.5, measured={"names": names[:5]}
            )
            return _disagrees("company_names", f"The pages name {one!r} and {other!r} as their owner.", finding)
    return _agrees("company_names", f"The pages name one company, {names[0]!r}.")


def _check_company_domain(facts: SiteFacts) -> ConsistencyCheck:
    names = [claim.value for claim in of_kind(facts.claims, "company") if claim.source != "mention"]
    own = facts.host.registrable
    if not names or own is None:
        return _unknown("company_domain", "The company or the domain is not known.")
    label = _label(own)
    matching = next((name for name in names if named_in(name, label)), None)
    if matching:
        return _agrees("company_domain", f"The domain {own!r} is named after the company {matching!r}.")
    return _unknown("company_domain", f"The domain {own!r} is not named after {names[0]!r}, which proves nothing.")


def _check_profiles(facts: SiteFacts) -> ConsistencyCheck:
    profiles = [claim.value for claim in of_kind(facts.claims, "social")]
    names = [claim.value for claim in of_kind(facts.claims, "company") if claim.source != "mention"]
    label = _label(facts.host.registrable) if facts.host.registrable else ""
    if not profiles:
        return _unknown("profiles", "The pages do not link to a profile on a social network.")
    for profile in profiles:
        handle = re.sub(r"[^a-z0-9]", "", profile.rpartition("/")[2].lower())
        plain = re.sub(r"[^a-z0-9]", "", label)
        if handle and ((len(plain) > 2 and plain in handle) or any(named_in(name, handle) for name in names)):
            return _agrees("profiles", f"The profile {profile!r} has the site's name.")
    return _unknown("profiles", f"No profile has the site's name (the first is {profiles[0]!r}), which proves nothing.")


def _check_registrations(facts: SiteFacts) -> ConsistencyCheck:
    numbers = of_kind(facts.claims, "registration")
    invalid = [claim for claim in numbers if claim.valid is False]
    if invalid:
        number = f"{invalid[0].scheme} {invalid[0].value}"
        measured = {"numbers": [claim.value for claim in invalid[:5]]}
        finding = FindingDraft(
            "registration_number_invalid", "Invalid register number", "medium", 0.8, measured=measured
        )
        return _disagrees("registration_numbers", f"The check digits of {number!r} are wrong.", finding)
    if any(claim.valid for claim in numbers):
        return _agrees("registration_numbers", f"The check digits of {numbers[0].value!r} are right.")
    return _unknown("registration_numbers", "The pages give no register number that can be checked.")


def _label(domain: str) -> str:
    return domain.partition(".")[0]


def _agrees(question: str, detail: str) -> ConsistencyCheck:
    return ConsistencyCheck(question, "claims", "agrees", detail)


def _disagrees(question: str, detail: str, finding: FindingDraft) -> ConsistencyCheck:
    return ConsistencyCheck(question, "claims", "disagrees", detail, finding)


def _unknown(question: str, detail: str) -> ConsistencyCheck:
    return ConsistencyCheck(question, "claims", "unknown", detail)
