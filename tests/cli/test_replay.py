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
from tests.cli.logs import FAILED, TEE


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


@pytest.mark.parametrize("speed", ["0", "-1", "nan", "inf", "fast", "1e-300", "1e300"])
def test_a_speed_that_is_none_is_refused(invoke: Invoke, speed: str) -> None:
    outcome = invoke("replay", TEE, "--speed", speed)
    assert (outcome.status, outcome.stdout) == (2, "")


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
