"""`veritas verify` tells a log that is as it was written from one that is not."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, RUNNING, TEE, write_all


@pytest.fixture
def tampered(tmp_path: Path) -> Invoke:
    """A log in which somebody changed one byte of one body, behind the guards."""
    database = tmp_path / "tampered.db"
    write_all(database)
    with closing(sqlite3.connect(database)) as connection, connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE event SET body = CAST(replace(body, 'hung', 'hunk') AS BLOB) WHERE position = 17")
    return invoke_in(database)


def test_a_log_as_it_was_written_verifies(invoke: Invoke) -> None:
    outcome = invoke("verify")
    assert (outcome.status, outcome.stdout) == (0, "Verified the log: 44 events, all as they were recorded.\n")
    assert invoke("verify", "--format", "json").json == {"ok": True, "events": 44, "fault": None}


def test_one_audit_can_be_verified(invoke: Invoke) -> None:
    assert invoke("verify", FAILED).stdout == f"Verified run {FAILED}.1: 8 events, all as they were recorded.\n"
    assert invoke("verify", "vrts_ffff").status == 2


def test_a_changed_byte_is_found_and_its_position_named(tampered: Invoke) -> None:
    outcome = tampered("verify")
    assert outcome.status == 1
    assert "position 17" in outcome.stdout and TEE in outcome.stdout
    fault = tampered("verify", "--format", "json").json["fault"]
    assert (fault["position"], fault["run_id"]) == (17, f"{TEE}.1")


def test_an_audit_beside_the_changed_one_still_verifies(tampered: Invoke) -> None:
    assert tampered("verify", RUNNING).status == 0
    assert tampered("verify", TEE).status == 1


def test_a_log_that_is_not_there_cannot_be_verified(invoke_empty: Invoke) -> None:
    assert invoke_empty("verify").status == 2
