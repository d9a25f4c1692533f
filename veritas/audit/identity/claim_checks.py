"""Questions to what pages say of themselves: can somebody be reached, and do mail, names and numbers fit together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from veritas.audit.identity.claims import of_kind
from veritas.audit.identity.company_names import named_in, same_company
from veritas.audit.identity.consistency import Agreement, Facts, Mark
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
_LITTLE_TEXT = 200  # characters; a page with less says too little for anything to be missing from it


def claim_questions(facts: Facts) -> Iterator[Agreement]:
    """Answer what the pages' own words say."""
    if not facts.pages:
        return
    yield _contact(facts)
    yield _mail_domain(facts)
    yield _company_names(facts)
    yield _company_domain(facts)
    yield _profiles(facts)
    yield _registrations(facts)


def sells_something(pages: Iterable[PageFacts]) -> bool:
    """Say whether *pages* are a shop's: they give prices, and offer to buy."""
    texts = [page.text for page in pages]
    return any(_PRICE.search(text) for text in texts) and any(_SELLING.search(text) for text in texts)


def _contact(facts: Facts) -> Agreement:
    kinds = {claim.kind for claim in facts.claims}
    has_form = any(field.type == "textarea" for page in facts.pages for form in page.forms for field in form.fields)
    lacks = []
    if not kinds & {"mail", "phone"} and not has_form:
        lacks.append("no mail address, phone number or contact form")
    if not kinds & {"company", "registration", "address"}:
        lacks.append("no company, postal address or register number")
    unread = _unread_contact_pages(facts)
    shop = sells_something(facts.pages)
    if not lacks:
        return Agreement("contact", "page", "agrees", "The pages say who is behind them and how to reach them.")
    if unread:
        detail = f"Contact data may stand on a page that was not visited: {unread[0]}."
        return Agreement("contact", "page", "unknown", detail)
    if sum(len(page.text) for page in facts.pages) < _LITTLE_TEXT:
        return Agreement("contact", "page", "unknown", "The pages hold too little text to miss contact data in it.")
    detail = f"On {count(len(facts.pages), 'page')} there is {' and '.join(lacks)}."
    measured = {"pages": len(facts.pages), "lacks": lacks, "shop": shop}
    if len(lacks) == 2:
        mark = Mark("contact_missing", "Nobody to reach", "medium" if shop else "low", 0.8, "meta", measured)
        return Agreement("contact", "page", "disagrees", detail, mark)
    if shop:
        mark = Mark("contact_incomplete", "Incomplete contact data", "low", 0.6, "meta", measured)
        return Agreement("contact", "page", "disagrees", detail, mark)
    return Agreement("contact", "page", "agrees", f"There is some contact data, but {lacks[0]}.")


def _unread_contact_pages(facts: Facts) -> list[str]:
    read = {url for page in facts.pages for url in (page.url, page.requested_url)}
    links = [link for page in facts.pages for link in page.links_internal]
    return sorted(
        {
            link.url
            for link in links
            if link.url not in read and (CONTACT_PAGE.search(link.url) or CONTACT_PAGE.search(link.text))
        }
    )


def _mail_domain(facts: Facts) -> Agreement:
    domains = sorted({claim.value.rpartition("@")[2] for claim in of_kind(facts.claims, "mail")})
    sites = [registrable_domain(domain) or domain for domain in domains]
    providers = {site: provider_kind(site) for site in sites}
    disposable = [site for site, kind in providers.items() if kind == "disposable"]
    if disposable:
        mark = Mark("mail_disposable", "A throw-away mail address", "high", 0.9, measured={"domains": disposable})
        return _disagrees("mail_domain", f"The mail address given is a throw-away one at {disposable[0]!r}.", mark)
    if not domains:
        return _unknown("mail_domain", "The pages give no mail address.")
    own = facts.host.registrable
    if own is None or facts.host.platform:
        return _unknown("mail_domain", "The site has no domain of its own that mail could be compared with.")
    if own in sites or any(_label(site) == _label(own) for site in sites):
        return _agrees("mail_domain", f"Mail goes to the site's own domain, {own!r}.")
    if all(providers.values()):
        mark = Mark(
            "mail_at_freemail", "A private mailbox as the only contact", "low", 0.8, measured={"domains": sites}
        )
        return _disagrees("mail_domain", f"Mail goes to a free provider, {sites[0]!r}, not to the site's domain.", mark)
    mark = Mark("mail_at_other_domain", "Mail goes to another domain", "low", 0.5, measured={"domains": sites[:5]})
    return _disagrees("mail_domain", f"Mail goes to {', '.join(map(repr, sites[:3]))}, not to {own!r}.", mark)


