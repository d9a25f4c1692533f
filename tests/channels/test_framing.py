"""Events are found between any other output, and no byte that was read is lost."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.channels.framing import MarkerParser
from veritas.channels.messages import ControlReceived, EventReceived, OutputReceived, Rejected
from veritas.events.progress import ProgressEvent, encode_event

EVENT = encode_event(ProgressEvent(phase="scout", step="x", seq=1, timestamp=1.0))


def parse(data, *, chunk=1 << 20, **options):
    parser = MarkerParser(**options)
    messages = []
    for start in range(0, len(data), chunk):
        messages += parser.feed(data[start : start + chunk])
    return messages + parser.close()


def bodies(messages):
    return [item.body for item in messages if isinstance(item, EventReceived)]


def output(messages):
    return b"".join(item.data for item in messages if isinstance(item, OutputReceived))


lines = st.one_of(
    st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")),
    st.just(b"##PROGRESS:" + EVENT),
    st.just(b"noise ##PROGRESS:" + EVENT),
    st.just(b"##PROGRESS:{broken"),
    st.just(b'##CHANNEL:{"emitted":1}'),
    st.just(b"##PROGRESS:" + EVENT + b"##PROGRESS:" + EVENT),
)


@given(st.lists(lines, max_size=8), st.integers(1, 40), st.sampled_from([b"\n", b"\r\n"]))
def test_the_result_does_not_depend_on_the_chunks(parts, chunk, newline):
    """Markers that are split over chunks are found; the messages are the same, with output joined."""
    data = newline.join(parts)
    whole, chunked = parse(data), parse(data, chunk=chunk)
    assert output(whole) == output(chunked)
    assert [item for item in whole if not isinstance(item, OutputReceived)] == [
        item for item in chunked if not isinstance(item, OutputReceived)
    ]


@given(st.lists(lines, max_size=8), st.integers(1, 40))
def test_no_byte_is_lost(parts, chunk):
    """The messages, their markers and offsets are enough to restore what was read, except the ends of lines."""
    data = b"\n".join(parts)
    restored = b""
    for item in parse(data, chunk=chunk):
        match item:
            case OutputReceived(data=piece, offset=offset):
                assert data[offset : offset + len(piece)] == piece
                restored += piece
            case EventReceived(body=body):
                restored += b"##PROGRESS:" + body
            case ControlReceived(body=body):
                restored += b"##CHANNEL:" + body
            case Rejected(body=body, offset=offset):
                assert data[offset : offset + len(body)] == body
                restored += body
    assert restored.replace(b"\n", b"").replace(b"\r", b"") == data.replace(b"\n", b"").replace(b"\r", b"")


def test_an_event_is_found_anywhere_in_a_line():
    """The text before the marker is output, with its offset."""
    messages = parse(b"50% done ##PROGRESS:" + EVENT + b"\nnext\n")
    assert messages == [
        OutputReceived("stdout", b"50% done ", 0),
        EventReceived("stdout", EVENT),
        OutputReceived("stdout", b"next\n", len(b"50% done ##PROGRESS:" + EVENT) + 1),
    ]


def test_crlf_ends_an_event_as_lf_does():
    assert bodies(parse(b"##PROGRESS:" + EVENT + b"\r\n")) == [EVENT]


def test_the_events_of_two_writers_on_one_line_are_separated():
    """A missing newline between two events, or between an event and other output, loses neither."""
    messages = parse(b"##PROGRESS:" + EVENT + b"##PROGRESS:" + EVENT + b"stray ##PROGRESS:" + EVENT + b"\n")
    assert bodies(messages) == [EVENT] * 3
    assert output(messages) == b"stray "


def test_an_event_after_a_broken_one_is_found():
    """A writer that was killed in the middle of its event does not hide the next writer's."""
    messages = parse(b'a ##PROGRESS:{"seq":1,"det##PROGRESS:' + EVENT + b"\n")
    assert [item.data for item in messages if isinstance(item, OutputReceived)] == [b"a "]
    assert [item.body for item in messages if isinstance(item, Rejected)] == [b'##PROGRESS:{"seq":1,"det']
    assert bodies(messages) == [EVENT]


def test_a_line_of_many_events_is_parsed_in_linear_time():
    """It has ten thousand events without a newline between them, or ten thousand markers without an event."""
    assert bodies(parse((b"##PROGRESS:" + EVENT) * 10_000)) == [EVENT] * 10_000
    (rejected,) = parse(b"##PROGRESS:" * 10_000)
    assert rejected.size == len(b"##PROGRESS:") * 10_000


