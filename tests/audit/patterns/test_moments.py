"""Dates and times of a day are moments, in each language; the time that is left is not."""

from __future__ import annotations

import pytest

from veritas.audit.patterns.moments import names_moment
from veritas.audit.patterns.text_classifier import normalise


@pytest.mark.parametrize(
    "text",
    [
        "Sale ends 30 November 2030, 18:00:00",
        "Sale ends tonight at 23:59:59",
        "Sale ends Sunday, 23:59:59",
        "Order by 12:00:00 today",
        "Flash sale from 10:00:00 to 12:00:00",
        "Offer ends 23:59:59 GMT",
        "Offer ends 31/05 23:59:59",
        "Angebot endet am 3. Mai, 23:59:59",
        "Rabatt bis 23:59:59 Uhr",
        "L'offre se termine le 3 mai à 23:59:59",
        "Promo jusqu'à 23:59:59",
        "Oferta hasta el 3 de mayo a las 23:59:59",
        "Offerta fino alle 23:59:59",
        "L'offerta scade domenica 23:59:59",
    ],
)
def test_a_moment_is_recognised(text: str) -> None:
    """A still clock in such a text is no countdown that does not run."""
    assert names_moment(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "Hurry, sale ends in 02:13:45!",
        "You may lose it: sale ends in 02:13:45",
        "Black Friday sale ends in 02:13:45",
        "The sale of the decade: 02:13:45 left",
        "Nur noch 02:13:45 im Angebot",
        "L'offre se termine dans 02:13:45",
        "La oferta termina en 02:13:45",
        "L'offerta termina tra 02:13:45",
        "Markdown market: 2 days 02:13:45",
    ],
)
def test_the_time_that_is_left_is_no_moment(text: str) -> None:
    """Although it is next to words like those of months and days."""
    assert not names_moment(normalise(text))
