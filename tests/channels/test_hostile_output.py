"""Whatever a program writes, its events are found, and no byte of the rest is lost.

The programs, pipes and log are real. `test_framing` states how lines are parsed.
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
from veritas.channels.stdout import LineTrackingStdout, StdoutSender
from veritas.config import child_environment
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import LineRejected, OutputCaptured
from veritas.recording.child_run import SingleRun
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
        SingleRun([sys.executable, *command], environment=child_environment(ROOT, **environment), ours=False),
        receiver=None,
    )
    assert supervisor.run() == 0
    return recorder


def record_hostile(archive: Archive, function: str) -> RunRecorder:
    return record(archive, str(ROOT / "tests" / "channels" / "hostile.py"), function)


def events(archive: Archive) -> list[RecordedEvent]:
    return [recorded for recorded in archive.events(RUN) if recorded.source == "stdout"]


def numbers(archive: Archive) -> list[int]:
    return [recorded.event.seq for recorded in events(archive)]


def output(archive: Archive, stream: str = "stdout") -> bytes:
    """Return all that was captured of a stream, joined."""
    pieces: list[bytes] = []
    for recorded in archive.events(RUN):
        captured = recorded.from_recorder
        if isinstance(captured, OutputCaptured) and captured.stream == stream:
            exact = archive.artifact(recorded.artifact) if recorded.artifact else captured.text.encode()
            pieces.append(exact)
    return b"".join(pieces)


def rejected(archive: Archive) -> list[tuple[LineRejected, bytes]]:
    """Return the rejected lines, with the bytes that were kept."""
    return [
        (line, archive.artifact(recorded.artifact or ""))
        for recorded in archive.events(RUN)
        if isinstance(line := recorded.from_recorder, LineRejected)
    ]


def test_a_million_lines_of_noise_hide_no_event(archive: Archive) -> None:
    """Every byte of the noise is in the log too."""
    record_hostile(archive, "noise")
    assert numbers(archive) == list(range(1, 11))
    tenth = b"".join(b"noise %d\n" % index for index in range(hostile.NOISE // 10))
    assert output(archive) == tenth * 10


def test_stderr_is_always_read(archive: Archive) -> None:
    """A child that fills it before its first event does not block for ever."""
    record_hostile(archive, "stderr")
    assert numbers(archive) == [1]
    assert output(archive, "stderr") == b"e" * 1_000_000


def test_events_of_grandchildren_and_their_threads_are_all_found(archive: Archive) -> None:
    record_hostile(archive, "grandchildren")
    assert sorted(numbers(archive)) == list(range(1, hostile.GRANDCHILDREN * hostile.EVENTS_EACH + 1))
    assert not rejected(archive)


def test_of_a_marked_line_of_50_mb_every_byte_is_recorded(archive: Archive) -> None:
    """They are output, and a rejection has their size and hash; the events before and after it are as usual."""
    record_hostile(archive, "long_event")
    assert numbers(archive) == [1, 2]
    line = next(of for recorded in archive.events(RUN) if isinstance(of := recorded.from_recorder, LineRejected))
    whole = b'##PROGRESS:{"detail":"' + b"x" * hostile.LONG + b'"}\n'
    assert output(archive) == whole
    assert line.sha256 == hashlib.sha256(whole).hexdigest()
    assert line.size == len(whole)
    assert line.offset == len(hostile.line(1))


def test_output_of_50_mb_without_a_newline_is_recorded(archive: Archive) -> None:
    record_hostile(archive, "long_output")
    assert numbers(archive) == [1, 2]
    assert output(archive) == b"y" * hostile.LONG + b"\n"


def test_bytes_of_all_kinds_are_recorded_unchanged(archive: Archive) -> None:
    record_hostile(archive, "bytes_of_all_kinds")
    first, *_ = events(archive)
    assert numbers(archive) == [1, 2, 3]
    assert first.event.detail == "\0 and ##PROGRESS:{} inside"
    assert output(archive) == b"\0\0 nul\n\xff\xfe no text loading..."
    ((line, kept),) = rejected(archive)
    assert kept == b"##PROGRESS:\xff\xfe"
    assert line.offset == len(b"\0\0 nul\n" + hostile.line(1, detail="\0 and ##PROGRESS:{} inside")) + len(
        b"\xff\xfe no text " + hostile.line(2) + b"\r"
    )


def test_the_audits_child_writes_utf8_in_any_locale(archive: Archive) -> None:
    """A Windows console with cp1252 is an example: events and other output are the same there."""
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


def test_a_broken_pipe_does_not_end_the_child() -> None:
    """The child's watch on its parent ends it in an orderly way."""
    readable, writable = os.pipe()
    os.close(readable)
    with os.fdopen(writable, "wb", buffering=0) as pipe:
        sender = StdoutSender(LineTrackingStdout(pipe))
        sender.send(b'{"seq":1}')
        sender.close(1)


def test_a_child_that_closes_its_standard_output_continues(archive: Archive) -> None:
    """The event that it wrote before is recorded, and it ends normally."""
    program = (
        "import os; from veritas.recording.child import open_sender; sender = open_sender('stdout');"
        "sender.send(b'{\"seq\":1}'); os.close(1); sender.send(b'{\"seq\":2}'); sender.close(2)"
    )
    record(archive, "-c", program)
    assert numbers(archive) == [1]
