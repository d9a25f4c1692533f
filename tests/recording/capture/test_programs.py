"""The programs in one file are kept apart, and what the collector said of each is recorded."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.recording.capture.collectors import COLLECTORS, cri, event_line
from veritas.archive.archive import Archive
from veritas.errors import NoEvents
from veritas.events.recorder_events import CaptureRead, LineRejected
from veritas.projections.audit_state import AuditState
from veritas.recording.capture import held_entries
from veritas.recording.ingest import Ingestion, ingest

TIME = "2026-11-29T08:00:00.123456789Z"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


def ingest_bytes(archive: Archive, data: bytes, *, keep: bool = False) -> Ingestion:
    return ingest(archive, [data], name="captured.log", keep=keep)


def details(archive: Archive, ingestion: Ingestion) -> dict[str, list[str]]:
    """Return the details of each program's events."""
    return {
        program: [e.event.detail for e in archive.events(outcome.run_id) if e.source == "stdout"]
        for program, outcome in ingestion.outcomes.items()
    }


def capture_of(archive: Archive, run_id: str) -> CaptureRead:
    (recorded,) = archive.recorder_events(CaptureRead.type, run_id=run_id)
    event = recorded.from_recorder
    assert isinstance(event, CaptureRead)
    return event


def message(pid: int, text: str | list[int] | None, **fields: str) -> bytes:
    journal = {"__REALTIME_TIMESTAMP": str(pid), "_PID": str(pid), "SYSLOG_IDENTIFIER": "audit", "MESSAGE": text}
    return json.dumps(journal | fields).encode() + b"\n"


def text_of(line: bytes) -> str:
    return line.decode().rstrip("\n")


def event_a(seq: int) -> bytes:
    return event_line(seq, detail=f"a{seq}")


def event_b(seq: int) -> bytes:
    return event_line(seq, detail=f"b{seq}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"web-1  | ", b"web-2  | "),
        (b"\x1b[36mweb-1  | \x1b[0m", b"\x1b[33mweb-2  | \x1b[0m"),
        (b"[pod/a/shop] ", b"[pod/b/shop] "),
        (b"https://a.example/\t", b"https://b.example/\t"),
        (b"Nov 29 08:00:00 host audit[1]: ", b"Nov 29 08:00:01 host audit[2]: "),
        (b"worker-1: ", b"worker-2: "),
        (b"[1] ", b"[2] "),
    ],
)
def test_programs_whose_lines_alternate_become_audits_of_their_own(
    archive: Archive, first: bytes, second: bytes
) -> None:
    """Their numbers are the same, and neither has a gap or a repetition."""
    data = b"".join(first + event_a(seq) + second + event_b(seq) for seq in (1, 2, 3))
    ingestion = ingest_bytes(archive, data)
    assert sorted(details(archive, ingestion).values()) == [["a1", "a2", "a3"], ["b1", "b2", "b3"]]
    for program, outcome in ingestion.outcomes.items():
        state = AuditState.of(archive.events(outcome.run_id))
        assert outcome.ok and not state.gaps
        assert state.request is not None and state.request.command == ["captured.log", program]
        assert capture_of(archive, outcome.run_id).lines == 3


def test_pieces_of_long_lines_of_two_programs_may_alternate(archive: Archive) -> None:
    lines = [event_line(1, detail=letter * 40_000).rstrip(b"\n") for letter in "ab"]
    data = b""
    for start in range(0, 40_100, 16_384):
        data += b"".join(b"web-%d  | %b\n" % (number, line[start:][:16_384]) for number, line in enumerate(lines))
    found = details(archive, ingest_bytes(archive, data))
    assert found == {"web-0": ["a" * 40_000], "web-1": ["b" * 40_000]}


