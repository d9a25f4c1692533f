"""Company numbers: VAT identification numbers and the numbers of company registers.

Most have check digits. A number whose check digits are wrong was mistyped or invented; right check digits do not show
whose number it is. If the rule for a register's check digits is not known, `valid` has no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_MAX_NUMBERS = 20
_LABEL_REACH = 40  # characters between a label and its number
_DIGIT = r"[ .\-]?\d"

# The part of a VAT number after the country.
_VAT_SHAPES = {
    "AT": rf"[ .\-]?U(?:{_DIGIT}){{8}}",
    "BE": rf"[ .\-]?[01](?:{_DIGIT}){{9}}",
    "CHE": rf"(?:{_DIGIT}){{9}}",
    "CY": rf"(?:{_DIGIT}){{8}}[A-Z]",
    "ES": r"[ .\-]?(?:[A-Z][ .\-]?\d{7}[ .\-]?[0-9A-Z]|\d{8}[ .\-]?[A-Z])",
    "FR": rf"[ .\-]?[0-9A-HJ-NP-Z]{{2}}(?:{_DIGIT}){{9}}",
    "IE": rf"(?:{_DIGIT}){{7}}[A-W][A-I]?",
    "NL": rf"(?:{_DIGIT}){{9}}[ .\-]?B(?:{_DIGIT}){{2}}",
} | {
    country: rf"(?:{_DIGIT}){{{digits}}}"
    for country, digits in {
        "BG": "9,10",
        "CZ": "8,10",
        "DE": "9",
        "DK": "8",
        "EE": "9",
        "EL": "9",
        "FI": "8",
        "GB": "9",
        "HR": "11",
        "HU": "8",
        "IT": "11",
        "LT": "9",
        "LU": "8",
        "LV": "11",
        "MT": "8",
        "PL": "10",
        "PT": "9",
        "RO": "6,10",
        "SE": "12",
        "SI": "8",
        "SK": "10",
    }.items()
}
_VAT = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(f"{country}{shape}" for country, shape in _VAT_SHAPES.items())
    + r")(?![A-Za-z0-9]|[ .\-]?\d)"
)
_VAT_LABEL = re.compile(
    r"\b(?:VAT|USt|UID|Umsatzsteuer|MWST|TVA|BTW|IVA|NIF|CIF|Moms|MVA|ALV|NIP|DIČ|tax id)", re.IGNORECASE
)
# La Poste's SIRET numbers break the Luhn rule, so SIRET numbers are not checked.
_REGISTERS = {
    "HRB": re.compile(r"\bHR\s?B[ :]{0,2}(\d{2,6}(?: [A-Z]{1,2})?)\b"),
    "HRA": re.compile(r"\bHR\s?A[ :]{0,2}(\d{2,6}(?: [A-Z]{1,2})?)\b"),
    "FN": re.compile(r"\bFN[ :]{0,2}(\d{5,6} ?[a-z])\b"),
    "SIREN": re.compile(r"\bSIREN\W{0,5}(?:n°\s?)?(\d{3} ?\d{3} ?\d{3})(?! ?\d)", re.IGNORECASE),
    "SIRET": re.compile(r"\bSIRET\W{0,5}(?:n°\s?)?(\d{3} ?\d{3} ?\d{3} ?\d{5})\b", re.IGNORECASE),
    "KvK": re.compile(r"\bKvK\W{0,3}(?:nummer|number|nr)?\W{0,4}(\d{8})\b", re.IGNORECASE),
    "CVR": re.compile(r"\bCVR\W{0,3}(?:nr|no)?\W{0,4}(\d{2} ?\d{2} ?\d{2} ?\d{2})(?! ?\d)", re.IGNORECASE),
    "KRS": re.compile(r"\bKRS\W{0,4}(\d{10})\b"),
    "ABN": re.compile(r"\bABN\W{0,4}(\d{2} ?\d{3} ?\d{3} ?\d{3})(?! ?\d)"),
    "Companies House": re.compile(
        r"\b(?:company|registered|registration|incorporated)[^\d\n]{0,40}?\b(?:no|number|nr)\b\W{0,4}"
        r"((?:\d{2}|SC|NI|OC|SO|NC)\d{6})\b",
        re.IGNORECASE,
    ),
}


@dataclass(frozen=True)
class Registration:
    """A company's number in a register.

    Attributes:
        scheme: The register: `VAT DE`, `HRB` …
        number: The number without separators.
        valid: Whether the check digits are right; None if the register's rule is not known.
    """

    scheme: str
    number: str
    valid: bool | None


def find_registrations(text: str) -> list[Registration]:
    """Return the company numbers in *text*, each once: VAT numbers first, then those of each register."""
    registrations: dict[tuple[str, str], Registration] = {}
    for match in _VAT.finditer(text):
        number = re.sub(r"[ .\-]", "", match.group()).upper()
        scheme = f"VAT {'CHE' if number.startswith('CHE') else number[:2]}"
        valid = _is_valid(scheme, number)
        is_labelled = _VAT_LABEL.search(text, max(0, match.start() - _LABEL_REACH), match.start())
        if is_labelled or (valid and number == match.group()):
            registrations.setdefault((scheme, number), Registration(scheme, number, valid))
    for scheme, pattern in _REGISTERS.items():
        for match in pattern.finditer(text):
            number = re.sub(r"[ .\-]", "", match.group(1)).upper()
            registrations.setdefault((scheme, number), Registration(scheme, number, _is_valid(scheme, number)))
    return list(registrations.values())[:_MAX_NUMBERS]


def _is_valid(scheme: str, number: str) -> bool | None:
    check = _CHECKS.get(scheme)
    return check(number) if check else None


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))


def _luhn(digits: str) -> bool:
    doubled = (int(digit) * (2 if position % 2 else 1) for position, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _austria(number: str) -> bool:
    doubled = [int(digit) * (2 if position % 2 else 1) for position, digit in enumerate(number[3:10])]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return (10 - (total + 4) % 10) % 10 == int(number[10])


def _germany(number: str) -> bool:
    """Check by ISO 7064, MOD 11,10."""
    product = 10
    for digit in number[2:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


def _france(number: str) -> bool | None:
    key, siren = number[2:4], number[4:]
    if not key.isdigit():
        return None  # newer keys have letters and a different rule
    is_monaco = siren.startswith("000")  # companies in Monaco do not have a SIREN, and so no check digit in it
    return (is_monaco or _luhn(siren)) and (12 + 3 * (int(siren) % 97)) % 97 == int(key)


def _britain(number: str) -> bool:
    total = _weighted(number[2:9], (8, 7, 6, 5, 4, 3, 2)) + int(number[9:11])
    return total % 97 in (0, 42, 55)  # numbers since 2009 are offset by 55; sources disagree in which direction


def _netherlands(number: str) -> bool:
    digits = number[2:11]
    if _weighted(digits[:8], (9, 8, 7, 6, 5, 4, 3, 2)) % 11 == int(digits[8]):
        return True
    return int("".join(str(int(character, 36)) for character in number)) % 97 == 1  # sole traders, since 2020


def _portugal(number: str) -> bool:
    check = 11 - _weighted(number[2:10], (9, 8, 7, 6, 5, 4, 3, 2)) % 11
    return int(number[10]) == (0 if check > 9 else check)


def _switzerland(number: str) -> bool:
    check = (11 - _weighted(number[3:11], (5, 4, 3, 2, 7, 6, 5, 4)) % 11) % 11
    return check == int(number[11])


def _australia(number: str) -> bool:
    return (_weighted(number, (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)) - 10) % 89 == 0


_CHECKS: dict[str, Callable[[str], bool | None]] = {
    "VAT AT": _austria,
    "VAT BE": lambda number: (int(number[2:10]) + int(number[10:])) % 97 == 0,
    "VAT CHE": _switzerland,
    "VAT DE": _germany,
    "VAT DK": lambda number: _weighted(number[2:], (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0,
    "VAT FI": lambda number: _weighted(number[2:], (7, 9, 10, 5, 8, 4, 2, 1)) % 11 == 0,
    "VAT FR": _france,
    "VAT GB": _britain,
    "VAT IT": lambda number: _luhn(number[2:]),
    "VAT LU": lambda number: int(number[2:8]) % 89 == int(number[8:]),
    "VAT NL": _netherlands,
    "VAT PL": lambda number: _weighted(number[2:11], (6, 5, 7, 2, 3, 4, 5, 6, 7)) % 11 == int(number[11]),
    "VAT PT": _portugal,
    "VAT SE": lambda number: _luhn(number[2:12]),
    "SIREN": _luhn,
    "CVR": lambda number: _weighted(number, (2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0,
    "ABN": _australia,
}
