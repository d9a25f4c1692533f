"""The `markers` format repeats the child's lines byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.logs import write
from tests.histories import bodies
from tests.projections.recordings import RUN, whole_run
from tests.replay.formats.writing import comparable_state, record_stdout, written, written_with_warnings
from veritas.archive.archive import Archive
from veritas.archive.redaction import redact, select_observations
from veritas.channels.messages import EventReceived
from veritas.events.progress import ProgressEvent, encode_event
from veritas.projections.audit_state import AuditState
from veritas.recording.recorder import RunRecorder

AGAIN = "vrts_00000000000000ff.1"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "log.db") as opened:
        yield opened


def line(body: bytes) -> bytes:
    return b"##PROGRESS:" + body + b"\n"


def markers(archive: Archive, run_id: str = RUN) -> bytes:
    return written("markers", archive.events(run_id), archive=archive)


def timeless(state: AuditState) -> dict[str, Any]:
    """Return a state without its phases' times: an event without a timestamp has the time of its recording."""
    phases = [replace(phase, started_at=None, ended_at=None).as_json() for phase in state.ordered_phases()]
    return comparable_state(state) | {"phases": phases}


@pytest.mark.parametrize("sources", [("queue",), ("stdout",), ("queue", "stdout")])
def test_the_lines_are_the_bytes_that_the_child_sent_each_once(archive: Archive, sources: tuple[str, ...]) -> None:
    """They include attachments, and do not depend on the transport."""
    run = whole_run(*sources)
    write(archive, run)
    sent = [what for source, what, _ in run.entries if source == sources[0] and isinstance(what, bytes)]
    assert len(sent) == 15
    assert b'"data":"UE5H"' in b"".join(sent)
    assert markers(archive) == b"".join(map(line, sent))


def test_the_lines_of_a_stdout_child_are_repeated_exactly(archive: Archive) -> None:
    """Unusual spacing, unknown fields, repeated numbers, and rejected lines are kept."""
    output = b"".join(
        map(
            line,
            [
                b'{"phase": "scout",  "step":"navigating", "seq": 1, "own": [1.50, "\\u00e9"]}',
                b'{"seq": 1, "phase": "scout", "step": "another of that number"}',
                b'{"phase": "scout", "step": "no number"} ',
                b"{broken",
                b"not even \xff\x1b[2J",
                b"",
            ],
        )
    )
    state = record_stdout(archive, RUN, output)
    assert (state.emitted, state.rejected) == (3, 3)
    assert markers(archive) == output


def test_an_event_with_line_breaks_from_another_program_stays_one_line(archive: Archive) -> None:
    pretty = b'{\r\n  "phase": "scout",\n  "seq": 1\n}'
    RunRecorder(archive.log, RUN).record([EventReceived("queue", pretty)])
    assert markers(archive) == b'##PROGRESS:{    "phase": "scout",   "seq": 1 }\n'


def test_redacted_events_are_left_out_and_named(archive: Archive) -> None:
    write(archive, whole_run("queue", "stdout"))
    for seq in (3, 9):
        redact(
            archive, RUN, select_observations(archive, RUN, seq, source=None), reason="a card number", by="jane@desk"
        )
    data, warnings = written_with_warnings("markers", archive.events(RUN), archive=archive)
    assert data.count(b"##PROGRESS:") == 13
    assert warnings == ["Left out 2 events whose bytes were removed from the log: 3, 9."]


@settings(max_examples=60)
@given(sent=st.lists(bodies, max_size=12))
def test_a_recording_of_the_replay_has_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, sent: list[bytes]
) -> None:
    """For any output of the child: numbered or not, repeated, out of order, of wrong types, or broken."""
    with Archive.open(tmp_path_factory.mktemp("log") / "log.db") as archive:
        state = record_stdout(archive, RUN, b"".join(map(line, sent)))
        replayed = markers(archive)
        assert timeless(record_stdout(archive, AGAIN, replayed)) == timeless(state)
        assert markers(archive, AGAIN) == replayed


_numbered = st.lists(st.integers(1, 12), unique=True, max_size=10)


@settings(max_examples=60)
@given(numbers=_numbered, pick=st.data())
def test_the_replay_does_not_depend_on_the_transports(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[int], pick: st.DataObject
) -> None:
    """Some numbers come over the queue, some over stdout, some over both, in any order: as in a tee or a fallback."""
    deliveries = [
        (source, number)
        for number in numbers
        for source in pick.draw(st.sampled_from([("queue",), ("stdout",), ("queue", "stdout")]))
    ]
    deliveries = pick.draw(st.permutations(deliveries))
    steps = pick.draw(st.lists(st.sampled_from(["start", "x", "done", "error"]), min_size=12, max_size=12))
    with Archive.open(tmp_path_factory.mktemp("log") / "log.db") as archive:
        recorder = RunRecorder(archive.log, RUN)
        for source, number in deliveries:
            event = ProgressEvent(phase="judge", step=steps[number - 1], pct=number, seq=number, timestamp=number)
            recorder.record([EventReceived(source, encode_event(event))])
        state = AuditState.of(archive.events(RUN))
        assert comparable_state(record_stdout(archive, AGAIN, markers(archive))) == comparable_state(state)
