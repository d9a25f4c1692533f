"""`veritas diff --all` reports whether every validated run was equal, and where one was not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.cli.invoking import Invoke, invoke_in, run_process
from tests.cli.logs import HOSTILE, write
from tests.cli.terminal import run_in_terminal
from tests.diff.tees import tee_run
from tests.projections.recordings import Recording, whole_run
from veritas.archive.archive import Archive
from veritas.events.recorder_events import RunFinished

FAULTS = ("none", "drop", "round", "mangle", "silent")


def log_of(place: Path, runs: Iterable[Recording]) -> Invoke:
    with Archive.open(place) as archive:
        for run in runs:
            write(archive, run)
    return invoke_in(place)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with one recorded run for each fault."""
    place = tmp_path_factory.mktemp("faults") / "log.db"
    for fault in FAULTS:
        program = (sys.executable, "-m", "tests.diff.faulty_emitter", fault)
        done = run_process("record", "--validate-ipc", "--db", str(place), "--", *program)
        assert done.returncode == int(fault != "none"), done.stderr
    return place


def test_programs_that_send_different_events_are_detected(recorded: Path) -> None:
    outcome = invoke_in(recorded)("diff", "--all", "--format", "json")
    found = outcome.json
    assert outcome.status == 1
    assert (found["validated"], found["compared"], found["equal"], found["different"]) == (5, 4, 1, 3)
    assert {(field["kind"], field["event"], field["field"]) for field in found["fields"]} == {
        ("missing", "scout/x", ""),
        ("altered", "scout/x", "summary.price"),
        ("altered", "scout/x", "detail"),
    }
    examples = {field["field"]: field["examples"][0] for field in found["fields"]}
    assert {example["seq"] for example in examples.values()} == {4}
    assert {examples["summary.price"]["before"], examples["summary.price"]["after"]} == {1.3, 1.25}
    assert [run["reason"] for run in found["uncompared"]] == ["one_transport"]


def test_text_reports_the_same_and_is_escaped(recorded: Path) -> None:
    outcome = invoke_in(recorded)("diff", "--all")
    assert outcome.status == 1
    for output in (
        "different\t3 runs",
        "Fields that differ",
        "summary.price",
        "Not compared",
        "only one transport delivered any",
    ):
        assert output in outcome.stdout
    shown = run_in_terminal("-m", "veritas", "diff", "--all", "--db", str(recorded), width=140)
    assert "3 runs" in shown
    assert "\x1b[2J" not in outcome.stdout + shown


def test_equal_runs_are_status_0(tmp_path: Path) -> None:
    outcome = log_of(tmp_path / "log.db", map(tee_run, range(60)))("diff", "--all")
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines()[0] == "validated\t60 runs"


def test_hostile_events_are_shown_escaped(tmp_path: Path) -> None:
    run = tee_run(1, ended=False, over_stdout={2: {"detail": HOSTILE, "summary": {HOSTILE: 1}}})
    run.child(HOSTILE, HOSTILE, seq=9)
    run.recorder(RunFinished("completed", "queue+stdout"))
    outcome = log_of(tmp_path / "log.db", [run])("diff", "--all")
    assert outcome.status == 1
    assert "pwned" in outcome.stdout
    assert not set(outcome.stdout) & set("\x1b\r\u202e")


def test_runs_can_be_selected_by_time(tmp_path: Path) -> None:
    invoke = log_of(tmp_path / "log.db", map(tee_run, (1, 2, 3)))
    window = ("--since", "2025-11-22T08:28:40Z", "--until", "2025-11-22T09:29:40+01:00")
    assert invoke("diff", "--all", *window, "--format", "json").json["validated"] == 1
    assert invoke("diff", "--all", "--since", "2025-11-22", "--format", "json").json["validated"] == 3


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([], "No run in "),
        ([whole_run("queue")], "No run in "),
        (
            [tee_run(1, over=("queue",)), tee_run(2, ended=False)],
            "None of the 2 validated runs (1 one transport, 1 running)",
        ),
    ],
)
def test_without_comparable_runs_the_remedy_is_given(tmp_path: Path, runs: list[Recording], expected: str) -> None:
    outcome = log_of(tmp_path / "log.db", runs)("diff", "--all")
    assert (outcome.status, outcome.stdout) == (2, "")
    assert expected in outcome.stderr
    assert outcome.stderr.endswith("can be compared; `veritas audit --validate-ipc URL` records a run that can.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--all", "--since", "yesterday"),
        ("--all", "--format", "html"),
        ("--all", "--site", "x"),
        (),
        ("--site", "x", "--since", "2025-01-01"),
    ],
)
def test_contradictory_options_are_refused_in_one_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    outcome = log_of(tmp_path / "log.db", [tee_run(1)])("diff", *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("Error: ") and outcome.stderr.count("\n") == 1
    assert ";" in outcome.stderr


def test_totals_can_be_written_to_a_file(tmp_path: Path) -> None:
    invoke = log_of(tmp_path / "log.db", [tee_run(1)])
    file = tmp_path / "matrix.json"
    assert invoke("diff", "--all", "--format", "json", "-o", str(file)).stdout == ""
    assert json.loads(file.read_text())["different_runs"] == {}
    assert invoke("diff", "--all", "-o", str(file)).status == 2
