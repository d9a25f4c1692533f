"""What is received is in the log as it came, and comes back as it was."""

import base64
import hashlib
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store.log import Record
from veritas.archive.archive import Archive
from veritas.channels.messages import (
    ChannelBroke,
    ControlReceived,
    EventReceived,
    OutputReceived,
    Rejected,
)
from veritas.errors import UnknownAudit
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import IpcFellBack
from veritas.recording.recorder import RunRecorder

RUN = "vrts_00000000000000aa.1"


@pytest.fixture
def archive(tmp_path):
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


@pytest.fixture
def recorder(archive):
    return RunRecorder(archive.log, RUN)


def event(seq=0, **fields):
    return encode_event(ProgressEvent(seq=seq, timestamp=1.5, **fields))


def said(source, message):
    """What a child's end says, as a receiver hands it on."""
    return ControlReceived(source, message, json.dumps(message).encode())


def own(archive, kind):
    return [r.from_recorder for r in archive.events(RUN) if r.source == "recorder" and r.event.type == kind]


def test_an_observation_comes_back_with_its_bytes(archive, recorder):
    """Source, number, times and body; the attachment apart, and put back on request."""
    body = event(1, phase="scout", step="x", data=b"\x89PNG\r\n\x1a\nrest", extra={"colour": "red"})
    recorder.record([EventReceived("queue", body)])
    (recorded,) = archive.events(RUN)
    assert (recorded.source, recorded.seq, recorded.audit_id) == ("queue", 1, "vrts_00000000000000aa")
    assert (recorded.event.phase, recorded.event.timestamp) == ("scout", 1.5)
    assert recorded.event.extra == {"colour": "red"}
    assert recorded.event.data is None
    assert archive.artifact(recorded.artifact) == b"\x89PNG\r\n\x1a\nrest"
    assert archive.wire(recorded) == body


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.lists(st.binary(max_size=60), max_size=6))
def test_whatever_comes_is_kept_byte_for_byte(tmp_path_factory, bodies):
    """Events and what cannot be one: the log gives back all of it."""
    with Archive.open(tmp_path_factory.mktemp("any") / "log.db") as archive:
        RunRecorder(archive.log, RUN).record([EventReceived("stdout", body) for body in bodies])
        kept = []
        for recorded in archive.events(RUN):
            if recorded.source == "stdout":
                kept.append(archive.wire(recorded))
            else:
                assert recorded.event.type == "line_rejected"
                kept.append(archive.artifact(recorded.artifact) if recorded.artifact else b"")
        assert sorted(kept) == sorted(bodies)


def test_events_without_numbers_are_counted_as_they_come(archive, recorder):
    """Per source, so that today's emitters can be recorded as they are."""
    line = b'{"phase":"scout","step":"navigating","pct":10}'
    recorder.record([EventReceived("stdout", line), EventReceived("stdout", line), EventReceived("queue", line)])
    assert [(r.source, r.seq) for r in archive.events(RUN)] == [("stdout", 1), ("stdout", 2), ("queue", 1)]
    assert recorder.received == {"stdout": 2, "queue": 1}


def test_the_same_event_again_is_recorded_once(archive, recorder):
    """A resend over the same source changes nothing."""
    for _ in range(3):
        recorder.record([EventReceived("queue", event(1))])
    assert len(list(archive.events(RUN))) == 1


def test_another_event_under_the_same_number_is_kept_by_its_order_of_arrival(archive, recorder):
    """Two workers that each count from 1 on one stdout: nothing is overwritten, nothing is dropped."""
    for detail in ("first", "second"):
        recorder.record([EventReceived("stdout", event(seq, detail=detail)) for seq in (1, 2)])
    assert [(r.seq, r.event.seq, r.event.detail) for r in archive.events(RUN)] == [
        (1, 1, "first"),
        (2, 2, "first"),
        (3, 1, "second"),
        (4, 2, "second"),
    ]


def test_what_another_recorder_wrote_under_a_number_stands(archive, recorder):
    """The log refuses the other one, and it is kept as a rejected line; the rest of the batch is recorded."""
    RunRecorder(archive.log, RUN).record([EventReceived("queue", event(1, detail="first"))])
    second = event(1, detail="second")
    recorder.record([EventReceived("queue", second), EventReceived("queue", event(2))])
    assert [r.event.detail for r in archive.events(RUN) if r.source == "queue"] == ["first", ""]
    (rejected,) = [r for r in archive.events(RUN) if r.event.type == "line_rejected"]
    assert "different body" in rejected.event.extra["reason"]
    assert archive.artifact(rejected.artifact) == second


