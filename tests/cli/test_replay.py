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
    events = [json.loads(line) for line in invoke("replay", TEE, "--no-wait", "--format", "jsonl").stdout.splitlines()]
    assert [event["seq"] for event in events if event["source"] != "recorder"] == [*range(1, 16)]
    assert events[-1]["offset"] == 10.0


def test_the_terminal_format_shows_the_lines_of_the_audit(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, "--no-wait").stdout.splitlines()
    assert "    0.750 [ 10%] Browser Reconnaissance: http://shop.test/" in lines
    assert "    1.750 [ 30%] Security Audit: failed: The server hung up." in lines
    assert lines[-1] == "   10.000 [100%] Audit: completed after 10.0 s"


def test_the_recorders_events_are_replayed_too(invoke: Invoke) -> None:
    output = invoke("replay", FAILED, "--no-wait").stdout
    assert "ipc_fell_back: from queue to stdout (1 event sent again): The socket is gone." in output


def test_a_paced_replay_has_the_same_output(invoke: Invoke) -> None:
    """At 10,000 times its pace the ten seconds take a millisecond, and the output is that of --no-wait."""
    assert invoke("replay", TEE, "--speed", "10000").stdout == invoke("replay", TEE, "--no-wait").stdout


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--speed", value) for value in ("0", "-1", "nan", "inf", "1e-300", "1e300", "fast")),
        *(("--idle-limit", value) for value in ("0", "-2", "nan", "inf", "long")),
        *((option, value) for option in ("--from", "--until") for value in ("", "101%", "+", "25:00")),
    ],
)
def test_an_invalid_value_is_refused_in_one_sentence(invoke: Invoke, option: str, value: str) -> None:
    outcome = invoke("replay", TEE, f"{option}={value}")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.count("Error: ") == 1
    assert ("float" not in outcome.stderr and "such as" in outcome.stderr) or option in ("--from", "--until")


def test_a_pause_is_shortened_to_the_limit(invoke: Invoke) -> None:
    """The offsets shown are still the recorded ones."""
    cut = invoke("replay", TEE, "--idle-limit", "0.001").stdout
    assert cut == invoke("replay", TEE, "--no-wait").stdout


def test_a_part_begins_with_the_state_before_it(invoke: Invoke) -> None:
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


def test_a_part_as_data_has_no_state(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, "--no-wait", "--from", "judge", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["phase"] for line in lines] == ["judge", "judge", "complete", ""]


def test_selected_events_are_shown_as_in_a_full_replay(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, "--no-wait", "--only", "finding", "--only", "judge").stdout.splitlines()
    everything = invoke("replay", TEE, "--no-wait").stdout.splitlines()
    assert len(lines) == 4
    assert set(lines) < set(everything)


def test_an_unmatched_selection_is_reported(invoke: Invoke) -> None:
    outcome = invoke("replay", TEE, "--no-wait", "--only", "visoin")
    assert (outcome.status, outcome.stdout) == (0, "")
    assert outcome.stderr == "There is no event of 'visoin' in the part to replay.\n"
    outcome = invoke("replay", TEE, "--no-wait", "--only", "finding", "--only", "visoin")
    assert "found (high)" in outcome.stdout
    assert outcome.stderr == "There is no event of 'visoin' in the part to replay.\n"


def test_several_runs_are_merged_with_labels(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, FAILED, "--no-wait").stdout.splitlines()
    assert [line[:9] for line in lines] == sorted(line[:9] for line in lines)
    assert {line.split()[1] for line in lines} == {f"{TEE}.1", f"{FAILED}.1"}
    alone = invoke("replay", TEE, "--no-wait").stdout.splitlines()
    assert [line.replace(f" {TEE}.1", "") for line in lines if TEE in line] == alone


def test_runs_with_distinct_beginnings_have_short_labels(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, RUNNING, "--no-wait").stdout.splitlines()
    assert {line.split()[1] for line in lines} == {TEE[:13], RUNNING[:13]}


def test_each_of_several_runs_begins_at_its_own_point(invoke: Invoke) -> None:
    lines = invoke("replay", TEE, RUNNING, "--no-wait", "--from", "vision", "--format", "jsonl").stdout.splitlines()
    events = map(json.loads, lines)
    begins = [(event["audit_id"], event["offset"]) for event in events if event["step"] == "analyzing"]
    assert begins == [(RUNNING, 1.0), (TEE, 2.0)]
    output = invoke("replay", TEE, RUNNING, "--no-wait", "--from", "vision").stdout
    assert f"    1.000 {RUNNING[:13]} [  0%] requested" in output


def test_a_format_without_run_ids_takes_a_single_audit(invoke: Invoke) -> None:
    outcome = invoke("replay", TEE, FAILED, "--format", "markers")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr == "Error: --format markers takes a single audit; give one.\n"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--step"], "--step needs a terminal"),
        (["--follow", "--no-wait"], "--follow waits"),
        (["--follow", "--until", "judge"], "--follow ends with the audit"),
        (["--follow", FAILED], "--follow takes a single audit"),
        (["--from", "99"], "has no point in time '99'"),
        (["--from", "nowhere"], "has no point in time 'nowhere'"),
        (["--until", "nowhere"], "has no point in time 'nowhere'"),
        (["--from", "judge", "--until", "vision"], "give the earlier point first"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_contradictory_options_are_refused_in_one_sentence(invoke: Invoke, options: list[str], expected: str) -> None:
    outcome = invoke("replay", TEE, *options)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: ") and expected in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_following_an_ended_run_replays_it(invoke: Invoke) -> None:
    outcome = invoke("replay", TEE, "--follow", "--speed", "10000")
    assert outcome.stdout == invoke("replay", TEE, "--no-wait").stdout
    assert outcome.stderr == f"Run '{TEE}.1' has ended or was abandoned; this is its recording.\n"


def test_a_running_audit_is_followed_to_its_end(tmp_path: Path) -> None:
    """Events that are recorded already are shown at once, then each further event as it is committed."""
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
    # The process that started the tests may ignore interrupts, and a child inherits that.
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
