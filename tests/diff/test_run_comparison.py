"""Two runs of a log are compared with their screenshots, phases and statuses."""

from __future__ import annotations

import json
from pathlib import Path

from msgspec.structs import replace

from tests.diff.logs import ONE, OTHER, SAME, audit, other, write_log
from tests.projections.recordings import START, Recording, requested
from veritas.archive.archive import Archive
from veritas.archive.redaction import redact, select_observations
from veritas.diff import Rules
from veritas.diff.field_path import path_text
from veritas.diff.run_comparison import RunComparison, compare_runs
from veritas.events.process_identity import ProcessIdentity


def compared(database: Path, a: str, b: str, rules: Rules | None = None) -> RunComparison:
    with Archive.open(database) as archive:
        return compare_runs(archive, f"{a}.1", f"{b}.1", rules or Rules.of())


def test_two_audits_with_the_same_results_at_different_times_are_equal(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.db", audit(ONE), audit(SAME, later=500, port=81))
    comparison = compared(log, ONE, SAME)
    assert comparison.differences.equal
    assert "timings" in comparison.differences.hidden
    assert [(pair.identical, pair.counts) for pair in comparison.screenshots] == [(True, False)]
    assert [(times.phase, times.a, times.b, times.longer) for times in comparison.phases] == [
        ("scout", 3.0, 4.5, 1.5),
        ("vision", None, None, None),
        ("judge", 0.0, 0.0, 0.0),
        ("complete", 0.0, 0.0, 0.0),
    ]


def test_differences_of_pictures_are_in_the_order_of_the_events(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.db", audit(ONE), other())
    comparison = compared(log, ONE, OTHER, Rules.of(tolerances=["pixels=±1%"]))
    assert [(item.event, path_text(item.path)) for item in comparison.differences] == [
        ("scout/screenshot", "pixels"),
        ("scout/page_loaded", "summary.text"),
        ("scout/done", "summary.pages[0].text"),
        ("vision/finding", ""),
        ("judge/done", "summary.trust_score"),
        ("complete/done", "summary.trust_score"),
    ]
    assert compared(log, ONE, OTHER).differences.hidden["pixels of screenshots"].count == 1


def test_it_can_be_written_as_json(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.db", audit(ONE), other())
    values = json.loads(json.dumps(compared(log, ONE, OTHER).as_dict()))
    assert values["equal"] is False
    assert values["screenshots"][0]["pixels"]["regions"] == [{"x": 20, "y": 30, "width": 40, "height": 10}]
    assert values["screenshots"][0]["pixels"]["percent"] == 2.0
    assert {"phase", "label", "a", "b"} == set(values["phases"][0])


def test_a_run_without_an_end_is_compared_up_to_its_last_event(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.db", audit(ONE), audit(SAME, ended=None))
    comparison = compared(log, ONE, SAME)
    assert comparison.unended == [f"{SAME}.1"]
    assert [(item.event, item.before, item.after) for item in comparison.differences if item.path == ("status",)] == [
        ("run/end", "completed", "running")
    ]


def test_an_abandoned_run_has_the_status_abandoned(tmp_path: Path) -> None:
    """In the run's description and in the difference."""
    gone = Recording(f"{SAME}.1")
    gone.recorder(requested(audit_id=SAME, recorder=replace(ProcessIdentity.own(), started="1")), at=START)
    gone.child("scout", "navigating", seq=1)
    log = write_log(tmp_path / "log.db", audit(ONE), gone)
    comparison = compared(log, ONE, SAME)
    assert comparison.differences.b.status == "abandoned"
    assert [item.after for item in comparison.differences if item.path == ("status",)] == ["abandoned"]
    assert compared(log, SAME, SAME).differences.a.status == "abandoned"


def test_a_redacted_screenshot_is_reported_as_such(tmp_path: Path) -> None:
    """Its event could not be compared, and does not count as different."""
    log = write_log(tmp_path / "log.db", audit(ONE), audit(SAME))
    with Archive.open(log) as archive:
        redact(archive, f"{ONE}.1", select_observations(archive, f"{ONE}.1", 2), reason="asked for", by="jane")
    comparison = compared(log, ONE, SAME)
    assert (comparison.differences.equal, comparison.differences.redacted) == (True, 1)
    assert list(map(str, comparison.screenshots)) == ["not compared: it was removed from the log"]
