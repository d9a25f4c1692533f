"""Events are found between any other output, and nothing that was read is lost."""

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
    found = []
    for start in range(0, len(data), chunk):
        found += parser.feed(data[start : start + chunk])
    return found + parser.close()


def bodies(found):
    return [item.body for item in found if isinstance(item, EventReceived)]


def output(found):
    return b"".join(item.data for item in found if isinstance(item, OutputReceived))


lines = st.one_of(
    st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")),
    st.just(b"##PROGRESS:" + EVENT),
    st.just(b"noise ##PROGRESS:" + EVENT),
    st.just(b"##PROGRESS:{broken"),
    st.just(b'##CHANNEL:{"emitted":1}'),
    st.just(b"##PROGRESS:" + EVENT + b"##PROGRESS:" + EVENT),
)


@given(st.lists(lines, max_size=8), st.integers(1, 40), st.sampled_from([b"\n", b"\r\n"]))
def test_how_it_is_cut_into_reads_does_not_matter(parts, chunk, newline):
    """Markers split over reads are found; the same things come out, output joined."""
    data = newline.join(parts)
    whole, cut = parse(data), parse(data, chunk=chunk)
    assert output(whole) == output(cut)
    assert [item for item in whole if not isinstance(item, OutputReceived)] == [
        item for item in cut if not isinstance(item, OutputReceived)
    ]


@given(st.lists(lines, max_size=8), st.integers(1, 40))
def test_no_byte_is_lost(parts, chunk):
    """From the pieces, their markers and their places what was read can be put together again, line ends aside."""
    data = b"\n".join(parts)
    put_together = b""
    for item in parse(data, chunk=chunk):
        match item:
            case OutputReceived(data=piece, offset=offset):
                assert data[offset : offset + len(piece)] == piece
                put_together += piece
            case EventReceived(body=body):
                put_together += b"##PROGRESS:" + body
            case ControlReceived(body=body):
                put_together += b"##CHANNEL:" + body
            case Rejected(kept=kept, offset=offset):
                assert data[offset : offset + len(kept)] == kept
                put_together += kept
    assert put_together.replace(b"\n", b"").replace(b"\r", b"") == data.replace(b"\n", b"").replace(b"\r", b"")


def test_an_event_is_found_anywhere_in_a_line():
    """What stands before the marker is output, with its place."""
    found = parse(b"50% done ##PROGRESS:" + EVENT + b"\nnext\n")
    assert found == [
        OutputReceived("stdout", b"50% done ", 0),
        EventReceived("stdout", EVENT),
        OutputReceived("stdout", b"next\n", len(b"50% done ##PROGRESS:" + EVENT) + 1),
    ]


def test_the_newlines_of_windows_are_no_part_of_an_event():
    """CRLF ends a line as LF does."""
    assert bodies(parse(b"##PROGRESS:" + EVENT + b"\r\n")) == [EVENT]


def test_two_writers_on_one_line_are_told_apart():
    """A missing newline between two events, or between an event and a stray word, costs neither."""
    found = parse(b"##PROGRESS:" + EVENT + b"##PROGRESS:" + EVENT + b"stray ##PROGRESS:" + EVENT + b"\n")
    assert bodies(found) == [EVENT] * 3
    assert output(found) == b"stray "


def test_an_event_behind_a_broken_one_is_found():
    """A writer that was killed in the middle of its event does not take the next one's along."""
    found = parse(b'a ##PROGRESS:{"seq":1,"det##PROGRESS:' + EVENT + b"\n")
    assert [item.data for item in found if isinstance(item, OutputReceived)] == [b"a "]
    assert [item.kept for item in found if isinstance(item, Rejected)] == [b'##PROGRESS:{"seq":1,"det']
    assert bodies(found) == [EVENT]


def test_a_line_of_many_events_takes_no_longer_than_many_lines():
    """Ten thousand without a newline between them, and ten thousand markers with nothing behind them."""
    assert bodies(parse((b"##PROGRESS:" + EVENT) * 10_000)) == [EVENT] * 10_000
    (rejected,) = parse(b"##PROGRESS:" * 10_000)
    assert rejected.size == len(b"##PROGRESS:") * 10_000