@pytest.mark.parametrize(
    "taken", [[("queue", 2)], [("recorder", 1)], [("recorder", 2)], [("queue", 1), ("recorder", 2)]]
)
def test_the_recorders_numbers_follow_the_order_of_what_it_tells(archive, recorder, taken):
    """Also in a batch in which another has taken a number: its own, or a child's, which tells of it in between."""
    for source, seq in taken:
        archive.log.append([Record(RUN, source, seq, "progress", "", "", None, b'{"another":1}')])
    recorder.record(
        [
            OutputReceived("stderr", b"first", 0),
            EventReceived("queue", event(1)),
            EventReceived("queue", event(2)),
            OutputReceived("stderr", b"second", 5),
            OutputReceived("stderr", b"third", 11),
        ]
    )
    recorder.record([OutputReceived("stderr", b"fourth", 16)])
    told = [each for each in archive.events(RUN) if each.source == "recorder"][sum(s == "recorder" for s, _ in taken) :]
    numbers = [each.seq for each in told]
    assert numbers == sorted(numbers) and [each.event.seq for each in told] == numbers
    assert [each.from_recorder.text for each in told if each.event.type == "output_captured"] == [
        *("first", "second", "third", "fourth")
    ]
    assert len(own(archive, "line_rejected")) == sum(source == "queue" for source, _ in taken)
    assert archive.log.verify().fault is None


def test_a_screenshot_under_a_number_that_is_taken_is_kept_whole(archive, recorder):
    """The line that is rejected is what came, and so are its size and its hash."""
    RunRecorder(archive.log, RUN).record([EventReceived("queue", event(1))])
    came = encode_event(ProgressEvent("screenshot", "scout", "x", seq=1, timestamp=2.0, data=b"a picture"))
    recorder.record([EventReceived("queue", came)])
    (rejected,) = [r for r in archive.events(RUN) if r.event.type == "line_rejected"]
    assert archive.artifact(rejected.artifact) == came
    assert rejected.event.extra["size"] == len(came)
    assert rejected.event.extra["sha256"] == hashlib.sha256(came).hexdigest()


def test_a_jump_in_the_numbers_is_noted_where_it_happens(archive, recorder):
    """The gap stands in the log before the event that shows it."""
    recorder.record([EventReceived("queue", event(1)), EventReceived("queue", event(4))])
    assert [r.event.type for r in archive.events(RUN)] == ["progress", "gap_found", "progress"]
    (gap,) = own(archive, "gap_found")
    assert (gap.at_source, gap.first, gap.last) == ("queue", 2, 3)
    assert recorder.missing() == [(2, 3)]


def test_what_one_source_lost_the_other_may_have_delivered(recorder):
    """Missing is what no source delivered, up to the child's own count."""
    recorder.record([EventReceived("queue", event(seq)) for seq in (1, 2, 5)])
    recorder.record([EventReceived("stdout", event(seq)) for seq in (3, 5)])
    recorder.record([said("queue", {"emitted": 7})])
    assert recorder.missing() == [(4, 4), (6, 7)]


@pytest.mark.parametrize("seq", [2**53 + 1, 2**63 - 1, 2**70])
def test_numbers_that_are_no_count_are_replaced_by_the_order_of_arrival(archive, recorder, seq):
    """The body keeps what was said, and events without a number can follow."""
    recorder.record([EventReceived("queue", json.dumps({"seq": seq, "timestamp": 1e300}).encode())])
    recorder.record([EventReceived("queue", b"{}")])
    assert [(recorded.seq, recorded.event.seq) for recorded in archive.events(RUN)] == [(1, seq), (2, 0)]


def test_events_with_and_without_numbers_may_be_mixed(archive, recorder):
    """None of them costs another its place."""
    recorder.record([EventReceived("queue", body) for body in (b"{}", event(1), event(2))])
    assert [r.source for r in archive.events(RUN)] == ["queue"] * 3


def test_missing_numbers_are_found_in_any_amount(recorder):
    """Ten thousand gaps are no reason to wait."""
    recorder.record([EventReceived("queue", event(2 * seq)) for seq in range(1, 10_001)])
    assert recorder.missing() == [(2 * seq - 1, 2 * seq - 1) for seq in range(1, 10_001)]


@pytest.mark.parametrize("emitted", [True, -3, "7", None, 1.5])
def test_a_count_that_is_none_is_not_believed(archive, recorder, emitted):
    """It is kept as what it is."""
    recorder.record([said("queue", {"emitted": emitted})])
    assert recorder.emitted is None
    assert own(archive, "line_rejected")


