"""A batch that a process still runs, or may still run on another machine, is not resumed."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from tests.databases import sqlite
from veritas.archive.archive import Archive
from veritas.batch import liveness
from veritas.batch.batch import Batch
from veritas.batch.batch_log import BatchLog, create_batch
from veritas.batch.liveness import resumable_batches, why_running
from veritas.batch.summary import BatchSummary, summarize
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import BatchCreated

OWN = ProcessIdentity.own()
REQUEST = BatchCreated("", "audit", None, [], "quick_scan", 0, options={"timeout": 60})

__all__ = ["sqlite"]


def summary_of(archive: Archive, recorder: ProcessIdentity | None) -> BatchSummary:
    """Return the summary of a batch that is recorded by a process."""
    summary = summarize(archive, create_batch(archive, REQUEST, ["http://a.test/"]).batch)
    summary.batch.recorder = recorder
    return summary


@pytest.fixture
def database(sqlite: str) -> str:
    return sqlite


def test_a_process_that_runs_here_is_named(archive: Archive) -> None:
    reason = why_running(archive, summary_of(archive, OWN))
    assert reason is not None and f"still runs, in process {OWN.pid}" in reason


@pytest.mark.skipif(not OWN.machine, reason="this machine has no id")
def test_a_process_that_is_gone_here_is_not_waited_for(archive: Archive) -> None:
    """Its number may belong to another process by now, which began at another time."""
    assert why_running(archive, summary_of(archive, replace(OWN, started="1"))) is None
    assert summary_of(archive, replace(OWN, started="1")).status == "abandoned"


@pytest.mark.parametrize("recorder", [None, replace(OWN, machine="0123456789abcdef"), replace(OWN, machine="")])
def test_elsewhere_a_batch_counts_as_left_when_nothing_was_recorded_for_long(
    archive: Archive, recorder: ProcessIdentity | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than an audit may take, and than the longest pause of a host."""
    summary = summary_of(archive, recorder)
    reason = why_running(archive, summary)
    assert reason is not None and "may still run on another machine" in reason and "16 min" in reason
    now = time.time()
    monkeypatch.setattr(liveness.time, "time", lambda: now + 961)
    assert why_running(archive, summary) is None


def test_the_pause_between_two_audits_of_a_host_is_no_silence(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user may ask for hours."""
    batch = create_batch(archive, replace(REQUEST, per_host=7_200.0), ["http://a.test/"]).batch
    summary = summarize(archive, batch)
    summary.batch.recorder = None
    now = time.time()
    monkeypatch.setattr(liveness.time, "time", lambda: now + 8_000)
    assert why_running(archive, summary) is not None
    monkeypatch.setattr(liveness.time, "time", lambda: now + 8_161)
    assert why_running(archive, summary) is None


def test_a_batch_that_has_ended_can_be_resumed(archive: Archive) -> None:
    log = create_batch(archive, REQUEST, ["http://a.test/"])
    log.finish("interrupted", {"waiting": 1})
    assert why_running(archive, summarize(archive, log.batch)) is None


def test_the_batches_that_can_be_resumed_are_those_with_something_left(archive: Archive) -> None:
    """The newest first. What robots.txt disallows is not left, and the batch of a living process has to end first."""

    def begun(request: BatchCreated = REQUEST) -> BatchLog:
        return create_batch(archive, request, ["http://a.test/", "http://b.test/"])

    begun()
    begun(replace(REQUEST, origin="submit")).finish("interrupted", {"interrupted": 2})
    begun().finish("completed", {"completed": 2})
    failed, disallowed, unknown = begun(), begun(), begun()
    failed.finish("completed", {"completed": 1, "failed": 1})
    disallowed.skip(1, "robots_disallowed", "Its robots.txt disallows it.")
    unknown.skip(1, "robots_unknown", "Its robots.txt cannot be read.")
    for log in (disallowed, unknown):
        log.finish("completed", {"completed": 1, "skipped": 1})
    resumed = begun()
    resumed.finish("interrupted", {"waiting": 2})
    assert resumable_batches(archive) == [resumed.batch, unknown.batch, failed.batch]
    BatchLog.resume(archive, Batch.read(archive, resumed.batch), remaining=2)
    assert resumable_batches(archive) == [unknown.batch, failed.batch]


@pytest.mark.skipif(not OWN.machine, reason="this machine has no id")
def test_a_batch_whose_process_is_gone_can_be_resumed(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(ProcessIdentity, "own", lambda: replace(OWN, started="1"))
        left = create_batch(archive, REQUEST, ["http://a.test/"]).batch
    assert resumable_batches(archive) == [left]
