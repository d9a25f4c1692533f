"""`veritas show` tells what is known about an audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, HOSTILE, RUNNING, TEE, write
from tests.projections.recordings import FINDING, VERDICT, Recording
from veritas.archive.archive import Archive


def test_the_state_is_told_as_json(invoke: Invoke) -> None:
    state = invoke("show", TEE, "--json").json
    assert (state["status"], state["trust_score"], state["verdict"]) == ("completed", 44, VERDICT)
    assert state["findings"] == [{**FINDING, "seq": 9}]
    assert state["events"] == {"queue": 15, "recorder": 4, "stdout": 15}
    assert invoke("show", TEE, "--format", "json").json == state


def test_people_are_told_the_verdict_what_it_rests_on_and_how_it_came(invoke: Invoke) -> None:
    said = invoke("show", TEE).stdout
    for line in (
        "verdict\tsuspicious, trust score 44 of 100",
        "status\tcompleted in 10.0 s",
        "mode\tvalidate (STATIC: --validate); carried by queue+stdout",
        "events\t15 queue, 4 recorder, 15 stdout",
        "temporal\t20\t100%\t1 finding(s) cost 80 points.",
        "graph\tunknown\t0%\tNo question could be answered.",
        "finding\tCountdown restarts",
        "selector\t#timer",
        "consumer\tDo not hurry.",
    ):
        assert line in said.splitlines(), said
    assert "security\tSecurity Audit\tfailed" in said
    assert "The server hung up." in said


def test_a_failure_is_told_with_what_went_wrong_on_the_way(invoke: Invoke) -> None:
    said = invoke("show", FAILED).stdout
    assert "error\tThe child process was killed by SIGKILL." in said
    assert "fell back\tfrom queue to stdout: The socket is gone. (1 event sent again)" in said
    assert "verdict" not in said


def test_an_audit_that_runs_shows_where_it_is(invoke: Invoke) -> None:
    assert "status\trunning in vision, 30%" in invoke("show", RUNNING).stdout


@pytest.mark.parametrize("name", ["vrts_b", RUNNING, f"{RUNNING}.1"])
def test_any_unique_beginning_of_an_id_will_do(invoke: Invoke, name: str) -> None:
    assert invoke("show", name, "--json").json["audit_id"] == RUNNING


@pytest.mark.parametrize(
    ("name", "said"),
    [("vrts_a", "ids of several audits begin with 'vrts_a'"), ("vrts_ffff", "No audit's id begins with 'vrts_ffff'")],
)
def test_an_id_that_stands_for_none_or_several_is_refused(invoke: Invoke, name: str, said: str) -> None:
    outcome = invoke("show", name)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert said in outcome.stderr


def test_without_a_log_there_is_nothing_to_show(invoke_empty: Invoke) -> None:
    outcome = invoke_empty("show", "vrts_1")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: There is no log at ")


@pytest.mark.parametrize("command", ["show", "events", "replay"])
def test_hostile_text_is_told_without_power_over_the_terminal(invoke: Invoke, command: str) -> None:
    arguments = ["--no-wait"] if command == "replay" else []
    said = invoke(command, FAILED, *arguments).stdout
    assert r"\x1b[2J\x1b[31mpwned\r\nError: no\tsuch \u202egnp.exe [bold red]" in said
    assert "\x1b" not in said and "\u202e" not in said


def test_the_state_at_a_moment_is_what_was_known_then(invoke: Invoke) -> None:
    then = invoke("show", TEE, "--at", "vision/finding", "--json").json
    assert (then["status"], then["phase"], then["pct"], then["verdict"]) == ("running", "vision", 40, None)
    assert [phase["status"] for phase in then["phases"]] == ["completed", "completed", "failed", "running"]
    assert then["at"] == {"moment": "vision/finding", "offset": 2.25, "event": "9", "position": 20}
    said = invoke("show", TEE, "--at", "vision/finding").stdout.splitlines()
    assert said[0] == "point\tvision/finding: +2.250s, event 9"
    assert "status\trunning in vision, 40%" in said
    assert "at" not in invoke("show", TEE, "--json").json


@pytest.mark.parametrize("at", ["9", "+2.25s", "08:26:42.25", "40%"])
def test_all_ways_to_name_a_moment_show_the_same_state(invoke: Invoke, at: str) -> None:
    """But for the second delivery, which is a microsecond of the log's later and at the same time."""
    then = invoke("show", TEE, "--at", at, "--json").json
    assert (then["pct"], then["emitted"], len(then["findings"])) == (40, 9, 1)


def test_what_changed_between_two_moments_is_told_path_by_path(invoke: Invoke) -> None:
    said = invoke("show", TEE, "--diff-from", "vision").stdout.splitlines()
    assert said[:3] == [
        f"run\t{TEE}.1",
        "from\tvision: +2.000s, event 8",
        "to\tnow: +10.000s, event r4",
    ]
    for line in (
        "status: running -> completed",
        "verdict.trust_score: none -> 44",
        "phases.vision.status: running -> completed",
        "findings.9: none -> (high) Countdown restarts",
    ):
        assert line in said
    told = invoke("show", TEE, "--diff-from", "vision", "--at", "vision/finding", "--json").json
    assert (told["run_id"], told["from"]["event"], told["to"]["event"]) == (f"{TEE}.1", "8", "9")
    assert {"path": "pct", "before": 30, "after": 40} in told["changes"]
    assert "\nNo changes\n" in invoke("show", TEE, "--diff-from", "9", "--at", "40%").stdout


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_changes_are_not_told_backwards(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    outcome = invoke("show", TEE, "--diff-from", "4", "--at", "2", *arguments)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert outcome.stderr.startswith(
        "Error: --diff-from '4' (1.000 s after the request) is later than --at '2' (0.500 s)"
    )
    assert outcome.stderr.endswith("give the earlier one as --diff-from.\n")


def test_a_moment_that_the_run_has_not_or_that_is_none_is_refused(invoke: Invoke) -> None:
    for arguments, said in (
        (("--at", "visoin"), "has no moment 'visoin'; its phases are 'init'"),
        (("--diff-from", "99"), "has no moment '99'; its events go up to 15."),
        (("--at", "+3"), "Invalid value for '--at': Invalid moment '+3'; give an event's number"),
    ):
        outcome = invoke("show", TEE, *arguments)
        assert (outcome.status, outcome.stdout) == (2, "")
        assert said in outcome.stderr


def test_the_pages_that_were_visited_are_listed_and_those_that_could_not_be(tmp_path: Path) -> None:
    run = Recording()
    run.child("scout", "page_loaded", seq=1, summary={"url": "http://a.test/", "title": HOSTILE, "status": 200})
    run.child("scout", "page_failed", seq=2, summary={"url": "http://a.test/b", "error": "It timed out."})
    run.child("scout", "page_loaded", seq=3, summary={"url": "http://a.test/c", "title": 3, "status": "x"})
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, run)
    said = invoke_in(tmp_path / "log.db")("show", run.run_id).stdout
    assert "Pages\nevent\tstatus\turl\ttitle\n1\t200\thttp://a.test/\t\\x1b[2J" in said
    assert "\n2\t-\thttp://a.test/b\tIt timed out.\n3\t-\thttp://a.test/c\t-\n" in said
