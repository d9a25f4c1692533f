"""A run is followed from its first event to its end, or until its recorder has ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.cli.logs import write
from tests.projections.recordings import Recording, requested, whole_run
from veritas.archive.archive import Archive
from veritas.archive.liveness import follow
from veritas.channels.messages import EventReceived
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import RunFinished
from veritas.recording.recorder import RunRecorder


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """An empty log."""
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


def test_a_run_that_has_ended_is_followed_to_its_end(archive: Archive) -> None:
    run = whole_run()
    write(archive, run)
    assert list(follow(archive, run.run_id)) == list(archive.events(run.run_id))


def test_each_event_is_yielded_before_the_next_one_is_recorded(archive: Archive) -> None:
    """The writer waits until its last event was read."""
    run = whole_run()
    seen = threading.Semaphore(1)
    recorder = RunRecorder(archive.log, run.run_id)

    def record() -> None:
        for source, event, _ in run.entries:
            assert seen.acquire(timeout=20)
            if isinstance(event, bytes):
                recorder.record([EventReceived(source, event)])
            else:
                recorder.note(event)

    writer = threading.Thread(target=record)
    writer.start()
    followed = []
    for recorded in follow(archive, run.run_id):
        followed.append((recorded.source, recorded.seq))
        seen.release()
    writer.join()
    assert followed == [(recorded.source, recorded.seq) for recorded in run.events]


def test_events_of_other_runs_are_not_yielded(archive: Archive) -> None:
    run, other = whole_run(), whole_run(run_id="vrts_00000000000000ff.1")
    write(archive, other)
    write(archive, run)
    assert {recorded.run_id for recorded in follow(archive, run.run_id)} == {run.run_id}


def test_an_orphaned_run_is_followed_to_its_last_event(archive: Archive) -> None:
    run = Recording()
    run.recorder(requested(recorder=replace(ProcessIdentity.own(), started="1")))
    run.child("scout", "navigating", seq=1)
    write(archive, run)
    assert len(list(follow(archive, run.run_id))) == 2


def test_a_run_that_is_being_recorded_is_waited_for(archive: Archive) -> None:
    run = Recording()
    run.recorder(requested(recorder=ProcessIdentity.own()))
    run.child("scout", "navigating", seq=1)
    write(archive, run)
    events = follow(archive, run.run_id)
    assert [next(events).seq, next(events).seq] == [1, 1]
    other = RunRecorder(archive.log, "vrts_00000000000000ff.1")
    other.note(RunFinished("completed", "queue"))  # the end of another run does not end this one
    recorder = RunRecorder(archive.log, run.run_id)
    threading.Timer(0, recorder.note, [RunFinished("completed", "queue")]).start()
    assert next(events).event.type == "run_finished"
    assert list(events) == []
