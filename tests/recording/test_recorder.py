"""Everything that is received is recorded, and can be read back unchanged."""

import base64
import hashlib
import json
import re

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
from veritas.events.recorder_events import AuditRequested, IpcFellBack
from veritas.recording.recorder import RunRecorder
from veritas.secrets import Secrets

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


def control(source, message):
    """Return a message of the child's end of a channel, as a receiver passes it on."""
    return ControlReceived(source, message, json.dumps(message).encode())


def recorder_events(archive, kind):
    return [r.from_recorder for r in archive.events(RUN) if r.source == "recorder" and r.event.type == kind]


def test_an_observation_is_read_back_with_its_bytes(archive, recorder):
    """So are its source, number and times; the attachment is separate, and is reattached on request."""
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
def test_everything_that_is_received_is_kept_byte_for_byte(tmp_path_factory, bodies):
    """The log returns events, and bytes that are not one, unchanged."""
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


def test_events_without_numbers_are_numbered_by_arrival(archive, recorder):
    """They are numbered per source, so that emitters without numbers can be recorded."""
    line = b'{"phase":"scout","step":"navigating","pct":10}'
    recorder.record([EventReceived("stdout", line), EventReceived("stdout", line), EventReceived("queue", line)])
    assert [(r.source, r.seq) for r in archive.events(RUN)] == [("stdout", 1), ("stdout", 2), ("queue", 1)]
    assert recorder.received == {"stdout": 2, "queue": 1}


def test_a_repeated_event_is_recorded_once(archive, recorder):
    """Sending it again over the same source changes nothing."""
    for _ in range(3):
        recorder.record([EventReceived("queue", event(1))])
    assert len(list(archive.events(RUN))) == 1


def test_another_event_under_the_same_number_is_kept_by_its_order_of_arrival(archive, recorder):
    """If two workers each count from 1 on one stdout, no event is overwritten or dropped."""
    for detail in ("first", "second"):
        recorder.record([EventReceived("stdout", event(seq, detail=detail)) for seq in (1, 2)])
    assert [(r.seq, r.event.seq, r.event.detail) for r in archive.events(RUN)] == [
        (1, 1, "first"),
        (2, 2, "first"),
        (3, 1, "second"),
        (4, 2, "second"),
    ]


def test_an_event_that_another_recorder_wrote_under_the_same_number_is_kept(archive, recorder):
    """The later one becomes a rejected line; the rest of the batch is recorded."""
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
def test_the_recorders_own_events_are_numbered_in_order(archive, recorder, taken):
    """They are even if another process has used a number of the batch, of the recorder or of a child."""
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
    others = sum(source == "recorder" for source, _ in taken)
    recorded = [each for each in archive.events(RUN) if each.source == "recorder"][others:]
    numbers = [each.seq for each in recorded]
    assert numbers == sorted(numbers) and [each.event.seq for each in recorded] == numbers
    assert [each.from_recorder.text for each in recorded if each.event.type == "output_captured"] == [
        *("first", "second", "third", "fourth")
    ]
    assert len(recorder_events(archive, "line_rejected")) == sum(source == "queue" for source, _ in taken)
    assert archive.log.verify().fault is None


def test_a_screenshot_under_a_number_in_use_is_kept_whole(archive, recorder):
    """The rejected line has the received bytes, their size and their hash."""
    RunRecorder(archive.log, RUN).record([EventReceived("queue", event(1))])
    received = encode_event(ProgressEvent("screenshot", "scout", "x", seq=1, timestamp=2.0, data=b"a picture"))
    recorder.record([EventReceived("queue", received)])
    (rejected,) = [r for r in archive.events(RUN) if r.event.type == "line_rejected"]
    assert archive.artifact(rejected.artifact) == received
    assert rejected.event.extra["size"] == len(received)
    assert rejected.event.extra["sha256"] == hashlib.sha256(received).hexdigest()


def test_a_gap_in_the_numbers_is_recorded_where_it_occurs(archive, recorder):
    """It is in the log before the event that shows it."""
    recorder.record([EventReceived("queue", event(1)), EventReceived("queue", event(4))])
    assert [r.event.type for r in archive.events(RUN)] == ["progress", "gap_found", "progress"]
    (gap,) = recorder_events(archive, "gap_found")
    assert (gap.at_source, gap.first, gap.last) == ("queue", 2, 3)
    assert recorder.missing() == [(2, 3)]


def test_a_number_is_missing_only_if_no_source_delivered_it(recorder):
    """The numbers are checked up to the child's own count."""
    recorder.record([EventReceived("queue", event(seq)) for seq in (1, 2, 5)])
    recorder.record([EventReceived("stdout", event(seq)) for seq in (3, 5)])
    recorder.record([control("queue", {"emitted": 7})])
    assert recorder.missing() == [(4, 4), (6, 7)]


