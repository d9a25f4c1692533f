"""`veritas report` writes one page for an audit that has ended, failed, fell back, or is running."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, TEE, write, write_all
from tests.projections.recordings import Recording, requested
from veritas.archive.archive import Archive


@pytest.fixture
def reporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run the command line in an empty directory, on a log of its own."""
    write_all(tmp_path / "veritas.db")
    monkeypatch.chdir(tmp_path)
    return invoke_in(tmp_path / "veritas.db")


def test_a_page_is_named_after_its_audit_and_gives_its_provenance(reporter: Invoke, tmp_path: Path) -> None:
    outcome = reporter("report", TEE)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, f"{TEE}.html\n", "")
    page = (tmp_path / f"{TEE}.html").read_text(encoding="utf-8")
    assert "the events in the log veritas/log/" in page
    assert "none covers the run yet" in page
    assert reporter("checkpoint").status == 0
    assert reporter("report", TEE, "--force").status == 0
    page = (tmp_path / f"{TEE}.html").read_text(encoding="utf-8")
    assert "none covers the run yet" not in page
    assert "signed with" in page


def test_every_audit_has_a_report(reporter: Invoke, tmp_path: Path) -> None:
    """Also audits that failed, fell back or have not ended; each report has the status that `list` shows."""
    for audit in reporter("list", "--format", "json").json:
        name = f"{audit['audit_id']}.{audit['run']}" if "run" in audit else audit["run_id"]
        outcome = reporter("report", name)
        assert (outcome.status, outcome.stdout) == (0, f"{name}.html\n")
        assert f">{audit['status']}<" in (tmp_path / f"{name}.html").read_text(encoding="utf-8")


def test_a_report_is_reproducible(reporter: Invoke, tmp_path: Path) -> None:
    reporter("report", TEE, "-o", "a.html")
    reporter("report", TEE, "-o", "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_file_is_replaced_only_with_force(reporter: Invoke, tmp_path: Path) -> None:
    (tmp_path / "x.html").write_text("mine")
    outcome = reporter("report", TEE, "-o", "x.html")
    assert (outcome.status, outcome.stderr) == (
        2,
        "Error: 'x.html' already exists; give another name, or --force to replace it.\n",
    )
    assert (tmp_path / "x.html").read_text() == "mine"
    assert reporter("report", FAILED, "-o", "x.html", "--force").status == 0


def test_a_replaced_public_key_is_detected(reporter: Invoke, tmp_path: Path) -> None:
    """No report names a key that did not sign the checkpoint."""
    assert reporter("checkpoint").status == 0
    with closing(sqlite3.connect(tmp_path / "veritas.db")) as connection, connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE checkpoint SET public_key = ?", (b"\x07" * 32,))
    outcome = reporter("report", TEE)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert "is not as it was signed; `veritas verify`" in outcome.stderr
    assert not list(tmp_path.glob("*.html"))


def test_a_hostile_id_is_escaped_in_file_names_and_output(reporter: Invoke, tmp_path: Path) -> None:
    """An imported run's id may contain any character."""
    run = Recording("deep/../../\x1bA.1")
    run.recorder(requested(audit_id="deep/../../\x1bA"))
    with Archive.open(tmp_path / "veritas.db") as archive:
        write(archive, run)
    assert reporter("report", "deep").stdout == "deep_.._.._A.html\n".replace("_A", "__A")
    assert reporter("export", "deep").stdout == "deep_.._.._A.veritas.zip\n".replace("_A", "__A")
    replayed = reporter("replay", "deep", FAILED, "--no-wait").stdout
    output = reporter("events", "deep", "--type", "none").stderr
    assert "\\x1bA" in replayed and "\\x1bA" in output
    assert "\x1b" not in replayed + output


def test_an_unknown_audit_is_an_error(reporter: Invoke, tmp_path: Path) -> None:
    outcome = reporter("report", "vrts_none")
    assert outcome.status == 2
    assert "No audit's id begins with 'vrts_none'" in outcome.stderr
    assert not list(tmp_path.glob("*.html"))