def _company_names(facts: Facts) -> Agreement:
    named = {(claim.value, claim.source) for claim in of_kind(facts.claims, "company") if claim.source != "mention"}
    names = sorted({name for name, _ in named})
    if len(named) < 2:
        return _unknown("company_names", "The pages name their company in one place at most.")
    for one, other in combinations(names[:10], 2):
        if not same_company(one, other):
            mark = Mark(
                "company_names_differ", "Several companies claim the page", "low", 0.5, measured={"names": names[:5]}
            )
            return _disagrees("company_names", f"The pages name {one!r} and {other!r} as their owner.", mark)
    return _agrees("company_names", f"The pages name one company, {names[0]!r}.")


def _company_domain(facts: Facts) -> Agreement:
    names = [claim.value for claim in of_kind(facts.claims, "company") if claim.source != "mention"]
    own = facts.host.registrable
    if not names or own is None:
        return _unknown("company_domain", "There is no company and domain to compare.")
    label = _label(own)
    fitting = next((name for name in names if named_in(name, label)), None)
    if fitting:
        return _agrees("company_domain", f"The company {fitting!r} has a domain of its name.")
    return _unknown("company_domain", f"The domain {own!r} is not named after {names[0]!r}, which proves nothing.")


def _profiles(facts: Facts) -> Agreement:
    profiles = [claim.value for claim in of_kind(facts.claims, "social")]
    names = [claim.value for claim in of_kind(facts.claims, "company") if claim.source != "mention"]
    label = _label(facts.host.registrable) if facts.host.registrable else ""
    if not profiles:
        return _unknown("profiles", "The pages link to no profile of theirs.")
    for profile in profiles:
        handle = re.sub(r"[^a-z0-9]", "", profile.rpartition("/")[2].lower())
        plain = re.sub(r"[^a-z0-9]", "", label)
        if handle and ((len(plain) > 2 and plain in handle) or any(named_in(name, handle) for name in names)):
            return _agrees("profiles", f"The profile {profile!r} bears the site's name.")
    return _unknown("profiles", f"No profile bears the site's name, such as {profiles[0]!r}, which proves nothing.")


def _registrations(facts: Facts) -> Agreement:
    numbers = of_kind(facts.claims, "registration")
    wrong = [claim for claim in numbers if claim.valid is False]
    if wrong:
        shown = f"{wrong[0].scheme} {wrong[0].value}"
        measured = {"numbers": [claim.value for claim in wrong[:5]]}
        mark = Mark(
            "registration_number_invalid", "A register number that cannot exist", "medium", 0.8, measured=measured
        )
        return _disagrees("registration_numbers", f"The check digits of {shown!r} are wrong.", mark)
    if any(claim.valid for claim in numbers):
        return _agrees("registration_numbers", f"The check digits of {numbers[0].value!r} are right.")
    return _unknown("registration_numbers", "The pages give no register number that can be checked.")


def _label(domain: str) -> str:
    return domain.partition(".")[0]


def _agrees(question: str, detail: str) -> Agreement:
    return Agreement(question, "claims", "agrees", detail)


def _disagrees(question: str, detail: str, mark: Mark) -> Agreement:
    return Agreement(question, "claims", "disagrees", detail, mark)


def _unknown(question: str, detail: str) -> Agreement:
    return Agreement(question, "claims", "unknown", detail)
