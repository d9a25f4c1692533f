"""`veritas list` shows every run, newest first."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from tests.cli.invoking import Invoke
from tests.cli.logs import FAILED, RUNNING, TEE
from veritas.cli import cli
from veritas.config import default_key


def test_audits_are_listed_newest_first_with_their_outcome(invoke: Invoke) -> None:
    listed = invoke("list", "--format", "json").json
    assert [row["audit_id"] for row in listed] == [RUNNING, FAILED, TEE]
    assert [row["status"] for row in listed] == ["running", "failed", "completed"]
    assert listed[2] == {
        "audit_id": TEE,
        "run_id": f"{TEE}.1",
        "url": "http://shop.test/",
        "tier": "quick_scan",
        "origin": "audit",
        "imported_from": None,
        "status": "completed",
        "trust_score": 44,
        "risk_level": "suspicious",
        "findings": 1,
        "kinds": {"countdown_resets": 1},
        "failure": None,
        "batch": None,
        "tags": [],
        "job": None,
        "mode": "queue+stdout",
        "started_at": "2025-11-22T08:26:40.000000Z",
        "finished_at": "2025-11-22T08:26:50.000000Z",
        "duration": 10.0,
    }


def test_all_formats_have_the_same_content(invoke: Invoke) -> None:
    rows = invoke("list").rows
    array = invoke("list", "--format", "json").json
    lines = [json.loads(line) for line in invoke("list", "--format", "jsonl").stdout.splitlines()]
    assert lines == array
    assert [row["audit_id"] for row in rows] == [row["audit_id"] for row in array]
    assert (rows[2]["trust_score"], rows[2]["risk_level"], rows[0]["trust_score"]) == ("44", "suspicious", "-")


@pytest.mark.parametrize(("status", "audits"), [("failed", [FAILED]), ("running", [RUNNING]), ("interrupted", [])])
def test_audits_can_be_selected_by_status(invoke: Invoke, status: str, audits: list[str]) -> None:
    assert [row["audit_id"] for row in invoke("list", "--status", status, "--format", "json").json] == audits


def test_the_number_of_audits_can_be_limited(invoke: Invoke) -> None:
    assert [row["audit_id"] for row in invoke("list", "--limit", "1", "--format", "json").json] == [RUNNING]
    assert invoke("list", "--limit", "0").status == 2


@pytest.mark.parametrize(("output", "stdout"), [("json", "[]\n"), ("jsonl", ""), ("table", "")])
def test_no_log_of_the_users_own_is_an_empty_result_and_a_sentence(output: str, stdout: str) -> None:
    outcome = CliRunner().invoke(cli, ["list", "--format", output])
    assert (outcome.exit_code, outcome.stdout) == (0, stdout)
    assert outcome.stderr.startswith("Nothing is recorded yet in '")
    assert outcome.stderr.endswith("veritas.db'; `veritas URL` audits a site.\n")


def test_a_log_that_was_named_and_does_not_exist_is_an_error(invoke_empty: Invoke, invoke: Invoke) -> None:
    """An empty list would be a wrong answer if the name is misspelt, wherever it was given."""
    for missing in (invoke_empty("list", "--format", "json"), invoke("list", "--db", "typo.db")):
        assert (missing.status, missing.stdout) == (2, "")
        assert "Error: There is no log at '" in missing.stderr
        assert missing.stderr.endswith("'; check the name; the first audit creates one.\n")


def test_a_key_needs_no_log(invoke_empty: Invoke) -> None:
    shown = invoke_empty("key", "show")
    assert shown.status == 0 and shown.stdout.startswith("key")
    assert shown.stderr.startswith("There is no log at '") and shown.stderr.endswith("', so no signers are shown.\n")
    default_key().unlink()
    assert invoke_empty("key", "create").status == 0


def test_listing_creates_no_log(invoke_empty: Invoke) -> None:
    invoke_empty("list")
    assert "There is no log at" in invoke_empty("db", "current").stderr
