"""A program may write what it likes: its events are found, and not a byte of the rest is lost.

Real programs, real pipes, a real log. How lines are taken apart is stated in `test_markers`.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.channels import hostile
from veritas.archive.archive import Archive
from veritas.channels.framing import MAX_LINE_BYTES
from veritas.channels.stdout import LineTrackingStdout, StdoutSender
from veritas.config import child_environment
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import LineRejected, OutputCaptured
from veritas.recording.recorder import RunRecorder
from veritas.recording.supervisor import Supervisor

RUN = "vrts_0000000000000001.1"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


def record(archive: Archive, *command: str, **environment: str) -> RunRecorder:
    """Record a program to its end."""
    recorder = RunRecorder(archive.log, RUN)
    supervisor = Supervisor(
        recorder,
        [sys.executable, *command],
        environment=child_environment(ROOT, **environment),
        receiver=None,
        ours=False,
    )
    assert supervisor.run() == 0
    return recorder


def misbehave(archive: Archive, what: str) -> RunRecorder:
    return record(archive, str(ROOT / "tests" / "channels" / "hostile.py"), what)


def events(archive: Archive) -> list[RecordedEvent]:
    return [recorded for recorded in archive.events(RUN) if recorded.source == "stdout"]


def numbers(archive: Archive) -> list[int]:
    return [recorded.event.seq for recorded in events(archive)]


def output(archive: Archive, stream: str = "stdout") -> bytes:
    """All that was captured of a stream, put together again."""
    pieces: list[bytes] = []
    for recorded in archive.events(RUN):
        said = recorded.from_recorder
        if isinstance(said, OutputCaptured) and said.stream == stream:
            exact = archive.artifact(recorded.artifact) if recorded.artifact else said.text.encode()
            pieces.append(exact)
    return b"".join(pieces)


def rejected(archive: Archive) -> list[tuple[LineRejected, bytes]]:
    """What could not be an event, with the bytes that were kept."""
    return [
        (said, archive.artifact(recorded.artifact or ""))
        for recorded in archive.events(RUN)
        if isinstance(said := recorded.from_recorder, LineRejected)
    ]


def test_a_million_lines_of_noise_hide_no_event(archive: Archive) -> None:
    """And every byte of them is in the log."""
    misbehave(archive, "noise")
    assert numbers(archive) == list(range(1, 11))
    tenth = b"".join(b"noise %d\n" % index for index in range(hostile.NOISE // 10))
    assert output(archive) == tenth * 10


def test_stderr_is_drained_by_nobody_else(archive: Archive) -> None:
    """A child that fills it before its first event does not wait for ever."""
    misbehave(archive, "stderr")
    assert numbers(archive) == [1]
    assert output(archive, "stderr") == b"e" * 1_000_000


def test_events_of_grandchildren_and_their_threads_are_all_found(archive: Archive) -> None:
    misbehave(archive, "grandchildren")
    assert sorted(numbers(archive)) == list(range(1, hostile.GRANDCHILDREN * hostile.OF_EACH + 1))
    assert not rejected(archive)


def test_a_line_of_fifty_megabytes_becomes_its_head_its_length_and_its_hash(archive: Archive) -> None:
    """What comes before and behind it is recorded as ever."""
    misbehave(archive, "long_event")
    assert numbers(archive) == [1, 2]
    ((said, kept),) = rejected(archive)
    whole = b'##PROGRESS:{"detail":"' + b"x" * hostile.LONG + b'"}'
    assert said.sha256 == hashlib.sha256(whole + b"\n").hexdigest()
    assert said.size == len(whole) + 1
    assert kept == whole[:MAX_LINE_BYTES]
    assert said.offset == len(hostile.line(1))


def test_output_of_fifty_megabytes_without_a_newline_is_kept(archive: Archive) -> None:
    misbehave(archive, "long_output")
    assert numbers(archive) == [1, 2]
    assert output(archive) == b"y" * hostile.LONG + b"\n"


def test_bytes_of_all_kinds_are_kept_as_they_came(archive: Archive) -> None:
    misbehave(archive, "bytes_of_all_kinds")
    first, *_ = events(archive)
    assert numbers(archive) == [1, 2, 3]
    assert first.event.detail == "\0 and ##PROGRESS:{} inside"
    assert output(archive) == b"\0\0 nul\n\xff\xfe no text loading..."
    ((said, kept),) = rejected(archive)
    assert kept == b"##PROGRESS:\xff\xfe"
    assert said.offset == len(b"\0\0 nul\n" + hostile.line(1, detail="\0 and ##PROGRESS:{} inside")) + len(
        b"\xff\xfe no text " + hostile.line(2) + b"\r"
    )


def test_our_own_child_writes_utf8_whatever_the_pipes_encoding_is(archive: Archive) -> None:
    """As on a Windows whose console speaks cp1252: neither an event nor other output suffers."""
    script = "import sys; print('\\u2603 out'); print('\\u2603 err', file=sys.stderr)"
    program = (
        "import io, sys; from veritas.recording.child import open_sender;"
        "from veritas.events.progress import ProgressEvent, encode_event;"
        "sender = open_sender('stdout');"
        f"{script};"
        "sender.send(encode_event(ProgressEvent(detail='\\u2603 \\u00e9', seq=1))); sender.close(1)"
    )
    record(archive, "-c", program, PYTHONIOENCODING="cp1252:backslashreplace", PYTHONUTF8="0")
    (event,) = events(archive)
    assert event.event.detail == "☃ é"
    assert output(archive) == "☃ out\n".encode()


def test_a_reader_that_has_gone_does_not_end_the_child() -> None:
    """A broken pipe is no error of the audit's; its watch on the parent ends it in good order."""
    readable, writable = os.pipe()
    os.close(readable)
    with os.fdopen(writable, "wb", buffering=0) as pipe:
        sender = StdoutSender(LineTrackingStdout(pipe))
        sender.send(b'{"seq":1}')
        sender.close(1)


def test_a_child_that_closes_its_standard_output_goes_on(archive: Archive) -> None:
    """What it wrote before is there, and it ends as it would have."""
    program = (
        "import os; from veritas.recording.child import open_sender; sender = open_sender('stdout');"
        "sender.send(b'{\"seq\":1}'); os.close(1); sender.send(b'{\"seq\":2}'); sender.close(2)"
    )
    record(archive, "-c", program)
    assert numbers(archive) == [1]
