"""A log with values of wrong types: every command reports them, or shows the rest."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import LargeBinary, Text

from store.schema import metadata
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import TEE, write_all

POSITION = 9  # an event of the queue, in the middle of its run
ROWS = {"event": f"position = {POSITION}", "run": f"run_id = '{TEE}.1'"}


@pytest.fixture(scope="module")
def unguarded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed log with an attachment and a redaction, without triggers and NOT NULL constraints."""
    database = tmp_path_factory.mktemp("unguarded") / "log.db"
    write_all(database)
    invoke = invoke_in(database)
    assert invoke("redact", TEE, "2", "--reason", "asked for", "--by", "jane", "--yes").status == 0
    assert invoke("checkpoint").status == 0
    with closing(sqlite3.connect(database)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE type = 'table'")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database


def others(column: Any) -> Iterator[object]:
    """Yield values of types that a column does not have."""
    yield b"bytes" if isinstance(column.type, Text) else "text"
    if not isinstance(column.type, Text):
        yield 5 if isinstance(column.type, LargeBinary) else b"bytes"
    if not column.nullable:
        yield None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        pytest.param(column, value, id=f"{column}={value!r}")
        for table in metadata.tables.values()
        for column in table.columns
        for value in others(column)
        if str(column) != "event.position"  # an INTEGER PRIMARY KEY takes only integers
    ],
)
def test_a_value_of_a_wrong_type_crashes_no_command(
    unguarded: Path, tmp_path: Path, column: Any, value: object
) -> None:
    """`verify` finds it, with its position; other commands show the rest, or report it in one sentence."""
    shutil.copyfile(unguarded, tmp_path / "log.db")
    table, invoke = column.table.name, invoke_in(tmp_path / "log.db")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        if table == "tree_node":  # the log is too small to have any
            connection.execute("INSERT INTO tree_node (level, number, hash) VALUES (1, 0, zeroblob(32))")
        where = ROWS.get(table, "true")
        assert connection.execute(f"UPDATE {table} SET {column.name} = ? WHERE {where}", (value,)).rowcount
    verified = invoke("verify", "--format", "json")
    assert verified.status == 1
    if table == "event":
        assert verified.json["fault"]["position"] == POSITION
    for arguments in (
        *(("verify", TEE), ("show", TEE), ("events", TEE), ("events", TEE, "--format", "json"), ("list",)),
        *(("report", TEE, "-o", str(tmp_path / "page.html"), "--force"),),
        *(("replay", TEE, "--no-wait"), ("replay", TEE, "--no-wait", "--format", "jsonl")),
        *(
            ("export", TEE, "-o", str(tmp_path / "x.zip")),
            ("export", "--format", "parquet", "-o", str(tmp_path / "tables")),
        ),
        *(("checkpoint",), ("list", "--format", "json")),
        *(("redact", TEE, "12", "--reason", "asked for", "--by", "jane", "--yes"), ("db", "rebuild"), ("list",)),
    ):
        works_or_says_why(invoke, *arguments)
    assert not (tmp_path / "x.zip").exists() or table != "event"


def works_or_says_why(invoke: Invoke, *arguments: str) -> None:
    """Run a command, and check that it succeeds or reports one sentence that names `veritas verify`."""
    outcome = invoke(*arguments)
    assert outcome.status in (0, 1, 2), outcome.stderr
    if outcome.status == 2:
        assert outcome.stderr.count("\n") == 1 and "`veritas verify`" in outcome.stderr, outcome.stderr


def test_events_other_than_the_damaged_one_are_shown(unguarded: Path, tmp_path: Path) -> None:
    """The damaged event is shown as damaged, and the others are unchanged."""
    shutil.copyfile(unguarded, tmp_path / "log.db")
    invoke = invoke_in(tmp_path / "log.db")
    whole = invoke("events", TEE, "--format", "json").json
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute(f"UPDATE event SET body = 5, step = x'ff' WHERE position = {POSITION}")
    shown = invoke("events", TEE, "--format", "json").json
    assert [event for event in shown if event["position"] != POSITION] == [
        event for event in whole if event["position"] != POSITION
    ]
    (damaged,) = (event for event in shown if event["position"] == POSITION)
    assert (damaged["detail"], damaged["step"], damaged["body_sha256"]) == ("(damaged)", "(damaged)", None)
    assert (damaged["phase"], damaged["seq"]) == ("scout", next(e["seq"] for e in whole if e["position"] == POSITION))


def test_a_changed_event_causes_a_warning_first(unguarded: Path, tmp_path: Path) -> None:
    """`show` begins with the fault and its position; a report has it at its top and in its provenance."""
    shutil.copyfile(unguarded, tmp_path / "log.db")
    invoke, page = invoke_in(tmp_path / "log.db"), tmp_path / "page.html"
    sound = invoke("show", TEE, "--json")
    assert (sound.status, sound.stderr, sound.json["fault"]) == (0, "", None)
    assert invoke("report", TEE, "-o", str(page)).status == 0
    assert "ot as it was recorded" not in page.read_text("utf-8")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        body = "replace(CAST(body AS TEXT), '\"pct\"', ' \"pct\"')"
        connection.execute(f"UPDATE event SET body = CAST({body} AS BLOB) WHERE position = ?", (POSITION,))
    where = f"position {POSITION} of run {TEE}.1: changed: its body, or its salt, is not what was recorded"
    warning = f"Warning: The log is not as it was recorded: {where}; `veritas verify` shows more.\n"
    for arguments in ((), ("--at", "2"), ("--diff-from", "2")):
        outcome = invoke("show", TEE, *arguments)
        assert (outcome.status, outcome.stderr) == (1, warning)
        assert outcome.stdout.startswith(f"Not as it was recorded: {where}.\n")
        assert invoke("show", TEE, *arguments, "--json").json["fault"]["position"] == POSITION
    reported = invoke("report", TEE, "-o", str(page), "--force")
    assert (reported.status, reported.stdout, reported.stderr) == (1, f"{page}\n", warning)
    html = page.read_text("utf-8")
    assert "(not as it was recorded)</title>" in html
    top, _, rest = html.partition("<article")
    assert f"<h2>Not as it was recorded</h2>\n<ul>\n<li>{where}</li>\n</ul>" in top
    assert (
        f"<dt>not as it was recorded</dt><dd><strong>{where}</strong></dd>" in rest.partition("<h2>Provenance</h2>")[2]
    )


def test_a_report_omits_a_changed_screenshot(unguarded: Path, tmp_path: Path) -> None:
    shutil.copyfile(unguarded, tmp_path / "log.db")
    invoke, page = invoke_in(tmp_path / "log.db"), tmp_path / "page.html"
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("UPDATE artifact SET bytes = zeroblob(length(bytes))")
    assert invoke("report", TEE, "-o", str(page)).status == 1
    html = page.read_text("utf-8")
    assert "artifact differs" in html
    assert "Its bytes are not available as they were recorded." in html and "data:image" not in html


def test_an_event_with_a_huge_position_delays_nothing(unguarded: Path, tmp_path: Path) -> None:
    shutil.copyfile(unguarded, tmp_path / "log.db")
    invoke = invoke_in(tmp_path / "log.db")
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection, connection:
        connection.execute("UPDATE event SET position = ? WHERE position = 20", (2**62,))
    assert invoke("verify", "--format", "json").json["fault"]["position"] == 20
    for arguments in (("db", "rebuild"), ("list",), ("show", TEE), ("export", TEE, "-o", str(tmp_path / "x.zip"))):
        works_or_says_why(invoke, *arguments)
