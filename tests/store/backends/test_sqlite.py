"""The error for an SQLite file that is locked, full, read-only or damaged is one sentence; committed events stay."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store.backends import base
from store.backends.sqlite import SqliteDatabase
from store.backends.sqlite_connections import SqliteConnections
from store.errors import (
    DatabaseDamaged,
    DatabaseMissing,
    DatabaseUnreachable,
    InvalidRecord,
    ObservationConflict,
    StoreLocked,
)
from store.log import EventLog
from tests.store.lock_timeout import procedure_waits
from tests.store.making import record, records
from tests.store.raw import raw_connection

CHECKOUT = Path(__file__).parents[2]


def python(code: str, *arguments: object, **options: object) -> str:
    """Run *code* in a new process, and return its output."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=True,
        **options,  # type: ignore[call-overload]
    ).stdout


def test_a_log_is_configured_to_survive_power_loss(sqlite: str) -> None:
    """It uses write-ahead logging, and each commit is on the disk before it is acknowledged."""
    with EventLog.open(sqlite) as log:
        database_of = log._database
        assert database_of.row("PRAGMA journal_mode") == ("wal",)
        assert database_of.row("PRAGMA synchronous") == (2,)
        assert database_of.row("PRAGMA fullfsync") == (1,)
        assert database_of.row("PRAGMA foreign_keys") == (1,)


