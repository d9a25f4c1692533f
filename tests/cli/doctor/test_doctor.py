"""`veritas doctor` prints one line a check, and its exit status is whether something is wrong."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from veritas.archive.archive import Archive


def test_a_sound_log_is_status_0(invoke: Invoke) -> None:
    """Warnings are allowed; every line begins with the result and the check's name."""
    outcome = invoke("doctor")
    assert (outcome.status, outcome.stderr) == (0, "")
    lines = [line.split(maxsplit=2) for line in outcome.stdout.splitlines()]
    assert {result for result, _, _ in lines} <= {"ok", "warning"}
    assert {"sqlite", "integrity", "guards", "browser"} <= {name for _, name, _ in lines}
    assert outcome.stdout.count(".\n") == len(lines)


@pytest.fixture
def quick_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name another program as the browser, which answers sooner."""
    monkeypatch.setenv("VERITAS_BROWSER", sys.executable)


@pytest.mark.usefixtures("quick_browser")
def test_json_holds_the_same(invoke: Invoke) -> None:
    result = invoke("doctor", "--format", "json").json
    assert result["ok"] is True
    assert {tuple(check) for check in result["checks"]} == {("name", "result", "finding", "remedy")}


@pytest.mark.usefixtures("quick_browser")
def test_a_wrong_check_is_status_1(tmp_path: Path) -> None:
    place = tmp_path / "log.db"
    Archive.open(place).close()
    with sqlite3.connect(place) as connection:
        connection.execute("DROP TRIGGER event_delete")
    connection.close()
    outcome = invoke_in(place)("doctor")
    assert outcome.status == 1
    (line,) = (line for line in outcome.stdout.splitlines() if line.startswith("wrong"))
    assert "the trigger 'event_delete' of 'event' is missing" in line and "; run `veritas verify`" in line
    assert invoke_in(place)("doctor", "--format", "json").json["ok"] is False


@pytest.mark.usefixtures("quick_browser")
def test_an_impossible_check_is_status_2(invoke: Invoke) -> None:
    outcome = invoke("doctor", "--db", "postgresql://me:secret@127.0.0.1:1/log")
    assert outcome.status == 2
    assert "unchecked" in outcome.stdout and "secret" not in outcome.stdout
    assert "browser" in outcome.stdout


@pytest.mark.usefixtures("quick_browser")
def test_a_missing_log_is_status_0_and_is_not_created(invoke_empty: Invoke, tmp_path: Path) -> None:
    assert invoke_empty("doctor").status == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("quick_browser")
@pytest.mark.parametrize("content", [b"Buy milk.\n" * 500])
def test_a_file_that_is_not_a_log_is_wrong(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "notes.txt"
    place.write_bytes(content)
    assert invoke_in(place)("doctor").status == 1
    assert place.read_bytes() == content
