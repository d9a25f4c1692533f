"""Which runs another log recorded, and where they came from, is told wherever they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, TEE, write_all
from veritas.archive.archive import Archive


@pytest.fixture
def importer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run commands on a log that has one audit of another log, and a run of its own."""
    monkeypatch.chdir(tmp_path)
    write_all(tmp_path / "theirs.db")
    assert invoke_in(tmp_path / "theirs.db")("export", TEE, "-o", "x.zip").status == 0
    invoke = invoke_in(tmp_path / "ours.db")
    assert invoke("record", "--", "true").status == 0
    assert invoke("import", "x.zip").status == 0
    return invoke


def origin_of(place: Path) -> str:
    with Archive.open(place, create=False) as archive:
        return archive.origin()


def test_the_log_that_recorded_it_is_named_by_list_and_show(importer: Invoke, tmp_path: Path) -> None:
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


def test_an_import_told_of_in_a_run_is_not_believed(importer: Invoke, tmp_path: Path) -> None:
    """Only the log's own stream tells what it took in; a run can be made up by whoever recorded it."""
    with Archive.open(tmp_path / "ours.db") as archive:
        assert list(archive.provenance()) == [f"{TEE}.1"]
        told = list(archive.events("log"))
    assert [recorded.event.type for recorded in told] == ["bundle_imported"]
    assert FAILED not in str(told)
