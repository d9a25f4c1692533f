"""A random number is found in a language whose words are not understood; other numbers are not."""

from __future__ import annotations

import asyncio

import pytest

from tests.audit.patterns.conftest import RunExperiment
from veritas.audit.patterns import made_up_numbers

SHOP = "<div lang=pl><h1>Czajnik miedziany</h1><p>Cena: 120 zł</p><p id=it>{}</p></div>"
RANDOM = "<script>it.textContent = `{}`</script>"


async def test_random_number_in_an_unread_language_is_detected(experiment_on: RunExperiment) -> None:
    """The two texts are the evidence; what the number counts is not claimed."""
    script = RANDOM.format("Zostało tylko ${2 + Math.floor(Math.random() * 40)} sztuk")
    (detection,) = made_up_numbers.detect(await experiment_on(SHOP.format("") + script))
    assert (detection.kind, detection.signal, detection.severity) == ("made_up_number", "temporal", "medium")
    assert detection.measured == {
        "random_numbers_low": "Zostało tylko 2 sztuk",
        "random_numbers_high": "Zostało tylko 41 sztuk",
    }


async def test_other_numbers_are_not_made_up(experiment_on: RunExperiment) -> None:
    """They are a stock in the page, a random price, seconds, and a list in random order."""
    shuffled = "<ul lang=pl><li id=a>Rower 26 cali<li id=b>Rower 28 cali</ul>"
    pages = (
        SHOP.format("Zostało 7 sztuk"),
        SHOP.format("") + "<p lang=pl>Zostało 7 sztuk</p>" + RANDOM.format("Tylko ${Math.ceil(Math.random() * 99)} zł"),
        SHOP.format("") + RANDOM.format("Minęło ${Math.floor(Date.now() / 1000) % 1000} chwil"),
        SHOP.format("") + shuffled + "<script>if (Math.random() > .5) a.before(b)</script>",
    )
    experiments = await asyncio.gather(*map(experiment_on, pages))
    assert all(experiment.random_high for experiment in experiments)
    assert [list(made_up_numbers.detect(experiment)) for experiment in experiments] == [[]] * len(pages)


@pytest.mark.parametrize(
    ("one", "other", "passed"), [(20, 27, 7), (27, 20, 7), (57, 4, 7), (4, 57, 7), (998, 5, 7), (8, 9, 7)]
)
def test_a_clock_that_starts_again_counts(one: int, other: int, passed: float) -> None:
    """Seconds go from 59 to 0, and a countdown from 0 to 59; neither is random."""
    assert not made_up_numbers.jumps(f"Minęło {one} chwil", f"Minęło {other} chwil", passed)


@pytest.mark.parametrize(("one", "other"), [(2, 41), (41, 2), (1, 999)])
def test_a_number_that_no_clock_explains_jumps(one: int, other: int) -> None:
    assert made_up_numbers.jumps(f"Zostało {one} sztuk", f"Zostało {other} sztuk", 7.0)
