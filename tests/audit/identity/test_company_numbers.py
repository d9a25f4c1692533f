"""Company numbers and their check digits. The valid numbers are published by their companies."""

from __future__ import annotations

import pytest

from veritas.audit.identity.company_numbers import Registration, find_registrations

VALID = [
    "ATU13585627",
    "BE0428759497",
    "DE136695976",
    "DK13585628",
    "FI20774740",
    "FR40303265045",
    "GB980780684",
    "IT00743110157",
    "LU15027442",
    "NL004495445B01",
    "PL8567346215",
    "PT501964843",
    "SE123456789701",
]


@pytest.mark.parametrize("number", VALID)
def test_a_wrong_digit_makes_a_vat_number_invalid(number: str) -> None:
    assert find_registrations(f"see {number}.") == [Registration(f"VAT {number[:2]}", number, True)]
    altered = f"{number[:5]}{(int(number[5]) + 1) % 10}{number[6:]}"
    assert find_registrations(f"VAT: {altered}") == [Registration(f"VAT {number[:2]}", altered, False)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("USt-IdNr.: DE 136 695 976", "DE136695976"),
        ("TVA : FR 40 303 265 045", "FR40303265045"),
        ("UID CHE-100.155.212 MWST", "CHE100155212"),
        ("VAT Reg. No. GB 980 7806 84", "GB980780684"),
        ("BTW NL 0044.95.445.B01", "NL004495445B01"),
    ],
)
def test_a_number_after_a_label_may_have_separators(text: str, number: str) -> None:
    assert [(registration.number, registration.valid) for registration in find_registrations(text)] == [(number, True)]


@pytest.mark.parametrize(
    "text",
    [
        "DE 123 456 789 items",  # no label
        "DE123456789",  # neither a label nor right check digits
        "IBAN DE89 3704 0044 0532 0130 00",
        "VAT DE1366959761",  # too long
        "VAT included",
        "Company number one",
    ],
)
def test_other_numbers_are_ignored(text: str) -> None:
    assert find_registrations(text) == []


@pytest.mark.parametrize(
    ("text", "registration"),
    [
        ("Amtsgericht Berlin, HRB 12345 B", Registration("HRB", "12345B", None)),
        ("Firmenbuch FN 123456a", Registration("FN", "123456A", None)),
        ("SIREN 303 265 045", Registration("SIREN", "303265045", True)),
        ("SIREN 303 265 046", Registration("SIREN", "303265046", False)),
        ("KvK-nummer: 12345678", Registration("KvK", "12345678", None)),
        ("CVR-nr. 13 58 56 28", Registration("CVR", "13585628", True)),
        ("ABN 51 824 753 556", Registration("ABN", "51824753556", True)),
        ("Registered in England and Wales, company number 01234567", Registration("Companies House", "01234567", None)),
        ("Company No. SC123456", Registration("Companies House", "SC123456", None)),
    ],
)
def test_numbers_of_company_registers_are_found(text: str, registration: Registration) -> None:
    assert find_registrations(text) == [registration]


def test_a_repeated_number_is_returned_once() -> None:
    assert len(find_registrations("VAT DE136695976, VAT DE 136695976, DE136695976")) == 1
