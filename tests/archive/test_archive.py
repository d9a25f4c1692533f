"""Runs are found by the beginnings of their ids, and the log that an imported one comes from is shown with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, TEE, write, write_all
from tests.databases import sqlite
from tests.projections.recordings import whole_run
from tests.store.making import record
from veritas.archive.archive import Archive
from veritas.errors import UnknownAudit

__all__ = ["sqlite"]


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run commands on a log that has an audit imported from another log, and a run of its own."""
    monkeypatch.chdir(tmp_path)
    write_all(tmp_path / "theirs.db")
    assert invoke_in(tmp_path / "theirs.db")("export", TEE, "-o", "x.zip").status == 0
    invoke = invoke_in(tmp_path / "ours.db")
    assert invoke("record", "--", "true").status == 0
    assert invoke("import", "x.zip").status == 0
    return invoke


def origin_of(database: Path) -> str:
    with Archive.open(database, create=False) as archive:
        return archive.origin()


def test_list_and_show_name_the_log_that_recorded_a_run(importer: Invoke, tmp_path: Path) -> None:
    origin = origin_of(tmp_path / "theirs.db")
    imported, own = importer("list", "--format", "json").json
    assert (own["imported_from"], imported["imported_from"]) == (None, origin)
    assert [row["imported_from"] for row in importer("list").rows] == [origin, "-"]
    state = importer("show", TEE, "--json").json
    assert state["imported_from"] == origin
    shown = importer("show", TEE).stdout
    assert f"imported\tfrom {origin}, " in shown
    assert "imported" not in importer("show", own["audit_id"]).stdout
    assert importer("show", own["audit_id"], "--json").json["imported_from"] is None


def test_an_import_event_in_a_run_is_ignored(importer: Invoke, tmp_path: Path) -> None:
    """Only the log's own stream records imports; anyone can record a run with such an event."""
    with Archive.open(tmp_path / "ours.db") as archive:
        assert list(archive.provenance()) == [f"{TEE}.1"]
        events = list(archive.events("log"))
    assert [recorded.event.type for recorded in events] == ["bundle_imported"]
    assert FAILED not in str(events)


def test_a_beginning_of_an_id_can_name_a_run(sqlite: str) -> None:
    """Because `veritas list` shows the beginning of an audit's id, and the number of its run."""
    with Archive.open(sqlite) as archive:
        for run_id in ("vrts_aaa1.1", "vrts_aaa1.2", "vrts_aaa1.12", "vrts_aab2.1", "vrts_aab2.3"):
            write(archive, whole_run(run_id=run_id))
        for name, run_id in (
            ("vrts_aaa", "vrts_aaa1.12"),
            ("vrts_aaa.1", "vrts_aaa1.1"),
            ("vrts_aaa1.2", "vrts_aaa1.2"),
        ):
            assert archive.resolve(name) == run_id
        assert archive.resolve("vrts_aa.3") == "vrts_aab2.3"
        with pytest.raises(UnknownAudit, match="several audits"):
            archive.resolve("vrts_aa.1")
        for unknown in ("vrts_aaa.4", "vrts_aaa.", ".1", "vrts_aaa.x"):
            with pytest.raises(UnknownAudit, match="No audit's id begins with"):
                archive.resolve(unknown)


def test_of_many_runs_the_one_that_is_named_is_found(sqlite: str) -> None:
    """And a beginning of several ids names none of them, however many runs there are between them."""
    with Archive.open(sqlite) as archive:
        named = ["vrts_b1.1", *(f"vrts_b2.{number}" for number in range(1, 121))]
        archive.log.append([record(1, run_id=run_id) for run_id in named])
        assert archive.resolve("vrts_b2.1") == "vrts_b2.1"
        for ambiguous in ("vrts_b", "vrts_b.1"):
            with pytest.raises(UnknownAudit, match="several audits"):
                archive.resolve(ambiguous)