def test_a_log_that_another_process_has_locked_is_waited_for(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a limit, an error is raised; readers do not wait, and afterwards the log works again."""
    monkeypatch.setattr(base, "LOCK_SECONDS", 0.1)
    with EventLog.open(sqlite) as log:
        log.append([record(1)])
        other = sqlite3.connect(sqlite, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreLocked, match="was locked by another process"):
            log.append([record(2)])
        assert [event.seq for event in log.read()] == [1]
        other.execute("COMMIT")
        other.close()
        assert log.append([record(2)]) == [2]


@pytest.mark.parametrize(
    ("mode", "lock"),
    [("WAL", "BEGIN IMMEDIATE"), ("DELETE", "BEGIN IMMEDIATE"), ("DELETE", "BEGIN; SELECT * FROM event")],
)
def test_a_waiting_recorder_tries_again_at_even_intervals(
    sqlite: str, monkeypatch: pytest.MonkeyPatch, mode: str, lock: str
) -> None:
    """SQLite's own pauses grow, so that a log with many waiting processes is idle between them.

    Without a write-ahead log, as on a disk that does not support one, a transaction waits for readers when it ends.
    """
    EventLog.open(sqlite).close()
    monkeypatch.setattr(SqliteDatabase, "prepare", lambda self: None)
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 50:
            other.execute("COMMIT")

    with closing(sqlite3.connect(sqlite, isolation_level=None)) as other:
        other.execute(f"PRAGMA journal_mode = {mode}")
        with EventLog.open(sqlite) as log:
            monkeypatch.setattr("store.backends.sqlite_connections.time.sleep", pause)
            for statement in lock.split("; "):
                other.execute(statement).fetchone()
            assert log.append([record(1)]) == [1]
            assert [event.seq for event in log.read()] == [1]
    assert len(pauses) == 50
    assert set(pauses) == {min(pauses)}


def test_a_log_that_another_transaction_has_locked_is_waited_for(
    postgresql: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL, a raw insert holds the lock as well."""
    monkeypatch.setattr(base, "LOCK_SECONDS", 0.1)
    with EventLog.open(postgresql) as log, raw_connection(postgresql) as raw, raw_connection(postgresql) as other:
        log.append([record(1)])
        raw.execute("BEGIN")
        raw.execute("INSERT INTO event SELECT 2, 'r', source, 1, type, phase, step, 0, 0, 1, NULL, salt, body,"
                    " body_hash, hash FROM event")  # fmt: skip
        with procedure_waits(other, 0.1), pytest.raises(StoreLocked, match="was locked by another process"):
            log.append([record(2)])
        assert log.head() == 1
        raw.execute("ROLLBACK")
        assert log.append([record(2)]) == [2]


FILL = """
import sys
from contextlib import closing
from pathlib import Path
from store.errors import StoreFull
from store.log import EventLog
from store.backends.sqlite import SqliteDatabase
from tests.store.making import record
other = Path(sys.argv[1]).with_name("other")
other.write_bytes(bytes(200_000))
with EventLog.open(sys.argv[1]) as log:
    acknowledged = 0
    try:
        while True:
            acknowledged = log.append([record(acknowledged + 1, b"x" * 20_000)])[0]
    except StoreFull as error:
        assert "disk is full" in str(error), error
    assert log.head() == acknowledged > 10
    assert log.verify().events == acknowledged and log.verify().fault is None
    other.unlink()
    assert log.append([record(acknowledged + 1)]) == [acknowledged + 1]
    assert log.verify().events == acknowledged + 1 and log.verify().fault is None
    print(acknowledged)
"""


def test_a_full_disk_is_reported_and_loses_nothing(tmp_path: Path) -> None:
    """A real disk of two megabytes has exactly the acknowledged events; with free space, appending works again."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=2m none "{disk}" && exec "$@"'
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let us mount a small disk")
    outcome = subprocess.run(
        [*alone, sys.executable, "-c", FILL, str(disk / "log.db")],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert int(outcome.stdout) > 10


# Everything is imported first, because root's Python may be in a directory that other users cannot enter.
READ_ONLY = """
import os, sys, tempfile
from store.errors import DatabaseReadOnly, StoreError
from store.log import EventLog
from store.backends.sqlite import SqliteDatabase
from tests.store.making import record
with tempfile.TemporaryDirectory() as place, EventLog.open(place + "/log.db") as log:
    log.append([record(1)])
    log.verify()
if os.getuid() == 0:
    os.setuid(65534)
try:
    with EventLog.open(sys.argv[1]) as log:
        print(log.head(), log.verify().events)
        log.append([record(99)])
except StoreError as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """Yield the path of a log of three events, in its own directory, which every user may enter."""
    directory = tmp_path / "foreign"
    directory.mkdir()
    with EventLog.open(directory / "log.db") as log:
        log.append(records(1, 3))
    for parent in directory.parents:
        if parent.owner() == directory.owner() and not parent.stat().st_mode & 0o005:
            parent.chmod(parent.stat().st_mode | 0o055)
    return directory / "log.db"


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
@pytest.mark.parametrize(("file", "directory"), [(0o444, 0o555), (0o444, 0o777), (0o666, 0o555)])
def test_a_file_that_cannot_be_written_to_can_be_read(foreign: Path, file: int, directory: int) -> None:
    """Either the file or its directory is read-only; appending is refused in one sentence."""
    foreign.chmod(file)
    foreign.parent.chmod(directory)
    head, refusal = python(READ_ONLY, foreign).splitlines()
    assert head == "3 3"
    assert refusal.startswith(f"DatabaseReadOnly The log {str(foreign)!r} cannot be written to")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_read_only_log_that_other_processes_write_to_can_be_read(foreign: Path) -> None:
    """It reads the writer's own files, so it sees committed events."""
    with EventLog.open(foreign) as log:
        log.append(records(4, 5))
        for path in foreign.parent.iterdir():
            path.chmod(0o444)
        foreign.parent.chmod(0o555)
        assert python(READ_ONLY, foreign).startswith("5 5\n")


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_log_cannot_be_created_in_a_read_only_directory(foreign: Path) -> None:
    foreign.parent.chmod(0o555)
    place = foreign.parent / "another.db"
    output = python(READ_ONLY, place)
    assert output == (
        f"DatabaseUnreachable The log {str(place)!r} cannot be opened; check that {str(place.parent)!r} exists and can"
        " be written to.\n"
    )


def test_a_damaged_file_is_reported(sqlite: str) -> None:
    with EventLog.open(sqlite) as log:
        log.append(records(1, 200))
    content = bytearray(Path(sqlite).read_bytes())
    content[4096 * 4 :] = bytes(len(content) - 4096 * 4)
    Path(sqlite).write_bytes(content)
    with pytest.raises(DatabaseDamaged, match="is damaged"), EventLog.open(sqlite) as log:
        list(log.read())


def test_text_that_is_not_utf8_is_reported(sqlite: str) -> None:
    with EventLog.open(sqlite) as log:
        log.append([record(1)])
        other = sqlite3.connect(sqlite)
        other.executescript("DROP TRIGGER event_update; UPDATE event SET step = CAST(x'ff' AS TEXT)")
        other.close()
        with pytest.raises(DatabaseDamaged, match="`veritas verify` shows where"):
            list(log.read())


@pytest.mark.parametrize("salt", ["text", 5, b"short"])
def test_an_event_whose_salt_was_altered_conflicts_when_it_is_appended_again(sqlite: str, salt: object) -> None:
    with EventLog.open(sqlite) as log:
        log.append([record(1)])
        with raw_connection(sqlite) as connection:
            connection.execute("DROP TRIGGER event_update")
            connection.execute("UPDATE event SET salt = ?", salt)
        with pytest.raises(ObservationConflict):
            log.append([record(1)])


def test_a_body_that_sqlite_cannot_hold_is_refused(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's limit is a gigabyte; this test sets a lower one."""

    def limited(self: SqliteConnections, mode: str) -> sqlite3.Connection:
        connection = as_ever(self, mode)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 1_000_000)
        return connection

    as_ever = SqliteConnections._open
    monkeypatch.setattr(SqliteConnections, "_open", limited)
    with EventLog.open(sqlite) as log:
        with pytest.raises(InvalidRecord, match="cannot hold anything this large"):
            log.append([record(1, os.urandom(1_000_000))])
        assert log.append([record(1)]) == [1]


def test_a_log_that_was_deleted_is_reported_as_missing(sqlite: str) -> None:
    with pytest.raises(DatabaseMissing, match="the first audit creates one"):
        EventLog.open(sqlite, create=False)


def test_a_directory_is_not_a_log(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnreachable, match="is a directory"):
        EventLog.open(tmp_path)
