"""A bundle proves its contents, and only those; any change in one is found and named."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.bundle import writer
from store.bundle.format import MANIFEST, Manifest, decode_event, encode_event
from store.errors import BundleAltered, BundleTooLarge, BundleUnreadable, CheckpointRefused, InvalidCheckpoint
from store.log import EventLog, Observation
from store.proofs.hash_chain import body_hash, event_hash
from store.proofs.signed_note import Checkpoint, SigningKey, open_signed_note
from tests.databases import postgresql_schema
from tests.store import reference_bundle_verifier
from tests.store.bundling import (
    GIF,
    KEY,
    OTHER,
    SECOND,
    edited,
    exported,
    files_of,
    fill,
    redact,
    repacked,
    verification_of,
)
from tests.store.making import PNG, RUN, record, records
from tests.store.raw import Raw


@pytest.fixture
def filled(log: EventLog) -> EventLog:
    """Return a log with several runs in turn."""
    fill(log)
    return log


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bundle of one audit's two runs, once from each backend."""
    with contextlib.ExitStack() as stack:
        database = str(tmp_path_factory.mktemp("log") / "log.db")
        if request.param == "postgresql":
            database = stack.enter_context(postgresql_schema())
        log = stack.enter_context(EventLog.open(database))
        fill(log)
        return exported(log)


def reference_result(data: bytes, tmp_path: Path, key: str | None = None) -> int | str:
    """Return the number of events that the reference verifier proves, or its error."""
    path = tmp_path / "reference.veritas.zip"
    path.write_bytes(data)
    try:
        return reference_bundle_verifier.verify(str(path), key)
    except Exception as error:
        return repr(error)


def test_a_bundle_verifies_and_the_reference_verifier_agrees(bundle: bytes, tmp_path: Path) -> None:
    result = verification_of(bundle)
    assert (result.events, result.fault) == (12, None)
    assert result.key is not None and result.key.public_key == KEY.public_key
    assert reference_result(bundle, tmp_path, str(result.key)) == 12


def test_every_export_gives_the_same_bytes(filled: EventLog) -> None:
    """Events and checkpoints that were added in between change nothing."""
    bundle = exported(filled)
    assert exported(filled) == bundle
    filled.append(records(21, 30, run_id=OTHER))
    filled.checkpoint(KEY)
    assert exported(filled) == bundle


def test_the_smallest_checkpoint_that_covers_the_runs_is_used(log: EventLog) -> None:
    log.append(records(1, 5))
    first = log.checkpoint(KEY)
    log.append(records(1, 5, run_id=OTHER))
    log.checkpoint(KEY)
    assert files_of(exported(log, [RUN]))["checkpoint"] == first.note
    log.append(records(6, 7))
    assert open_signed_note(files_of(exported(log, [RUN]))["checkpoint"], [])[0].size == 12


