"""`veritas replay` shows a recorded run again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke
from tests.cli.logs import FAILED, RUNNING, TEE, running_run, write
from tests.projections.recordings import START
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import RunFinished
from veritas.recording.recorder import RunRecorder


def test_every_event_of_a_tee_run_is_replayed_once(invoke: Invoke) -> None:
    told = [json.loads(line) for line in invoke("replay", TEE, "--no-wait", "--format", "jsonl").stdout.splitlines()]
    assert [event["seq"] for event in told if event["source"] != "recorder"] == [*range(1, 16)]
    assert told[-1]["offset"] == 10.0


def test_people_are_told_what_was_shown_while_it_ran(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, "--no-wait").stdout.splitlines()
    assert "    0.750 [ 10%] Browser Reconnaissance: http://shop.test/" in lines
    assert "    1.750 [ 30%] Security Audit: failed: The server hung up." in lines
    assert lines[-1] == "   10.000 [100%] Complete: completed after 10.0 s"


def test_what_the_recorder_saw_is_told_as_well(invoke: Invoke) -> None:
    said = invoke("replay", FAILED, "--no-wait").stdout
    assert "ipc_fell_back: from queue to stdout (1 event sent again): The socket is gone." in said


def test_a_replay_waits_as_long_as_the_recording_took(invoke: Invoke) -> None:
    """At ten thousand times its pace: the ten seconds are over at once, and the output is that of --no-wait."""
    assert invoke("replay", TEE, "--speed", "10000").stdout == invoke("replay", TEE, "--no-wait").stdout


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--speed", value) for value in ("0", "-1", "nan", "inf", "1e-300", "1e300", "fast")),
        *(("--idle-limit", value) for value in ("0", "-2", "nan", "inf", "long")),
        *((option, value) for option in ("--from", "--until") for value in ("", "101%", "+", "25:00")),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_in_a_sentence(invoke: Invoke, option: str, value: str) -> None:
    outcome = invoke("replay", TEE, f"{option}={value}")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.count("Error: ") == 1
    assert ("float" not in outcome.stderr and "such as" in outcome.stderr) or option in ("--from", "--until")


def test_a_pause_is_cut_to_the_limit(invoke: Invoke) -> None:
    """Ten seconds are over in no time, and the offsets told are still the recorded ones."""
    cut = invoke("replay", TEE, "--idle-limit", "0.001").stdout
    assert cut == invoke("replay", TEE, "--no-wait").stdout


def test_it_begins_with_what_was_known_at_a_moment_and_ends_at_another(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, "--no-wait", "--from", "vision", "--until", "graph").stdout.splitlines()
    assert lines == [
        "    2.000 [ 30%] running in security",
        "    2.000        Initialization: completed after 0.25 s: done",
        "    2.000        Browser Reconnaissance: completed after 0.50 s: done",
        "    2.000        Security Audit: failed after 0.25 s: The server hung up.",
        "    2.000 [ 30%] Visual Intelligence: analyzing",
        "    2.250 [ 40%] Visual Intelligence: found (high) Countdown restarts: "
        "The countdown shows 05:00 again after a reload.",
        "    2.500 [ 55%] Visual Intelligence: done in 0.50 s",
        "    2.750 [ 60%] Intelligence Network: investigating",
    ]


def test_data_holds_the_events_from_a_moment_on_and_no_state(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, "--no-wait", "--from", "judge", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["phase"] for line in lines] == ["judge", "judge", "complete", ""]


def test_some_events_are_told_as_among_all_the_others(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, "--no-wait", "--only", "finding", "--only", "judge").stdout.splitlines()
    everything = invoke("replay", TEE, "--no-wait").stdout.splitlines()
    assert len(lines) == 4
    assert set(lines) < set(everything)


def test_where_nothing_is_left_that_is_said(invoke: Invoke) -> None:
    outcome = invoke("replay", TEE, "--no-wait", "--only", "visoin")
    assert (outcome.status, outcome.stdout) == (0, "")
    assert outcome.stderr == "There is no event of 'visoin' in the part to replay.\n"
    outcome = invoke("replay", TEE, "--no-wait", "--only", "finding", "--only", "visoin")
    assert "found (high)" in outcome.stdout
    assert outcome.stderr == "There is no event of 'visoin' in the part to replay.\n"


def test_several_runs_are_told_side_by_side_each_by_its_label(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, FAILED, "--no-wait").stdout.splitlines()
    assert [line[:9] for line in lines] == sorted(line[:9] for line in lines)
    assert {line.split()[1] for line in lines} == {f"{TEE}.1", f"{FAILED}.1"}
    alone = invoke("replay", TEE, "--no-wait").stdout.splitlines()
    assert [line.replace(f" {TEE}.1", "") for line in lines if TEE in line] == alone


def test_runs_whose_ids_differ_early_have_short_labels(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, RUNNING, "--no-wait").stdout.splitlines()
    assert {line.split()[1] for line in lines} == {TEE[:13], RUNNING[:13]}


def test_each_of_several_runs_begins_at_its_own_moment(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, RUNNING, "--no-wait", "--from", "vision", "--format", "jsonl").stdout.splitlines()
    begins = [(said["audit_id"], said["offset"]) for said in map(json.loads, lines) if said["step"] == "analyzing"]
    assert begins == [(RUNNING, 1.0), (TEE, 2.0)]
    told = invoke("replay", TEE, RUNNING, "--no-wait", "--from", "vision").stdout
    assert f"    1.000 {RUNNING[:13]} [  0%] requested" in told


def test_what_cannot_be_told_apart_is_not_mixed(invoke: Invoke) -> None:
    outcome = invoke("replay", TEE, FAILED, "--format", "markers")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr == "Error: --format markers takes a single audit; give one.\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--step"], "--step needs a terminal"),
        (["--follow", "--no-wait"], "--follow waits"),
        (["--follow", "--until", "judge"], "--follow ends with the audit"),
        (["--follow", FAILED], "--follow takes a single audit"),
        (["--from", "99"], "has no moment '99'"),
        (["--from", "nowhere"], "has no moment 'nowhere'"),
        (["--until", "nowhere"], "has no moment 'nowhere'"),
        (["--from", "judge", "--until", "vision"], "give the earlier moment first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_done_is_said_in_a_sentence(invoke: Invoke, options: list[str], said: str) -> None:
    outcome = invoke("replay", TEE, *options)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: ") and said in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_run_that_has_ended_is_replayed_and_not_waited_for(invoke: Invoke) -> None:
    outcome = invoke("replay", TEE, "--follow", "--speed", "10000")
    assert outcome.stdout == invoke("replay", TEE, "--no-wait").stdout
    assert outcome.stderr == f"Run '{TEE}.1' has ended or was abandoned; this is its recording.\n"


def test_a_running_audit_is_followed_to_its_end(tmp_path: Path) -> None:
    """What is recorded already comes at once, and then each event as it is committed."""
    run = running_run()
    database = tmp_path / "veritas.db"
    with Archive.open(database) as archive:
        write(archive, run)
        recorder = RunRecorder(archive.log, run.run_id, clock=lambda: START + 260)
        command = [sys.executable, "-m", "veritas", "replay", RUNNING, "--follow", "--db", str(database)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert "audit_requested" in process.stdout.readline()
            assert process.stdout.readline() == "    1.000 [ 30%] Visual Intelligence: analyzing\n"
            event = ProgressEvent(phase="judge", step="deliberating", pct=80, seq=2, timestamp=START + 202)
            recorder.record([EventReceived("stdout", encode_event(event))])
            assert process.stdout.readline() == "    2.000 [ 80%] Forensic Judge: deliberating\n"
            recorder.note(RunFinished("completed", "stdout"))
            assert "completed after 1 min 00 s" in process.stdout.read()
            assert process.wait(timeout=30) == 0


def test_a_replay_can_be_interrupted(log: Path) -> None:
    # Whoever started the tests may have had interrupts ignored, and a child inherits that.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\nfrom veritas.cli import main; main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, "replay", TEE, "--speed", "0.001"],
        env=os.environ | {"VERITAS_DB": str(log), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout and process.stderr
        assert "audit_requested" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert process.stderr.read().strip() == "Interrupted."
