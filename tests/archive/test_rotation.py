"""A key is replaced without a moment in which the log cannot be signed or verified, on every backend."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import StoreError
from store.log import EventLog
from store.proofs.signed_note import SigningKey
from tests.databases import postgresql
from tests.store.making import record
from veritas.archive import rotation
from veritas.archive.keys import (
    create_signing_key,
    fingerprint,
    public_key_line,
    read_signing_key,
    signers_of,
    trusted_public_keys,
    write_key,
)
from veritas.archive.rotation import (
    has_unfinished,
    key_to_sign,
    rotate,
    rotations_of,
    trusted_with_successors,
    try_checkpoint,
    untrusted_signers,
)
from veritas.config import default_key
from veritas.errors import KeyMissing, UsageError

__all__ = ["postgresql"]


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give each test a user without a key."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture(params=["sqlite", "postgresql"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    database = tmp_path / "log.db" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    with EventLog.open(database) as log:
        log.append([record(1), record(2)])
        yield log


@pytest.fixture
def sqlite_log(tmp_path: Path) -> Iterator[EventLog]:
    with EventLog.open(tmp_path / "log.db") as log:
        log.append([record(1), record(2)])
        yield log


def own_key() -> bytes:
    return read_signing_key(default_key()).public_key


def verifies(log: EventLog, *trust: bytes) -> bool:
    """Return whether a log verifies for someone who trusts these keys, or by default the user's own."""
    trusted = {*trust} or trusted_public_keys((), warn=pytest.fail)
    return log.verify(trusted=trusted_with_successors(log, trusted)).fault is None


def test_a_rotation_is_evidence_for_those_who_trust_the_old_key(log: EventLog) -> None:
    """The old key's last checkpoint covers the event, and the new key continues from there."""
    assert try_checkpoint(log) is None
    first = own_key()
    second = rotate(log, reason="yearly", by="jane@desk").rotation.new
    log.append([record(3)])
    assert try_checkpoint(log) is None
    third = rotate(log, reason="again", by="jane@desk").rotation.new
    assert own_key() == third and len({first, second, third}) == 3
    (one, statement), _ = rotations_of(log)
    assert (one.reason, one.by, statement.old, statement.new) == ("yearly", "jane@desk", first, second)
    last = log.last_checkpoint(first)
    (event, _) = log.recorder_events("key_rotated", run_id="log")
    assert last is not None and last.size == event.position
    assert signers_of(log) == [first, second, third]
    assert verifies(log) and verifies(log, first) and verifies(log, second, first)
    assert not verifies(
        log, second
    )  # a key that was replaced may have been stolen, and is not trusted for its successor


def test_the_old_key_stays_trusted_and_is_gone(sqlite_log: EventLog) -> None:
    """Nobody can sign with it any more; the new file is readable by its owner only."""
    create_signing_key()
    old = default_key().read_bytes()
    default_key().with_name("trusted_keys").write_bytes("# mine\r\n".encode("utf-16"))
    rotated = rotate(sqlite_log, reason="yearly", by="jane@desk")
    assert trusted_public_keys((), warn=pytest.fail) == {rotated.rotation.old, rotated.rotation.new}
    assert rotated.file.read_bytes() == rotated.note
    directory = default_key().parent
    assert not any(path.read_bytes() == old for path in directory.iterdir())
    assert default_key().stat().st_mode & 0o077 == 0
    assert "# mine" in default_key().with_name("trusted_keys").read_text()


