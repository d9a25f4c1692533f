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
    ("text", "expected"),
    [
        ("Write to Info@Acme-Shop.de, please.", ["info@acme-shop.de"]),
        ("first.last+shop@mail.acme.co.uk", ["first.last+shop@mail.acme.co.uk"]),
        ("sales [at] acme [dot] org or help(at)acme.org", ["sales@acme.org", "help@acme.org"]),
        ("logo@2x.png, user@localhost, me@127.0.0.1, name@example.com, @acme, a@b", []),
        ("you@bücher.de", []),  # addresses outside ASCII are only found in mailto: links
    ],
)
def test_mail_addresses_are_found(text: str, expected: list[str]) -> None:
    assert list(find_mail(text)) == expected


def test_the_domain_of_a_mail_address_is_encoded_in_ascii() -> None:
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
def test_mail_providers_are_recognised(domain: str, kind: str | None) -> None:
    assert provider_kind(domain) == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+49 (0)30 / 123-4567", ["+49301234567"]),
        ("Ring 0049 30 1234567 today", ["+49301234567"]),
        ("Tel.: 030 123 45 67", ["0301234567"]),
        ("Phone (555) 123-4567", ["5551234567"]),
        ("You can also cancel by calling 0800 555 0199", ["08005550199"]),
        ("Rufen Sie uns an: 0800 123 4567", ["08001234567"]),
        ("Appelez le 01 23 45 67 89", ["0123456789"]),
        ("Llámenos al 912 345 678", ["912345678"]),
        ("Chiama il numero verde 800 123 456", ["800123456"]),
        ("1-800-555-0199", ["18005550199"]),
        ("We recalled 1234567 units; model 0800-12", []),
        ("Order 1234567890, 2024-01-31, 1,234,567 sold, $19.99, +1", []),
    ],
)
def test_phone_numbers_are_found_by_a_prefix_or_a_label(text: str, expected: list[str]) -> None:
    assert list(find_phones(text)) == expected


@pytest.mark.parametrize("text", ["", "12345", "+1234567890123456", "call me", "٣٣٣٣٣٣٣"])
def test_other_text_is_not_a_phone_number(text: str) -> None:
    assert phone_number(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme\nHauptstraße 12a\n10115 Berlin", ["Hauptstraße 12a 10115 Berlin"]),
        ("12 rue de la Paix\nRue de Rivoli 5, 75001 Paris", ["Rue de Rivoli 5, 75001 Paris"]),
        ("1 High Street, London SW1A 1AA", ["1 High Street, London SW1A 1AA"]),
        ("123 Main Street, Springfield, IL 62704", ["123 Main Street, Springfield, IL 62704"]),
        ("In 2024 we had 12345 Visitors", []),
    ],
)
def test_postal_addresses_are_found(text: str, expected: list[str]) -> None:
    assert list(find_addresses(text)) == expected


@settings(deadline=None)
@given(st.text(max_size=200))
def test_contact_data_that_was_found_is_valid_by_itself(text: str) -> None:
    for address in find_mail(text):
        assert list(find_mail(address)) == [address]
    for number in find_phones(text):
        assert phone_number(number) == number
    list(find_addresses(text))
