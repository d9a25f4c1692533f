"""`veritas show` shows an audit's state, as text and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, HOSTILE, RUNNING, TEE, write
from tests.projections.recordings import FINDING, INCONCLUSIVE, VERDICT, Recording
from veritas.archive.archive import Archive
from veritas.events.recorder_events import RunFinished


def test_the_state_is_printed_as_json(invoke: Invoke) -> None:
    state = invoke("show", TEE, "--json").json
    assert (state["status"], state["trust_score"], state["verdict"]) == ("completed", 44, VERDICT)
    assert state["findings"] == [{**FINDING, "seq": 9}]
    assert state["events"] == {"queue": 15, "recorder": 4, "stdout": 15}
    assert invoke("show", TEE, "--format", "json").json == state


def test_text_has_the_verdict_its_signals_and_the_transport(invoke: Invoke) -> None:
    output = invoke("show", TEE, "--full").stdout
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
        assert line in output.splitlines(), output
    assert "security\tSecurity Audit\tfailed" in output
    assert "The server hung up." in output


def test_by_default_the_state_fits_on_a_screen(tmp_path: Path) -> None:
    """However many findings and pages there are; the sections can be asked for one by one."""
    run = Recording()
    for seq in range(1, 61):
        finding = FINDING | {"kind": f"kind_{seq % 30}", "title": f"Title {seq}", "url": f"http://a.test/{seq}"}
        run.child("vision", "finding", seq=seq, type="finding", extra={"finding": finding})
        run.child("scout", "page_loaded", seq=100 + seq, summary={"url": f"http://a.test/{seq}", "status": 200})
    run.child("judge", "done", seq=200, summary=VERDICT)
    run.recorder(RunFinished("completed", "queue"))
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, run)
    invoke = invoke_in(tmp_path / "log.db")
    short, full = invoke("show", "latest").stdout, invoke("show", "latest", "--full").stdout
    assert len(short.splitlines()) < 45 and "and 15 kinds more" in short and "Signals" in short
    assert len(full.splitlines()) > 600
    assert invoke("show", "latest", "pages").stdout.count("http://a.test/") == 60
    assert "Finding 60 of 60" in invoke("show", "latest", "pages", "findings").stdout
    assert "is not one of 'signals'" in invoke("show", "latest", "nonsense").stderr
    assert invoke("show", "latest", "pages", "--json").status == 2
    unset = invoke("show", "latest:")  # as `latest:$URL` gives, which must not show another page's audit
    assert unset.status == 2 and "No audit of ''" in unset.stderr


def test_an_inconclusive_verdict_says_why_and_what_was_not_examined(tmp_path: Path) -> None:
    run = Recording()
    run.child("judge", "done", seq=1, summary=INCONCLUSIVE)
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, run)
    output = invoke_in(tmp_path / "log.db")("show", run.run_id).stdout
    for line in (
        "verdict\tinconclusive, no trust score",
        "because\tOnly 50% of what the pages show was examined.",
        "examined\t63% of the evidence",
        "texts\t7\t2\tmeta\tThey are in 'et'.",
        "the page\t1\t1\tcontent\tIt is blank.",
    ):
        assert line in output.splitlines(), output


def test_a_failed_audit_shows_its_error_and_fallback(invoke: Invoke) -> None:
    output = invoke("show", FAILED).stdout
    assert "error\tThe child process was killed by SIGKILL." in output
    assert "fell back\tfrom queue to stdout: The socket is gone. (1 event sent again)" in output
    assert "verdict" not in output


def test_a_running_audit_shows_its_phase_and_percentage(invoke: Invoke) -> None:
    assert "status\trunning in vision, 30%" in invoke("show", RUNNING).stdout


@pytest.mark.parametrize("name", ["vrts_b", RUNNING, f"{RUNNING}.1"])
def test_any_unique_beginning_of_an_id_is_accepted(invoke: Invoke, name: str) -> None:
    assert invoke("show", name, "--json").json["audit_id"] == RUNNING


@pytest.mark.parametrize(
    ("name", "expected"),
    [("vrts_a", "ids of several audits begin with 'vrts_a'"), ("vrts_ffff", "No audit's id begins with 'vrts_ffff'")],
)
def test_an_unknown_or_ambiguous_id_is_refused(invoke: Invoke, name: str, expected: str) -> None:
    outcome = invoke("show", name)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert expected in outcome.stderr


def test_a_missing_log_is_an_error(invoke_empty: Invoke) -> None:
    outcome = invoke_empty("show", "vrts_1")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: There is no log at ")


@pytest.mark.parametrize("command", ["show", "events", "replay"])
def test_hostile_text_is_escaped(invoke: Invoke, command: str) -> None:
    arguments = ["--no-wait"] if command == "replay" else []
    output = invoke(command, FAILED, *arguments).stdout
    assert r"\x1b[2J\x1b[31mpwned\r\nError: no\tsuch \u202egnp.exe [bold red]" in output
    assert "\x1b" not in output and "\u202e" not in output


def test_the_state_at_a_point_is_computed_from_the_events_up_to_it(invoke: Invoke) -> None:
    then = invoke("show", TEE, "--at", "vision/finding", "--json").json
    assert (then["status"], then["phase"], then["pct"], then["verdict"]) == ("running", "vision", 40, None)
    assert [phase["status"] for phase in then["phases"]] == ["completed", "completed", "failed", "running"]
    assert then["at"] == {"moment": "vision/finding", "offset": 2.25, "event": "9", "position": 20}
    output = invoke("show", TEE, "--at", "vision/finding").stdout.splitlines()
    assert output[0] == "point\tvision/finding: +2.250s, event 9"
    assert "status\trunning in vision, 40%" in output
    assert "at" not in invoke("show", TEE, "--json").json


@pytest.mark.parametrize("at", ["9", "+2.25s", "08:26:42.25", "40%"])
def test_all_forms_of_a_point_show_the_same_state(invoke: Invoke, at: str) -> None:
    """Except for the second delivery of the event, which has the same time."""
    then = invoke("show", TEE, "--at", at, "--json").json
    assert (then["pct"], then["emitted"], len(then["findings"])) == (40, 9, 1)


def test_the_changes_between_two_points_are_listed_by_path(invoke: Invoke) -> None:
    output = invoke("show", TEE, "--diff-from", "vision").stdout.splitlines()
    assert output[:3] == [
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
        assert line in output
    result = invoke("show", TEE, "--diff-from", "vision", "--at", "vision/finding", "--json").json
    assert (result["run_id"], result["from"]["event"], result["to"]["event"]) == (f"{TEE}.1", "8", "9")
    assert {"path": "pct", "before": 30, "after": 40} in result["changes"]
    assert "\nNo changes\n" in invoke("show", TEE, "--diff-from", "9", "--at", "40%").stdout


@pytest.mark.parametrize("arguments", [(), ("--json",)])
def test_the_earlier_point_must_be_given_first(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    outcome = invoke("show", TEE, "--diff-from", "4", "--at", "2", *arguments)
    assert (outcome.status, outcome.stdout, outcome.stderr.count("\n")) == (2, "", 1)
    assert outcome.stderr.startswith(
        "Error: --diff-from '4' (1.000 s after the request) is later than --at '2' (0.500 s)"
    )
    assert outcome.stderr.endswith("give the earlier one as --diff-from.\n")


def test_an_unknown_or_invalid_point_is_refused(invoke: Invoke) -> None:
    for arguments, output in (
        (("--at", "visoin"), "has no point in time 'visoin'; its phases are 'init'"),
        (("--diff-from", "99"), "has no point in time '99'; its events go up to 15."),
        (("--at", "+3"), "Invalid value for '--at': Invalid point in time '+3'; give an event's number"),
    ):
        outcome = invoke("show", TEE, *arguments)
        assert (outcome.status, outcome.stdout) == (2, "")
        assert output in outcome.stderr


def test_visited_and_failed_pages_are_listed(tmp_path: Path) -> None:
    run = Recording()
    run.child("scout", "page_loaded", seq=1, summary={"url": "http://a.test/", "title": HOSTILE, "status": 200})
    run.child("scout", "page_failed", seq=2, summary={"url": "http://a.test/b", "error": "It timed out."})
    run.child("scout", "page_loaded", seq=3, summary={"url": "http://a.test/c", "title": 3, "status": "x"})
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, run)
    output = invoke_in(tmp_path / "log.db")("show", run.run_id, "pages").stdout
    assert "Pages\nevent\tstatus\turl\ttitle\n1\t200\thttp://a.test/\t\\x1b[2J" in output
    assert "\n2\t-\thttp://a.test/b\tIt timed out.\n3\t-\thttp://a.test/c\t-\n" in output
