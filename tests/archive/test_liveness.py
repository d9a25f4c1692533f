"""A run without an end is abandoned if its recorder has certainly ended, and otherwise counts as running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from msgspec.structs import replace

from store.log import RunFilter
from tests.cli.invoking import invoke_in
from tests.cli.logs import write
from tests.processes import descendants, kill, wait_until
from tests.projections.recordings import Recording, requested
from veritas.archive.archive import Archive
from veritas.archive.liveness import count_runs, is_orphaned, list_runs
from veritas.archive.report import report_from_log
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import ProcessStarted, RunFinished
from veritas.replay.point_in_time import PointInTime
from veritas.replay.state_at import state_at

GONE = replace(ProcessIdentity.own(), started="1")


def run_of(recorder: ProcessIdentity | None, number: int, *, ended: bool = False) -> Recording:
    """Return a run that the process *recorder* recorded."""
    audit_id = f"vrts_{number:016x}"
    run = Recording(f"{audit_id}.1")
    run.recorder(requested(audit_id=audit_id, recorder=recorder))
    run.recorder(ProcessStarted(pid=1, command=["x"]))
    run.child("scout", "navigating", seq=1, pct=10)
    if ended:
        run.recorder(RunFinished("completed", "queue"))
    return run


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """A log with a run that is being recorded, an orphaned one, one that ended, and one of an older version."""
    with Archive.open(tmp_path / "log.db") as archive:
        own = ProcessIdentity.own()
        for run in (run_of(own, 1), run_of(GONE, 2), run_of(GONE, 3, ended=True), run_of(None, 4)):
            write(archive, run)
        yield archive


def test_a_run_is_orphaned_only_if_its_recorder_has_ended_and_it_has_not(archive: Archive) -> None:
    assert [is_orphaned(archive, f"vrts_{number:016x}.1") for number in range(1, 5)] == [False, True, False, False]
    assert not is_orphaned(archive, "vrts_no_such_run.1")


def test_the_report_shows_an_abandoned_run_as_such(archive: Archive) -> None:
    for number, status in ((1, "running"), (2, "abandoned"), (3, "completed")):
        page = b"".join(report_from_log(archive, [f"vrts_{number:016x}.1"]).pieces).decode()
        assert f">{status}</span>" in page
        assert (">running</span>" in page) == (status == "running")


def test_an_abandoned_run_was_running_at_every_point_in_time(archive: Archive) -> None:
    run_id = f"vrts_{2:016x}.1"
    now = state_at(archive, run_id).state
    assert (now.status, now.ended, now.phases["scout"].status) == ("abandoned", False, "unfinished")
    assert state_at(archive, run_id, PointInTime.parse("10%")).state.status == "running"
    assert state_at(archive, run_id, PointInTime.parse("+1h")).state.status == "running"


@pytest.mark.parametrize(
    ("status", "limit", "numbers"),
    [
        (None, None, [4, 3, 2, 1]),
        (None, 3, [4, 3, 2]),
        ("abandoned", None, [2]),
        ("running", None, [4, 1]),
        ("running", 1, [4]),
        ("requested", None, []),
        ("completed", None, [3]),
    ],
)
def test_the_list_can_be_filtered_by_the_status_abandoned(
    archive: Archive, status: str | None, limit: int | None, numbers: list[int]
) -> None:
    wanted = RunFilter(statuses=(status,) if status else ())
    rows = list_runs(archive, wanted, limit=limit)
    assert count_runs(archive, wanted) == len(list_runs(archive, wanted))
    assert [int(row.audit_id.removeprefix("vrts_"), 16) for row in rows] == numbers
    assert {row.status for row in rows if row.audit_id.endswith("2")} <= {"abandoned"}


@contextmanager
def recording(database: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Record a program that does nothing; kill all processes at the end."""
    program = [sys.executable, "-c", "import sys; print(1, flush=True); sys.stdin.read()"]
    command = [sys.executable, "-m", "veritas", "record", "--db", str(database), "--", *program]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started = []
    try:
        wait_until(lambda: started.extend(descendants(process.pid)) or _has_started(database))
        yield process
    finally:
        started.extend(descendants(process.pid))
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        kill(child for child in started if child.lives)


def _has_started(database: Path) -> bool:
    if not database.exists():
        return False
    with Archive.open(database) as archive:
        return any(recorded.event.type == ProcessStarted.type for recorded in archive.events())


@pytest.mark.skipif(sys.platform != "linux", reason="the processes are read from /proc")
def test_a_recorder_that_is_killed_leaves_an_abandoned_run(tmp_path: Path) -> None:
    database = tmp_path / "log.db"
    with Archive.open(database):
        pass  # created here, because the test reads it while another process would create it
    invoke = invoke_in(database)
    with recording(database) as process:
        assert [row["status"] for row in invoke("list", "--format", "json").json] == ["running"]
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        [row] = invoke("list", "--status", "abandoned", "--format", "json").json
        shown = invoke("show", row["run_id"], "--json").json
    assert (row["status"], shown["status"], shown["finished_at"]) == ("abandoned", "abandoned", None)
    assert "status\tabandoned" in invoke("show", row["run_id"]).stdout
