"""Mail addresses, phone numbers and postal addresses in text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from veritas.audit.identity.contacts import (
    find_addresses,
    find_mail,
    find_phones,
    mail_address,
    phone_number,
    provider_kind,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to Info@Acme-Shop.de, please.", ["info@acme-shop.de"]),
        ("first.last+shop@mail.acme.co.uk", ["first.last+shop@mail.acme.co.uk"]),
        ("sales [at] acme [dot] org or help(at)acme.org", ["sales@acme.org", "help@acme.org"]),
        ("logo@2x.png, user@localhost, me@127.0.0.1, name@example.com, @acme, a@b", []),
        ("you@bücher.de", []),  # what text says beyond ASCII is found in mailto: links only
    ],
)
def test_mail_addresses_are_found(text: str, found: list[str]) -> None:
    assert list(find_mail(text)) == found


def test_a_mail_addresss_domain_is_put_into_ascii() -> None:
    assert mail_address(" Info@Bücher.de ") == "info@xn--bcher-kva.de"


@pytest.mark.parametrize(
    ("domain", "kind"),
    [
        ("gmail.com", "freemail"),
        ("yahoo.co.uk", "freemail"),
        ("web.de", "freemail"),
        ("mailinator.com", "disposable"),
        ("acme.com", None),
        ("live.events", None),
        ("gmail.com.acme.com", None),
    ],
)
def test_providers_are_told_from_domains_of_ones_own(domain: str, kind: str | None) -> None:
    assert provider_kind(domain) == kind


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("+49 (0)30 / 123-4567", ["+49301234567"]),
        ("Ring 0049 30 1234567 today", ["+49301234567"]),
        ("Tel.: 030 123 45 67", ["0301234567"]),
        ("Phone (555) 123-4567", ["5551234567"]),
        ("Order 1234567890, 2024-01-31, 1,234,567 sold, $19.99, +1", []),
    ],
)
def test_phone_numbers_are_found_where_something_says_that_they_are(text: str, found: list[str]) -> None:
    assert list(find_phones(text)) == found


@pytest.mark.parametrize("text", ["", "12345", "+1234567890123456", "call me", "٣٣٣٣٣٣٣"])
def test_what_is_no_phone_number_is_none(text: str) -> None:
    assert phone_number(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Acme\nHauptstraße 12a\n10115 Berlin", ["Hauptstraße 12a 10115 Berlin"]),
        ("12 rue de la Paix\nRue de Rivoli 5, 75001 Paris", ["Rue de Rivoli 5, 75001 Paris"]),
        ("1 High Street, London SW1A 1AA", ["1 High Street, London SW1A 1AA"]),
        ("123 Main Street, Springfield, IL 62704", ["123 Main Street, Springfield, IL 62704"]),
        ("In 2024 we had 12345 Visitors", []),
    ],
)
def test_postal_addresses_are_found(text: str, found: list[str]) -> None:
    assert list(find_addresses(text)) == found


@settings(deadline=None)
@given(st.text(max_size=200))
def test_what_is_found_once_is_found_in_itself(text: str) -> None:
    for address in find_mail(text):
        assert list(find_mail(address)) == [address]
    for number in find_phones(text):
        assert phone_number(number) == number
    list(find_addresses(text))
