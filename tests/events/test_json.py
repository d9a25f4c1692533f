"""Any value can be written as JSON, and any bytes are decoded to an object or refused."""

from __future__ import annotations

import json
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.errors import UndecodableEvent
from veritas.events.json import (
    MAX_VALUES,
    as_items,
    as_mapping,
    as_number,
    as_text,
    decode_json,
    encode_json,
    has_too_many_values,
    is_json_object,
    json_document,
    json_line,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_written_as_its_name(number: float) -> None:
    """NaN and the infinities reach any JSON reader, as strings."""
    name = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(number)]
    assert decode_json(encode_json({"a": [number], "b": number})) == {"a": [name], "b": name}


def test_the_bare_nan_of_another_emitter_is_read() -> None:
    """Python's own json module writes one."""
    assert math.isnan(decode_json(b'{"x": NaN}')["x"])


def test_integers_of_any_size_keep_every_digit() -> None:
    """2**64 and more neither overflow nor turn into floats."""
    value = {"a": 2**64, "b": -(2**63) - 1, "c": 10**40}
    assert decode_json(encode_json(value)) == value


def test_a_value_that_json_cannot_hold_is_described_rather_than_lost() -> None:
    """An emitter's odd object, or a cycle, does not end an audit."""
    cycle: list[object] = []
    cycle.append(cycle)

    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    decoded = decode_json(
        encode_json({"a": {1, 2}, "b": object, "c": cycle, "d": {(1, 2): 3}, "e": Odd(), "f": 10**5000, "g": b"xyz"})
    )
    assert decoded["a"] == [1, 2]
    assert decoded["b"] == repr(object)
    assert "…" in json.dumps(decoded["c"], ensure_ascii=False)
    assert decoded["d"] == {"(1, 2)": 3}
    assert decoded["e"] == "<Odd>"
    assert decoded["f"] == hex(10**5000)
    assert decoded["g"] == "eHl6"


def test_one_odd_value_does_not_change_how_another_is_written() -> None:
    """A date is the same text with and without a NaN next to it."""
    day = date(2024, 1, 1)
    alone, with_nan = (decode_json(encode_json(value)) for value in ({"d": day}, {"d": day, "n": math.nan}))
    assert alone["d"] == with_nan["d"] == repr(day)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"3",
        b'"x"',
        b"null",
        b"{",
        b'{"a":\xff}',
        b"\x00",
        b"[" * 100_000,
        '{"a":1}'.encode("utf-16"),
        b'{"a":"\xed\xa0\x80"}',
    ],
)
def test_bytes_that_are_not_a_json_object_are_refused(body: bytes) -> None:
    """The recorder keeps such bytes as they were received."""
    assert not is_json_object(body)
    with pytest.raises(UndecodableEvent):
        decode_json(body)


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_is_json_object_agrees_with_decode_json(body: bytes) -> None:
    try:
        decode_json(body)
    except UndecodableEvent:
        assert not is_json_object(body)
    else:
        assert is_json_object(body)


def test_a_decoded_value_of_another_type_counts_as_missing() -> None:
    assert (as_mapping([1]), as_items({"a": 1}), as_text(3)) == ({}, [], None)
    assert (as_mapping({"a": 1}), as_items([1]), as_text("x")) == ({"a": 1}, [1], "x")
    assert [as_number(value) for value in (True, "1", math.nan, math.inf, 10**400, 3, 2.5)] == [None] * 5 + [3, 2.5]


@pytest.mark.parametrize("value", [{"a": "cut \ud83d"}, {"cut \ud83d": 1}, {"a": ["\udc00", {"\ud83d": "\ud83d"}]}])
def test_half_a_character_is_an_escape_in_a_document_and_in_a_line(value: dict[str, object]) -> None:
    """A text may have been cut inside an emoji; any reader of JSON that knows such escapes reads the same again."""
    for text in (json_document(value), json_line(value)):
        assert text.isascii() and json.loads(text) == value
    assert json_document(value).count(b"\n") > json_line(value).count(b"\n")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"data":"' + b"A" * 2_000_000 + b'","a":[1,2]}', False),
        (b'{"data":"' + b",[" * 1_000_000 + b'"}', False),
        (b'{"data":"AAAA","a":[' + b"[]," * MAX_VALUES + b" " * 1_000_000 + b"1]}", True),
        (b'{"a":[' + b"[]," * MAX_VALUES + b" " * 1_000_000 + b'1],"data":"AAAA"}', True),
        (b'{"a":"\\"data\\":\\"","b":[' + b"[]," * MAX_VALUES + b" " * 1_000_000 + b"1]}", True),
        (b'{"b":[' + b"[]," * MAX_VALUES + b" " * 1_000_000 + b'1],"data":"never closed', True),
        (b'{"a":[' + b"1," * 100 + b" " * 2_000_000 + b"1]}", False),
    ],
)
def test_the_values_of_large_json_are_counted_and_its_attachment_is_not(body: bytes, expected: bool) -> None:
    """Wherever the attachment is, and however a text looks."""
    assert has_too_many_values(body) == expected
