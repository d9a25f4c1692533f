"""Owner claims: the mail addresses, phone numbers, companies and profiles that pages give as their owner's."""

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
from veritas.audit.identity.structured_data import StructuredData, find_organizations
from veritas.audit.page import PageFacts

KINDS = ("mail", "phone", "company", "registration", "address", "social")

# Registrable domains of social networks.
_SOCIAL_NETWORK = re.compile(
    r"facebook\.com|instagram\.com|x\.com|twitter\.com|linkedin\.com|youtube\.com|tiktok\.com|pinterest\.(?:com|de)|"
    r"github\.com|t\.me|telegram\.me|wa\.me|whatsapp\.com|vk\.com|xing\.com|threads\.(?:net|com)|bsky\.app|snapchat\.com|"
    r"reddit\.com|vimeo\.com|discord\.(?:gg|com)|trustpilot\.com"
)
# First path segments that do not lead to a profile, and those that the profile's name follows.
_NO_PROFILE = re.compile(
    r"share.*|intent|dialog|pin|submit|home|hashtag|search|log-?in|sign-?up|legal|help|policies|about|privacy|terms|tr|"
    r"plugins|embed|watch"
)
_PROFILE_BELOW = re.compile(r"company|in|channel|c|user|school|pages|invite|review|r")

_MAX_PER_KIND = 30
_MAX_TEXT = 50_000


@dataclass(frozen=True)
class OwnerClaim:
    """One claim of a page about its owner.

    Attributes:
        kind: One of `KINDS`.
        value: The claimed value, normalised so that equal values compare equal.
        source: `link`, `text`, `json-ld`, `copyright`, `markup` (an `<address>`), or `mention` (a company in the
            text that need not be the owner).
        url: The page's URL.
        scheme: For a register number, its register.
        valid: For a register number, whether its check digits are right; None if the register's rule is not known.
    """

    kind: str
    value: str
    source: str
    url: str
    scheme: str | None = None
    valid: bool | None = None


def claims_of(page: PageFacts, data: StructuredData | None = None) -> list[OwnerClaim]:
    """Return the claims of one page.

    Args:
        page: A page of the scout's summary.
        data: The page's structured data, if it was fetched.
    """
    data = data or StructuredData()
    text = page.text[:_MAX_TEXT]
    return distinct([*_in_links(page), *_in_structured_data(data, page.url), *_in_text(text, page.url)])


def distinct(claims: Iterable[OwnerClaim]) -> list[OwnerClaim]:
    """Return each claim of a source once, from the first page that makes it; the number of each kind is limited."""
    by_key: dict[tuple[str, str, str], OwnerClaim] = {}
    counts = dict.fromkeys(KINDS, 0)
    for claim in claims:
        key = (claim.kind, claim.value, claim.source)
        if key not in by_key and counts[claim.kind] < _MAX_PER_KIND:
            by_key[key] = claim
            counts[claim.kind] += 1
    return list(by_key.values())


def of_kind(claims: Sequence[OwnerClaim], kind: str) -> list[OwnerClaim]:
    """Return the claims of *kind*."""
    return [claim for claim in claims if claim.kind == kind]


def social_profile(url: str) -> str | None:
    """Return the profile that *url* leads to, as `network/name`, or None if it does not lead to a profile."""
    network = registrable_domain(url)
    if not network or not _SOCIAL_NETWORK.fullmatch(network):
        return None
    segments = [segment for segment in unquote(urlsplit(url).path).split("/") if segment]
    if not segments or _NO_PROFILE.fullmatch(segments[0].lower()):
        return None
    depth = 2 if _PROFILE_BELOW.fullmatch(segments[0].lower()) else 1
    return "/".join([network, *segments[:depth]])[:200]


def _in_links(page: PageFacts) -> Iterator[OwnerClaim]:
    for mail in page.mail:
        address = mail_address(unquote(mail))
        if address:
            yield OwnerClaim("mail", address, "link", page.url)
    for phone in page.phone:
        number = phone_number(unquote(phone))
        if number:
            yield OwnerClaim("phone", number, "link", page.url)
    for link in page.links_external:
        profile = social_profile(link.url)
        if profile:
            yield OwnerClaim("social", profile, "link", page.url)


def _in_structured_data(data: StructuredData, url: str) -> Iterator[OwnerClaim]:
    for organization in find_organizations(data.json_ld):
        for kind, values in (
            ("company", map(company_name, organization.names)),
            ("mail", (mail_address(mail.removeprefix("mailto:")) for mail in organization.mail)),
            ("phone", map(phone_number, organization.phones)),
            ("address", organization.addresses),
            ("social", map(social_profile, organization.profiles)),
        ):
            yield from (OwnerClaim(kind, value, "json-ld", url) for value in values if value)
        for number in organization.registrations:
            for registration in find_registrations(f"VAT {number}"):
                yield OwnerClaim(
                    "registration", registration.number, "json-ld", url, registration.scheme, registration.valid
                )
    yield from (OwnerClaim("address", address, "markup", url) for address in data.addresses)


def _in_text(text: str, url: str) -> Iterator[OwnerClaim]:
    for kind, source, values in (
        ("company", "copyright", find_copyright_holders(text)),
        ("mail", "text", find_mail(text)),
        ("phone", "text", find_phones(text)),
        ("address", "text", find_addresses(text)),
        ("company", "mention", find_companies(text)),
    ):
        yield from (OwnerClaim(kind, value, source, url) for value in values)
    for registration in find_registrations(text):
        yield OwnerClaim("registration", registration.number, "text", url, registration.scheme, registration.valid)
