"""Recorded text reaches a terminal without power over it."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.events.json import encode_json
from veritas.formatting import (
    count,
    duration,
    escape_control_characters,
    escape_json_control_characters,
    percent,
    short_number,
    signed_seconds,
    utc_time,
)

# All of Unicode, lone surrogates included, which recorded JSON can hold.
ANY_TEXT = st.text(st.characters(codec=None, categories=None))


@given(ANY_TEXT)
def test_nothing_that_controls_reorders_or_breaks_lines_is_left(text: str) -> None:
    shown = escape_control_characters(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert not any(unicodedata.bidirectional(character) in {"RLO", "LRO", "RLE", "LRE", "RLI"} for character in shown)


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_text_in_any_script_is_left_as_it_is(text: str) -> None:
    assert escape_control_characters(text) == text


def test_what_was_there_can_still_be_seen() -> None:
    assert escape_control_characters("\x1b[31m\n\u202e") == r"\x1b[31m\n\u202e"


@given(ANY_TEXT)
def test_json_is_made_harmless_without_changing_what_it_says(text: str) -> None:
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
def test_a_length_of_time_is_written_as_people_write_it(seconds: float | None, shown: str | None) -> None:
    assert duration(seconds) == shown


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0) | st.integers(min_value=0, max_value=10**30))
def test_any_length_of_time_can_be_written(seconds: float) -> None:
    assert duration(seconds)


def test_moments_are_in_utc_and_say_so() -> None:
    assert utc_time(1_763_800_000.25) == "2025-11-22 08:26:40Z"
    assert utc_time(1_763_800_000.25, "minutes") == "2025-11-22 08:26Z"
    assert utc_time(1_763_800_000.25, "milliseconds") == "2025-11-22 08:26:40.250Z"
    assert utc_time(1e300) is None
    assert utc_time(None) is None


def test_numbers_have_no_needless_digits() -> None:
    assert (short_number(44.0), short_number(44.25), short_number(7)) == ("44", "44.2", "7")
    assert (percent(0.95), percent(None)) == ("95%", None)
    assert (count(1, "event"), count(12345, "event")) == ("1 event", "12,345 events")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(None, None), (0.421, "+0.42 s"), (-3.1, "-3.10 s"), (-0.001, "+0.00 s"), (75.0, "+75.00 s")]
)
def test_how_much_longer_something_is_has_a_sign(seconds: float | None, shown: str | None) -> None:
    assert signed_seconds(seconds) == shown
