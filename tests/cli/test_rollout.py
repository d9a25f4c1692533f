"""`veritas rollout` shows and changes the share of audits that get the queue, and explains each audit's mode."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks._rollout_log import fill_with_runs
from tests.cli.invoking import Invoke, invoke_in
from tests.cli.logs import FAILED, TEE, write_all
from tests.cli.terminal import run_in_terminal
from tests.projections.recordings import requested
from veritas.archive.archive import Archive
from veritas.events.recorder_events import EventsDropped, IpcModeSelected, ProcessExited, RunFinished
from veritas.recording.recorder import RunRecorder

ROLLED_BACK = 4


@pytest.fixture
def invoke(tmp_path: Path) -> Invoke:
    return invoke_in(tmp_path / "veritas.db")


def test_the_page_has_the_decision_of_the_gate_until_a_rollback(invoke: Invoke) -> None:
    invoke("rollout", "start", "--reason", "ready")
    assert "No audit was decided at this stage yet." in invoke("rollout", "metrics", "--format", "html").stdout
    invoke("rollout", "rollback", "--reason", "lost one")
    page = invoke("rollout", "metrics", "--format", "html").stdout
    assert "lost one" in page and "nothing to judge" in page


def test_a_rollout_is_started_advanced_and_rolled_back(invoke: Invoke) -> None:
    assert "There is no log at" in invoke("rollout", "status").stderr
    started = invoke("rollout", "start", "--reason", "ready", "--by", "jane@desk")
    assert started.status == 0
    assert "stage\t10%\nshare\t10% of the audits get the queue\n" in started.stdout
    assert "start by jane@desk" in started.stdout
    assert "next\t50%" in invoke("rollout", "advance", "--reason", "fine").stdout
    assert "stage\tstdout\nshare\t0% of the audits" in invoke("rollout", "rollback", "--reason", "lost one").stdout
    rows = invoke("rollout", "history").rows
    assert [(row["action"], row["stage"], row["share"]) for row in rows] == [
        ("start", "10%", "10%"),
        ("advance", "25%", "25%"),
        ("rollback", "stdout", "0%"),
    ]
    assert [entry["reason"] for entry in invoke("rollout", "history", "--format", "json").json] == [
        "ready",
        "fine",
        "lost one",
    ]
    (status,) = invoke("rollout", "status", "--format", "json").json
    assert (status["stage"], status["share"], status["next"], status["held"]) == ("stdout", 0.0, "10%", False)
    assert "next\t10%, after `veritas rollout start`" in invoke("rollout", "status").stdout
    assert invoke("verify").status == 0
    assert invoke("list", "--format", "json").json == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("advance", "--reason", "x"), "There is no log at"),
        (("start", "--stages", "20,10", "--reason", "x"), "do not grow"),
        (("start", "--stages", "a=200", "--reason", "x"), "Invalid stage 'a'; a percentage is more than 0 and at"),
        (("start", "--stages", "0,50", "--reason", "x"), "Invalid stage '0%'"),
        (("start", "--stages", "stdout=20,100", "--reason", "x"), "A stage cannot have the name 'stdout'"),
        (("start", "--tier", "deep", "--reason", "x"), "deep"),
        (("start", "--reason", " "), "The value of --reason is empty"),
        (("history", "--rollout", "other"), "There is no rollout 'other'"),
        (("explain",), "give either AUDIT or --key"),
        (("explain", "--key", ""), "give either AUDIT or --key"),
        (("explain", "vrts_0", "--key", "k"), "give either AUDIT or --key"),
        (("explain", "vrts_0"), "No audit's id begins with 'vrts_0'"),
        (("start",), "Missing option '--reason'"),
    ],
)
def test_invalid_input_is_one_sentence_and_status_2(invoke: Invoke, arguments: tuple[str, ...], words: str) -> None:
    if arguments[0] in ("history", "explain"):
        invoke("rollout", "start", "--reason", "ready")
    outcome = invoke("rollout", *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert words in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_the_status_shows_a_hold_until_it_is_released(invoke: Invoke) -> None:
    invoke("rollout", "start", "--reason", "ready")
    invoke("rollout", "hold", "--reason", "until Monday", "--by", "jane")
    assert "held\tby jane: `veritas rollout hold --release` releases it" in invoke("rollout", "status").stdout
    assert invoke("rollout", "status", "--format", "json").json[0]["held"] is True
    invoke("rollout", "hold", "--release", "--reason", "it is Monday")
    assert "held" not in invoke("rollout", "status").stdout


def test_a_key_is_explained_by_the_stage_in_force(invoke: Invoke) -> None:
    invoke("rollout", "start", "--stages", "25,100", "--reason", "ready")
    explained = invoke("rollout", "explain", "--key", "vrts_0123456789abcdef", "--format", "json").json
    assert (explained["mode"], explained["share"], explained["share_origin"]) == ("stdout", 0.25, "stage 25%")
    output = invoke("rollout", "explain", "--key", "vrts_0123456789abcdef").stdout
    assert "because its bucket 0.2742 in the rollout queue-ipc is not below the share 0.25" in output


def test_an_audit_is_explained_by_its_recorded_decision(invoke: Invoke, tmp_path: Path) -> None:
    write_all(tmp_path / "veritas.db")
    fell_back = invoke("rollout", "explain", FAILED, "--format", "json").json
    assert (fell_back["mode"], fell_back["fell_back"]) == ("queue", "from queue to stdout: The socket is gone.")
    assert "It got" in invoke("rollout", "explain", TEE).stdout


def test_an_overriding_variable_causes_a_warning(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    invoke("rollout", "start", "--reason", "ready", "--rollout", "deep", "--tier", "deep_forensic")
    monkeypatch.setenv("QUEUE_IPC_ROLLOUT", "1.0")
    outcome = invoke("rollout", "start", "--reason", "ready")
    assert "Warning: The rollout 'deep' decides the audits of tier deep_forensic: 10% of them" in outcome.stderr
    assert "Warning: QUEUE_IPC_ROLLOUT='1.0' is set in this environment and overrides every rollout." in outcome.stderr
    assert "QUEUE_IPC_ROLLOUT" in invoke("rollout", "status").stderr


def test_metrics_and_gate_of_a_rollout_without_audits(invoke: Invoke) -> None:
    """All counts are 0, and the gate cannot decide."""
    invoke("rollout", "start", "--reason", "ready")
    metrics = invoke("rollout", "metrics", "--format", "json").json
    assert [(stage["name"], stage["runs"]) for stage in metrics["stages"]] == [("10%", 0)]
    table = invoke("rollout", "metrics")
    assert "10%" in table.stdout
    assert "The log has no such audit whose mode this rollout could have decided." in table.stderr
    assert (
        'veritas_rollout_share_ratio{rollout="queue-ipc",stage="10%",tier=""} 0.1'
        in invoke("rollout", "metrics", "--format", "prometheus").stdout
    )
    gate = invoke("rollout", "gate", "--auto")
    assert gate.status == 2
    assert "No audit was decided at this stage yet." in gate.stdout
    assert "Nothing was changed." in gate.stderr
    assert len(invoke("rollout", "history").rows) == 1


def test_no_number_is_cut_at_80_columns(tmp_path: Path) -> None:
    """Even with tens of thousands of audits, at stages with names of usual length."""
    database = tmp_path / "veritas.db"
    with Archive.open(database) as archive:
        fill_with_runs(archive.log, 20_000)
    shown = run_in_terminal("-m", "veritas", "rollout", "metrics", width=80, VERITAS_DB=str(database))
    assert "20,000" in shown and "Times" in shown
    assert "…" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("gate", "--dry-run"), "--dry-run works only with --auto"),
        (("gate", "--by", "x"), "--by works only with --auto"),
        (("gate", "--set", "margn=1"), "Invalid threshold 'margn=1'"),
        (("gate", "--set", "margin=2"), "margin cannot be '2'"),
        (("gate", "--rollout", "other"), "There is no rollout 'other'"),
        (("metrics", "--rollout", "other"), "There is no rollout 'other'"),
        (("metrics", "--tier", "deep"), "There is no tier 'deep'"),
        (("metrics", "--since", "yesterday"), "'yesterday' is not a time"),
        (("metrics", "--since", "2026-11-01", "--format", "prometheus"), "leave out --since"),
        (("simulate", "--loss", "nan"), "'nan' is not a number"),
        (("simulate", "--audits", "inf"), "is not a number above 0 and up to 100,000"),
        (("simulate", "--seed", "-1"), "is not a whole number from 0 to"),
    ],
)
def test_invalid_options_are_refused_in_one_sentence(invoke: Invoke, arguments: tuple[str, ...], words: str) -> None:
    invoke("rollout", "start", "--reason", "ready")
    outcome = invoke("rollout", *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert words in outcome.stderr


def test_a_rolled_back_rollout_is_not_judged(invoke: Invoke) -> None:
    invoke("rollout", "start", "--reason", "ready")
    invoke("rollout", "rollback", "--reason", "lost one")
    assert "was rolled back" in invoke("rollout", "gate").stderr
    assert invoke("rollout", "metrics").status == 0


def test_imported_audits_do_not_count_for_the_gate(invoke: Invoke, tmp_path: Path) -> None:
    """Even if the stages have the same names."""
    bundle, other = tmp_path / "lossy.veritas.zip", tmp_path / "other.db"
    elsewhere = invoke_in(other)
    assert elsewhere("rollout", "start", "--reason", "ready").status == 0
    with Archive.open(other) as archive:
        audit_id = write_lossy(archive)
    assert elsewhere("rollout", "gate").status == ROLLED_BACK
    assert elsewhere("export", audit_id, "-o", str(bundle)).status == 0
    assert invoke("rollout", "start", "--reason", "ready").status == 0
    assert invoke("import", str(bundle)).status == 0
    assert "No audit was decided at this stage yet." in invoke("rollout", "gate", "--auto").stdout
    metrics = invoke("rollout", "metrics", "--format", "json").json
    assert ([stage["runs"] for stage in metrics["stages"]], metrics["others"]) == ([0], [])


def test_the_gate_reports_a_hold(invoke: Invoke) -> None:
    invoke("rollout", "start", "--reason", "ready")
    invoke("rollout", "hold", "--reason", "a release is due", "--by", "joe")
    rules = {rule["rule"]: rule for rule in invoke("rollout", "gate", "--format", "json").json["rules"]}
    assert rules["held"]["outcome"] == "hold"
    assert "Held by joe since" in rules["held"]["sentence"]


def test_a_hold_is_released(invoke: Invoke) -> None:
    invoke("rollout", "start", "--reason", "ready")
    assert "is not held" in invoke("rollout", "hold", "--release", "--reason", "x").stderr
    invoke("rollout", "hold", "--reason", "a release is due")
    assert invoke("rollout", "hold", "--release", "--reason", "it is out").status == 0
    assert invoke("rollout", "history").rows[-1]["action"] == "release"
    rules = {rule["rule"]: rule for rule in invoke("rollout", "gate", "--format", "json").json["rules"]}
    assert rules["held"]["outcome"] == "pass"


def test_a_rolled_back_rollout_starts_again_with_its_own_stages(invoke: Invoke) -> None:
    invoke("rollout", "start", "--stages", "canary=5,100", "--reason", "ready")
    invoke("rollout", "rollback", "--reason", "lost one")
    assert "stage\tcanary\nshare\t5% of the audits" in invoke("rollout", "start", "--reason", "fixed").stdout


@pytest.mark.parametrize("command", ["advance", "hold"])
def test_a_refused_change_creates_no_log(invoke: Invoke, tmp_path: Path, command: str) -> None:
    assert "There is no log at" in invoke("rollout", command, "--reason", "x").stderr
    assert list(tmp_path.iterdir()) == []


def test_a_simulation_needs_no_log(invoke: Invoke, tmp_path: Path) -> None:
    outcome = invoke("rollout", "simulate", "--worlds", "3", "--latency-queue", "0.1")
    assert outcome.status == 0
    assert "roll back\t10%\tlatency\t3\t100.0%" in outcome.stdout
    assert invoke("rollout", "simulate", "--worlds", "3", "--days", "5", "--format", "json").json["worlds"] == 3
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--success-queue", "97"), "'97' is not a number from 0 to 1"),
        (("--stages", "50,10"), "do not grow"),
        (("--set", "alpha=x"), "alpha cannot be 'x'"),
    ],
)
def test_an_impossible_world_is_refused(invoke: Invoke, arguments: tuple[str, ...], words: str) -> None:
    outcome = invoke("rollout", "simulate", *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert words in outcome.stderr


def write_lossy(archive: Archive) -> str:
    """Record an audit of the first stage whose queue lost an event, and return its id."""
    audit_id = "vrts_cccc000000000004"
    recorder = RunRecorder(archive.log, f"{audit_id}.1")
    recorder.note(requested(audit_id=audit_id), IpcModeSelected("queue", "SPLIT", "queue-ipc", 0.05, 0.1, "stage 10%"))
    recorder.note(EventsDropped.of([(1, 1)]), ProcessExited(0, 1, recorder.received), RunFinished("completed", "queue"))
    return audit_id