def test_ordinary_zip_programs_read_a_bundle(bundle: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.veritas.zip"
    path.write_bytes(bundle)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files_of(bundle)


def test_a_bundle_contains_the_exact_bytes(filled: EventLog) -> None:
    """This includes bodies that are not UTF-8 and a redacted one; positions are the log's own."""
    lines = files_of(exported(filled))["events.jsonl"].split(b"\n")[:-1]
    events = [event for event in filled.read() if event.run_id in (RUN, SECOND)]
    assert [decode_event(line)[0] for line in lines] == events


def test_the_attachment_of_a_redacted_event_is_exported_only_with_another_event_that_has_it(filled: EventLog) -> None:
    """This holds even while the log still has its bytes for an event that is not in the bundle."""
    assert f"artifacts/{GIF.sha256.hex()}" in files_of(exported(filled))
    redact(filled, Observation("queue", 3))
    assert filled.artifact(PNG.sha256).data == PNG.data
    alone = exported(filled, [RUN])
    assert f"artifacts/{PNG.sha256.hex()}" not in files_of(alone)
    assert verification_of(alone).fault is None
    assert f"artifacts/{PNG.sha256.hex()}" in files_of(exported(filled))


@pytest.mark.parametrize("moment", ["before signing", "after the events"])
def test_a_redaction_during_the_export_is_completely_in_the_bundle(filled: EventLog, moment: str) -> None:
    """Otherwise, data read before the redaction would contradict data read after it."""
    left = [Observation("queue", 3)]

    def meanwhile(now: str) -> None:
        if now == moment and left:
            redact(filled, left.pop())

    def key() -> SigningKey:
        meanwhile("before signing")
        return KEY

    def report(manifest: Manifest) -> list[bytes]:
        meanwhile("after the events")
        return [str([run.redacted for run in manifest.runs]).encode()]

    file = io.BytesIO()
    filled.export(file, [RUN], key=key, report=report)
    assert (verification_of(file.getvalue()).events, verification_of(file.getvalue()).fault) == (12, None)
    files = files_of(file.getvalue())
    events = [decode_event(line)[0] for line in files["events.jsonl"].splitlines()]
    assert [event.seq for event in events if event.body is None] == [3, 4]
    assert files["report.html"] == b"[2]"
    assert not any("artifacts/" + PNG.sha256.hex() in name for name in files)


def test_more_redactions_than_a_bundle_can_hold_are_refused(filled: EventLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MOST_REDACTED", 0)
    with pytest.raises(BundleTooLarge, match="one by one"):
        exported(filled)


def test_runs_interleaved_with_many_others_verify(log: EventLog, tmp_path: Path) -> None:
    """They do wherever the gaps are, and wherever the checkpoint ends."""
    for seq in range(1, 40):
        log.append([record(seq, run_id=f"run.{number}") for number in range(seq % 7 + 1)])
        if seq % 5 == 0:
            log.checkpoint(KEY)
    for number in range(7):
        data = exported(log, [f"run.{number}"])
        assert verification_of(data).fault is None
        assert isinstance(reference_result(data, tmp_path), int)


def test_a_damaged_log_gives_no_bundle_that_verifies(filled: EventLog, raw: Raw) -> None:
    """Before a checkpoint covers the runs, none is signed; afterwards the bundle has a fault."""
    exported(filled)
    raw.remove_guards()
    raw.execute("UPDATE event SET step = 'forged' WHERE run_id = ? AND seq = 7", RUN)
    fault = verification_of(exported(filled)).fault
    assert fault is not None and (fault.run_id, fault.what) == (RUN, "changed")
    filled.append([record(11)])
    with pytest.raises(CheckpointRefused):
        exported(filled, [RUN])[0]
        filled.checkpoint(SigningKey.generate())


# Changes to the files of a bundle, with the manifest unchanged or adapted, and the faults that they cause.


def lines_of(files: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in files["events.jsonl"].splitlines()]


def put_lines(files: dict[str, bytes], lines: list[dict[str, Any]]) -> None:
    texts = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines]
    files["events.jsonl"] = "".join(f"{text}\n" for text in texts).encode()


def refit(files: dict[str, bytes], **changes: Any) -> None:
    """Make the manifest describe the files as they are."""
    manifest = json.loads(files[MANIFEST]) | changes
    manifest["files"] = [
        {"name": name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
        if name != MANIFEST
    ]
    files[MANIFEST] = json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"


def change_body(files: dict[str, bytes]) -> None:
    lines = lines_of(files)
    lines[4]["body"] = lines[4]["body"].replace("5", "6")
    put_lines(files, lines)


def change_column(files: dict[str, bytes]) -> None:
    lines = lines_of(files)
    lines[4]["step"] = "forged"
    put_lines(files, lines)


def change_position(files: dict[str, bytes]) -> None:
    lines = lines_of(files)
    lines[4]["position"] += 1
    put_lines(files, lines)


def swap(files: dict[str, bytes]) -> None:
    lines = lines_of(files)
    lines[4], lines[5] = lines[5], lines[4]
    put_lines(files, lines)


def drop_line(files: dict[str, bytes]) -> None:
    lines = lines_of(files)
    del lines[4]
    put_lines(files, lines)


def drop_last(files: dict[str, bytes]) -> None:
    put_lines(files, lines_of(files)[:-1])


def repeat_line(files: dict[str, bytes]) -> None:
    lines = lines_of(files)
    put_lines(files, [*lines[:5], *lines[4:]])


def hide_body(files: dict[str, bytes]) -> None:
    lines = lines_of(files)
    lines[1]["body"] = lines[1]["salt"] = None
    put_lines(files, lines)
    manifest = json.loads(files[MANIFEST])
    manifest["runs"][0]["redacted"] += 1
    files[MANIFEST] = json.dumps(manifest).encode()


def rewrite(files: dict[str, bytes]) -> None:
    """Change a body and every later hash."""
    heads: dict[str, bytes] = {}
    lines = []
    for line in files["events.jsonl"].splitlines():
        event, proof = decode_event(line)
        if event.seq == 5 and event.source == "queue":
            event = event._replace(body=b"{}", body_hash=body_hash(event.salt or b"", b"{}"))
        hash = event_hash(heads.get(event.run_id, bytes(32)), *event[1:11], event.body_hash)
        heads[event.run_id] = hash
        lines.append(encode_event(event._replace(hash=hash), proof))
    files["events.jsonl"] = b"".join(lines)
    manifest = json.loads(files[MANIFEST])
    for run in manifest["runs"]:
        run["head"] = heads[run["run_id"]].hex()
    files[MANIFEST] = json.dumps(manifest).encode()


def change_artifact(files: dict[str, bytes]) -> None:
    files[f"artifacts/{PNG.sha256.hex()}"] = b"forged"


def drop_artifact(files: dict[str, bytes]) -> None:
    del files[f"artifacts/{PNG.sha256.hex()}"]


def add_artifact(files: dict[str, bytes]) -> None:
    files[f"artifacts/{hashlib.sha256(b'new').hexdigest()}"] = b"new"
    names = sorted(files, key=lambda name: (["F", "c", "e", "a", "r", "m"].index(name[0]), name))
    for name in names:
        files[name] = files.pop(name)


def change_signature(files: dict[str, bytes]) -> None:
    text, dash, signature = files["checkpoint"].rpartition(b" ")
    files["checkpoint"] = text + dash + signature[:20] + (b"A" if signature[20:21] != b"A" else b"B") + signature[21:]


def sign_with_another(files: dict[str, bytes]) -> None:
    checkpoint, _ = open_signed_note(files["checkpoint"], [])
    files["checkpoint"] = SigningKey.generate().sign(checkpoint)


def sign_another_root(files: dict[str, bytes]) -> None:
    checkpoint, _ = open_signed_note(files["checkpoint"], [])
    files["checkpoint"] = KEY.sign(Checkpoint(checkpoint.origin, checkpoint.size, bytes(32)))


def change_rest(files: dict[str, bytes]) -> None:
    manifest = json.loads(files[MANIFEST])
    manifest["rest"] = manifest["rest"][:-1]
    files[MANIFEST] = json.dumps(manifest).encode()


TAMPERINGS: dict[Callable[[dict[str, bytes]], None], str] = {
    change_body: "changed",
    change_column: "changed",
    change_position: "tree differs",
    swap: "changed",
    drop_line: "changed",
    drop_last: "missing",
    repeat_line: "reordered",
    hide_body: "changed",
    rewrite: "tree differs",
    change_artifact: "artifact differs",
    drop_artifact: "artifact missing",
    add_artifact: "artifact differs",
    change_signature: "checkpoint damaged",
    sign_with_another: "checkpoint damaged",
    sign_another_root: "tree differs",
    change_rest: "tree differs",
}


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__)
def test_every_change_is_found_and_named(bundle: bytes, tmp_path: Path, tamper: Callable[..., None]) -> None:
    """The manifest was adapted to the change; the reference verifier finds it too."""

    def edit(files: dict[str, bytes]) -> None:
        tamper(files)
        refit(files)

    altered = edited(bundle, edit)
    fault = verification_of(altered).fault
    assert fault is not None and fault.what == TAMPERINGS[tamper]
    assert isinstance(reference_result(altered, tmp_path), str)


def test_the_position_of_a_changed_event_is_named(filled: EventLog) -> None:
    position = [event.position for event in filled.read(run_id=RUN)][4]
    fault = verification_of(edited(exported(filled), change_body)).fault
    assert fault is not None and (fault.position, fault.run_id) == (position, RUN)


@pytest.mark.parametrize("name", ["FORMAT.md", "report.html", "checkpoint"])
def test_any_other_file_that_was_changed_is_found(bundle: bytes, tmp_path: Path, name: str) -> None:
    def edit(files: dict[str, bytes]) -> None:
        files[name] += b"\n"

    altered = edited(bundle, edit)
    assert verification_of(altered).fault is not None
    assert isinstance(reference_result(altered, tmp_path), str)


def manifest_with(bundle: bytes, change: Callable[[Any], object]) -> bytes:
    def edit(files: dict[str, bytes]) -> None:
        manifest = json.loads(files[MANIFEST])
        change(manifest)
        files[MANIFEST] = json.dumps(manifest, indent=2, ensure_ascii=False).encode() + b"\n"

    return edited(bundle, edit)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["runs"][0].update(events=10),
        lambda manifest: manifest["runs"][0].update(redacted=0),
        lambda manifest: manifest["runs"][0].update(run_id="vrts_00000000000000cc.1"),
        lambda manifest: manifest["runs"].reverse(),
        lambda manifest: manifest["runs"].append(manifest["runs"][0]),
        lambda manifest: manifest["checkpoint"].update(size=500),
        lambda manifest: manifest["checkpoint"].update(root="0" * 64),
        lambda manifest: manifest.update(key=manifest["key"][:-3] + "AAA"),
        lambda manifest: manifest["files"].pop(),
        lambda manifest: manifest["files"].append(manifest["files"][0]),
        lambda manifest: manifest["files"][0].update(size=1),
    ],
)
def test_a_manifest_that_does_not_match_is_found(
    bundle: bytes, tmp_path: Path, change: Callable[[Any], object]
) -> None:
    altered = manifest_with(bundle, change)
    assert verification_of(altered).fault is not None
    assert isinstance(reference_result(altered, tmp_path), str)


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest.update(version=0),
        lambda manifest: manifest.update(format="another"),
        lambda manifest: manifest.update(more=1),
        lambda manifest: manifest.pop("rest"),
        lambda manifest: manifest.update(rest=[1]),
        lambda manifest: manifest.update(runs={}),
        lambda manifest: manifest["checkpoint"].update(size=-1),
        lambda manifest: manifest["runs"][0].update(events=10**400),
    ],
)
def test_a_manifest_of_another_form_is_refused(bundle: bytes, change: Callable[[Any], object]) -> None:
    with pytest.raises(BundleAltered, match="manifest"):
        verification_of(manifest_with(bundle, change))