def test_pieces_of_two_streams_may_alternate(archive: Archive) -> None:
    """An event counts on either stream, and other output keeps its stream."""
    out, err = (
        cri([(of, event_line(seq, detail=of * 9_000))]).splitlines(True) for seq, of in ((1, "stdout"), (2, "stderr"))
    )
    data = b"".join(line for pair in zip(out, err, strict=True) for line in pair) + cri([("stderr", b"a warning\n")])
    (outcome,) = ingest_bytes(archive, data).outcomes.values()
    events = list(archive.events(outcome.run_id))
    assert sorted(e.event.detail[:6] for e in events if e.source == "stdout") == ["stderr", "stdout"]
    output = [e.event.extra for e in events if e.event.type == "output_captured"]
    assert [(each["stream"], each["text"]) for each in output] == [("stderr", "a warning\n")]


def test_two_starts_of_one_service_are_two_programs(archive: Archive) -> None:
    unit = {"_SYSTEMD_UNIT": "audit.service"}
    data = b"".join(
        message(pid, text_of(event_line(1, detail=invocation)), **unit, _SYSTEMD_INVOCATION_ID=invocation)
        for pid, invocation in ((7, "first"), (8, "second"))
    )
    assert [*details(archive, ingest_bytes(archive, data)).values()] == [["first"], ["second"]]


def test_a_program_without_an_event_is_named_and_not_recorded(archive: Archive) -> None:
    data = b"web-1  | " + event_a(1) + b"db-1   | ready\nweb-1  | " + event_a(2)
    ingestion = ingest_bytes(archive, data)
    assert ([*ingestion.outcomes], ingestion.without_events) == (["web-1"], ["db-1"])
    assert "ready" not in str([e.body for e in archive.events()])
    kept = ingest_bytes(archive, data, keep=True)
    assert {name: outcome.status for name, outcome in kept.outcomes.items()} == {"web-1": "completed", "db-1": "failed"}


def test_the_format_and_the_collectors_times_are_recorded(archive: Archive) -> None:
    """The events keep their own times, and the log its own: neither is the time of their arrival at the collector."""
    data = COLLECTORS["docker-json"]([("stdout", event_line(1, timestamp=1_600_000_000.0)), ("stdout", b"bye\n")])
    (outcome,) = ingest_bytes(archive, gzip.compress(data)).outcomes.values()
    capture = capture_of(archive, outcome.run_id)
    assert (capture.format, capture.layers, capture.program) == ("docker-json", ["gzip"], "")
    assert capture.evidence == "2 of the first 2 lines have this format"
    assert (capture.lines, capture.first_time, capture.last_time) == (2, TIME, TIME)
    (event,) = (e for e in archive.events(outcome.run_id) if e.source == "stdout")
    assert event.event.timestamp == 1_600_000_000.0


def test_a_line_that_the_collector_did_not_write_is_kept_as_it_is(archive: Archive) -> None:
    data = COLLECTORS["docker-json"]([("stdout", event_a(1)), ("stdout", event_a(2))]) + b'{"log": cut off\r\n'
    (outcome,) = ingest_bytes(archive, data).outcomes.values()
    output = [e.event.extra for e in archive.events(outcome.run_id) if e.event.type == "output_captured"]
    assert [(each["stream"], each["text"]) for each in output] == [("file", '{"log": cut off\r\n')]
    assert capture_of(archive, outcome.run_id).unrecognised == 1


def test_a_message_that_journalctl_left_out_is_a_rejected_line(archive: Archive) -> None:
    data = message(1, text_of(event_a(1))) + message(1, None) + message(1, list(event_a(3)[:-1]))
    (outcome,) = ingest_bytes(archive, data).outcomes.values()
    events = list(archive.events(outcome.run_id))
    assert [e.event.detail for e in events if e.source == "stdout"] == ["a1", "a3"]
    (rejected,) = (e.from_recorder for e in events if e.event.type == "line_rejected")
    assert isinstance(rejected, LineRejected) and "--all" in rejected.reason
    assert [(drop.first, drop.last) for drop in AuditState.of(events).gaps] == [(2, 2)]


