"""A bundle is verified before it is written, its report included, and can be imported into another log."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.bundle.reader import Bundle
from store.errors import BundleAltered
from store.import_events import ImportResult
from store.log import EventLog
from store.proofs.signed_note import SigningKey
from tests.cli.logs import failed_run, write
from tests.databases import database, postgresql, sqlite
from tests.projections.recordings import AUDIT, RUN, requested, whole_run
from tests.store.bundling import KEY, edited, exported
from tests.store.making import record
from tests.store.raw import Raw
from veritas import report
from veritas.archive.archive import LOG, Archive
from veritas.archive.bundles import BundleExamination, examine, export, import_bundle, open_verified_bundle
from veritas.archive.redaction import redact, select_observations
from veritas.errors import UsageError
from veritas.events.attachment import stored_media_type
from veritas.projections.audit_state import AuditState
from veritas.recording.recorder import RunRecorder
from veritas.replay.formats.jsonl import as_jsonl
from veritas.replay.timeline import timeline

__all__ = ["database", "postgresql", "sqlite"]


@pytest.fixture
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A log with an audit of two runs, and another audit between them."""
    with Archive.open(tmp_path_factory.mktemp("origin") / "log.db") as opened:
        write(opened, whole_run("queue", "stdout"))
        write(opened, failed_run())
        write(opened, whole_run(run_id=f"{AUDIT}.2"))
        yield opened


@pytest.fixture
def file(archive: Archive, tmp_path: Path) -> Path:
    """The bundle of that audit."""
    path = tmp_path / "x.veritas.zip"
    export(archive, archive.runs(AUDIT), path, key=lambda: KEY)
    return path


def examined(path: Path) -> BundleExamination:
    with Bundle.open(path) as bundle:
        return examine(bundle)


def imported(archive: Archive, path: Path) -> ImportResult:
    with open_verified_bundle(path) as (bundle, _):
        return import_bundle(archive, bundle)


def erase(archive: Archive, seq: int) -> None:
    redact(archive, RUN, select_observations(archive, RUN, seq), reason="a card number", by="jane@desk")


def state_of(archive: Archive, run_id: str) -> AuditState:
    return AuditState.of(archive.events(run_id))


def test_a_bundle_and_its_report_are_verified(file: Path) -> None:
    examination = examined(file)
    assert examination.verification.fault is None and examination.report_checked
    assert [run.run_id for run in examination.manifest.runs] == [RUN, f"{AUDIT}.2"]


def test_the_same_audit_gives_the_same_bytes(archive: Archive, file: Path, tmp_path: Path) -> None:
    """It does so even if other events were recorded since, because the file's name and time are not in it."""
    archive.log.append([record(1, run_id="another.1")])
    archive.log.checkpoint(SigningKey.generate())
    export(archive, archive.runs(AUDIT), tmp_path / "again.zip", key=SigningKey.generate)
    assert (tmp_path / "again.zip").read_bytes() == file.read_bytes()


def forge_the_report(files: dict[str, bytes]) -> None:
    """Forge the report's verdict, and change the manifest, which is not signed, to match."""
    files["report.html"] = files["report.html"].replace(b"suspicious", b"trusted")
    manifest = json.loads(files["manifest.json"])
    for entry in manifest["files"]:
        if entry["name"] == "report.html":
            entry |= {
                "size": len(files["report.html"]),
                "sha256": hashlib.sha256(files["report.html"]).hexdigest(),
            }
    files["manifest.json"] = json.dumps(manifest, indent=2).encode() + b"\n"


def test_a_forged_report_is_found(file: Path) -> None:
    file.write_bytes(edited(file.read_bytes(), forge_the_report))
    fault = examined(file).verification.fault
    assert fault is not None and fault.what == "report differs"


