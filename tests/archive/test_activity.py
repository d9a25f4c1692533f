"""A watch follows every run of the log, whichever process records it, from its request to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from store.log import Observation, RunRow
from tests.cli.logs import FAILED, RUNNING, TEE, failed_run, running_run, write
from tests.databases import database, postgresql, sqlite
from tests.projections.recordings import START, Recording, requested, whole_run
from tests.store.making import redaction_records
from veritas.archive.activity import Activity, Change
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.channels.messages import EventReceived
from veritas.events.process_identity import ProcessIdentity
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import RunFinished
from veritas.projections.run_summary import RunSummary
from veritas.recording.recorder import RunRecorder

__all__ = ["database", "postgresql", "sqlite"]

NEW = "vrts_cccc000000000004"
GONE = replace(ProcessIdentity.own(), started="1")


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    """Yield a log with an audit that completed, one that failed and one that runs."""
    with Archive.open(database) as archive:
        for run in (whole_run(run_id=f"{TEE}.1"), failed_run(), running_run()):
            write(archive, run)
        yield archive


def of(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.run_id.partition(".")[0], change.status, change.phase) for change in changes]


def emit(recorder: RunRecorder, seq: int, phase: str, step: str, pct: float) -> None:
    body = encode_event(ProgressEvent(phase=phase, step=step, pct=pct, seq=seq))
    recorder.record([EventReceived("queue", body)])


def test_it_begins_with_what_runs_and_what_ended_last(archive: Archive) -> None:
    activity = Activity(archive)
    assert [(state.audit_id, state.pct) for state in activity.running] == [(RUNNING, 30)]
    assert [(run.run_id, run.status, run.trust_score, run.failure) for run in activity.ended] == [
        (f"{FAILED}.1", "failed", None, "other"),
        (f"{TEE}.1", "completed", 44, None),
    ]
    assert activity.refresh() == [] and not activity.counts and activity.rate is None


def test_a_run_is_followed_from_its_request_to_its_end(archive: Archive) -> None:
    """Each change is reported once, in the order of the log."""
    activity = Activity(archive)
    recorder = RunRecorder(archive.log, f"{NEW}.1")
    recorder.note(requested(audit_id=NEW, recorder=ProcessIdentity.own()))
    emit(recorder, 1, "scout", "navigating", 10)
    assert of(activity.refresh()) == [(NEW, "requested", ""), (NEW, "running", "scout")]
    assert [state.audit_id for state in activity.running] == [RUNNING, NEW]
    emit(recorder, 2, "scout", "page_loaded", 12)
    assert activity.refresh() == []
    assert activity.running[1].pct == 12
    emit(recorder, 3, "vision", "analyzing", 30)
    recorder.note(RunFinished("failed", "queue", "It broke."))
    changes = activity.refresh()
    assert of(changes) == [(NEW, "running", "vision"), (NEW, "failed", "vision")]
    assert (changes[1].detail, changes[1].subject) == ("It broke.", "http://shop.test/")
    assert [state.audit_id for state in activity.running] == [RUNNING]
    assert (activity.ended[0].run_id, activity.counts) == (f"{NEW}.1", {"failed": 1})
    assert activity.rate is not None and activity.rate > 0


def test_a_run_whose_recorder_is_gone_is_abandoned(archive: Archive) -> None:
    activity = Activity(archive)
    RunRecorder(archive.log, f"{NEW}.1").note(requested(audit_id=NEW, recorder=GONE))
    assert of(activity.refresh()) == [(NEW, "requested", ""), (NEW, "abandoned", "")]
    assert [state.audit_id for state in activity.running] == [RUNNING]
    assert NEW not in [state.audit_id for state in Activity(archive).running]


def test_the_end_that_another_process_records_of_an_abandoned_run_is_not_counted_again(archive: Archive) -> None:
    activity = Activity(archive)
    recorder = RunRecorder(archive.log, f"{NEW}.1")
    recorder.note(requested(audit_id=NEW, recorder=GONE))
    assert of(activity.refresh())[-1] == (NEW, "abandoned", "")
    recorder.note(RunFinished("abandoned", "queue", "Its recorder is gone."))
    assert activity.refresh() == []
    assert activity.counts == {"abandoned": 1}
    assert [run.run_id for run in activity.ended].count(f"{NEW}.1") == 1


def test_a_run_that_ends_while_the_watch_begins_is_shown_once(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has ended when those that ended are listed, and its end is read again as a new event."""

    def end_and_list(*args: Any, **options: Any) -> list[RunRow]:
        if not archive.has_ended(f"{RUNNING}.1"):
            RunRecorder(archive.log, f"{RUNNING}.1").note(RunFinished("interrupted", "stdout"))
        return list_runs(*args, **options)

    monkeypatch.setattr("veritas.archive.activity.list_runs", end_and_list)
    activity = Activity(archive)
    assert not activity.running and activity.ended[0].run_id == f"{RUNNING}.1"
    assert of(activity.refresh()) == [(RUNNING, "interrupted", "vision")]
    assert activity.counts == {"interrupted": 1}
    assert [run.run_id for run in activity.ended].count(f"{RUNNING}.1") == 1


def test_an_old_run_that_is_imported_counts_for_the_rate_like_any_other(archive: Archive) -> None:
    """Its times are those of its recording."""
    activity = Activity(archive)
    run = whole_run(run_id=f"{NEW}.1")
    write(archive, run)
    activity.refresh()
    assert activity.counts == {"completed": 1} and activity.rate is not None and activity.rate > 0


def test_only_audits_of_a_batch_or_with_tags_are_followed(archive: Archive) -> None:
    activity = Activity(archive, batch="btch_1", tags=["eu"])
    assert not activity.running and not activity.ended
    for number, (batch, tags) in enumerate(
        [("btch_1", ["eu", "x"]), ("btch_1", []), ("btch_2", ["eu"]), (None, ["eu"])]
    ):
        RunRecorder(archive.log, f"{number}.1").note(requested(audit_id=str(number), batch=batch, tags=tags))
    assert of(activity.refresh()) == [("0", "requested", "")]
    RunRecorder(archive.log, "1.1").note(RunFinished("completed", "queue"))
    assert activity.refresh() == [] and not activity.counts


def test_the_end_of_a_run_that_was_not_followed_counts(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """There may be more runs without an end than are read at the beginning."""
    monkeypatch.setattr("veritas.archive.activity._MOST_RUNNING", 1)
    newer = Recording(f"{NEW}.1")
    newer.recorder(requested(audit_id=NEW), at=START + 300)
    write(archive, newer)
    activity = Activity(archive)
    assert [state.audit_id for state in activity.running] == [NEW]
    RunRecorder(archive.log, f"{RUNNING}.1").note(RunFinished("interrupted", "stdout"))
    assert of(activity.refresh()) == [(RUNNING, "interrupted", "vision")]
    assert activity.ended[0].run_id == f"{RUNNING}.1"


def test_the_redaction_of_an_old_run_is_no_activity(archive: Archive) -> None:
    activity = Activity(archive)
    run = f"{TEE}.1"
    archive.log.redact(run, [Observation("queue", 1)], redaction_records(run), RunSummary(run))
    assert activity.refresh() == []
