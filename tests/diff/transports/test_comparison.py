"""The two transports of a tee are compared with each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.diff.logs import ONE, audit, write_log
from tests.projections.recordings import START, Recording, requested, selected, whole_run
from veritas.archive.archive import Archive
from veritas.archive.redaction import redact, select_observations
from veritas.diff.transports.tee import TeeComparison, compare_transports
from veritas.errors import UsageError
from veritas.events.recorder_events import RunFinished
from veritas.projections.descriptions import describe_difference


def compared(database: Path, run: Recording) -> TeeComparison:
    write_log(database, run)
    with Archive.open(database) as archive:
        return compare_transports(archive, run.run_id)


def faulty() -> Recording:
    """Return a run in which the queue lost an event, mangled one and swapped two."""
    run = Recording(f"{ONE}.1")
    run.recorder(requested(audit_id=ONE), at=START)
    run.recorder(selected("validate"), at=START)
    for seq, detail in ((1, "one"), (2, "two"), (3, "three"), (4, "four"), (5, "five")):
        run.child("scout", "visiting", seq=seq, source="stdout", detail=detail, at=START + seq)
    for seq, detail in ((1, "one"), (3, "thr"), (5, "five"), (4, "four")):
        run.child("scout", "visiting", seq=seq, source="queue", detail=detail, at=START + seq)
    run.recorder(RunFinished("completed", "queue+stdout"))
    return run


def test_equal_deliveries_are_equal(tmp_path: Path) -> None:
    both = compared(tmp_path / "log.db", whole_run("queue", "stdout"))
    assert (both.equal, both.differences, both.counts) == (True, [], {"queue": 15, "stdout": 15})
    assert both.run.trust_score == 44


def test_every_fault_is_named(tmp_path: Path) -> None:
    both = compared(tmp_path / "log.db", faulty())
    assert not both.equal
    assert list(map(describe_difference, both.differences))[:3] == [
        "scout/visiting 2 missing over queue",
        'scout/visiting 3 detail: "three" -> "thr"',
        "scout/visiting 4 reordered over queue",
    ]
    assert both.as_dict()["differences"][0]["kind"] == "missing"


def test_redacted_events_are_not_compared(tmp_path: Path) -> None:
    run = whole_run("queue", "stdout")
    with Archive.open(write_log(tmp_path / "log.db", run)) as archive:
        redact(archive, run.run_id, select_observations(archive, run.run_id, 9), reason="asked for", by="jane")
        both = compare_transports(archive, run.run_id)
    assert (both.equal, both.redacted, both.compared) == (True, 1, 14)
    assert both.outcome == "equal where it can be compared; 1 event was redacted"


def test_transports_with_only_redacted_events_are_not_equal(tmp_path: Path) -> None:
    run = whole_run("queue", "stdout")
    with Archive.open(write_log(tmp_path / "log.db", run)) as archive:
        for seq in range(1, 16):
            redact(archive, run.run_id, select_observations(archive, run.run_id, seq), reason="asked for", by="jane")
        both = compare_transports(archive, run.run_id)
    assert (both.equal, both.differences, both.compared) == (False, [], 0)
    assert both.outcome == "nothing could be compared; 15 events were redacted"


def test_a_run_that_used_one_transport_has_nothing_to_compare(tmp_path: Path) -> None:
    """Nor has a run that fell back from one transport to the other."""
    fell_back = audit(ONE)
    fell_back.child("complete", "late", seq=8, source="stdout")
    for number, run in enumerate((audit(ONE), fell_back)):
        with pytest.raises(UsageError, match="name a second run to compare it with, or audit with --validate-ipc"):
            compared(tmp_path / f"{number}.db", run)
