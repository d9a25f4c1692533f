"""What an audit rests on beside the log is looked over, and what is wrong is told with its remedy."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from veritas.config import Settings
from veritas.core.queue_manager import QueueManager
from veritas.doctor import OK, WARNING, WRONG, Check, examine

CHECKS = ["version", "sqlite", "room", "database", "time", "key", "browser", "queue", "temporary files"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "log.db"


def look(place: Path, **settings: str) -> dict[str, Check]:
    given = {"key": str(place.with_name("no.key"))} | settings
    return {check.name: check for check in examine(place, Settings(**given))}


def a_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_everything_is_looked_at(place: Path) -> None:
    """Where nothing is recorded yet, nothing is wrong either."""
    checks = look(place)
    assert list(checks) == CHECKS
    assert {check.result for check in checks.values()} <= {OK, WARNING}
    assert not place.exists()


def test_a_browser_that_is_not_there_is_told(place: Path) -> None:
    check = look(place, browser="/no/such/browser")["browser"]
    assert (check.result == WRONG and check.remedy is None) or "give its path" in str(check)


def test_the_browsers_version_is_told(place: Path, tmp_path: Path) -> None:
    browser = a_program(tmp_path / "browser", "echo Chromium 1.2.3; echo more")
    assert look(place, browser=str(browser))["browser"].finding == f"Chromium 1.2.3 at {str(browser)!r}"
    silent = a_program(tmp_path / "silent", "exit 1")
    assert look(place, browser=str(silent))["browser"].finding == f"a browser at {str(silent)!r}"


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize(
    ("file", "directory", "result", "said"),
    [
        (0o600, 0o700, OK, "nobody but its owner can use it"),
        (0o400, 0o755, OK, "nobody but its owner can use it"),
        (0o640, 0o700, WRONG, "others can use it"),
        (0o604, 0o700, WRONG, "others can use it"),
        (0o600, 0o770, WRONG, "others can put another key in its place"),
    ],
)
def test_who_else_can_use_the_signing_key_is_told(
    place: Path, tmp_path: Path, file: int, directory: int, result: str, said: str
) -> None:
    """Its bytes are not looked at."""
    key = tmp_path / "keys" / "checkpoint.key"
    key.parent.mkdir()
    key.write_text("not a key")
    key.chmod(file)
    key.parent.chmod(directory)
    check = look(place, key=str(key))["key"]
    assert check.result == result and said in check.finding
    assert (check.remedy is not None) == (result == WRONG)


def test_a_clock_that_nothing_sets_is_told(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    for said, result in (("no", WARNING), ("yes", OK)):
        a_program(tmp_path / "timedatectl", f"echo {said}")
        assert look(place)["time"].result == result
    a_program(tmp_path / "timedatectl", "echo Failed to connect to bus >&2; exit 1")
    assert look(place)["time"].result == OK


def test_a_queue_that_cannot_be_made_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a warning, for audits then go over stdout."""

    def fail(self: QueueManager, maxsize: int) -> None:
        raise OSError("no processes left")

    monkeypatch.setattr(QueueManager, "serve", fail)
    check = look(place)["queue"]
    assert check.result == WARNING and "no processes left" in check.finding


def test_a_temporary_directory_with_a_long_path_is_told(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 60)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    assert "is too long for a browser's socket" in look(place)["temporary files"].finding
    monkeypatch.setattr(tempfile, "tempdir", "/no/such")
    assert look(place)["temporary files"].result == WRONG