def test_a_newer_format_is_reported_as_newer(bundle: bytes) -> None:
    with pytest.raises(BundleUnreadable, match="newer version"):
        verification_of(manifest_with(bundle, lambda manifest: manifest.update(version=2, more={"new": 1})))


def test_a_trusted_key_must_have_signed(bundle: bytes) -> None:
    """If no key is trusted, any key is accepted: a bundle cannot prove who owns its key."""
    other = SigningKey.generate().public_key
    assert verification_of(bundle, trusted=[other, KEY.public_key]).fault is None
    result = verification_of(bundle, trusted=[other])
    assert result.fault is not None and result.fault.what == "foreign signature"
    assert result.events == 12, "the signer is checked last"
    worse = verification_of(edited(bundle, change_body), trusted=[other]).fault
    assert worse is not None and worse.what == "changed"


def test_a_kept_checkpoint_of_the_same_size_must_be_equal(bundle: bytes) -> None:
    kept, _ = open_signed_note(files_of(bundle)["checkpoint"], [])
    assert verification_of(bundle, kept=[kept]).fault is None
    for other in (Checkpoint(kept.origin, kept.size, bytes(32)), Checkpoint("veritas/log/other", 1, kept.root)):
        fault = verification_of(bundle, kept=[other]).fault
        assert fault is not None and fault.what == "rewritten"
    with pytest.raises(InvalidCheckpoint, match="cannot be compared without the log"):
        verification_of(bundle, kept=[Checkpoint(kept.origin, kept.size + 1, kept.root)])


def test_a_decoded_manifest_encodes_to_the_same_bytes(bundle: bytes) -> None:
    data = files_of(bundle)[MANIFEST]
    assert Manifest.decode(data).encode() == data
    assert repacked(files_of(bundle)) == bundle


def test_progress_is_reported(bundle: bytes) -> None:
    reports: list[tuple[int, int]] = []
    verification_of(bundle, progress=lambda checked, total: reports.append((checked, total)))
    assert reports == [(12, 12)]