def test_a_message_that_journalctl_shows_as_a_blob_is_a_rejected_line(archive: Archive) -> None:
    prefix = b"Nov 29 08:00:00 host audit[1]: "
    data = prefix + event_a(1) + prefix + b"[16.0K blob data]\n" + prefix + event_a(3)
    (outcome,) = ingest_bytes(archive, data).outcomes.values()
    (rejected,) = archive.recorder_events(LineRejected.type, run_id=outcome.run_id)
    assert "-o json --all" in str(rejected.from_recorder)


def test_an_events_own_look_of_a_prefix_does_not_make_a_format(archive: Archive) -> None:
    """A table, levels of messages, and times before the marker are of the program itself."""
    table = b"name  | value\ncolour  | red\n"
    levels = b"INFO: " + event_a(1) + b"WARNING: " + event_a(2)
    data = table + levels + b"12:00:01 " + event_a(3) + b"50%\t" + event_a(4)
    ingestion = ingest_bytes(archive, data)
    assert details(archive, ingestion) == {"": ["a1", "a2", "a3", "a4"]}
    (outcome,) = ingestion.outcomes.values()
    assert capture_of(archive, outcome.run_id).format == "plain"


@pytest.mark.parametrize(
    "own",
    [
        b'{"log":"ready","time":"noon","user":"u-17"}\n',
        b'{"_id":7,"MESSAGE":"ready","user":"u-17"}\n',
        b"2026-11-29T08:00:00Z stdout F u-17\n",
    ],
)
def test_a_program_may_itself_write_what_looks_like_a_collectors_lines(archive: Archive, own: bytes) -> None:
    """Its progress lines are not in that format, so that every byte of the other lines is its output."""
    (outcome,) = ingest_bytes(archive, own * 5 + event_a(1)).outcomes.values()
    output = [e.event.extra["text"] for e in archive.events(outcome.run_id) if e.event.type == "output_captured"]
    assert "".join(output).encode() == own * 5
    assert capture_of(archive, outcome.run_id).format == "plain"


@pytest.mark.parametrize(("named", "stream"), [("stderr", "stderr"), ("recorder", "stdout"), ("", "stdout")])
def test_a_file_cannot_give_output_the_name_of_another_source(archive: Archive, named: str, stream: str) -> None:
    lines = [{"log": text, "stream": named, "time": TIME} for text in ("ready\n", event_a(1).decode())]
    data = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    (outcome,) = ingest_bytes(archive, data).outcomes.values()
    (output,) = (e for e in archive.events(outcome.run_id) if e.event.type == "output_captured")
    assert output.event.extra["stream"] == stream


def test_more_programs_than_files_may_be_open_are_held(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine's journal has hundreds of programs; the one with events late in it loses none of its output."""
    resource = pytest.importorskip("resource")  # not on Windows
    monkeypatch.setattr(held_entries, "_HELD_BYTES", 1_000)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Path(os.devnull).open() as free:
        limit = free.fileno() + 60
    data = b"".join(message(pid, f"line {turn} of {pid}") for turn in (1, 2) for pid in range(1, 200))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limits[1]))
    try:
        ingestion = ingest_bytes(archive, data + message(7, text_of(event_a(1))))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    (outcome,) = ingestion.outcomes.values()
    assert outcome.ok and len(ingestion.without_events) == 198
    output = [e.event.extra["text"] for e in archive.events(outcome.run_id) if e.event.type == "output_captured"]
    assert "".join(output) == "line 1 of 7\nline 2 of 7\n"


