"""`veritas db` shows where the log is, and upgrades, copies and rebuilds it."""

from __future__ import annotations

import re
import sqlite3
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from store.upgrade import HEAD
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import write_all
from veritas.cli import cli
from veritas.config import default_database


def test_the_path_of_the_log_is_printed(invoke: Invoke, log: Path) -> None:
    assert invoke("db", "path").stdout == f"{log}\n"
    assert invoke("db", "path", "--db", "/tmp/other.db").stdout == "/tmp/other.db\n"


def test_the_default_log_is_in_the_users_directory() -> None:
    assert CliRunner().invoke(cli, ["db", "path"]).stdout == f"{default_database()}\n"


def test_a_password_is_not_printed(invoke: Invoke) -> None:
    outcome = invoke("db", "path", "--db", "postgresql://someone:secret@127.0.0.1:1/veritas")
    assert outcome.status == 0
    assert "secret" not in outcome.stdout and "127.0.0.1" in outcome.stdout


def test_the_path_of_a_log_in_postgresql_needs_no_driver(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert invoke("db", "path", "--db", "postgresql://someone:secret@h/n").stdout == "postgresql://someone@h/n\n"


def test_the_revision_is_printed(invoke: Invoke, invoke_empty: Invoke) -> None:
    assert invoke("db", "current").stdout == f"{HEAD}\n"
    missing = invoke_empty("db", "current")
    assert (missing.status, missing.stdout) == (2, "")
    assert missing.stderr.startswith("Error: There is no log at ")


def test_upgrading_creates_a_log_and_leaves_a_current_one(tmp_path: Path) -> None:
    invoke = invoke_in(tmp_path / "new.db")
    assert "Created the log" in invoke("db", "upgrade").stderr
    assert "the newest" in invoke("db", "upgrade").stderr
    assert invoke("list", "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize("command", [["list"], ["verify"], ["show", "x"], ["db", "current"], ["db", "upgrade"]])
def test_a_file_that_is_not_a_log_is_refused(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Buy milk.\n" * 100)
    outcome = invoke_in(file)(*command)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: ") and outcome.stderr.count("\n") == 1
    assert file.read_text().startswith("Buy milk.")


def test_a_backup_is_made_and_its_name_is_printed(invoke: Invoke, tmp_path: Path) -> None:
    """The name is on stdout for scripts; no file is overwritten."""
    target = tmp_path / "copy.db"
    outcome = invoke("db", "backup", str(target))
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, f"{target}\n", "")
    assert invoke_in(target)("verify").status == 0
    again = invoke("db", "backup", str(target))
    assert again.status == 2 and "already exists" in again.stderr


def test_a_missing_log_cannot_be_backed_up(invoke_empty: Invoke, tmp_path: Path) -> None:
    assert invoke_empty("db", "backup").status == 2
    assert list(tmp_path.iterdir()) == []


def test_the_read_models_are_rebuilt(tmp_path: Path) -> None:
    """Even if they are wrong; the log is not changed."""
    database = tmp_path / "log.db"
    write_all(database)
    invoke = invoke_in(database)
    before = invoke("list").stdout
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE run SET url = 'http://other.test/', findings = 99")
    connection.close()
    assert invoke("list").stdout != before
    rebuilt = invoke("db", "rebuild")
    assert (rebuilt.status, rebuilt.stdout) == (0, "")
    assert re.fullmatch(rf"Rebuilt the read models of '{database}' from [\d,]+ events\.\n", rebuilt.stderr)
    assert invoke("list").stdout == before
    assert invoke("verify").status == 0


def test_rebuilding_creates_no_log(invoke_empty: Invoke) -> None:
    outcome = invoke_empty("db", "rebuild")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: There is no log at ")
