"""What the pages of a site claim of whoever is behind them: mail, phones, companies, numbers, addresses, profiles."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from veritas.audit.identity.company_names import company_name, find_companies, find_copyright_holders
from veritas.audit.identity.company_numbers import find_registrations
from veritas.audit.identity.contacts import (
    find_addresses,
    find_mail,
    find_phones,
    mail_address,
    phone_number,
)
from veritas.audit.identity.domains import registrable_domain
from veritas.audit.identity.structured_data import Markup, find_organizations
from veritas.audit.page import PageFacts

KINDS = ("mail", "phone", "company", "registration", "address", "social")

# Registrable domains of networks where a profile stands for somebody.
_SOCIAL_NETWORK = re.compile(
    r"facebook\.com|instagram\.com|x\.com|twitter\.com|linkedin\.com|youtube\.com|tiktok\.com|pinterest\.(?:com|de)|"
    r"github\.com|t\.me|telegram\.me|wa\.me|whatsapp\.com|vk\.com|xing\.com|threads\.(?:net|com)|bsky\.app|snapchat\.com|"
    r"reddit\.com|vimeo\.com|discord\.(?:gg|com)|trustpilot\.com"
)
# First segments of their paths that lead to no profile, and such as have the profile's name in the second.
_NO_PROFILE = re.compile(
    r"share.*|intent|dialog|pin|submit|home|hashtag|search|log-?in|sign-?up|legal|help|policies|about|privacy|terms|tr|"
    r"plugins|embed|watch"
)
_PROFILE_BELOW = re.compile(r"company|in|channel|c|user|school|pages|invite|review|r")

_MAX_PER_KIND = 30
_MAX_TEXT = 50_000


@dataclass(frozen=True)
class Claim:
    """One thing that a page says of its owner.

    Attributes:
        kind: One of `KINDS`.
        value: Normalised, so that equal things are equal.
        source: `link`, `text`, `json-ld`, `copyright`, `markup` (an `<address>`), or `mention`: a company whose name
            stands in the text and need not be the page's owner.
        url: The page.
        scheme: For a register number: which register.
        valid: For a register number: whether its check digits agree; None where that cannot be said.
    """

    kind: str
    value: str
    source: str
    url: str
    scheme: str | None = None
    valid: bool | None = None


def claims_of(page: PageFacts, markup: Markup | None = None) -> list[Claim]:
    """Return what one page claims.

    Args:
        page: A page of the scout's summary.
        markup: What its markup says of its owner, where that was read.
    """
    url = page.url
    claims = [*_in_links(page), *_in_markup(markup or Markup(), url), *_in_text(page.text[:_MAX_TEXT], url)]
    return distinct(claims)


def distinct(claims: Iterable[Claim]) -> list[Claim]:
    """Return what each source says once, with the first page that says it, and at most a fixed number of each kind."""
    kept: dict[tuple[str, str, str], Claim] = {}
    counts = dict.fromkeys(KINDS, 0)
    for claim in claims:
        key = (claim.kind, claim.value, claim.source)
        if key not in kept and counts[claim.kind] < _MAX_PER_KIND:
            kept[key] = claim
            counts[claim.kind] += 1
    return list(kept.values())


def of_kind(claims: Sequence[Claim], kind: str) -> list[Claim]:
    """Return the claims of *kind*."""
    return [claim for claim in claims if claim.kind == kind]


def social_profile(url: str) -> str | None:
    """Return the profile that *url* leads to, as `network/name`, or None where it leads to none."""
    network = registrable_domain(url)
    if not network or not _SOCIAL_NETWORK.fullmatch(network):
        return None
    segments = [segment for segment in unquote(urlsplit(url).path).split("/") if segment]
    if not segments or _NO_PROFILE.fullmatch(segments[0].lower()):
        return None
    depth = 2 if _PROFILE_BELOW.fullmatch(segments[0].lower()) else 1
    return "/".join([network, *segments[:depth]])[:200]


def _in_links(page: PageFacts) -> Iterator[Claim]:
    for written in page.mail:
        address = mail_address(unquote(written))
        if address:
            yield Claim("mail", address, "link", page.url)
    for written in page.phone:
        number = phone_number(unquote(written))
        if number:
            yield Claim("phone", number, "link", page.url)
    for link in page.links_external:
        profile = social_profile(link.url)
        if profile:
            yield Claim("social", profile, "link", page.url)


def _in_markup(markup: Markup, url: str) -> Iterator[Claim]:
    for organization in find_organizations(markup.json_ld):
        for kind, values in (
            ("company", map(company_name, organization.names)),
            ("mail", (mail_address(mail.removeprefix("mailto:")) for mail in organization.mail)),
            ("phone", map(phone_number, organization.phones)),
            ("address", organization.addresses),
            ("social", map(social_profile, organization.profiles)),
        ):
            yield from (Claim(kind, value, "json-ld", url) for value in values if value)
        for number in organization.registrations:
            for registration in find_registrations(f"VAT {number}"):
                yield Claim(
                    "registration", registration.number, "json-ld", url, registration.scheme, registration.valid
                )
    yield from (Claim("address", address, "markup", url) for address in markup.addresses)


def _in_text(text: str, url: str) -> Iterator[Claim]:
    for kind, source, found in (
        ("company", "copyright", find_copyright_holders(text)),
        ("mail", "text", find_mail(text)),
        ("phone", "text", find_phones(text)),
        ("address", "text", find_addresses(text)),
        ("company", "mention", find_companies(text)),
    ):
        yield from (Claim(kind, value, source, url) for value in found)
    for registration in find_registrations(text):
        yield Claim("registration", registration.number, "text", url, registration.scheme, registration.valid)
