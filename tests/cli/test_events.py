"""`veritas events` lists every observation in the order of the log."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from tests.cli.invoking import Invoke
from tests.cli.logs import FAILED, TEE, write
from tests.projections.recordings import Recording, requested
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.events.progress import ProgressEvent, encode_event
from veritas.recording.recorder import RunRecorder


def test_every_observation_is_listed_in_order(invoke: Invoke) -> None:
    events = invoke("events", TEE, "--format", "json").json
    positions = [event["position"] for event in events]
    assert len(events) == 34
    assert positions == sorted(positions)
    assert (events[0]["type"], events[-1]["type"]) == ("audit_requested", "run_finished")
    assert events[0]["extra"]["url"] == "http://shop.test/"


def test_two_observations_of_one_event_have_the_same_bytes(invoke: Invoke) -> None:
    hashes = {
        source: [
            (event["seq"], event["body_sha256"])
            for event in invoke("events", TEE, "--source", source, "--format", "json").json
        ]
        for source in ("queue", "stdout")
    }
    assert len(hashes["queue"]) == 15
    assert hashes["queue"] == hashes["stdout"]


def test_events_can_be_selected_by_source_type_and_phase(invoke: Invoke) -> None:
    def chosen(*arguments: str) -> list[tuple[str, str]]:
        events = invoke("events", TEE, *arguments, "--format", "json").json
        return [(event["phase"], event["type"]) for event in events]

    assert chosen("--type", "finding", "--source", "queue") == [("vision", "finding")]
    assert len(chosen("--phase", "scout", "--phase", "graph")) == 10
    assert chosen("--type", "no_such_type") == []


def test_all_formats_have_the_same_content(invoke: Invoke) -> None:
    rows = invoke("events", FAILED).rows
    array = invoke("events", FAILED, "--format", "json").json
    assert [json.loads(line) for line in invoke("events", FAILED, "--format", "jsonl").stdout.splitlines()] == array
    assert [int(row["position"]) for row in rows] == [event["position"] for event in array]
    assert [row["type"] for row in rows] == [event["type"] for event in array]
    assert rows[3]["phase/step"] == "scout/navigating"
    assert rows[4]["detail"] == "from queue to stdout (1 event sent again): The socket is gone."


def test_a_screenshot_is_given_by_its_hash(invoke: Invoke) -> None:
    [event] = invoke("events", TEE, "--type", "screenshot", "--source", "queue", "--format", "json").json
    assert len(event["artifact"]) == 64
    assert "data" not in event and "data" not in event["extra"]


def test_events_can_be_selected_by_points_in_time(invoke: Invoke) -> None:
    chosen = invoke("events", TEE, "--since", "vision", "--until", "vision/done", "--source", "queue").rows
    assert [row["seq"] for row in chosen] == ["8", "9", "10"]
    assert [row["seq"] for row in invoke("events", TEE, "--until", "+0s").rows] == ["1", "2", "3"]
    assert [row["type"] for row in invoke("events", TEE, "--since", "r4").rows] == ["run_finished"]
    outcome = invoke("events", TEE, "--since", "vision/dome")
    assert (outcome.status, outcome.stderr.count("\n")) == (2, 1)
    assert "its steps there are 'analyzing', 'finding', 'done'." in outcome.stderr
    assert invoke("events", TEE, "--until", "vision/dome", "--format", "json").json  # and no array without its end


@pytest.mark.parametrize(
    ("pattern", "positions"),
    [("queue to stdout", [39]), (r"hostile\.test", [35]), (r"\x1b\[2J", [38, 40, 41]), ("no such words", [])],
    ids=["the detail in the table", "the body", "escaped in the table", "nothing"],
)
def test_events_can_be_searched_by_detail_and_body(invoke: Invoke, pattern: str, positions: list[int]) -> None:
    found = invoke("events", FAILED, "--grep", pattern, "--format", "json").json
    assert [event["position"] for event in found] == positions


def test_an_invalid_regular_expression_is_refused(invoke: Invoke) -> None:
    outcome = invoke("events", FAILED, "--grep", "(")
    assert outcome.status == 2
    assert "'(' is not a regular expression: missing ), unterminated subpattern" in outcome.stderr


@pytest.mark.parametrize("output", ["table", "json", "jsonl"])
def test_following_an_ended_run_lists_it(invoke: Invoke, output: str) -> None:
    listed = invoke("events", TEE, "--format", output)
    assert invoke("events", TEE, "--follow", "--format", output) == listed


@pytest.mark.parametrize("output", ["table", "json", "jsonl"])
def test_a_running_audit_is_shown_event_by_event(tmp_path: Path, output: str) -> None:
    """In a pipe, each event is shown before another process records the next one."""
    database = tmp_path / "log.db"
    run = Recording()
    run.recorder(requested())
    with Archive.open(database) as archive:
        write(archive, run)
        recorder = RunRecorder(archive.log, run.run_id)
        command = [sys.executable, "-m", "veritas", "events", run.run_id, "--follow", "--format", output]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen([*command, "--db", str(database)], **pipes) as process:
            assert process.stdout is not None and process.stderr is not None
            text = read_up_to(process.stdout, b"audit_requested")
            for seq in (1, 2, 3):
                event = ProgressEvent(detail=f"news {seq}", seq=seq)
                recorder.record([EventReceived("queue", encode_event(event))])
                text += read_up_to(process.stdout, b"news %d" % seq)
            process.send_signal(signal.SIGINT)
            text += process.stdout.read()
            assert process.wait() == 130
            assert process.stderr.read().strip() == b"Interrupted."
    if output == "json":
        assert [event["seq"] for event in json.loads(text)] == [1, 1, 2, 3]
    else:
        assert text.count(b"\n") == 4 + (output == "table")


def read_up_to(stream: IO[bytes], text: bytes) -> bytes:
    """Return the content of *stream* up to *text*, as soon as that has arrived."""
    output = b""
    while text not in output:
        output += (more := stream.read(1))
        assert more, output
    return output


def test_options_that_match_no_event_are_reported_without_an_error(invoke: Invoke) -> None:
    for choice in (("--type", "findnig"), ("--phase", "scuot"), ("--source", "stdout", "--type", "run_finished")):
        outcome = invoke("events", TEE, *choice, "--format", "jsonl")
        assert (outcome.status, outcome.stdout) == (0, "")
        assert f"`veritas events {TEE}.1` lists all events" in outcome.stderr
    assert invoke("events", TEE, "--source", "queue").stderr == ""