def test_a_marker_inside_a_json_string_is_text():
    """An event ends where its JSON ends, not at the next marker."""
    event = encode_event(ProgressEvent(detail='say ##PROGRESS:{"a":1} twice ##CHANNEL:{}'))
    assert bodies(parse(b"##PROGRESS:" + event + b"\n")) == [event]


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"nonsense", b"\x00", b'{"a":"\xff"}', b"{'a': 1}"])
def test_a_marked_line_that_is_not_json_is_rejected_whole(body):
    """The message has its bytes, offset, size and hash."""
    line = b"##PROGRESS:" + body
    (first, rejected) = parse(b"ab\n" + line + b"\n")
    assert first.data == b"ab\n"
    reason = "no JSON object follows the marker"
    assert rejected == Rejected("stdout", reason, line, len(line), hashlib.sha256(line).hexdigest(), 3)


def test_a_line_longer_than_the_maximum_is_passed_on_as_output_and_rejected_at_its_end():
    """It is not held in memory; the rejection has its size and hash, and the next line is read as usual."""
    long = b"##PROGRESS:" + b'{"detail":"' + b"x" * 5000 + b'"}\n'
    messages = parse(b"before\n" + long + b"##PROGRESS:" + EVENT + b"\n", chunk=100, max_line_bytes=1000)
    assert output(messages) == b"before\n" + long
    (rejected,) = [message for message in messages if isinstance(message, Rejected)]
    assert (rejected.body, rejected.offset) == (b"", len(b"before\n"))
    assert (rejected.size, rejected.sha256) == (len(long), hashlib.sha256(long).hexdigest())
    assert "longer than 1000 bytes" in rejected.reason
    assert bodies(messages) == [EVENT]
    offsets = [message.offset for message in messages if isinstance(message, OutputReceived)]
    assert offsets[1] == rejected.offset


def test_an_event_of_too_many_values_is_rejected_whole():
    """Each takes two bytes in JSON, and a hundred in memory; commas in a text are not values."""
    many = b'{"a":[' + b"[]," * 400_000 + b"1]}"
    (rejected,) = parse(b"##PROGRESS:" + many + b"\n", chunk=1 << 18)
    assert isinstance(rejected, Rejected)
    assert "more than 200,000 values" in rejected.reason
    assert rejected.body == b"##PROGRESS:" + many
    text = b'{"a":"' + b",[{" * 400_000 + b'\\"","b":1}'
    assert bodies(parse(b"##PROGRESS:" + text + b"\n", chunk=1 << 18)) == [text]


def test_long_output_without_a_newline_is_passed_on_as_it_arrives():
    """A line of 50 MB is not held in memory."""
    parser = MarkerParser()
    read, returned = 0, 0
    for _ in range(800):
        returned += len(output(parser.feed(b"x" * 65536)))
        read += 65536
        assert read - returned <= 2 * 65536
    assert returned + len(output(parser.close())) == read


def test_a_marker_directly_after_long_output_is_found():
    """It is found even if a chunk ends within it."""
    data = b"x" * 200_000 + b"##PROGRESS:" + EVENT + b"\n"
    for cut in range(200_000, 200_012):
        parser = MarkerParser()
        messages = parser.feed(data[:cut]) + parser.feed(data[cut:]) + parser.close()
        assert bodies(messages) == [EVENT]
        assert output(messages) == b"x" * 200_000


def test_the_last_line_needs_no_newline():
    """The start of a line that a killed child left is rejected."""
    assert bodies(parse(b"##PROGRESS:" + EVENT)) == [EVENT]
    (rejected,) = parse(b"##PROGRESS:" + EVENT[:-5])
    assert isinstance(rejected, Rejected)
    assert rejected.body == b"##PROGRESS:" + EVENT[:-5]


def test_an_event_with_nan_and_lone_surrogates_is_read():
    """Python's own json module writes them."""
    line = json.dumps({"a": float("nan"), "b": "\ud800"}).encode()
    assert bodies(parse(b"##PROGRESS:" + line + b"\n")) == [line]


def test_the_channels_own_messages_are_not_events():
    """They have a marker of their own; one that is not an object is rejected."""
    assert parse(b'##CHANNEL:{"emitted":3}\n') == [ControlReceived("stdout", {"emitted": 3}, b'{"emitted":3}')]
    (rejected,) = parse(b"##CHANNEL:[1]\n")
    assert isinstance(rejected, Rejected)


def test_without_markers_everything_is_output():
    """stderr is never searched for events."""
    data = b"##PROGRESS:" + EVENT + b"\n"
    assert parse(data, stream="stderr", markers=False) == [OutputReceived("stderr", data, 0)]
