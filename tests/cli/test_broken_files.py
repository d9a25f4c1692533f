"""A file that is not a log, or a damaged log, is reported in one sentence with its remedy."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from store.errors import DatabaseDamaged, DatabaseMissing, DatabaseUnreachable, NotAnEventLog, StoreError
from store.log import EventLog
from store.schema import metadata
from tests.cli.invoking import Outcome, invoke_in, run_unprivileged
from tests.cli.logs import TEE, write_all
from tests.store.raw import Raw
from veritas.archive.archive import Archive

COMMANDS = (("list",), ("show", TEE), ("verify",), ("audit", "http://127.0.0.1:9/"), ("record", "--", "true"))
READ_MODELS = {"run", "read_model"}


@pytest.fixture
def place(temporary: Path) -> Path:
    """Give the path of a log with three audits, in a directory that other users can enter."""
    write_all(temporary / "log.db")
    return temporary / "log.db"


def drop(place: Path, *tables: str) -> None:
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for table in tables:
            connection.execute(f"DROP TABLE {table}")


def quick_doctor(place: Path) -> Outcome:
    """Run the doctor with another program in place of the browser, which answers sooner."""
    return invoke_in(place, VERITAS_BROWSER=sys.executable)("doctor")


def refusals(place: Path) -> set[str]:
    """Return the errors of the commands on a log; each is one sentence, with status 2."""
    refusals = set()
    for command in COMMANDS:
        outcome = invoke_in(place)(*command)
        errors = [line for line in outcome.stderr.splitlines() if line.startswith("Error: ")]
        assert (outcome.status, errors) == (2, outcome.stderr.splitlines()[-1:]), (command, outcome)
        refusals.add(errors[0].removeprefix("Error: "))
    return refusals


def test_a_directory_is_refused(tmp_path: Path) -> None:
    assert refusals(tmp_path) == {f"{str(tmp_path)!r} is a directory; give the path of a file in it."}


@pytest.mark.parametrize("content", [b"Buy milk.\n", b"\0" * 5000])
def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "notes.txt"
    place.write_bytes(content)
    assert refusals(place) == {f"{str(place)!r} is not an SQLite database; choose another file."}
    assert place.read_bytes() == content


def test_an_empty_file_becomes_a_log(tmp_path: Path) -> None:
    """Commands that read report that it is empty; commands that record make it a log."""
    place = tmp_path / "empty.db"
    place.touch()
    with pytest.raises(DatabaseMissing, match="is an empty file; the first audit creates a log in it"):
        EventLog.open(place, create=False)
    EventLog.open(place).close()
    assert EventLog.open(place, create=False).head() == 0


@pytest.mark.parametrize("table", ["event", "artifact", "alembic_version"])
def test_a_log_without_one_of_its_tables_is_damaged(place: Path, table: str) -> None:
    drop(place, table)
    assert refusals(place) == {f"The log {str(place)!r} has lost its table {table!r}; restore a copy of it."}


def test_another_programs_database_is_not_called_damaged(place: Path) -> None:
    drop(place, "event")
    with closing(sqlite3.connect(place)) as connection, connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(NotAnEventLog, match=r"holds other tables \(notes\); choose another"):
        EventLog.open(place)


def test_a_log_without_its_checkpoints_can_be_read(place: Path) -> None:
    """A warning reports that its events cannot be checked against a checkpoint."""
    drop(place, "checkpoint")
    invoke = invoke_in(place)
    assert invoke("list").status == 0
    shown = invoke("show", TEE)
    assert shown.status == 1 and "trust score 44" in shown.stdout
    assert "lost its table 'checkpoint'" in shown.stderr
    lost = f"Error: The log {str(place)!r} has lost its table 'checkpoint'; restore a copy of it.\n"
    assert (invoke("checkpoint").status, invoke("checkpoint").stderr) == (2, lost)
    verified = invoke("verify")
    assert verified.status == 1 and "the table 'checkpoint' is missing" in verified.stdout


@pytest.mark.parametrize("tables", [("run",), ("read_model",), ("run", "read_model")])
def test_a_lost_read_model_is_rebuilt(place: Path, tables: tuple[str, ...]) -> None:
    """No data is lost with it, and commands that need it name the command that rebuilds it."""
    invoke = invoke_in(place)
    before = invoke("list").stdout
    drop(place, *tables)
    assert invoke("show", TEE).status == 0
    for command in (("list",), ("verify",), ("record", "--", "true")):
        outcome = invoke(*command)
        assert outcome.status == (1 if command == ("verify",) else 2)
        output = outcome.stdout + outcome.stderr
        assert "has lost its table" in output and "`veritas db rebuild` rebuilds it.\n" in output
    assert invoke("db", "rebuild").status == 0
    assert invoke("list").stdout == before
    assert invoke("verify").status == 0


@pytest.mark.parametrize("table", sorted({*metadata.tables, "alembic_version"}))
def test_the_doctor_reports_every_lost_table(place: Path, table: str) -> None:
    drop(place, table)
    outcome = quick_doctor(place)
    assert outcome.status == 1
    wrong = [line for line in outcome.stdout.splitlines() if line.startswith("wrong") and repr(table) in line]
    assert len(wrong) == 1
    assert wrong[0].endswith("; `veritas db rebuild` rebuilds it." if table in READ_MODELS else "restore a copy of it.")


def test_an_unreadable_file_is_reported(place: Path) -> None:
    place.chmod(0o600)
    for command in ("list", "events", "doctor"):
        outcome = run_unprivileged(
            "--db", str(place), command, *([TEE] if command == "events" else []), readable=[place.parent]
        )
        assert f"his user cannot read the log {str(place)!r}; " in outcome.stdout + outcome.stderr
        assert "change its permissions, or choose another" in outcome.stdout + outcome.stderr
        assert outcome.status == (1 if command == "doctor" else 2)


def test_an_inaccessible_directory_is_reported(place: Path) -> None:
    place.parent.chmod(0o700)
    for command in ("list", "doctor"):
        outcome = run_unprivileged(
            "--db", str(place), command, *([TEE] if command == "events" else []), readable=place.parent.parents
        )
        assert "his user cannot access the log" in outcome.stdout + outcome.stderr
        assert outcome.status == (1 if command == "doctor" else 2)


def test_the_doctor_reports_where_a_log_cannot_be_created(temporary: Path) -> None:
    missing = temporary / "none" / "log.db"
    outcome = quick_doctor(missing)
    assert outcome.status == 1
    assert f"there is no directory {str(missing.parent)!r} for it; create it, or choose another" in outcome.stdout
    assert quick_doctor(temporary).status == 1
    closed = temporary / "closed"
    closed.mkdir(mode=0o555)
    refused = run_unprivileged("--db", str(closed / "log.db"), "doctor", readable=[temporary])
    assert refused.status == 1 and f"{str(closed)!r} cannot be written to" in refused.stdout


def test_a_lost_read_model_on_postgresql_is_rebuilt(postgresql: str) -> None:
    invoke = invoke_in(postgresql)
    assert invoke("record", "--", "true").status == 0
    Raw(postgresql).execute("DROP TABLE run")
    assert "`veritas db rebuild` rebuilds it" in invoke("list").stderr
    assert invoke("doctor").status == 1
    assert invoke("db", "rebuild").status == 0
    assert len(invoke("list").rows) == 1


def test_every_error_of_a_broken_file_is_a_store_error(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:30_000])
    with pytest.raises(StoreError) as raised, Archive.open(place) as archive:
        list(archive.events())
    assert isinstance(raised.value, DatabaseDamaged | DatabaseUnreachable)
