"""A fee that an order's sum adds is found by arithmetic; items, delivery, taxes and discounts are not fees."""

from __future__ import annotations

import pytest

from veritas.audit.patterns.order_fees import find_fees, read_lines


@pytest.mark.parametrize(
    ("text", "fee"),
    [
        ("2 tickets £60.00 Service fee £8.40 Delivery £2.00 Total £70.40", ("Service fee", 8.4)),
        (
            "Merchandise: $69.99 Service Charge: $14.99 Total Before Tax: $84.98 Tax: $5.63 Total: $90.61",
            ("Service Charge", 14.99),
        ),
        ("Merchandise: $69.99 Service Charge: $14.99 Order Total: $84.98", ("Service Charge", 14.99)),
        ("2 Karten 60,00 € Servicegebühr 8,40 € Versand 2,00 € Gesamtsumme 70,40 €", ("Servicegebühr", 8.4)),
        ("2 billets 60,00 € Frais de dossier 8,40 € Total 68,40 €", ("Frais de dossier", 8.4)),
        ("2 entradas 60,00 € Gastos de gestión 8,40 € Total 68,40 €", ("Gastos de gestión", 8.4)),
        ("2 biglietti 60,00 € Commissioni di servizio 8,40 € Totale 68,40 €", ("Commissioni di servizio", 8.4)),
        ("2 tickets £60.00 Handling £8.40 Total £68.40", ("Handling", 8.4)),
        ("Room $100.00 Member discount -$10.00 Resort fee $25.00 Total $115.00", ("Resort fee", 25.0)),
    ],
)
def test_a_fee_in_a_sum_is_found(text: str, fee: tuple[str, float]) -> None:
    """In each language, if the lines add up to the total."""
    found = [(label, amount) for label, amount, _ in find_fees(text)]
    assert found == [fee]


@pytest.mark.parametrize(
    "text",
    [
        "Kettle £40.00 Delivery £4.00 VAT £8.80 Total £52.80",
        "Kettle £40.00 Express delivery charge £4.00 Total £44.00",
        "Kessel 40,00 € Versandkosten 4,90 € Gesamt 44,90 €",
        "Service fee £8.40, cancellation fee £20.00, total £99.00",
        "Service £20 Service £30",
        "Oil change $50.00 Brake service $40.00 Total $90.00",
        "USB cable $5.00 Quick charge plug $10.00 Film processing $9.00 Total $24.00",
        "Tasse 9,00 € Kaffeeservice 40,00 € Summe 49,00 €",
        "Tasse 9,00 € Service à thé 40,00 € Total 49,00 €",
        "Habitación 90,00 € Tasa turística 4,00 € Total 94,00 €",
        "",
    ],
)
def test_other_sums_have_no_fee(text: str) -> None:
    """Delivery, taxes and services that are the goods are not fees, and lines that do not add up are no order."""
    assert list(find_fees(text)) == []


def test_a_deduction_is_negative() -> None:
    """Whatever minus sign it has."""
    assert read_lines("Tea £5.00 Voucher −£2.00 Sum £3.00") == [("Tea", 5.0), ("Voucher", -2.0), ("Sum", 3.0)]
