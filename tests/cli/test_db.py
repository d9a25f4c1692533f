"""`veritas db` says where the log is and what it needs."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from store.upgrade import HEAD
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import write_all
from veritas.cli import cli
from veritas.config import default_database


def test_the_place_of_the_log_is_told(invoke: Invoke, log: Path) -> None:
    assert invoke("db", "path").stdout == f"{log}\n"
    assert invoke("db", "path", "--db", "/tmp/other.db").stdout == "/tmp/other.db\n"


def test_the_default_place_is_a_file_of_the_users() -> None:
    assert CliRunner().invoke(cli, ["db", "path"]).stdout == f"{default_database()}\n"


def test_a_password_is_not_told(invoke: Invoke) -> None:
    outcome = invoke("db", "path", "--db", "postgresql://someone:secret@127.0.0.1:1/veritas")
    assert outcome.status == 0
    assert "secret" not in outcome.stdout and "127.0.0.1" in outcome.stdout


def test_the_revision_is_told(invoke: Invoke, invoke_empty: Invoke) -> None:
    assert invoke("db", "current").stdout == f"{HEAD}\n"
    missing = invoke_empty("db", "current")
    assert (missing.status, missing.stdout) == (2, "")
    assert missing.stderr.startswith("Error: There is no log at ")


def test_a_log_is_made_and_left_alone_once_it_is_there(tmp_path: Path) -> None:
    invoke = invoke_in(tmp_path / "new.db")
    assert "Created the log" in invoke("db", "upgrade").stderr
    assert "the newest" in invoke("db", "upgrade").stderr
    assert invoke("list", "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize("command", [["list"], ["verify"], ["show", "x"], ["db", "current"], ["db", "upgrade"]])
def test_a_file_that_is_no_log_is_refused(tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Buy milk.\n" * 100)
    outcome = invoke_in(file)(*command)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: ") and outcome.stderr.count("\n") == 1
    assert file.read_text().startswith("Buy milk.")


def test_a_copy_is_made_and_named(invoke: Invoke, tmp_path: Path) -> None:
    """On stdout, so that a script can go on with it; nothing is overwritten."""
    target = tmp_path / "copy.db"
    outcome = invoke("db", "backup", str(target))
    assert (outcome.status, outcome.stdout, outcome.stderr) == (0, f"{target}\n", "")
    assert invoke_in(target)("verify").status == 0
    again = invoke("db", "backup", str(target))
    assert again.status == 2 and "already exists" in again.stderr


def test_there_has_to_be_a_log_to_copy(invoke_empty: Invoke, tmp_path: Path) -> None:
    assert invoke_empty("db", "backup").status == 2
    assert list(tmp_path.iterdir()) == []


def test_the_read_models_are_made_anew(tmp_path: Path) -> None:
    """Whatever stands in them; the log is not touched."""
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


def test_read_models_are_not_made_where_there_is_no_log(invoke_empty: Invoke) -> None:
    outcome = invoke_empty("db", "rebuild")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: There is no log at ")
