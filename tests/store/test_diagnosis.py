"""A database in any state is diagnosed without being changed, and each fault is reported with its remedy."""

from __future__ import annotations

import os
import random
import sqlite3
from pathlib import Path

import pytest

from store.backends import base
from store.diagnosis import diagnose
from store.diagnosis.check import OK, UNCHECKED, WARNING, WRONG, Check
from store.diagnosis.sqlite import bugs_of
from store.errors import StoreError
from store.log import EventLog
from tests.store.making import PNG, record, records
from tests.store.raw import Raw

FAR = 10**12


def checks_of(database: str) -> dict[str, Check]:
    """Return the checks by name; no two have the same name."""
    checks = list(diagnose(database))
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks}


def results(database: str) -> dict[str, str]:
    return {name: check.result for name, check in checks_of(database).items() if name not in ("sqlite", "disk space")}


def test_an_undamaged_log_passes_every_check(database: str) -> None:
    """It also does while it is open and written to."""
    with EventLog.open(database) as log:
        log.append([record(1, artifact=PNG), record(2)])
        checks = checks_of(database)
        assert {check.result for name, check in checks.items() if name != "sqlite"} == {OK}
        assert {"database", "schema", "integrity", "guards", "clock"} < checks.keys()
        assert all(check.remedy is None for check in checks.values() if check.result == OK)
        assert log.append([record(3)]) == [3]


def test_a_diagnosis_changes_nothing(sqlite: str, tmp_path: Path) -> None:
    """No file is created, and an existing write-ahead log stays for the next process that records."""
    checks_of(sqlite)
    assert list(tmp_path.iterdir()) == []
    with EventLog.open(sqlite) as log:
        log.append(records(1, 3))
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        for name, content in before.items():
            (tmp_path / f"left-{name}").write_bytes(content)
    left = tmp_path / "left-log.db"
    wal = tmp_path / "left-log.db-wal"
    contents = left.read_bytes(), wal.read_bytes()
    assert checks_of(str(left))["integrity"].result == OK
    assert (left.read_bytes(), wal.read_bytes()) == contents


def test_a_log_that_does_not_exist_yet_is_not_a_fault(sqlite: str, postgresql: str) -> None:
    for database in (sqlite, postgresql):
        check = checks_of(database)["database"]
        assert check.result == OK and "the first audit creates one" in check.finding


def test_a_missing_directory_is_a_fault_unless_it_will_be_created(sqlite: str) -> None:
    """The user's data directory, for example, is created with the first log in it."""
    place = Path(sqlite).parent / "no" / "such" / "place" / "log.db"
    for creates_directory, result in ((True, OK), (False, WRONG)):
        (check,) = (check for check in diagnose(place, creates_directory=creates_directory) if check.name == "database")
        assert check.result == result and (check.remedy is None) == creates_directory


def test_a_damaged_file_is_reported(sqlite: str) -> None:
    """The other checks still run, and the remedy names the newest copy."""
    with EventLog.open(sqlite) as log:
        log.append([record(seq, b"x" * 500) for seq in range(1, 400)])
        copy = log._database.backup("0002")
    with Path(sqlite).open("r+b") as file:
        file.seek(40 * 4096)  # past the pages of the schema
        file.write(b"\xff" * 4096 * 3)
    checks = checks_of(sqlite)
    assert checks["integrity"].result == WRONG
    assert checks["integrity"].remedy is not None and str(copy) in checks["integrity"].remedy
    assert checks["schema"].result == OK
    with Path(sqlite).open("r+b") as file:
        file.write(b"SQLite format 3\0" + b"\xff" * 4096)
    assert checks_of(sqlite)["database"].result == WRONG


@pytest.mark.parametrize("content", [b"Buy milk.\n" * 1000, b"", b"\0" * 8192])
def test_a_file_that_is_not_a_log_is_reported(sqlite: str, content: bytes) -> None:
    """An empty file is an empty database, in which the first audit creates a log."""
    Path(sqlite).write_bytes(content)
    check = checks_of(sqlite)["database"]
    if content:
        assert check.result == WRONG and check.remedy is not None and "choose another" in check.remedy
    else:
        assert check.result == OK
    assert Path(sqlite).read_bytes() == content


