"""Read prices from texts."""

from __future__ import annotations

import re

_SIGN = r"(?:[$€£¥₹₽₩₺]|(?:us|usd|eur|gbp|chf|cad|aud|nzd|sek|nok|dkk|pln|kr|zł|rs)\.?)"
_NUMBER = r"\d{1,3}(?:[ .,'’]\d{3})*(?:[.,]\d{1,2})?|\d{1,7}(?:[.,]\d{1,2})?"
_PRICE = re.compile(
    rf"(?<![\w.]){_SIGN}\s?(?P<after>{_NUMBER})(?![\d%])|(?<![\d.,])(?P<before>{_NUMBER})\s?{_SIGN}(?![a-z])",
    re.IGNORECASE,
)
_GRATIS = re.compile(r"\b(?:free|gratis|no charge|included|at no cost|kostenlos)\b", re.IGNORECASE)


def prices(text: str) -> list[float]:
    """Return the prices in *text*, in order, without their currencies."""
    return [_amount(match["after"] or match["before"]) for match in _PRICE.finditer(text)]


def price_of(option: str) -> float | None:
    """Return the price of choosing *option*: its last price, or 0 if it is free, or None if it names no price.

    It is the last price because an old price precedes the current one.
    """
    amounts = prices(option)
    if amounts:
        return amounts[-1]
    return 0.0 if _GRATIS.search(option) else None


def _amount(number: str) -> float:
    digits = re.sub(r"[ '’]", "", number)
    whole, mark, cents = digits[:-3], digits[-3:-2], digits[-2:]
    if mark in (".", ","):
        return float(f"{re.sub('[.,]', '', whole) or 0}.{cents}")
    if digits[-2:-1] in (".", ","):
        return float(f"{re.sub('[.,]', '', digits[:-2]) or 0}.{digits[-1]}")
    return float(re.sub(r"[.,]", "", digits))
