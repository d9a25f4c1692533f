"""The wire form is lossless, tolerant, and the same for both transports."""

import json
import math
from dataclasses import fields
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.errors import UndecodableEvent
from veritas.events.progress import FIELDS, PHASES, ProgressEvent, decode_event, encode_event
from veritas.events.recorder_events import RECORDER_TYPES, GapFound, recorder_event

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | st.text(st.characters(exclude_categories=()))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
texts = st.text(st.characters(exclude_categories=()))
events = st.builds(
    ProgressEvent,
    type=texts,
    phase=texts,
    step=texts,
    pct=st.integers(0, 100) | st.floats(0, 100),
    detail=texts,
    summary=st.dictionaries(texts, values, max_size=4),
    timestamp=st.floats(0, 1e11),
    seq=st.integers(0, 2**70),
    data=st.none() | st.binary(),
    extra=st.dictionaries(texts.filter(lambda name: name not in FIELDS), values, max_size=4),
)


@given(events)
def test_every_field_survives_the_wire(event):
    """decode(encode(event)) is event: any text, any finite number, lone surrogates, unknown fields and bytes."""
    assert decode_event(encode_event(event)) == event


@given(events)
def test_the_wire_form_is_one_line_of_json(event):
    """A line-oriented transport can carry it, and any JSON reader reads it."""
    body = encode_event(event)
    assert b"\n" not in body
    assert b"\r" not in body
    assert json.loads(body)["phase"] == event.phase


@given(events)
def test_encoding_is_stable(event):
    """What was decoded is encoded to the same bytes again, so equality of events is equality of bytes."""
    body = encode_event(event)
    assert encode_event(decode_event(body)) == body


@given(st.binary() | st.text().map(str.encode) | values.map(lambda value: json.dumps(value).encode()))
def test_decoding_anything_gives_an_event_or_one_sentence(body):
    """Bytes from outside never raise anything but UndecodableEvent."""
    try:
        decode_event(body)
    except UndecodableEvent as error:
        assert str(error).endswith(".")


def test_lines_of_today_are_read():
    """A line without number, type or timestamp takes the defaults."""
    event = decode_event(b'{"phase":"scout","step":"navigating","pct":10,"detail":"x"}', received_at=7.0)
    assert event == ProgressEvent(phase="scout", step="navigating", pct=10, detail="x", timestamp=7.0)


def test_unknown_fields_and_unknown_types_pass_through():
    """Whatever a later version sends is kept."""
    event = decode_event(b'{"type":"novelty","colour":"red","seq":3}')
    assert (event.type, event.seq, event.extra) == ("novelty", 3, {"colour": "red"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("phase", 5),
        ("pct", "50"),
        ("pct", True),
        ("summary", [1]),
        ("seq", -1),
        ("seq", 1.5),
        ("data", "no base64!"),
        ("timestamp", "now"),
        ("pct", 10**400),
    ],
)
def test_a_value_of_the_wrong_type_is_kept_beside_the_default(field, value):
    """The field takes its default, the value goes to extra, and both go out again as they came."""
    body = json.dumps({field: value}).encode()
    event = decode_event(body)
    assert event.extra == {field: value}
    assert json.loads(encode_event(event))[field] == value


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_json_has_no_number_for_is_written_as_its_name(number):
    """NaN and the infinities reach any JSON reader, as strings."""
    event = decode_event(encode_event(ProgressEvent(summary={"a": [number]}, extra={"b": number})))
    name = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(number)]
    assert event.summary == {"a": [name]}
    assert event.extra == {"b": name}


def test_a_strangers_nan_is_read():
    """Python's own json writes a bare NaN; such a line is an event, not garbage."""
    assert math.isnan(decode_event(b'{"x": NaN}').extra["x"])


def test_integers_of_any_size_keep_every_digit():
    """2**64 and more neither overflow nor turn into floats."""
    event = ProgressEvent(extra={"a": 2**64, "b": -(2**63) - 1, "c": 10**40}, timestamp=1.0)
    assert decode_event(encode_event(event)) == event


def test_a_ten_megabyte_detail_survives():
    """Length is no reason to lose anything."""
    event = ProgressEvent(detail="é" * 5_000_000, timestamp=1.0)
    assert decode_event(encode_event(event)) == event


def test_what_cannot_be_encoded_is_named_rather_than_lost():
    """An emitter's odd object, or a cycle, does not end an audit."""
    cycle: list[object] = []
    cycle.append(cycle)

    class Odd:
        def __repr__(self):
            raise RuntimeError("no")

    event = decode_event(
        encode_event(
            ProgressEvent(
                extra={"a": {1, 2}, "b": object, "c": cycle, "d": {(1, 2): 3}, "e": Odd(), "f": 10**5000},
            )
        )
    )
    assert event.extra["a"] == [1, 2]
    assert event.extra["b"] == repr(object)
    assert "…" in json.dumps(event.extra["c"], ensure_ascii=False)
    assert event.extra["d"] == {"(1, 2)": 3}
    assert event.extra["e"] == "<Odd>"
    assert event.extra["f"] == hex(10**5000)


def test_one_odd_value_does_not_change_how_another_is_written():
    """A date is the same text with and without a NaN beside it."""
    day = date(2024, 1, 1)
    alone, beside = (
        decode_event(encode_event(ProgressEvent(extra=extra))).extra
        for extra in ({"d": day}, {"d": day, "n": math.nan})
    )
    assert alone["d"] == beside["d"] == repr(day)


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
def test_what_is_no_object_is_undecodable(body):
    """Such bytes are for the recorder to keep as they came."""
    with pytest.raises(UndecodableEvent):
        decode_event(body)


def test_percentages_rise_through_the_phases():
    """The phases' shares follow one another up to 100."""
    shares = [pct for phase in PHASES.values() for pct in (phase.start_pct, phase.done_pct)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)


def test_the_recorders_events_come_back_typed():
    """encode, decode and recorder_event give the same dataclass."""
    said = GapFound(at_source="queue", first=3, last=5)
    assert recorder_event(decode_event(said.encode(seq=1, timestamp=2.0))) == said


def test_a_recorders_event_that_lacks_a_field_is_none():
    """A log that was tampered with can still be read."""
    assert recorder_event(ProgressEvent(type="gap_found", extra={"first": 1})) is None


def test_every_recorder_type_is_past_tense_and_documented():
    """The log's vocabulary explains itself."""
    assert "run_finished" in RECORDER_TYPES
    for name, kind in RECORDER_TYPES.items():
        assert kind.__doc__ and not kind.__doc__.startswith(kind.__name__ + "("), name
        own = {field.name for field in fields(kind)} - {"phase", "step"}  # which mean what they mean in every event
        assert not own & set(FIELDS), name