def test_a_fallback_that_the_child_reports_is_recorded(archive, recorder):
    """With its kind, its cause and its numbers, whatever types a recorded program gives them."""
    full = {"from_mode": "toy", "kind": "stalled", "cause": "gone", "last_confirmed": 3, "sent_again": 2}
    recorder.record(
        [
            said("stdout", {"fell_back": full}),
            said("stdout", {"fell_back": {"kind": "x" * 100, "last_confirmed": "x"}}),
            said("stdout", {"fell_back": {"kind": ["stalled"]}}),
        ]
    )
    first, second, third = own(archive, "ipc_fell_back")
    assert first == IpcFellBack("toy", "stdout", "stalled", "gone", last_confirmed=3, sent_again=2)
    assert second == third == IpcFellBack("queue", "stdout", "other", "")


def test_somebody_who_was_turned_away_stands_in_the_log(archive, recorder):
    """With why, and the how-manieth it was."""
    recorder.record([said("queue", {"refused": {"reason": "it did not give the key", "count": 2}})])
    (refused,) = own(archive, "connection_refused")
    assert (refused.reason, refused.count) == ("it did not give the key", 2)


def test_a_message_that_no_channel_sends_is_kept(archive, recorder):
    """It is not obeyed, and not lost."""
    recorder.record([said("stdout", {"format": "disk"})])
    (rejected,) = [r for r in archive.events(RUN) if r.event.type == "line_rejected"]
    assert archive.artifact(rejected.artifact) == b'{"format": "disk"}'


def test_output_that_is_no_text_is_attached(archive, recorder):
    """Readable in the log, exact beside it."""
    recorder.record([OutputReceived("stdout", b"ok", 0), OutputReceived("stdout", b"\xff\x00", 2)])
    first, second = archive.events(RUN)
    assert (first.event.extra["text"], first.artifact) == ("ok", None)
    assert (second.event.extra["text"], second.event.extra["offset"]) == ("\ufffd\x00", 2)
    assert archive.artifact(second.artifact) == b"\xff\x00"


def test_a_rejected_lines_beginning_is_attached(archive, recorder):
    """With the size and the hash of all of it."""
    recorder.record([Rejected("stdout", "too long", b"head", 50_000_000, "ab" * 32, 7)])
    (recorded,) = archive.events(RUN)
    said = recorded.from_recorder
    assert (said.size, said.sha256, said.offset) == (50_000_000, "ab" * 32, 7)
    assert archive.artifact(recorded.artifact) == b"head"


def test_a_broken_channel_is_remembered(recorder):
    """The supervisor asks for it when the child is gone."""
    recorder.record([ChannelBroke("queue", "it broke")])
    assert recorder.broken == {"queue": "it broke"}


def test_the_number_to_confirm_is_the_last_one(recorder):
    """Only items of the queue have one."""
    assert recorder.record([EventReceived("queue", event(1), 5), EventReceived("queue", event(2), 6)]) == 6
    assert recorder.record([EventReceived("stdout", event(1))]) == 0


def test_a_child_cannot_speak_as_the_recorder(archive, recorder):
    """Its `run_finished` is an event of its own, and no end of the run."""
    recorder.record([EventReceived("queue", event(1, type="run_finished", extra={"status": "completed"}))])
    (recorded,) = archive.events(RUN)
    assert recorded.from_recorder is None


def test_an_attachment_that_is_no_canonical_base64_stays_in_the_body(archive, recorder):
    """It could not be put back byte for byte."""
    text = base64.b64encode(b"ab").decode()
    body = json.dumps({"data": text[:-2] + "J=" if text.endswith("I=") else text[:2] + "J="}).encode()
    recorder.record([EventReceived("queue", body)])
    (recorded,) = archive.events(RUN)
    assert archive.wire(recorded) == body


def test_an_audit_is_found_by_any_unique_prefix(archive):
    """Its latest run; a run by its whole id; nothing and several are told apart."""
    for run in ("vrts_00000000000000aa.1", "vrts_00000000000000aa.2", "vrts_00000000000000aa.10", "vrts_00ff.1"):
        RunRecorder(archive.log, run).record([EventReceived("queue", event(1))])
    assert archive.resolve("vrts_000") == "vrts_00000000000000aa.10"
    assert archive.resolve("vrts_00000000000000aa.1") == "vrts_00000000000000aa.1"
    assert archive.runs("vrts_00000000000000aa") == [f"vrts_00000000000000aa.{n}" for n in (1, 2, 10)]
    with pytest.raises(UnknownAudit, match=r"several audits \(vrts_00000000000000aa, vrts_00ff\)"):
        archive.resolve("vrts_00")
    with pytest.raises(UnknownAudit, match="'nope'"):
        archive.resolve("nope")
    with pytest.raises(UnknownAudit):
        archive.resolve("")
