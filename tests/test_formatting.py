"""Values are formatted for people, and recorded text cannot act on a terminal."""

from __future__ import annotations

import json
import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.events.json import encode_json
from veritas.formatting import (
    count,
    duration,
    elapsed,
    escape_control_characters,
    escape_json_control_characters,
    iso_time,
    percent,
    short_number,
    signed_seconds,
    utc_time,
)

# All of Unicode, with lone surrogates, which recorded JSON can contain.
ANY_TEXT = st.text(st.characters(codec=None, categories=None))


@given(ANY_TEXT)
def test_control_characters_and_line_breaks_are_escaped(text: str) -> None:
    shown = escape_control_characters(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not any(unicodedata.bidirectional(character) in {"RLO", "LRO", "RLE", "LRE", "RLI"} for character in shown)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_text_in_any_script_is_unchanged(text: str) -> None:
    assert escape_control_characters(text) == text


def test_an_escape_shows_the_character() -> None:
    assert escape_control_characters("\x1b[31m\n\u202e") == r"\x1b[31m\n\u202e"


@given(ANY_TEXT)
def test_escaped_json_has_the_same_value(text: str) -> None:
    line = escape_json_control_characters(encode_json({"text": text}).decode("utf-8"))
    assert json.loads(line) == {"text": text}
    assert escape_control_characters(line) == line


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, None),
        (0.0, "0.00 s"),
        (0.421, "0.42 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (125, "2 min 05 s"),
        (11520, "3 h 12 min"),
    ],
)
def test_a_duration_has_two_units_at_most(seconds: float | None, shown: str | None) -> None:
    assert duration(seconds) == shown


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0) | st.integers(min_value=0, max_value=10**30))
def test_any_duration_can_be_formatted(seconds: float) -> None:
    assert duration(seconds)


def test_times_are_in_utc_and_end_in_z() -> None:
    assert utc_time(1_763_800_000.25) == "2025-11-22 08:26:40Z"
    assert utc_time(1_763_800_000.25, "minutes") == "2025-11-22 08:26Z"
    assert utc_time(1_763_800_000.25, "milliseconds") == "2025-11-22 08:26:40.250Z"
    assert utc_time(1e300) is None
    assert utc_time(None) is None


def test_numbers_have_few_digits() -> None:
    assert (short_number(44.0), short_number(44.25), short_number(7)) == ("44", "44.2", "7")
    assert (percent(0.95), percent(None)) == ("95%", None)
    assert (count(1, "event"), count(12345, "event")) == ("1 event", "12,345 events")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, None), (0.421, "+0.42 s"), (-3.1, "-3.10 s"), (-0.001, "+0.00 s"), (75.0, "+75.00 s")]
)
def test_a_difference_of_durations_has_a_sign(seconds: float | None, shown: str | None) -> None:
    assert signed_seconds(seconds) == shown


def test_an_iso_time_has_microseconds_and_its_zone() -> None:
    assert iso_time(1_763_800_000.25) == "2025-11-22T08:26:40.250000Z"


@pytest.mark.parametrize("seconds", [None, 1e300, -1e300, math.inf, math.nan, 10**400])
def test_a_number_that_is_not_a_date_has_no_iso_time(seconds: float | None) -> None:
    assert iso_time(seconds) is None


@given(st.floats() | st.integers())
def test_any_number_can_be_formatted_as_an_iso_time(seconds: float) -> None:
    text = iso_time(seconds)
    assert text is None or text.endswith("Z")


def test_an_end_before_the_start_gives_no_elapsed_time() -> None:
    assert elapsed(2.0, 5.0) == 3.0
    assert elapsed(5.0, 2.0) is None
    assert elapsed(-1e308, 1e308) is None
    assert elapsed(None, 2.0) is None
    assert elapsed(2.0, None) is None


def test_a_huge_number_is_short() -> None:
    """An emitter may send any number, and a page has no room for its three hundred digits."""
    assert (short_number(-1e308), short_number(10**14)) == ("-1e+308", "100000000000000")
    assert short_number(10**400) == "1.8e+308"
    assert (percent(1e300), duration(1e300)) == ("1e+302%", "1e+300 s")
