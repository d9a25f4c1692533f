"""Old audits move into bundles: nothing is lost at any moment, and the log still verifies and names them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from store.bundle.reader import Bundle
from tests.cli.invoking import invoke_in
from tests.cli.logs import FAILED, RUNNING, failed_run, running_run, write
from tests.databases import database, postgresql, sqlite
from tests.processes import wait_until
from tests.projections.recordings import AUDIT, START, whole_run
from tests.store.bundling import KEY
from veritas.archive.archival import ArchivedAudits, archivable_audits, archive_audits
from veritas.archive.archive import Archive
from veritas.archive.bundles import examine, import_bundle, open_verified_bundle
from veritas.errors import UsageError
from veritas.projections.audit_state import AuditState
from veritas.projections.run_summary import runs_of

__all__ = ["database", "postgresql", "sqlite"]

LATER = START + 10_000_000


@pytest.fixture
def archive(database: str) -> Iterator[Archive]:
    """A log with an audit of two runs, one that failed, and one that has not ended."""
    with Archive.open(database) as opened:
        for run in (whole_run("queue", "stdout"), failed_run(), whole_run(run_id=f"{AUDIT}.2"), running_run()):
            write(opened, run)
        yield opened


def archived(archive: Archive, directory: Path, before: float = LATER) -> ArchivedAudits:
    """Archive what ended before a time."""
    audits = archivable_audits(archive, before)
    return archive_audits(archive, audits, directory, key=lambda: KEY, by="Jane", clock=lambda: LATER)


def test_ended_audits_move_into_bundles_that_verify(archive: Archive, tmp_path: Path) -> None:
    """The rows that `veritas list` shows stay as they are, and the one that runs is left alone."""
    before = runs_of(archive.log).rows()
    result = archived(archive, tmp_path)
    assert (result.audits, result.runs) == (2, 3)
    assert sorted(file.name for file in tmp_path.glob("*.zip")) == [f"{AUDIT}.veritas.zip", f"{FAILED}.veritas.zip"]
    for file in tmp_path.glob("*.zip"):
        with Bundle.open(file) as bundle:
            assert examine(bundle).verification.fault is None
    assert runs_of(archive.log).rows() == before
    assert runs_of(archive.log).difference() is None
    assert archive.log.verify().fault is None
    assert not any(event.redacted for event in archive.events(f"{RUNNING}.1"))


def test_an_archived_run_says_where_it_is(archive: Archive, tmp_path: Path) -> None:
    """Its events name the bundle in place of their content, and it cannot be exported again."""
    archived(archive, tmp_path)
    state = AuditState.of(archive.events(f"{AUDIT}.1"))
    assert state.archived is not None
    assert (state.archived.bundle, state.archived.directory) == (f"{AUDIT}.veritas.zip", str(tmp_path.resolve()))
    assert (state.trust_score, state.status) == (44, "completed")
    details = [event.event.detail for event in archive.events(f"{AUDIT}.1") if event.body is None]
    assert details and set(details) == {f"(redacted by Jane on 2026-03-18: archived in {AUDIT}.veritas.zip)"}
    with pytest.raises(UsageError, match="was archived in"):
        archive.require_unarchived([f"{AUDIT}.1"])


def test_only_what_ended_before_the_time_is_archived_and_only_once(archive: Archive, tmp_path: Path) -> None:
    """An audit with one later run stays."""
    assert archivable_audits(archive, START + 1) == {}
    assert list(archivable_audits(archive, START + 50)) == [AUDIT]
    archived(archive, tmp_path)
    assert archivable_audits(archive, LATER) == {}
    assert archived(archive, tmp_path).audits == 0


def test_a_bundle_is_read_into_another_log_and_adds_nothing_to_its_own(archive: Archive, tmp_path: Path) -> None:
    """There the audit is whole again; the log that archived it knows its events already."""
    whole = AuditState.of(archive.events(f"{AUDIT}.1")).as_dict()
    archived(archive, tmp_path)
    with open_verified_bundle(tmp_path / f"{AUDIT}.veritas.zip") as (bundle, _):
        known = import_bundle(archive, bundle)
        with Archive.open(tmp_path / "other.db") as other:
            import_bundle(other, bundle)
            again = AuditState.of(other.events(f"{AUDIT}.1")).as_dict()
    assert known.added == 0 and known.known > 0
    assert archive.log.verify().fault is None
    assert {**again, "position": 0} == {**whole, "position": 0}


def test_a_bundle_of_an_interrupted_archiving_is_used_or_replaced(archive: Archive, tmp_path: Path) -> None:
    """A sound one stays as it is; one that is broken, or of fewer events, is written again."""
    audits = archivable_audits(archive, LATER)
    sound, broken = tmp_path / f"{FAILED}.veritas.zip", tmp_path / f"{AUDIT}.veritas.zip"
    archive_audits(archive, {FAILED: audits[FAILED]}, tmp_path, key=lambda: KEY, by="Jane", clock=lambda: LATER)
    first = sound.stat().st_mtime_ns
    broken.write_bytes(sound.read_bytes()[:-1])
    archived(archive, tmp_path)
    assert sound.stat().st_mtime_ns == first
    with Bundle.open(broken) as bundle:
        assert [run.run_id for run in bundle.manifest.runs] == [f"{AUDIT}.1", f"{AUDIT}.2"]


def test_a_sound_bundle_with_events_that_the_log_does_not_have_is_not_replaced(
    archive: Archive, tmp_path: Path
) -> None:
    """It may be all that another log has of the audit, for example one whose backup this log is."""
    archived(archive, tmp_path)
    file = tmp_path / f"{FAILED}.veritas.zip"
    bundle = file.read_bytes()
    with Archive.open(tmp_path / "other.db") as other:
        write(other, failed_run())
        with pytest.raises(UsageError, match="has events that this log does not have"):
            archived(other, tmp_path)
        assert archivable_audits(other, LATER)
    assert file.read_bytes() == bundle


def test_a_killed_archiving_loses_nothing_and_the_next_one_goes_on(tmp_path: Path) -> None:
    """Whenever it is killed, each audit is in the log or in a bundle that verifies."""
    log, directory = tmp_path / "log.db", tmp_path / "bundles"
    directory.mkdir()
    audits = [f"vrts_{number:016x}" for number in range(1, 13)]
    with Archive.open(log) as archive:
        for audit_id in audits:
            write(archive, whole_run(run_id=f"{audit_id}.1"))
    command = [sys.executable, "-m", "veritas", "db", "archive", "--before", "0d", "-o", str(directory), "--yes"]
    for files in (1, 5, 9):
        process = subprocess.Popen([*command, "--db", str(log)], stdout=subprocess.DEVNULL)
        wait_until(partial(_has_written, directory, files, process))
        process.kill()
        process.wait()
        with Archive.open(log) as archive:
            for audit_id in audits:
                if archive.archival(f"{audit_id}.1") is None:
                    assert all(event.body is not None for event in archive.events(f"{audit_id}.1"))
                    continue
                with Bundle.open(directory / f"{audit_id}.veritas.zip") as bundle:
                    assert examine(bundle).verification.fault is None
            assert archive.log.verify().fault is None
    subprocess.run([*command, "--db", str(log)], check=True, capture_output=True)
    with Archive.open(log) as archive:
        assert all(archive.archival(f"{audit_id}.1") is not None for audit_id in audits)
        assert archive.log.verify().fault is None
    assert len([*directory.iterdir()]) == len(audits)


def _has_written(directory: Path, files: int, process: subprocess.Popen[bytes]) -> bool:
    return len([*directory.glob("vrts_*.zip")]) >= files or process.poll() is not None


def test_the_command_asks_and_show_says_where_it_is(archive: Archive, database: str, tmp_path: Path) -> None:
    """Without a terminal it wants --yes; the report is in the bundle."""
    invoke = invoke_in(database)
    refused = invoke("db", "archive", "--before", "0d", "-o", str(tmp_path / "new"))
    assert refused.status == 2 and "confirm it with --yes" in refused.stderr
    done = invoke("db", "archive", "--before", "0d", "-o", str(tmp_path / "new"), "--yes")
    assert done.status == 0 and done.stdout.startswith("Archived 2 audits in ")
    shown = invoke("show", f"{AUDIT}.1")
    assert f"{AUDIT}.veritas.zip" in shown.stdout and "`veritas import`" in shown.stdout
    report = invoke("report", AUDIT)
    assert report.status == 2 and "was archived in" in report.stderr
    path = str(tmp_path / "new" / f"{AUDIT}.veritas.zip")
    assert f"`veritas import {path} --db OTHER` reads it into another log" in report.stderr
    listed = invoke("list", "--format", "json").json
    assert {row["run_id"]: row["archived_in"] for row in listed if row["audit_id"] in (AUDIT, RUNNING)} == {
        f"{AUDIT}.1": path,
        f"{AUDIT}.2": path,
        f"{RUNNING}.1": None,
    }
    assert [row["archived"] for row in invoke("list").rows if row["audit_id"] == RUNNING] == ["-"]
    assert [row["archived"] for row in invoke("list").rows if row["audit_id"] == AUDIT] == ["yes", "yes"]
    replayed = invoke("replay", f"{AUDIT}.1", "--no-wait")
    assert replayed.status == 0 and replayed.stderr.startswith(f"Run '{AUDIT}.1' was archived in {path!r}; ")
    imported = invoke("import", path)
    assert imported.stderr.startswith("Imported 0 events;")
    assert "This log has archived 2 runs of the bundle, and does not read them back" in imported.stderr