@pytest.mark.parametrize("seq", [2**53 + 1, 2**63 - 1, 2**70])
def test_a_number_that_is_too_large_is_replaced_by_the_order_of_arrival(archive, recorder, seq):
    """The body keeps the number, and events without a number can follow."""
    recorder.record([EventReceived("queue", json.dumps({"seq": seq, "timestamp": 1e300}).encode())])
    recorder.record([EventReceived("queue", b"{}")])
    assert [(recorded.seq, recorded.event.seq) for recorded in archive.events(RUN)] == [(1, seq), (2, 0)]


def test_events_with_and_without_numbers_may_be_mixed(archive, recorder):
    """All of them are recorded."""
    recorder.record([EventReceived("queue", body) for body in (b"{}", event(1), event(2))])
    assert [r.source for r in archive.events(RUN)] == ["queue"] * 3


def test_ten_thousand_gaps_are_found(recorder):
    recorder.record([EventReceived("queue", event(2 * seq)) for seq in range(1, 10_001)])
    assert recorder.missing() == [(2 * seq - 1, 2 * seq - 1) for seq in range(1, 10_001)]


@pytest.mark.parametrize("emitted", [True, -3, "7", None, 1.5])
def test_an_invalid_count_of_events_is_rejected(archive, recorder, emitted):
    """It is recorded as a rejected line."""
    recorder.record([control("queue", {"emitted": emitted})])
    assert recorder.emitted is None
    assert recorder_events(archive, "line_rejected")


def test_a_fallback_that_the_child_reports_is_recorded(archive, recorder):
    """Its kind, cause and numbers are recorded; values of the wrong type get their defaults."""
    full = {"from_mode": "toy", "kind": "stalled", "cause": "gone", "last_confirmed": 3, "sent_again": 2}
    recorder.record(
        [
            control("stdout", {"fell_back": full}),
            control("stdout", {"fell_back": {"kind": "x" * 100, "last_confirmed": "x"}}),
            control("stdout", {"fell_back": {"kind": ["stalled"]}}),
        ]
    )
    first, second, third = recorder_events(archive, "ipc_fell_back")
    assert first == IpcFellBack("toy", "stdout", "stalled", "gone", last_confirmed=3, sent_again=2)
    assert second == third == IpcFellBack("queue", "stdout", "other", "")


def test_a_refused_connection_is_recorded(archive, recorder):
    """The event has the reason, and the number of refusals so far."""
    recorder.record([control("queue", {"refused": {"reason": "it did not give the key", "count": 2}})])
    (refused,) = recorder_events(archive, "connection_refused")
    assert (refused.reason, refused.count) == ("it did not give the key", 2)


def test_an_unknown_message_of_a_channel_is_recorded_as_a_rejected_line(archive, recorder):
    recorder.record([control("stdout", {"format": "disk"})])
    (rejected,) = [r for r in archive.events(RUN) if r.event.type == "line_rejected"]
    assert archive.artifact(rejected.artifact) == b'{"format": "disk"}'


def test_output_that_is_not_utf8_is_attached(archive, recorder):
    """The event has a readable text, and the attachment the exact bytes."""
    recorder.record([OutputReceived("stdout", b"ok", 0), OutputReceived("stdout", b"\xff\x00", 2)])
    first, second = archive.events(RUN)
    assert (first.event.extra["text"], first.artifact) == ("ok", None)
    assert (second.event.extra["text"], second.event.extra["offset"]) == ("\ufffd\x00", 2)
    assert archive.artifact(second.artifact) == b"\xff\x00"


def test_the_beginning_of_a_rejected_line_is_attached(archive, recorder):
    """The event has the size and the hash of the whole line."""
    recorder.record([Rejected("stdout", "too long", b"head", 50_000_000, "ab" * 32, 7)])
    (recorded,) = archive.events(RUN)
    line = recorded.from_recorder
    assert (line.size, line.sha256, line.offset) == (50_000_000, "ab" * 32, 7)
    assert archive.artifact(recorded.artifact) == b"head"


def test_a_broken_channel_is_remembered(recorder):
    """The supervisor reads it after the child's end."""
    recorder.record([ChannelBroke("queue", "it broke")])
    assert recorder.broken == {"queue": "it broke"}


def test_an_event_that_is_older_than_the_recording_has_no_latency(archive):
    """A program that replays a recording emits events with their old times: how long they took here is not known."""
    now = 1_000.0
    recorder = RunRecorder(archive.log, RUN, clock=lambda: now)
    recorder.record([EventReceived("queue", encode_event(ProgressEvent(seq=1, timestamp=926.5)))])
    assert recorder.measurements(None).delays == {}
    now = 1_000.5
    recorder.record([EventReceived("queue", encode_event(ProgressEvent(seq=2, timestamp=1_000.25)))])
    (delay,) = recorder.measurements(None).delays.values()
    assert delay.p50 == pytest.approx(0.25, rel=0.05)


