"""`veritas replay --format` writes a run in the formats of other programs, to stdout or into a file."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.invoking import Invoke, Outcome, invoke_in, run_process
from tests.cli.logs import FAILED, HOSTILE, RUNNING, TEE, write
from tests.projections.recordings import START, Recording, requested
from tests.replay.formats.writing import comparable_state
from veritas.archive.archive import Archive
from veritas.events.recorder_events import RunFinished
from veritas.projections.audit_state import AuditState
from veritas.replay.formats import FORMATS, Kind

WRITTEN = [name for name, chosen in FORMATS.items() if chosen.kind is not Kind.NO_OUTPUT and name != "har"]
REPLAY = f"{shlex.quote(sys.executable)} -m veritas replay --no-wait"


@pytest.mark.parametrize("name", WRITTEN)
def test_a_file_has_the_same_content_as_stdout(invoke: Invoke, tmp_path: Path, name: str) -> None:
    outcome = invoke("replay", TEE, "--format", name, "-o", str(tmp_path / "file"))
    assert outcome == Outcome(0, "", "")
    assert (tmp_path / "file").read_text() == invoke("replay", TEE, "--format", name, "--no-wait").stdout != ""


@pytest.mark.parametrize("name", WRITTEN)
def test_a_running_audit_is_written_up_to_its_last_event(invoke: Invoke, name: str) -> None:
    outcome = invoke("replay", RUNNING, "--format", name, "--no-wait")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert "analyzing" in outcome.stdout or "Visual Intelligence" in outcome.stdout


@pytest.mark.parametrize("name", [name for name in WRITTEN if not FORMATS[name].single_run])
def test_several_audits_are_merged(invoke: Invoke, name: str) -> None:
    outcome = invoke("replay", TEE, FAILED, "--format", name, "--no-wait")
    assert outcome.status == 0
    assert "Forensic Judge" in outcome.stdout or '"judge"' in outcome.stdout
    assert "pwned" in outcome.stdout


@pytest.mark.parametrize("name", WRITTEN)
def test_files_and_documents_are_written_at_once(tmp_path: Path, name: str) -> None:
    """Even if the run took a year."""
    run = Recording()
    run.recorder(requested(), at=START)
    run.child("scout", "navigating", seq=1, at=START)
    run.recorder(RunFinished("completed", "queue"), at=START + 365 * 86_400)
    with Archive.open(tmp_path / "log.db") as archive:
        write(archive, run)
    invoke = invoke_in(tmp_path / "log.db")
    assert invoke("replay", run.run_id, "--format", name, "-o", str(tmp_path / "file")).status == 0
    if FORMATS[name].kind is Kind.DOCUMENT:
        assert invoke("replay", run.run_id, "--format", name).stdout == (tmp_path / "file").read_text()


@pytest.mark.parametrize("pace", [("--speed", "2"), ("--idle-limit", "2")], ids=lambda pace: pace[0])
@pytest.mark.parametrize(
    "at_once", [("-o", "file"), ("--no-wait",), ("--format", "otlp"), ("--format", "har")], ids=" ".join
)
def test_a_pace_is_refused_if_everything_is_written_at_once(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pace: tuple[str, str], at_once: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = invoke("replay", TEE, *pace, *at_once)
    assert (outcome.status, outcome.stdout, [*tmp_path.iterdir()]) == (2, "", [])
    assert outcome.stderr == (
        f"Error: {pace[0]} has no effect with {at_once[0]}, which writes everything at once; give one of them.\n"
    )


def test_an_existing_file_is_replaced_only_with_force(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    refused = invoke("replay", TEE, "--format", "jsonl", "-o", str(file))
    assert (refused.status, file.read_text()) == (2, "mine")
    assert refused.stderr == f"Error: {str(file)!r} already exists; give another name, or --force to replace it.\n"
    assert invoke("replay", TEE, "--format", "jsonl", "-o", str(file), "--force").status == 0
    assert len(file.read_text().splitlines()) == 19


def test_a_run_without_requests_makes_no_har_file(invoke: Invoke, tmp_path: Path) -> None:
    outcome = invoke("replay", TEE, "--format", "har", "-o", str(tmp_path / "run.har"))
    assert outcome.status == 2
    assert outcome.stderr.startswith(f"Error: The selected events of run '{TEE}.1' include no network request")
    assert list(tmp_path.iterdir()) == []


def test_the_queue_format_needs_a_queue_and_writes_no_file(invoke: Invoke, tmp_path: Path) -> None:
    into_file = invoke("replay", TEE, "--format", "queue", "-o", str(tmp_path / "file"))
    assert into_file.stderr == "Error: --format queue writes nothing; leave out -o.\n"
    nowhere = invoke("replay", TEE, "--format", "queue", "--no-wait")
    assert (into_file.status, nowhere.status) == (2, 2)
    assert nowhere.stderr.startswith("Error: No queue to put the events into: ")


def test_redacted_events_are_reported_on_stderr(tmp_path: Path, log: Path) -> None:
    copy = tmp_path / "log.db"
    assert invoke_in(log)("db", "backup", str(copy)).status == 0
    invoke = invoke_in(copy)
    assert invoke("redact", TEE, "3", "--reason", "a card number", "--yes").status == 0
    outcome = invoke("replay", TEE, "--format", "markers", "--no-wait")
    assert outcome.stderr == "Left out 1 event whose bytes were removed from the log: 3.\n"
    assert outcome.stdout.count("##PROGRESS:") == 14


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")
def test_every_format_escapes_hostile_text_on_a_terminal(log: Path) -> None:
    """One process writes all formats, each with a command of its own."""
    ours, theirs = pty.openpty()
    arguments = [["replay", FAILED, "--no-wait", "--format", name, "--db", str(log)] for name in WRITTEN]
    program = f"from veritas.cli import cli\nfor words in {arguments}:\n    cli(words, standalone_mode=False)"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=theirs, stderr=theirs):
        os.close(theirs)
        shown_events = b""
        try:
            while chunk := os.read(ours, 65536):
                shown_events += chunk
        except OSError:  # the end of the terminal on Linux
            pass
    os.close(ours)
    assert "pwned" in HOSTILE and shown_events.count(b"pwned") >= len(WRITTEN)
    assert shown_events.decode().replace("\r\n", "").isprintable()


@pytest.mark.parametrize(("audit", "name"), [(TEE, "markers"), (FAILED, "queue")])
def test_a_recorded_replay_has_the_state_of_the_original(log: Path, tmp_path: Path, name: str, audit: str) -> None:
    """Except its status and error, which are those of the replay's own process."""
    program = shlex.split(f"{REPLAY} {audit} --db {shlex.quote(str(log))} --format {name}")
    done = run_process("record", "--json", "--db", str(tmp_path / "again.db"), "--", *program)
    assert done.returncode == 0, done.stderr
    run_id, source = json.loads(done.stdout)["run_id"], "queue" if name == "queue" else "stdout"
    first, again = recorded(log, f"{audit}.1", "queue"), recorded(tmp_path / "again.db", run_id, source)
    if audit == FAILED:
        assert (first[0].pop("status"), again[0].pop("status")) == ("failed", "completed")
        assert first[0].pop("failure") and again[0].pop("failure") is None
        assert first[0].pop("error") and again[0].pop("error") is None
    assert again == first