def test_a_database_with_other_tables_is_reported(database: str) -> None:
    raw = Raw(database)
    raw.execute("CREATE TABLE groceries (name text)")
    raw.close()
    check = checks_of(database)["database"]
    assert check.result == WRONG and "groceries" in check.finding


def test_an_older_and_a_newer_log_are_reported(database: str) -> None:
    EventLog.open(database).close()
    raw = Raw(database)
    for revision, remedy in (("0001", "run `veritas db upgrade`"), ("9999", "upgrade VERITAS")):
        raw.execute(f"UPDATE alembic_version SET version_num = '{revision}'")
        checks = checks_of(database)
        assert (checks["schema"].result, checks["schema"].remedy) == (WRONG, remedy)
        assert checks["integrity"].result == OK
        assert "guards" not in checks  # other versions may have other guards
    raw.close()


def test_a_log_that_cannot_be_written_is_reported(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    EventLog.open(sqlite).close()
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write to any file
    checks = checks_of(sqlite)
    assert checks["database"].result == WARNING and "can be read but not written" in checks["database"].finding
    assert checks["guards"].result == checks["integrity"].result == OK


def test_a_log_that_another_program_has_locked_cannot_be_checked(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "LOCK_SECONDS", 0.1)
    EventLog.open(sqlite).close()
    other = sqlite3.connect(sqlite, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    check = checks_of(sqlite)["database"]
    assert check.result == UNCHECKED and check.remedy == "try again later"
    other.close()
    assert checks_of(sqlite)["database"].result == OK


def test_a_server_that_does_not_answer_cannot_be_checked() -> None:
    """An invalid address is wrong; no message contains the password."""
    for database, result in (
        ("postgresql://me:secret@127.0.0.1:1/log", UNCHECKED),
        ("mysql://me:secret@host/log", WRONG),
        (":memory:", WRONG),
    ):
        (check,) = (check for check in diagnose(database) if check.name == "database")
        assert check.result == result and check.remedy is not None and "secret" not in str(check)


class TestGuards:
    """Every declared trigger exists, with its declared definition."""

    def test_a_missing_trigger_is_named(self, database: str) -> None:
        EventLog.open(database).close()
        raw = Raw(database)
        raw.execute("DROP TRIGGER event_update" + (" ON event" if raw.is_postgresql else ""))
        check = checks_of(database)["guards"]
        assert check.result == WRONG and "the trigger 'event_update' of 'event' is missing" in check.finding
        raw.close()

    def test_an_altered_trigger_is_named(self, database: str) -> None:
        EventLog.open(database).close()
        raw = Raw(database)
        if raw.is_postgresql:
            raw.execute("CREATE OR REPLACE FUNCTION log_refuse() RETURNS trigger LANGUAGE plpgsql AS"
                        " $$ BEGIN RETURN NULL; END $$")  # fmt: skip
            named = "the function 'log_refuse()' was changed"
        else:
            raw.execute("DROP TRIGGER event_delete")
            raw.execute("CREATE TRIGGER event_delete BEFORE DELETE ON event BEGIN SELECT 1; END")
            named = "the trigger 'event_delete' of 'event' was changed"
        assert named in checks_of(database)["guards"].finding
        raw.close()

    def test_a_disabled_trigger_is_named(self, postgresql: str) -> None:
        EventLog.open(postgresql).close()
        raw = Raw(postgresql)
        raw.execute("ALTER TABLE event DISABLE TRIGGER event_delete")
        assert "the trigger 'event_delete' of 'event' was changed" in checks_of(postgresql)["guards"].finding
        raw.close()


def test_an_event_in_the_future_is_reported(database: str) -> None:
    with EventLog.open(database) as log:
        log.append([record(1)])
        assert results(database)["clock"] == OK
    with EventLog.open(database, clock=lambda: FAR * 10_000) as log:
        log.append([record(2)])
    check = checks_of(database)["clock"]
    assert check.result == WRONG and "2286-11-20" in check.finding


def test_a_time_outside_the_calendar_is_reported(sqlite: str) -> None:
    """Another log's clock may have had any time, and an import keeps it."""
    with EventLog.open(sqlite, clock=lambda: 2**63 - 1) as log:
        log.append([record(1)])
    check = checks_of(sqlite)["clock"]
    assert check.result == WRONG and "9223372036854775807" in check.finding


def test_a_missing_attachment_is_reported(sqlite: str) -> None:
    with EventLog.open(sqlite) as log:
        log.append([record(1, artifact=PNG)])
    raw = Raw(sqlite)
    raw.remove_guards()
    raw.execute("DELETE FROM artifact")
    raw.close()
    assert results(sqlite)["references"] == WRONG


def test_another_journal_mode_is_reported(sqlite: str) -> None:
    """The next recording corrects it."""
    EventLog.open(sqlite).close()
    with sqlite3.connect(sqlite) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    assert results(sqlite)["journal"] == WARNING
    EventLog.open(sqlite).close()
    assert results(sqlite)["journal"] == OK


def test_a_write_ahead_log_that_is_not_checkpointed_is_reported(sqlite: str) -> None:
    """A reader that does not end prevents checkpoints."""
    with EventLog.open(sqlite) as log:
        log.append([record(1)])
        reader = sqlite3.connect(sqlite, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM event").fetchone()
        for seq in range(2, 10):
            log.append([record(seq, random.randbytes(10_000_000))])  # which hardly compresses
        check = checks_of(sqlite)["journal"]
        assert check.result == WARNING and "a program keeps reading" in check.finding
        reader.close()


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(
    ("file", "directory", "result"),
    [(0o600, 0o700, OK), (0o644, 0o755, OK), (0o664, 0o755, WARNING), (0o666, 0o755, WRONG), (0o644, 0o777, WRONG)],
)
def test_other_users_that_may_write_are_reported(tmp_path: Path, file: int, directory: int, result: str) -> None:
    place = tmp_path / "place"
    place.mkdir()
    path = place / "log.db"
    EventLog.open(path).close()
    path.chmod(file)
    place.chmod(directory)
    assert results(str(path))["permissions"] == result


def test_a_role_that_may_only_read_is_reported(postgresql: str) -> None:
    EventLog.open(postgresql).close()
    raw = Raw(postgresql)
    schema = raw.execute("SELECT current_schema()").fetchone()[0]
    role = f"reader_of_{schema}"
    raw.execute(f"CREATE ROLE {role} LOGIN")
    try:
        raw.execute(f"GRANT USAGE ON SCHEMA {schema} TO {role}")
        raw.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}")
        checks = checks_of(f"{postgresql}%20-crole%3D{role}")
        assert checks["database"].result == WARNING and "not written by this role" in checks["database"].finding
        assert checks["guards"].result == OK
        standby = checks_of(f"{postgresql}%20-cdefault_transaction_read_only%3Don")
        assert "is set to read only" in standby["database"].finding
    finally:
        raw.execute(f"DROP OWNED BY {role}")
        raw.execute(f"DROP ROLE {role}")
        raw.close()


@pytest.mark.parametrize(
    ("version", "has_bug"),
    [
        *(((3, 40, 1), True), ((3, 44, 5), True), ((3, 44, 6), False), ((3, 44, 7), False), ((3, 45, 0), True)),
        *(((3, 50, 6), True), ((3, 50, 7), False), ((3, 51, 2), True), ((3, 51, 3), False), ((3, 53, 0), False)),
    ],
)
def test_the_versions_that_can_damage_a_write_ahead_log_are_known(version: tuple[int, int, int], has_bug: bool) -> None:
    assert bool(bugs_of(version, set())) == has_bug


def test_a_bug_that_needs_a_compile_option_counts_only_with_it() -> None:
    assert len(bugs_of((3, 36, 0), {"TEMP_STORE=1"})) == 1
    assert len(bugs_of((3, 36, 0), {"TEMP_STORE=2"})) == 2
    assert len(bugs_of((3, 37, 2), {"TEMP_STORE=3"})) == 1


def test_an_error_is_split_into_fault_and_remedy() -> None:
    assert Check.of("a", WRONG, StoreError("It broke; fix it.")) == Check("a", WRONG, "It broke", "fix it")
    assert Check.of("a", WRONG, StoreError("It broke.")) == Check("a", WRONG, "It broke", None)
