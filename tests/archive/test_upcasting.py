"""Bodies that older versions recorded are read in the current form, and are not changed in the log."""

from __future__ import annotations

from typing import Any

import pytest

from store.log import EventLog, Record
from tests.cli.invoking import invoke_in
from tests.databases import postgresql, sqlite
from tests.projections.test_run_summary import finding, stored, write_run
from tests.releases.conftest import Release, kind, release
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.events import upcasting
from veritas.events.recorder_events import IpcFellBack
from veritas.projections.run_summary import runs_of, summary_version
from veritas.recording.recorder import RunRecorder

__all__ = ["kind", "postgresql", "release", "sqlite"]


@pytest.fixture
def next_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a step of a later version: a finding's severity is in capitals, and `place` has the phase."""

    def step(wire: dict[str, Any]) -> dict[str, Any]:
        if isinstance(finding := wire.get("finding"), dict):
            wire["finding"] = {**finding, "severity": str(finding.get("severity")).upper()}
        if wire.get("type") == "run_finished":
            wire["status"] = "failed" if wire["status"] == "completed" else "completed"
        return wire | {"place": wire.get("phase")}

    monkeypatch.setattr(upcasting, "STEPS", [*upcasting.STEPS, upcasting.Step(step)])


def test_the_log_of_an_older_release_is_read_in_the_new_form(release: Release, next_form: None) -> None:
    """`show` and `list` follow the step; the stored bytes and all hashes are those of the release."""
    invoke = invoke_in(release.database)
    assert invoke("db", "upgrade").status == 0
    with Archive.open(release.database, create=False) as archive:
        events = list(archive.events())
        assert all(recorded.event.extra["place"] == (recorded.event.phase or None) for recorded in events)
        assert [stored.hash.hex() for stored in archive.log.read()] == release.expected["events"]
        assert {stored.schema_version for stored in archive.log.read()} == {1}
    for run, state in release.expected["show"].items():
        shown = invoke("show", run, "--json").json
        assert [finding["severity"] for finding in shown["findings"]] == [
            finding["severity"].upper() for finding in state["findings"]
        ]
    statuses = {row["run_id"]: row["status"] for row in invoke("list", "--format", "json").json}
    turned = {"completed": "failed", "failed": "completed"}
    assert statuses == {
        run: turned.get(state["status"], state["status"]) for run, state in release.expected["show"].items()
    }
    assert invoke("verify").status == 0


def test_a_new_form_rebuilds_the_read_models(sqlite: str, request: pytest.FixtureRequest) -> None:
    """Their version follows from the number of steps, so it cannot be forgotten."""
    with EventLog.open(sqlite) as log:
        write_run(log)
        before = stored(sqlite)
        request.getfixturevalue("next_form")
        assert before[1][1] == summary_version() - 1
        assert [row.status for row in runs_of(log).rows()] == ["failed"]
        assert stored(sqlite)[1][1] == summary_version()
        recorder = RunRecorder(log, "vrts_00000000000000cc.1")
        recorder.record([EventReceived("queue", finding(1))])
        assert [stored.schema_version for stored in log.read()][-1] == upcasting.current_version()
        assert runs_of(log).difference() is None


def test_a_fallback_of_an_older_release_is_counted_by_its_kind(release: Release) -> None:
    """Its body has only a cause in English, and is not changed."""
    assert invoke_in(release.database)("db", "upgrade").status == 0
    with Archive.open(release.database, create=False) as archive:
        (recorded,) = archive.recorder_events("ipc_fell_back")
        assert isinstance(recorded.from_recorder, IpcFellBack)
        assert recorded.from_recorder.kind == "refused"
        assert b"digest sent was rejected" in (recorded.body or b"") and b'"kind"' not in (recorded.body or b"")
        kinds = {row.run_id: row.fell_back for row in runs_of(archive.log).rows() if row.fell_back is not None}
        assert kinds == {recorded.run_id: "refused"}


def test_a_body_of_a_newer_version_is_tolerated(sqlite: str) -> None:
    """Its known fields are read; a value of an unexpected type counts as missing."""
    bodies = (
        ("audit_requested", b'{"type":"audit_requested","seq":1,"timestamp":5,"url":["a list"],"soon":true}'),
        ("run_finished", b'{"type":"run_finished","seq":2,"timestamp":6,"status":{"is":"over"},"effective_mode":"x"}'),
        ("output_captured", b'{"type":"output_captured","seq":3,"timestamp":7,"stream":"stdout","text":9,"offset":0}'),
        ("moon_landed", b'{"type":"moon_landed","seq":4,"timestamp":8,"by":"a later version"}'),
    )
    with EventLog.open(sqlite) as log:
        for seq, (kind, body) in enumerate(bodies, 1):
            log.append([Record("vrts_00.1", "recorder", seq, kind, "", "", None, body, schema_version=7)])
    invoke = invoke_in(sqlite)
    assert invoke("list", "--format", "json").json[0]["status"] == "unknown"
    assert invoke("show", "vrts_00", "--json").json["events"] == {"recorder": 4}
    assert "a later version" in invoke("events", "vrts_00", "--format", "json").stdout
    assert invoke("replay", "vrts_00", "--no-wait").status == 0
    assert invoke("verify").status == 0