def test_a_message_of_nested_arrays_is_rejected_as_it_is(archive: Archive) -> None:
    """The journal has arrays of bytes, and arrays of several messages, but none that is deeper."""
    deep = b'{"_PID":"1","SYSLOG_IDENTIFIER":"audit","MESSAGE":%b}' % (b"[" * 900 + b"]" * 900)
    (outcome,) = ingest_bytes(archive, deep + b"\n" + message(1, text_of(event_a(1)))).outcomes.values()
    (rejected,) = archive.recorder_events(LineRejected.type, run_id=outcome.run_id)
    assert "neither text nor an array of bytes" in str(rejected.from_recorder)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "an empty file"),
        (b"SQLite format 3\0" + bytes(80), "an SQLite database; if it is a log, `veritas list --db captured.log`"),
        (b"PK\x03\x04" + bytes(26) + b"FORMAT.md", "an evidence bundle; `veritas import captured.log` imports it"),
        (b"PK\x03\x04" + bytes(90), "a zip file"),
        (gzip.compress(b"<!DOCTYPE html><p>x", mtime=0), "gzip data of an HTML page"),
        (gzip.compress(b"", mtime=0), "gzip data of an empty file"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), "zstd data; `zstd -dc captured.log | veritas ingest -` reads it"),
        (COLLECTORS["docker-json"]([("stdout", b"ready\n")]), "Docker's json-file format without progress lines"),
        (message(1, "ready"), "the JSON of journalctl without progress lines"),
        (cri([("stdout", b"ready\n")]), "the format of Kubernetes' container runtimes without progress lines"),
        (b"Nov 29 08:00:00 host audit[1]: ready\n", "the text of journalctl or syslog without progress lines"),
        (
            json.dumps({"__CURSOR": "s", "MESSAGE": "x"}, indent="\t").encode(),
            "the output of `journalctl -o json-pretty`",
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "an image"),
        (b"veritas/log/0011223344556677\n7\n", "a signed checkpoint"),
        (b"\x01\x00\x02\x03" * 40, "binary data"),
        ("no events\n".encode("utf-16"), "utf-16-le data of text without progress lines"),
    ],
)
def test_a_file_without_an_event_is_identified(archive: Archive, data: bytes, expected: str) -> None:
    """Nothing of it is recorded."""
    with pytest.raises(NoEvents) as raised:
        ingest_bytes(archive, data)
    assert f"'captured.log' contains no event: it looks like {expected}" in str(raised.value)
    assert archive.log.head() == 0


def test_lines_with_a_marker_and_no_event_are_counted(archive: Archive) -> None:
    with pytest.raises(NoEvents, match="no JSON object follows ##PROGRESS: in 2 lines; `--keep` records it anyway"):
        ingest_bytes(archive, b"##PROGRESS:{\n##PROGRESS:[1]\n")


@pytest.mark.parametrize("cut", [20, 60, -9, -4, -1])
def test_compressed_data_that_ends_too_early_is_recorded_up_to_there(archive: Archive, cut: int) -> None:
    whole = gzip.compress(b"".join(event_line(seq, detail=str(seq) * 50) for seq in range(1, 2000)), mtime=0)
    try:
        (outcome,) = ingest_bytes(archive, whole[:cut]).outcomes.values()
    except NoEvents as error:
        assert cut > 0 and "its gzip data is not complete" in str(error)
    else:
        assert outcome.status == "failed" and "its gzip data is not complete" in (outcome.error or "")


def test_damaged_compressed_data_is_recorded_up_to_the_damage(archive: Archive) -> None:
    data = gzip.compress(event_a(1)) + gzip.compress(event_a(2))[:10] + b"\xff" * 40
    (outcome,) = ingest_bytes(archive, data).outcomes.values()
    assert outcome.status == "failed" and "its gzip data is damaged" in (outcome.error or "")
    assert AuditState.of(archive.events(outcome.run_id)).emitted == 1


@pytest.mark.parametrize("name", ["plain", "docker-json", "compose"])
def test_a_line_that_is_too_long_is_rejected_with_its_size(archive: Archive, name: str) -> None:
    """A collector's line is held in memory up to a limit only."""
    data = COLLECTORS[name]([("stdout", event_a(1))])
    long = data.rstrip(b"\n").replace(b"a1", b"x" * (40 << 20))
    chunks = (part[at : at + (1 << 20)] for part in (data, long + b"\n", data) for at in range(0, len(part), 1 << 20))
    (outcome,) = ingest(archive, chunks, name="captured.log").outcomes.values()
    rejected = [e.from_recorder for e in archive.events(outcome.run_id) if e.event.type == "line_rejected"]
    assert [isinstance(e, LineRejected) and e.size > 40 << 20 for e in rejected] == [True]
