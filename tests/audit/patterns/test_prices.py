"""Prices are read in the notations of several countries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.patterns.prices import price_of, prices


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$5", [5.0]),
        ("Gift wrap (+$4.99)", [4.99]),
        ("1.234,56 €", [1234.56]),
        ("$1,234.56", [1234.56]),
        ("USD 5 or EUR 1.000", [5.0, 1000.0]),
        ("12,5 kr", [12.5]),
        ("was £30, now £20", [30.0, 20.0]),
        ("5 kg, 20% off, 10 days, size 42", []),
        ("Sun protection cream SPF 50 £12.00", [12.0]),
        ("Pack of 3 £9.99", [9.99]),
        ("SPF 50 12,00 €", [12.0]),
        ("12,50 € 3 Stück", [12.5]),
        ("iPhone 15 € 899", [899.0]),
        ("2 x 12,50 € = 25,00 €", [12.5, 25.0]),
        ("CHF 12.–, 12€50, 1 299,00 €, US$20, 20 US$, 5 Euro", [12.0, 12.5, 1299.0, 20.0, 20.0, 5.0]),
        ("", []),
    ],
)
def test_prices_are_found(text: str, expected: list[float]) -> None:
    """Common currency signs and separators are understood; other figures are not prices."""
    assert prices(text) == expected


@pytest.mark.parametrize(
    ("option", "cost"),
    [("Express $19", 19.0), ("Standard, free", 0.0), ("was £30 now £20", 20.0), ("Blue", None)],
)
def test_price_of_an_option(option: str, cost: float | None) -> None:
    """The current price counts; free is 0; an option without a price has None."""
    assert price_of(option) == cost


@given(st.integers(0, 9_999_999))
def test_cents_survive(cents: int) -> None:
    """An amount written with a thousands separator is the amount."""
    assert prices(f"${cents / 100:,.2f}") == [pytest.approx(cents / 100)]
