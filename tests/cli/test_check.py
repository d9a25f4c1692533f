"""`veritas check`: rules for recorded audits, their outcome, and files for other programs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from tests.ci.runs import SUSPICIOUS, audit, finding
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import write
from veritas.archive.archive import Archive
from veritas.batch.batch_log import create_batch
from veritas.batch.ids import audit_id_of
from veritas.cli.schema.schemas import all_schemas
from veritas.events.recorder_events import BatchCreated

EARLIER, BAD, GOOD = (f"vrts_{number:016x}" for number in (1, 2, 3))


@pytest.fixture
def checked(tmp_path: Path) -> Invoke:
    """Run the command line on a log with a suspicious audit, a worse one of the same page, and one of another."""
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, audit(finding(), number=1, verdict=SUSPICIOUS))
        write(archive, audit(finding(), finding("preselected_extra"), number=2, verdict=SUSPICIOUS))
        write(archive, audit(number=3, url="http://good.test/", pages=["http://good.test/"]))
    return invoke_in(tmp_path / "log.db")


def test_the_exit_status_is_whether_all_audits_pass(checked: Invoke) -> None:
    assert checked("check", GOOD, "--fail-on", "risk>=suspicious").status == 0
    both = checked("check", GOOD, BAD, "--fail-on", "risk>=suspicious")
    assert (both.status, both.stderr) == (1, "1 of 2 audits did not pass.\n")
    assert [row["outcome"] for row in both.rows] == ["failed", "passed", "passed", "passed"]


def test_without_a_rule_an_audit_has_to_complete(invoke: Invoke) -> None:
    """The log has one that completed, one that failed and one that still runs."""
    assert [
        invoke("check", audit).status for audit in ("vrts_aaaa000000000001", "vrts_aaaa000000000002", "vrts_b")
    ] == [
        0,
        1,
        1,
    ]


def test_only_new_findings_fail_with_a_baseline(checked: Invoke) -> None:
    found = checked("check", BAD, "--fail-on", "new-findings", "--baseline", "latest", "--format", "json")
    Draft202012Validator(all_schemas()["check"].generate()).validate(found.json)
    (only,) = found.json["audits"]
    assert (found.status, only["baseline"]) == (1, f"{EARLIER}.1")
    assert [each["kind"] for each in only["rules"][1]["findings"]] == ["preselected_extra"]
    assert found.stderr.startswith("failed: new-findings: The audit has 1 new finding since")
    assert checked("check", BAD, "--fail-on", "new-findings:csp-not-implemented", "--baseline", "latest").status == 0


def test_the_files_are_written(checked: Invoke, tmp_path: Path) -> None:
    """Even if nothing passes, and an older one only with --force."""
    junit, sarif = tmp_path / "a.xml", tmp_path / "a.sarif"
    command = ["check", BAD, "--fail-on", "score<70", "--junit", str(junit), "--sarif", str(sarif)]
    assert checked(*command).status == 1
    assert ElementTree.parse(junit).getroot().get("failures") == "1"
    assert len(json.loads(sarif.read_bytes())["runs"][0]["results"]) == 2
    again = checked(*command)
    assert (again.status, "already exists" in again.stderr) == (2, True)
    assert checked(*command, "--force").status == 1


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--fail-on", "risk>=bad"], "there is no risk level 'bad'"),
        (["--fail-on", "new-findings"], "needs something to compare with"),
        (["--baseline", "latest"], "Nothing is compared with --baseline"),
        (["--junit", "-"], "'-' is not a valid name for --junit"),
    ],
)
def test_what_makes_no_sense_is_refused(checked: Invoke, arguments: list[str], fault: str) -> None:
    """In one sentence, with exit status 2."""
    refused = checked("check", BAD, *arguments)
    assert (refused.status, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert fault in refused.stderr


def test_a_redacted_event_may_have_been_a_finding(checked: Invoke) -> None:
    """Nobody makes an audit pass by redacting what it found."""
    rule = ("--fail-on", "finding:countdown_resets", "--format", "json")
    (found,) = checked("check", EARLIER, *rule).json["audits"]
    number = found["rules"][1]["findings"][0]["seq"]
    assert checked("redact", EARLIER, str(number), "--reason", "x", "--by", "y", "--yes").status == 0
    after = checked("check", EARLIER, *rule)
    assert (after.status, after.json["audits"][0]["rules"][1]["outcome"]) == (1, "unknown")


def test_a_record_that_was_altered_does_not_pass(checked: Invoke, tmp_path: Path) -> None:
    """Whatever it says now."""
    alter(tmp_path / "log.db", GOOD)
    found = checked("check", GOOD, "--format", "json")
    assert found.status == 1
    assert [(each["rule"], each["outcome"]) for each in found.json["audits"][0]["rules"]] == [
        ("completes", "passed"),
        ("recorded", "failed"),
    ]


def test_a_baseline_that_was_altered_is_refused(checked: Invoke, tmp_path: Path) -> None:
    """One that is named before anything is audited; the latest one makes the check fail."""
    alter(tmp_path / "log.db", EARLIER)
    named = checked("check", BAD, "--fail-on", "new-findings", "--baseline", EARLIER)
    assert (named.status, named.stdout) == (2, "")
    assert f"The baseline '{EARLIER}' is not as it was recorded: position" in named.stderr
    mild = ("--fail-on", "new-findings:csp-not-implemented", "--format", "json")
    (only,) = checked("check", BAD, *mild, "--baseline", "latest").json["audits"]
    assert [(each["rule"], each["outcome"]) for each in only["rules"][1:]] == [
        ("new-findings:csp-not-implemented", "passed"),
        ("baseline-recorded", "failed"),
    ]
    assert not only["passed"] and f"{EARLIER}.1 is not as it was recorded" in only["rules"][2]["why"]


def alter(database: Path, audit_id: str) -> None:
    """Change the child's events of an audit in a log, as an intruder could."""
    with closing(sqlite3.connect(database)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE event SET step = 'begun' WHERE run_id = ? AND source = 'stdout'", (f"{audit_id}.1",))
        connection.commit()


def test_a_batch_passes_if_each_of_its_audits_does(tmp_path: Path) -> None:
    """One that was skipped or has not begun was not seen, and does not pass."""
    with Archive.open(tmp_path / "log.db") as archive:
        request = BatchCreated("", "audit", "shops", [], "quick_scan", 0)
        whole = create_batch(archive, request, ["http://a.test/"])
        log = create_batch(archive, request, ["http://a.test/", "http://b.test/", "http://c.test/"])
        for batch, number in ((whole.batch, 1), (log.batch, 2)):
            write(archive, audit(number=number, audit_id=audit_id_of(batch, 1), url="http://a.test/", batch=batch))
        log.skip(2, "robots_disallowed", "The site's robots.txt disallows the page.")
    invoke = invoke_in(tmp_path / "log.db")
    assert invoke("check", whole.batch, "--fail-on", "risk>=suspicious").status == 0
    partly = invoke("check", log.batch, "--format", "json", "--junit", str(tmp_path / "a.xml"))
    assert partly.status == 1
    assert [each["passed"] for each in partly.json["audits"]] == [True, False, False]
    assert [each["rules"][0]["why"] for each in partly.json["audits"][1:]] == [
        "The audit is not completed but skipped: the site's robots.txt disallows the page.",
        "The audit is not completed but not begun.",
    ]
    suites = ElementTree.parse(tmp_path / "a.xml").getroot().findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["http://a.test/", "http://b.test/", "http://c.test/"]
    assert invoke("check", log.batch[:-1], audit_id_of(log.batch, 1), "--format", "json").json["passed"] is False
    compared = invoke("check", log.batch, "--fail-on", "new-findings", "--baseline", "latest", "--format", "json")
    assert [each["rules"][1]["outcome"] for each in compared.json["audits"]] == ["passed", "unknown", "unknown"]