def test_a_report_of_another_version_is_not_checked(
    archive: Archive, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This version cannot make it again; the events are checked all the same."""
    monkeypatch.setattr("veritas.archive.bundles.generator", lambda: "VERITAS 9.9")
    examination = examined(file)
    assert examination.verification.fault is None and not examination.report_checked
    assert report.generator() != "VERITAS 9.9"


def test_a_redaction_shows_in_the_report_and_its_screenshot_is_gone(archive: Archive, tmp_path: Path) -> None:
    erase(archive, 4)
    path = tmp_path / "x.veritas.zip"
    export(archive, [RUN], path, key=lambda: KEY)
    examination = examined(path)
    assert examination.verification.fault is None and examination.report_checked
    assert (examination.manifest.runs[0].redacted, [f for f in examination.manifest.files if "/" in f.name]) == (2, [])
    data = path.read_bytes()
    assert b"jane@desk" in data and b"a card number" in data


CHANGES = {
    "body = CAST(replace(body, 'hung', 'hunk') AS BLOB)": "changed",
    "step = 'forged'": "changed",
    "recorded_at = recorded_at + 1": "changed",
    "body = 'text'": "never recorded",
    "hash = 5": "never recorded",
    "seq = 1.5": "position 16 has a value that was never recorded",
    "artifact = 'text'": "never recorded",
    "salt = NULL": "",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_damaged_log_is_not_exported_and_no_file_is_left(
    archive: Archive, file: Path, tmp_path: Path, change: str
) -> None:
    """A checkpoint that covers the event does not change that; SQLite accepts any value in any column."""
    raw = Raw(archive.log.describe())
    raw.remove_guards()
    raw.execute(f"UPDATE event SET {change} WHERE run_id = ? AND seq = 7", RUN)
    raw.close()
    target = tmp_path / "new" / "x.veritas.zip"
    target.parent.mkdir()
    with pytest.raises(BundleAltered, match=f"Nothing was exported, .*{CHANGES[change]}"):
        export(archive, [RUN], target, key=lambda: KEY)
    assert list(target.parent.iterdir()) == []


def test_an_existing_file_is_replaced_only_with_force(archive: Archive, file: Path) -> None:
    file.write_text("precious")
    with pytest.raises(UsageError, match="already exists"):
        export(archive, [RUN], file, key=lambda: KEY)
    assert file.read_text() == "precious"
    export(archive, [RUN], file, key=lambda: KEY, force=True)
    assert examined(file).verification.fault is None
    with pytest.raises(UsageError, match="no directory"):
        export(archive, [RUN], file.parent / "none" / "x.zip", key=lambda: KEY)


def test_an_imported_run_shows_and_replays_as_the_original(archive: Archive, file: Path, database: str) -> None:
    with Archive.open(database) as other:
        result = imported(other, file)
        assert result.added == examined(file).verification.events
        for run_id in (RUN, f"{AUDIT}.2"):
            theirs, ours = state_of(archive, run_id).as_dict(), state_of(other, run_id).as_dict()
            assert {**ours, "position": 0} == {**theirs, "position": 0}
            assert len(list(timeline(other.events(run_id)))) == len(list(timeline(archive.events(run_id))))
            assert list(as_jsonl(timeline(other.events(run_id))))
        assert other.log.verify(media_type=stored_media_type).fault is None
        again = imported(other, file)
        assert (again.added, again.known) == (0, result.added)
        assert len(list(other.events(LOG))) == 1


def test_the_proof_of_the_events_is_kept_with_the_import(archive: Archive, file: Path, sqlite: str) -> None:
    """It has the manifest, the checkpoint, and the original position of each event."""
    with Archive.open(sqlite) as other:
        imported(other, file)
        event = next(other.events(LOG))
        assert event.event.type == "bundle_imported" and event.artifact is not None
        kept = json.loads(other.artifact(event.artifact))
    with Bundle.open(file) as bundle:
        assert kept["checkpoint"].encode() == bundle.checkpoint
        assert kept["manifest"].encode() == bundle.manifest.encode()
        positions = [position for span in kept["spans"] for position in range(span["first"], span["last"] + 1)]
        assert positions == [stored.position for stored, _ in bundle.entries()]


def test_a_bundle_that_was_altered_is_not_imported(file: Path, sqlite: str) -> None:
    file.write_bytes(edited(file.read_bytes(), forge_the_report))
    with Archive.open(sqlite) as other:
        with pytest.raises(BundleAltered, match="is not as it was exported, and nothing was written: report differs"):
            imported(other, file)
        assert other.log.head() == 0


def test_another_logs_own_stream_is_not_imported(tmp_path: Path, sqlite: str) -> None:
    """It would add to the own stream of this log."""
    with Archive.open(tmp_path / "other.db") as other:
        RunRecorder(other.log, "log").note(requested())
        export(other, ["log"], tmp_path / "log.veritas.zip", key=lambda: KEY)
    with Archive.open(sqlite) as log:
        with pytest.raises(UsageError, match=r"'log'.*Nothing was written\.$"):
            imported(log, tmp_path / "log.veritas.zip")
        assert log.log.head() == 0


def test_a_redacted_audit_is_imported_redacted(archive: Archive, tmp_path: Path, database: str) -> None:
    """An event that is redacted later is redacted here with the next import."""
    with Archive.open(database) as other:
        for seq in (4, 9):
            erase(archive, seq)
            path = tmp_path / f"{seq}.zip"
            export(archive, [RUN], path, key=lambda: KEY)
            imported(other, path)
            assert state_of(other, RUN).redactions == state_of(archive, RUN).redactions
            assert [event.body for event in other.events(RUN)] == [event.body for event in archive.events(RUN)]
            assert other.log.verify(media_type=stored_media_type).fault is None
        assert state_of(other, RUN).findings == []


def test_a_bundle_of_an_unusual_log_is_checked_too(tmp_path: Path) -> None:
    """Another program may have recorded bodies that are not JSON, and runs without a request."""
    with EventLog.open(tmp_path / "log.db") as log:
        log.append([record(1, b"\xff"), record(2, b"[1]"), record(3, b"")])
        path = tmp_path / "x.veritas.zip"
        path.write_bytes(exported(log, [record(1).run_id]))
    examination = examined(path)
    assert examination.verification.fault is None and not examination.report_checked
    with Archive.open(tmp_path / "log.db") as archive:
        export(archive, [record(1).run_id], path, key=lambda: KEY, force=True)
    assert examined(path).report_checked