def recorded(database: Path, run_id: str, source: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return the parts of a run's state that depend on its child's events, and the bytes from one source."""
    with Archive.open(database, create=False) as archive:
        events = list(archive.events(run_id))
        return comparable_state(AuditState.of(events)), [
            archive.wire(event) for event in events if event.source == source
        ]


def test_a_cast_contains_its_idle_limit(invoke: Invoke) -> None:
    """Its times are the recorded ones; the player of the cast shortens the pauses."""
    heading, *lines = invoke("replay", TEE, "--format", "cast", "--idle-limit", "1.5").stdout.splitlines()
    assert json.loads(heading)["idle_time_limit"] == 1.5
    assert lines == invoke("replay", TEE, "--format", "cast").stdout.splitlines()[1:]
    assert invoke("replay", TEE, "--format", "cast", "--speed", "2").status == 2


def test_a_cast_of_a_part_begins_with_the_state_before_it(invoke: Invoke) -> None:
    """Its time begins at that point too, so a viewer does not wait before an empty screen."""
    whole = json.loads(invoke("replay", TEE, "--format", "cast").stdout.splitlines()[0])
    heading, *events = map(
        json.loads, invoke("replay", TEE, "--format", "cast", "--from", "vision").stdout.splitlines()
    )
    assert heading == whole | {"timestamp": whole["timestamp"] + 2}
    output = "".join(data for _, code, data in events if code == "o")
    assert output.replace("\r\n", "\n") == invoke("replay", TEE, "--no-wait", "--from", "vision").stdout
    assert "running in security" in events[0][2]
    assert [event[:2] for event in events[:3]] == [[0.0, "o"], [0.0, "m"], [0.0, "o"]]
    assert [time for time, _, _ in events][-1] == 8.0
