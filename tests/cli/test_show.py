"""`veritas show` tells what is known about an audit."""

from __future__ import annotations

import pytest

from tests.cli.invoking import Invoke
from tests.cli.logs import FAILED, RUNNING, TEE
from tests.projections.recordings import FINDING, VERDICT


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
        "finding\tCountdown starts anew",
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
    ("name", "said"), [("vrts_a", "stands for several audits"), ("vrts_ffff", "No audit's id begins with 'vrts_ffff'")]
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
