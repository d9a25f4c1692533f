"""A log whose files are deleted, replaced or truncated while it is open fails at the next commit, and is copied."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import DatabaseDamaged, DatabaseLost, DatabaseMissing, StoreError
from store.log import EventLog
from tests.store.making import record, records


def replace(log: Path) -> None:
    other = log.with_name("other.db")
    EventLog.open(other).close()
    other.replace(log)


CHANGES: dict[str, Callable[[Path], object]] = {
    "was deleted or moved": Path.unlink,
    "deleted or moved": lambda log: log.rename(log.with_name("moved.db")),
    "was replaced by another file": replace,
    "has lost its write-ahead log": lambda log: Path(f"{log}-wal").unlink(),
    "has lost its shared memory": lambda log: Path(f"{log}-shm").unlink(),
    "was deleted": lambda log: shutil.rmtree(log.parent),
}


@pytest.mark.parametrize("named", CHANGES)
def test_the_next_commit_fails_and_leaves_a_copy(tmp_path: Path, named: str) -> None:
    """The copy has all events, those of the failed commit included; later appends fail, and leave no second copy."""
    path = tmp_path / "logs" / "log.db"
    path.parent.mkdir()
    with EventLog.open(path) as log:
        log.append(records(1, 300))
        CHANGES[named](path)
        with pytest.raises(DatabaseLost, match=named):
            log.append([record(301)])
        with pytest.raises(DatabaseLost, match="is in the copy"):
            log.append([record(302)])
        (copy,) = tmp_path.rglob("*.backup")
    assert path.exists() == (named not in ("was deleted or moved", "deleted or moved", "was deleted"))
    with EventLog.open(copy, create=False) as rescued:
        assert (rescued.head(), rescued.verify().fault) == (301, None)
    assert copy.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("named", CHANGES)
def test_who_only_reads_the_log_can_ask_for_it(tmp_path: Path, named: str) -> None:
    """Without the write lock, which another process may hold; a copy is left to those who wrote."""
    path = tmp_path / "logs" / "log.db"
    path.parent.mkdir()
    with EventLog.open(path) as log:
        log.append(records(1, 3))
    with EventLog.open(path, create=False) as log, closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert log.head() == 3
        log.require_present()
        CHANGES[named](path)
        for _ in range(2):
            with pytest.raises(DatabaseLost, match=f"{named}.* while it was open; open it again"):
                log.require_present()
        with pytest.raises(DatabaseLost, match=named):
            next(log.follow(after=3, stop=lambda: False))
    assert not [*tmp_path.rglob("*.backup")]


def test_a_log_that_replaces_another_stays_as_it_is(tmp_path: Path) -> None:
    """The write-ahead log of the replaced one is not written over it."""
    path, other = tmp_path / "log.db", tmp_path / "other.db"
    with EventLog.open(other) as log:
        log.append(records(1, 5))
    with EventLog.open(path) as log:
        log.append(records(1, 300))
        content = other.read_bytes()
        other.replace(path)
        with pytest.raises(DatabaseLost, match="was replaced"):
            log.append([record(301)])
    assert path.read_bytes() == content
    with EventLog.open(path, create=False) as replacement:
        assert (replacement.head(), replacement.verify().fault) == (5, None)


def test_a_copy_that_cannot_be_made_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: sqlite3.Connection, target: Path) -> None:
        raise StoreError("There is no space.")

    monkeypatch.setattr("store.backends.sqlite.copy_file", refuse)
    with EventLog.open(tmp_path / "log.db") as log:
        log.append([record(1)])
        (tmp_path / "log.db").unlink()
        with pytest.raises(DatabaseLost, match=r"could not be copied \(There is no space\), and what"):
            log.append([record(2)])


def test_a_truncated_log_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with EventLog.open(path) as log:
        log.append(records(1, 1000))
        with closing(sqlite3.connect(path)) as other:
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        os.truncate(path, 8192)
        with pytest.raises((DatabaseLost, DatabaseDamaged)):
            log.append([record(1001)])


def test_a_log_that_another_program_packs_or_closes_is_in_place(tmp_path: Path) -> None:
    """VACUUM makes the file smaller, and a program that closes the log removes none of its files."""
    path = tmp_path / "log.db"
    with EventLog.open(path) as log, EventLog.open(path) as reader:
        log.append(records(1, 1000))
        assert reader.head() == 1000
        with closing(sqlite3.connect(path)) as other:
            other.execute("CREATE TABLE spare (filler)")
            other.execute("INSERT INTO spare VALUES (zeroblob(1000000))")
            other.commit()
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        log.append([record(1001)])
        reader.require_present()
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE spare")
            other.execute("VACUUM")
            other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        reader.require_present()
        assert log.append([record(1002)]) == [1002]
        assert log.append([record(1003)]) == [1003]


def test_reading_does_not_create_a_deleted_file_again(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with EventLog.open(path) as log:
        log.append([record(1)])
        log._database._connections.close()  # type: ignore[attr-defined]
        path.unlink()
        with pytest.raises(StoreError):
            log.head()
    assert not path.exists()


def test_what_is_in_the_place_of_a_lost_log_can_be_opened(tmp_path: Path) -> None:
    """The log itself if it is back, or another one, into which nothing of the lost one's write-ahead log gets."""
    path, away, other = tmp_path / "log.db", tmp_path / "away.db", tmp_path / "other.db"
    with EventLog.open(other) as log:
        log.append(records(1, 5))
    with EventLog.open(path) as recorder, EventLog.open(path) as log:
        recorder.append(records(1, 300))
        assert log.head() == 300
        path.rename(away)
        with pytest.raises(DatabaseMissing):
            log.reopen()
        away.rename(path)
        log.require_present()
        assert log.head() == 300
        other.replace(path)
        with pytest.raises(DatabaseLost):
            log.require_present()
        log.reopen()
        assert (log.head(), log.verify().fault) == (5, None)
    assert path.exists()
