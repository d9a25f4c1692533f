"""The wire form is lossless, tolerant, and the same for both transports."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.errors import UndecodableEvent
from veritas.events.progress import FIELDS, PHASES, ProgressEvent, decode_event, encode_event

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
    """Decoding an encoded event gives an equal one, with any text, number, lone surrogate, unknown field or bytes."""
    assert decode_event(encode_event(event)) == event


@given(events)
def test_the_wire_form_is_one_line_of_json(event):
    """A line-oriented transport can carry it, and any JSON reader can read it."""
    body = encode_event(event)
    assert b"\n" not in body
    assert b"\r" not in body
    assert json.loads(body)["phase"] == event.phase


@given(events)
def test_encoding_a_decoded_event_gives_the_same_bytes(event):
    """So events are equal exactly when their bytes are."""
    body = encode_event(event)
    assert encode_event(decode_event(body)) == body


@given(st.binary() | st.text().map(str.encode) | values.map(lambda value: json.dumps(value).encode()))
def test_decoding_any_bytes_gives_an_event_or_an_error_in_one_sentence(body):
    """Bytes from outside never raise anything but UndecodableEvent."""
    try:
        decode_event(body)
    except UndecodableEvent as error:
        assert str(error).endswith(".")


def test_a_line_with_few_fields_is_read():
    """A missing number, type or timestamp takes its default."""
    event = decode_event(b'{"phase":"scout","step":"navigating","pct":10,"detail":"x"}', received_at=7.0)
    assert event == ProgressEvent(phase="scout", step="navigating", pct=10, detail="x", timestamp=7.0)


def test_unknown_fields_and_unknown_types_pass_through():
    """A later version may send them; they are kept."""
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
def test_a_value_of_the_wrong_type_is_kept_in_extra(field, value):
    """The field takes its default, the value goes to extra, and it is encoded again as it was received."""
    body = json.dumps({field: value}).encode()
    event = decode_event(body)
    assert event.extra == {field: value}
    assert json.loads(encode_event(event))[field] == value


def test_a_ten_megabyte_detail_survives():
    """A long text is not cut."""
    event = ProgressEvent(detail="é" * 5_000_000, timestamp=1.0)
    assert decode_event(encode_event(event)) == event


def test_percentages_rise_through_the_phases():
    """The phases' shares increase up to 100."""
    shares = [pct for phase in PHASES.values() for pct in (phase.start_pct, phase.done_pct)]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)