@pytest.mark.parametrize("name", ["key", "key [2025].pem"])
def test_a_key_that_is_a_link_is_replaced_itself(
    sqlite_log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The old key is gone from the file that the link names, and other logs get the rotation as ever."""
    real, link = tmp_path / "safe" / name, tmp_path / "link"
    write_key(real, SigningKey.generate())
    link.symlink_to(real)
    monkeypatch.setenv("VERITAS_KEY", str(link))
    with EventLog.open(tmp_path / "other.db") as other:
        other.append([record(1)])
        assert try_checkpoint(other) is None
        old = real.read_bytes()
        rotated = rotate(sqlite_log, reason="yearly", by="jane@desk")
        assert link.is_symlink() and read_signing_key(real).public_key == rotated.rotation.new
        assert not any(path.read_bytes() == old for path in real.parent.iterdir())
        assert try_checkpoint(other) is None
        assert [event.reason for event, _ in rotations_of(other)] == ["yearly"]
        assert verifies(other)


def test_a_key_that_follows_a_trusted_one_is_no_strangers(sqlite_log: EventLog) -> None:
    """A person who trusts the old key, and has made a key since, need not list the new one."""
    assert try_checkpoint(sqlite_log) is None
    old = public_key_line(own_key())
    rotate(sqlite_log, reason="yearly", by="jane@desk")
    default_key().unlink()
    default_key().with_name("trusted_keys").write_text(old)
    assert untrusted_signers(sqlite_log) == [] and verifies(sqlite_log)


def test_another_log_of_the_same_key_gets_the_rotations_before_the_new_key_signs(
    sqlite_log: EventLog, tmp_path: Path
) -> None:
    with EventLog.open(tmp_path / "other.db") as other, EventLog.open(tmp_path / "new.db") as new:
        other.append([record(1)])
        assert try_checkpoint(other) is None
        first = own_key()
        for reason in ("one", "two"):
            rotate(sqlite_log, reason=reason, by="jane@desk")
        for log in (other, other, new):
            log.append([record(log.head() + 7)])
            assert try_checkpoint(log) is None
        assert [event.reason for event, _ in rotations_of(other)] == ["one", "two"]
        assert list(rotations_of(new)) == []
        assert verifies(other, first) and verifies(other)


def test_no_key_is_made_for_a_log_that_another_key_has_signed(log: EventLog) -> None:
    """The file may be lost, and the new key would be a stranger's."""
    assert try_checkpoint(log) is None
    lost = own_key()
    default_key().unlink()
    with pytest.raises(KeyMissing) as raised:
        key_to_sign(log)
    assert fingerprint(lost) in str(raised.value) and "`veritas key create`" in str(raised.value)
    assert not default_key().exists()
    assert fingerprint(lost) in (try_checkpoint(log) or "")
    create_signing_key()
    assert try_checkpoint(log) is None


@pytest.mark.parametrize("name", ["_record", "_trust", "atomic_file", "sync_directory", "write_key"])
def test_an_interrupted_rotation_is_continued(sqlite_log: EventLog, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Wherever it stops, the log can be signed and verified, and the next rotation leads to one event and one key."""
    assert try_checkpoint(sqlite_log) is None
    first = own_key()

    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(rotation, name, stop)
        rotate(sqlite_log, reason="first try", by="jane@desk")
    sqlite_log.append([record(3)])
    assert try_checkpoint(sqlite_log) is None
    assert verifies(sqlite_log) and verifies(sqlite_log, first)
    unfinished = has_unfinished(default_key())
    assert unfinished == (name not in ("write_key", "sync_directory"))
    if name == "sync_directory":  # the new key is there already
        assert own_key() != first
        return
    rotated = rotate(sqlite_log, reason="second try", by="jane@desk")
    assert (rotated.resumed, has_unfinished(default_key())) == (unfinished, False)
    (statement,) = (each for _, each in rotations_of(sqlite_log))
    assert (statement.old, statement.new) == (first, own_key())
    assert verifies(sqlite_log) and verifies(sqlite_log, first)


_ROTATE = """
import sys
from store.log import EventLog
from veritas.archive.rotation import rotate
from veritas.errors import UsageError
with EventLog.open(sys.argv[1]) as log:
    sys.stdin.readline()
    try:
        print(rotate(log, reason="at once", by="jane@desk").rotation.new.hex())
    except UsageError as error:
        print(error)
"""


def test_of_rotations_at_the_same_moment_each_is_complete_or_refused(sqlite_log: EventLog, tmp_path: Path) -> None:
    create_signing_key()
    command = [sys.executable, "-c", _ROTATE, str(tmp_path / "log.db")]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].strip() for process in running]
    assert all(process.returncode == 0 for process in running)
    done = [answer for answer in answers if "Another process" not in answer]
    assert sorted(done) == sorted(each.new.hex() for _, each in rotations_of(sqlite_log))
    assert done and own_key().hex() in done
    assert verifies(sqlite_log)


@pytest.mark.parametrize(("reason", "by"), [("", "jane"), (" ", "jane"), ("why", " ")])
def test_a_rotation_needs_a_reason_and_a_name(sqlite_log: EventLog, reason: str, by: str) -> None:
    create_signing_key()
    before = default_key().read_bytes()
    with pytest.raises(UsageError, match="--reason"):
        rotate(sqlite_log, reason=reason, by=by)
    assert default_key().read_bytes() == before


def test_a_log_that_was_changed_is_not_signed_and_the_key_stays(tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    create_signing_key()
    before = default_key().read_bytes()
    with EventLog.open(tmp_path / "log.db") as log:
        log.append([record(1), record(2)])
        with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
            connection.execute("DROP TRIGGER event_update")
            connection.execute("UPDATE event SET step = 'elsewhere' WHERE position = 1")
        with pytest.raises(StoreError):
            rotate(log, reason="yearly", by="jane@desk")
    assert default_key().read_bytes() == before and not has_unfinished(default_key())
