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
    """They are a stock in the page, a random price, and a list in random order."""
    shuffled = "<ul lang=pl><li id=a>Rower 26 cali<li id=b>Rower 28 cali</ul>"
    pages = (
        SHOP.format("Zostało 7 sztuk"),
        SHOP.format("") + "<p lang=pl>Zostało 7 sztuk</p>" + RANDOM.format("Tylko ${Math.ceil(Math.random() * 99)} zł"),
        SHOP.format("") + shuffled + "<script>if (Math.random() > .5) a.before(b)</script>",
    )
    experiments = await asyncio.gather(*map(experiment_on, pages))
    assert all(experiment.random_high for experiment in experiments)
    assert [list(made_up_numbers.detect(experiment)) for experiment in experiments] == [[]] * len(pages)


@pytest.mark.parametrize(
    ("one", "other", "passed"),
    [(20, 27, 7), (27, 20, 7), (57, 4, 7), (4, 57, 7), (59, 0, 7), (23, 0, 7), (12, 1, 7), (130, 137, 7), (8, 9, 7)],
)
def test_a_clock_that_starts_again_counts_time(one: int, other: int, passed: float) -> None:
    """Seconds and minutes go from 59 to 0, and hours from 23 to 0 or from 12 to 1."""
    assert made_up_numbers.count_time(f"Minęło {one} chwil", f"Minęło {other} chwil", passed)


@pytest.mark.parametrize(("one", "other"), [(2, 5), (2, 6), (3, 7), (2, 41), (41, 2), (1, 999)])
def test_a_number_that_no_clock_explains_does_not(one: int, other: int) -> None:
    assert not made_up_numbers.count_time(f"Zostało {one} sztuk", f"Zostało {other} sztuk", 7.0)


async def test_a_random_number_that_a_clock_would_explain_is_loaded_again(experiment_on: RunExperiment) -> None:
    """The same random numbers give the same number again, and a clock does not."""
    scripts = (
        "const drawn = Math.floor(Math.random() * 12); it.textContent = `Zostało ${1 + drawn} sztuk`",
        "const second = Math.floor(Date.now() / 1000) % 60; it.textContent = `Minęło ${second} chwil`",
    )
    drawn, clock = await asyncio.gather(
        *(experiment_on(SHOP.format("") + f"<script>{script}</script>") for script in scripts)
    )
    assert drawn.random_high_again and clock.random_high_again
    (detection,) = made_up_numbers.detect(drawn)
    assert detection.measured["random_numbers_high"] == "Zostało 12 sztuk"
    assert not list(made_up_numbers.detect(clock))