def test_a_marker_inside_a_json_string_is_text():
    """The event's own end decides, not the next marker."""
    event = encode_event(ProgressEvent(detail='say ##PROGRESS:{"a":1} twice ##CHANNEL:{}'))
    assert bodies(parse(b"##PROGRESS:" + event + b"\n")) == [event]


@pytest.mark.parametrize("body", [b"", b"[1]", b"{", b"nonsense", b"\x00", b'{"a":"\xff"}', b"{'a': 1}"])
def test_what_is_no_json_is_rejected_as_it_came(body):
    """With its place, size and hash."""
    line = b"##PROGRESS:" + body
    (first, rejected) = parse(b"ab\n" + line + b"\n")
    assert first.data == b"ab\n"
    reason = "no JSON object follows the marker"
    assert rejected == Rejected("stdout", reason, line, len(line), hashlib.sha256(line).hexdigest(), 3)


def test_a_line_past_the_cap_keeps_its_head_and_the_hash_of_all():
    """The rest is not held in memory; the next line is read as ever."""
    long = b"##PROGRESS:" + b'{"detail":"' + b"x" * 5000 + b'"}'
    found = parse(long + b"\n##PROGRESS:" + EVENT + b"\n", chunk=100, max_line_bytes=1000)
    rejected = found[0]
    assert isinstance(rejected, Rejected)
    assert rejected.kept == long[:1000]
    assert (rejected.size, rejected.sha256) == (len(long) + 1, hashlib.sha256(long + b"\n").hexdigest())
    assert "longer than 1000 bytes" in rejected.reason
    assert bodies(found) == [EVENT]


def test_long_output_without_a_newline_is_passed_on_as_it_comes():
    """A 50 MB line of noise is no reason to hold 50 MB."""
    parser = MarkerParser()
    read, given = 0, 0
    for _ in range(800):
        given += len(output(parser.feed(b"x" * 65536)))
        read += 65536
        assert read - given <= 2 * 65536
    assert given + len(output(parser.close())) == read


def test_a_marker_right_behind_long_output_is_found():
    """Even where the read ends in the middle of it."""
    data = b"x" * 200_000 + b"##PROGRESS:" + EVENT + b"\n"
    for cut in range(200_000, 200_012):
        parser = MarkerParser()
        found = parser.feed(data[:cut]) + parser.feed(data[cut:]) + parser.close()
        assert bodies(found) == [EVENT]
        assert output(found) == b"x" * 200_000


def test_the_last_line_needs_no_newline():
    """A child that was killed in the middle of a line leaves its start."""
    assert bodies(parse(b"##PROGRESS:" + EVENT)) == [EVENT]
    (rejected,) = parse(b"##PROGRESS:" + EVENT[:-5])
    assert isinstance(rejected, Rejected)
    assert rejected.kept == b"##PROGRESS:" + EVENT[:-5]


def test_a_strangers_nan_and_lone_surrogates_are_events():
    """What Python's own json writes is accepted."""
    line = json.dumps({"a": float("nan"), "b": "\ud800"}).encode()
    assert bodies(parse(b"##PROGRESS:" + line + b"\n")) == [line]


def test_the_channels_own_messages_are_no_events():
    """They have a marker of their own; one that makes no sense is rejected, not obeyed."""
    assert parse(b'##CHANNEL:{"emitted":3}\n') == [ControlReceived("stdout", {"emitted": 3}, b'{"emitted":3}')]
    (rejected,) = parse(b"##CHANNEL:[1]\n")
    assert isinstance(rejected, Rejected)


def test_without_markers_everything_is_output():
    """stderr is never searched for events."""
    data = b"##PROGRESS:" + EVENT + b"\n"
    assert parse(data, stream="stderr", markers=False) == [OutputReceived("stderr", data, 0)]