def test_the_number_to_confirm_is_the_last_one(recorder):
    """Only items of the queue have one."""
    assert recorder.record([EventReceived("queue", event(1), 5), EventReceived("queue", event(2), 6)]) == 6
    assert recorder.record([EventReceived("stdout", event(1))]) == 0


def test_a_childs_event_is_never_a_recorder_event(archive, recorder):
    """Its `run_finished` is the child's own event, not the run's end."""
    recorder.record([EventReceived("queue", event(1, type="run_finished", extra={"status": "completed"}))])
    (recorded,) = archive.events(RUN)
    assert recorded.from_recorder is None


def test_an_attachment_that_is_not_canonical_base64_stays_in_the_body(archive, recorder):
    """It could not be reattached byte for byte."""
    text = base64.b64encode(b"ab").decode()
    body = json.dumps({"data": text[:-2] + "J=" if text.endswith("I=") else text[:2] + "J="}).encode()
    recorder.record([EventReceived("queue", body)])
    (recorded,) = archive.events(RUN)
    assert archive.wire(recorded) == body


def test_the_latest_audit_has_a_name(archive):
    """That of a page, or of all pages of a host, too; what is not recorded is an error."""
    urls = ("https://a.test/", "https://a.test/cart?x=1", "http://a.test", "https://b.test/", "http://c.test:81/x")
    for number, url in enumerate((*urls, "http://c.test:82/"), 1):
        request = AuditRequested(audit_id=f"vrts_{number}", origin="audit", url=url, tier=None, command=[])
        RunRecorder(archive.log, f"vrts_{number}.1").note(request)
    for name, number in {
        "latest": 6,
        "latest:https://a.test": 1,
        "latest:https://a.test/cart?x=1": 2,
        "latest:http://A.test/": 3,
        "latest:a.test": 3,
        "latest:b.test": 4,
        "latest:c.test": 6,
        "latest:C.test:81": 5,
    }.items():
        assert archive.resolve(name) == f"vrts_{number}.1", name
    for name in ("latest:https://c.test/", "latest:https://a.test/other", "latest:http://[", "latest:b.tes"):
        with pytest.raises(UnknownAudit, match=f"No audit of '{re.escape(name[7:])}' is recorded"):
            archive.resolve(name)


def test_an_audit_is_found_by_any_unique_prefix(archive):
    """A prefix of its id gives its latest run; no match and several matches are different errors."""
    for run in ("vrts_00000000000000aa.1", "vrts_00000000000000aa.2", "vrts_00000000000000aa.10", "vrts_00ff.1"):
        RunRecorder(archive.log, run).record([EventReceived("queue", event(1))])
    assert archive.resolve("vrts_000") == "vrts_00000000000000aa.10"
    assert archive.resolve("vrts_00000000000000aa.1") == "vrts_00000000000000aa.1"
    assert archive.runs("vrts_00000000000000aa") == [f"vrts_00000000000000aa.{n}" for n in (1, 2, 10)]
    with pytest.raises(UnknownAudit, match=r"several audits begin with 'vrts_00' \(vrts_00000000000000aa, vrts_00ff\)"):
        archive.resolve("vrts_00")
    with pytest.raises(UnknownAudit, match="'nope'"):
        archive.resolve("nope")
    with pytest.raises(UnknownAudit):
        archive.resolve("")


@pytest.mark.parametrize("count", [True, -1, 1.5, "3"])
def test_an_impossible_count_does_not_hide_a_fallback(archive, recorder, count):
    """A child reports how many events it sent again; what cannot be a number counts as none."""
    message = {"fell_back": {"kind": "broke", "cause": "c", "sent_again": count, "last_confirmed": count}}
    recorder.record([ControlReceived("stdout", message, json.dumps(message).encode())])
    (recorded,) = archive.events(RUN)
    fallback = recorded.from_recorder
    assert isinstance(fallback, IpcFellBack)
    assert (fallback.sent_again, fallback.last_confirmed) == (0, 0)


def test_secrets_are_masked_in_what_the_recorder_adds_and_not_in_what_a_program_printed(archive):
    """A program's output is recorded as it came; that of an audit's own process has no secret either."""
    text = b"failed at https://h/?token=abc \xff\n"
    for number, mask_output in enumerate((False, True), start=1):
        recorder = RunRecorder(archive.log, f"{RUN}{number}", secrets=Secrets(b"k"), mask_output=mask_output)
        recorder.note(AuditRequested("a", "https://h/?token=abc", None, "record", ["prog", "--password", "hunter22"]))
        recorder.record([OutputReceived("stderr", text, 0), Rejected("stdout", "it is bad", text, len(text), "00", 0)])
        requested, *received = archive.events(recorder.run_id)
        assert b"abc" not in requested.body and b"hunter22" not in requested.body
        kept = [b"abc" in archive.wire(each) or b"abc" in (archive.artifact(each.artifact)) for each in received]
        assert kept == [not mask_output] * 2
        assert all(archive.artifact(each.artifact).endswith(b"\xff\n") for each in received)
