"""`veritas list` shows every run, newest first."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from store.log import EventLog
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, RUNNING, TEE, write, write_all
from tests.projections.recordings import Recording, requested
from tests.run_rows import fill
from veritas.archive.archive import Archive
from veritas.cli import cli
from veritas.config import default_key
from veritas.events.recorder_events import BatchCreated


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
        "archived_in": None,
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


@pytest.mark.parametrize(("output", "stdout"), [("json", "[]\n"), ("jsonl", ""), ("table", "")])
def test_filters_that_match_nothing_are_an_empty_result_and_a_sentence(
    invoke: Invoke, output: str, stdout: str
) -> None:
    listed = invoke("list", "--status", "interrupted", "--url", "http://shop.test/", "--format", output)
    assert (listed.status, listed.stdout) == (0, stdout)
    assert listed.stderr == "No audit matches all of the filters; leave one of them out.\n"


def test_a_run_whose_end_was_erased_has_an_unknown_status(tmp_path: Path) -> None:
    write_all(tmp_path / "log.db")
    invoke = invoke_in(tmp_path / "log.db")
    (end,) = invoke("events", FAILED, "--type", "run_finished", "--format", "json").json
    erased = (
        "redact",
        FAILED,
        str(end["seq"]),
        "--source",
        "recorder",
        "--reason",
        "asked for",
        "--by",
        "jane",
        "--yes",
    )
    assert invoke(*erased).status == 0
    assert [row["audit_id"] for row in invoke("list", "--status", "unknown", "--format", "json").json] == [FAILED]


def test_the_number_of_audits_can_be_limited(invoke: Invoke) -> None:
    assert [row["audit_id"] for row in invoke("list", "--limit", "1", "--format", "json").json] == [RUNNING]
    assert invoke("list", "--limit", "0").status == 2


@pytest.mark.parametrize(("output", "stdout"), [("json", "[]\n"), ("jsonl", ""), ("table", "")])
def test_no_log_of_the_users_own_is_an_empty_result_and_a_sentence(output: str, stdout: str) -> None:
    outcome = CliRunner().invoke(cli, ["list", "--format", output])
    assert (outcome.exit_code, outcome.stdout) == (0, stdout)
    assert outcome.stderr.startswith("Nothing is recorded yet in '")
    assert outcome.stderr.endswith("veritas.db'; `veritas URL` audits a site.\n")


@pytest.mark.parametrize(("options", "output"), [((), ""), (("--batch", "btch_1", "--format", "json"), "[]\n")])
def test_a_log_with_a_batch_alone_is_an_empty_result_and_a_sentence(
    tmp_path: Path, options: tuple[str, ...], output: str
) -> None:
    """The list has audits, and none of them has begun."""
    batch = Recording("btch_1")
    batch.recorder(BatchCreated("btch_1", "submit", None, [], "quick_scan", 1))
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, batch)
    listed = invoke_in(tmp_path / "log.db")("list", *options)
    assert (listed.status, listed.stdout) == (0, output)
    assert listed.stderr == "No audit of the batch 'btch_1' has begun; `veritas show btch_1` shows the batch.\n"


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


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Invoke:
    """Run the command line on a log with 300 audits."""
    database = tmp_path_factory.mktemp("many") / "log.db"
    with EventLog.open(database) as log:
        fill(log, 300)
    return invoke_in(database)


def test_filters_are_combined(many: Invoke) -> None:
    """A listed run matches each of them, and no other does."""
    every = many("list", "--format", "json").json
    found = many(
        *("list", "--format", "json", "--status", "completed", "--status", "failed", "--tag", "eu"),
        *("--finding", "hidden_cost", "--risk", ">=suspicious"),
    ).json
    risky = ("suspicious", "high_risk", "likely_fraudulent")
    assert found == [
        row for row in every if "eu" in row["tags"] and "hidden_cost" in row["kinds"] and row["risk_level"] in risky
    ]
    assert 0 < len(found) < len(every) == 300


def test_a_batch_is_named_by_the_beginning_of_its_id(many: Invoke) -> None:
    every = [row["batch"] for row in many("list", "--format", "json").json if row["batch"]]
    short = many("list", "--batch", every[0], "--format", "json").json
    assert len(short) == every.count(every[0])
    ambiguous = many("list", "--batch", "btch_0")
    assert ambiguous.status == 2 and "The ids of several batches begin with 'btch_0' (btch_0" in ambiguous.stderr


def test_the_latest_batch_is_the_one_that_was_created_last(tmp_path: Path) -> None:
    """Even if it has no audit yet."""
    database = tmp_path / "log.db"
    with Archive.open(database) as archive:
        run = Recording(f"{RUNNING}.1")
        run.recorder(requested(audit_id=RUNNING, batch="btch_0000000000000001", tags=["eu"]))
        write(archive, run)
        invoke = invoke_in(database)
        refused = invoke("list", "--batch", "latest")
        assert "There is no batch 'latest'; the batches in this log are btch_0000000000000001." in refused.stderr
        created = Recording("btch_0000000000000001")
        created.recorder(BatchCreated("btch_0000000000000001", "audit", None, ["eu"], "quick_scan", 1))
        write(archive, created)
    (row,) = invoke("list", "--batch", "latest", "--format", "json").json
    assert (row["batch"], row["tags"]) == ("btch_0000000000000001", ["eu"])


def test_an_age_is_the_time_since(tmp_path_factory: pytest.TempPathFactory) -> None:
    now = time.time()
    database = tmp_path_factory.mktemp("ages") / "log.db"
    with Archive.open(database) as archive:
        for number, age in enumerate((3 * 86_400, 3_600, 60)):
            run = Recording(f"vrts_{number:016x}.1")
            run.recorder(requested(audit_id=f"vrts_{number:016x}"), at=now - age)
            write(archive, run)
    invoke = invoke_in(database)
    assert [len(invoke("list", "--since", age, "--format", "json").json) for age in ("1w", "2d", "1.5h", "5m")] == [
        *(3, 2, 2, 1)
    ]
    assert [row["audit_id"][-1] for row in invoke("list", "--until", "2h", "--format", "json").json] == ["0"]
    assert "is not a time; give a date, such as 2026-11-24 or 2026-11-24T12:03:04Z, or an age, such as 2d" in (
        invoke("list", "--since", "yesterday").stderr
    )


def test_pages_follow_each_other(many: Invoke) -> None:
    by_score = ("list", "--sort", "score")
    every = [row["run_id"] for row in many(*by_score, "--format", "json").json]
    pages = [
        [
            row["run_id"]
            for row in many("list", "--sort", "score", "--limit", "120", "--page", page, "--format", "json").json
        ]
        for page in ("1", "2", "3")
    ]
    assert [len(page) for page in pages] == [120, 120, 60]
    assert [run for page in pages for run in page] == every
    beyond = many("list", "--limit", "120", "--page", "4")
    assert (beyond.status, beyond.stderr) == (2, "Error: There is no page 4: 300 runs fill 3 pages of 120.\n")
    assert many("list", "--page", "2").status == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--tag", "ue"),
            "No audit has the tag 'ue'; the tags in this log are 2026-11, eu, quote\"d, shops, team:red.",
        ),
        (("--tag", "a b"), "'a b' is not a tag; give 1 to 64 characters"),
        (
            ("--finding", "x"),
            "No audit has a finding of the kind 'x'; the kinds in this log are countdown_resets, false",
        ),
        (
            ("--risk", "bad"),
            "'bad' is not a risk level; give one of trusted, probably_safe, suspicious, high_risk, lik",
        ),
        (("--risk", ">=unknown"), "'>=unknown' is not a risk level"),
        (("--batch", "x"), "There is no batch 'x'; the batches in this log are btch_0000000000000000, btch_"),
        (
            ("--url", "shop1.exampel"),
            "No audit of 'shop1.exampel' is recorded; the similar hosts in this log are shop1.example",
        ),
    ],
)
def test_a_value_that_does_not_exist_is_refused_and_the_existing_ones_are_named(
    many: Invoke, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = many("list", *arguments)
    assert (refused.status, refused.stdout) == (2, "")
    assert sentence in refused.stderr and refused.stderr.count("\n") == 1


def test_values_that_exist_and_match_nothing_together_are_an_empty_list(many: Invoke) -> None:
    nothing = many("list", "--finding", "hidden_cost", "--status", "failed", "--format", "json")
    assert (nothing.status, nothing.json) == (0, [])
