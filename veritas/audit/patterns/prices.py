"""Read prices from texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from veritas.audit.patterns.lexicon.controls import words

_SIGN = re.compile(
    r"(?:\b(?:us|a|au|c|ca|nz|hk|s|r|mx))?[$€£¥₹₽₩₺]"
    r"|(?<![a-z])(?:usd|eur(?:os?)?|gbp|chf|fr|cad|aud|nzd|sek|nok|dkk|pln|czk|huf|jpy|kr|zł|kč|rs)\.?(?![a-z])",
    re.IGNORECASE,
)
# Whole francs are written `12.-` or `12.–`.
_NUMBER = re.compile(
    r"(?<![\d.,])(?:\d{1,3}(?:[ .,'’]\d{3})+(?:[.,]\d{1,2})?|\d{1,7}(?:[.,]\d{1,2})?)(?![\d%])(?: ?%)?"
    r"(?:[.,]?[–-]{1,2}(?!\d))?"
)
_CENTS = re.compile(r"[.,]\d\d$")
# The cents after the sign, as in `12€50`.
_CENTS_AFTER_SIGN = re.compile(r"(?<=\d)([€£$])(\d\d)(?!\d|[.,]\d)")
_BEFORE = set("$£¥₹")
_GRATIS = words("gratis")


def prices(text: str) -> list[float]:
    """Return the prices in *text*, in order, without their currencies."""
    return [amount for _, _, amount in locate_prices(_CENTS_AFTER_SIGN.sub(r".\2 \1", text))]


def price_of(option: str) -> float | None:
    """Return the price of choosing *option*: its last price, or 0 if it is free, or None if it names no price.

    It is the last price because an old price precedes the current one.
    """
    amounts = prices(option)
    if amounts:
        return amounts[-1]
    return 0.0 if _GRATIS.search(option.lower()) else None


def locate_prices(text: str) -> Iterator[tuple[int, int, float]]:
    """Yield where each price and its currency sign begin and end, and its amount."""
    numbers = [match for match in _NUMBER.finditer(text) if "%" not in match.group()]
    starts = {match.start(): match for match in numbers}
    ends = {match.end(): match for match in numbers}
    used: set[int] = set()
    for sign in _SIGN.finditer(text):
        left = _adjacent(ends, text, sign.start(), -1)
        right = _adjacent(starts, text, sign.end(), 1)
        if left and left.start() in used:
            left = None
        number = _nearer(left, right, sign, text) if left and right else left or right
        if number:
            used.add(number.start())
            yield min(number.start(), sign.start()), max(number.end(), sign.end()), _amount(number.group())


def _adjacent(numbers: dict[int, re.Match[str]], text: str, position: int, step: int) -> re.Match[str] | None:
    """Return the number that begins or ends at *position*, or one space from it."""
    beyond = position + step
    is_space = text[min(position, beyond) : max(position, beyond)].isspace()
    return numbers.get(position) or (numbers.get(beyond) if is_space else None)


def _nearer(left: re.Match[str], right: re.Match[str], sign: re.Match[str], text: str) -> re.Match[str]:
    """Return which of the numbers on both sides of a sign is its amount: `SPF 50 £12.00` has one price, 12."""
    left_gap, right_gap = sign.start() - left.end(), right.start() - sign.end()
    if left_gap != right_gap:
        return left if left_gap < right_gap else right
    left_has_cents, right_has_cents = bool(_CENTS.search(left.group())), bool(_CENTS.search(right.group()))
    if left_has_cents != right_has_cents:
        return left if left_has_cents else right
    if sign.group()[-1] in _BEFORE:
        return right
    follows = text[right.end() : right.end() + 2].strip()
    return left if follows and follows[0].isalpha() else right


def _amount(number: str) -> float:
    digits = re.sub(r"[ '’]", "", number).rstrip("-–.,")
    whole, mark, cents = digits[:-3], digits[-3:-2], digits[-2:]
    if mark in (".", ","):
        return float(f"{re.sub('[.,]', '', whole) or 0}.{cents}")
    if digits[-2:-1] in (".", ","):
        return float(f"{re.sub('[.,]', '', digits[:-2]) or 0}.{digits[-1]}")
    return float(re.sub(r"[.,]", "", digits))
