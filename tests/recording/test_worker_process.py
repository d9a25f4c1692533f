"""A worker process does one audit after another, and each is recorded as if it had a process of its own.

The worker, its browser, the queue's manager and the log are real.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.processes import Process, descendants, until, wait_until
from tests.serving import PAGE, Answer, serving
from veritas.archive.archive import Archive
from veritas.config import child_environment
from veritas.core.mode_decision import Decision
from veritas.events.recorder_events import ProcessReleased, ProcessStarted
from veritas.projections.audit_state import AuditState
from veritas.recording.audit_options import AuditOptions
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import RunOutcome, new_audit_id
from veritas.recording.worker_process import WorkerProcess

MODES = {"queue": {"queue"}, "stdout": {"stdout"}, "validate": {"queue", "stdout"}}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    with serving(lambda path: PAGE, "text/html") as url:
        yield url


def shop_that(acts: Callable[[], object]) -> AbstractContextManager[str]:
    """Serve a shop that calls *acts* before it answers the first request, which is the scout's."""
    called = threading.Event()

    def answer(path: str) -> bytes:
        if not called.is_set():
            called.set()
            acts()
        return PAGE

    return serving(answer, "text/html")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open(tmp_path_factory.mktemp("runs") / "log.db") as archive:
        yield archive


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerProcess]:
    with WorkerProcess() as worker:
        yield worker


def run(
    archive: Archive,
    url: str,
    worker: WorkerProcess,
    mode: str = "queue",
    send: Callable[[dict[str, Any]], None] = lambda message: None,
    **options: Any,
) -> tuple[RunOutcome, AuditState, list[Any]]:
    """Do a quick scan; return its outcome, its state and the recorder's events."""
    runner = AuditRunner(
        new_audit_id(), url, "quick_scan", archive=archive, decision=Decision(mode, "STATIC", "test"), worker=worker,
        **options,
    )  # fmt: skip
    outcome = asyncio.run(runner.run(send))
    return outcome, AuditState.of(archive.events(runner.run_id)), own_events(archive, runner.run_id)


def own_events(archive: Archive, run_id: str) -> list[Any]:
    return [recorded.from_recorder for recorded in archive.events(run_id) if recorded.source == "recorder"]


def started(events: list[Any]) -> ProcessStarted:
    (found,) = (event for event in events if isinstance(event, ProcessStarted))
    return found


def browser_start(archive: Archive, run_id: str) -> dict[str, Any]:
    """Return the summary of the browser's start."""
    found = next(
        recorded.event.summary
        for recorded in archive.events(run_id)
        if recorded.source != "recorder" and (recorded.event.phase, recorded.event.step) == ("init", "done")
    )
    return dict(found)


def is_any(process: Process, *words: str) -> bool:
    return any(word in process.line for word in words)


def browser_of(pid: int) -> int:
    """Return the process id of the Chromium of a worker."""
    (found,) = (
        process.pid
        for process in descendants(pid)
        if "--remote-debugging-pipe" in process.line and not is_any(process, "--type=", "run-driver")
    )
    return found


def test_audits_in_every_mode_share_a_process_and_nothing_else(
    archive: Archive, shop: str, worker: WorkerProcess
) -> None:
    """Each is complete over the transports that it asked for, and says how many the process has done before."""
    pids, audits = set(), []
    for mode, sources in MODES.items():
        outcome, state, events = run(archive, shop, worker, mode)
        assert outcome.ok, outcome
        assert set(state.observations) - {"recorder"} == sources
        assert isinstance(state.exit, ProcessReleased)
        assert (state.exit.exit_code, state.exit.emitted) == (0, state.emitted)
        for source in sources:
            seqs = [recorded.seq for recorded in archive.events(outcome.run_id) if recorded.source == source]
            assert seqs == list(range(1, state.emitted + 1))
        types = [event.type for event in events]
        assert types[2:4] == ["process_started", "process_released"]
        assert types[-1] == "run_finished"
        assert not {"ipc_fell_back", "events_dropped", "gap_found", "line_rejected", "output_captured"} & set(types)
        pids.add(started(events).pid)
        audits.append((started(events).audits_before, browser_start(archive, outcome.run_id)["audits_before"]))
    first = audits[0][0]
    assert len(pids) == 1
    assert audits == [(first + number, first + number) for number in range(3)]


def test_a_site_that_cannot_be_seen_fails_with_one_sentence(archive: Archive, worker: WorkerProcess) -> None:
    """The scout's error is in the log and in the last message, and the other phases were run."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        url = f"http://127.0.0.1:{bound.getsockname()[1]}/"  # nothing listens there once it is closed
    messages: list[dict[str, Any]] = []
    outcome, state, _ = run(archive, url, worker, send=messages.append)
    assert outcome.status == "failed"
    assert outcome.error is not None and "refuses the connection" in outcome.error
    assert state.phases["scout"].status == "failed"
    assert state.phases["security"].status in ("completed", "failed")
    assert state.phases["complete"].status == "failed"
    assert (messages[-1]["type"], messages[-1]["error"]) == ("audit_error", outcome.error)


def test_a_page_that_does_not_exist_fails_with_the_servers_status(archive: Archive, worker: WorkerProcess) -> None:
    """The error page was seen and recorded, but it is not the page that was requested.

    Neither it nor a site that cannot be seen uses the process up.
    """
    _, _, before = run(archive, "http://127.0.0.1:9/", worker)
    with serving(lambda path: Answer(PAGE, 404), "text/html") as url:
        outcome, state, events = run(archive, url, worker)
    assert outcome.status == "failed"
    assert outcome.error is not None and "404 (Not Found)" in outcome.error
    assert state.phases["scout"].status == "completed"
    assert state.screenshots
    assert started(events).pid == started(before).pid
    assert started(events).audits_before == started(before).audits_before + 1


def test_a_killed_worker_fails_its_audit_and_no_other(archive: Archive, shop: str, worker: WorkerProcess) -> None:
    """What it had sent is in the log, nothing of it is left, and the next audit gets a new one."""

    def kill_worker() -> None:
        pid = worker.take()[0].pid
        seen.extend(descendants(pid))
        os.kill(pid, signal.SIGKILL)

    seen: list[Process] = []
    with shop_that(kill_worker) as url:
        outcome, state, _ = run(archive, url, worker)
    assert (outcome.status, outcome.error) == ("failed", "The child process was killed by SIGKILL.")
    assert state.emitted > 0
    wait_until(lambda: not [process for process in seen if process.lives])
    outcome, _, events = run(archive, shop, worker)
    assert outcome.ok
    assert started(events).audits_before == 0


def test_a_killed_browser_fails_its_audit_and_no_other(archive: Archive, shop: str, worker: WorkerProcess) -> None:
    """The worker goes on with a new browser."""
    with shop_that(lambda: os.kill(browser_of(worker.take()[0].pid), signal.SIGKILL)) as url:
        outcome, _, events = run(archive, url, worker)
    assert outcome.status == "failed"
    assert outcome.error is not None and "browser" in outcome.error
    outcome, _, later = run(archive, shop, worker)
    assert outcome.ok, outcome
    assert started(later).pid == started(events).pid
    assert browser_start(archive, outcome.run_id)["audits_before"] == 0


def test_a_worker_that_hangs_is_killed(
    archive: Archive, worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit ends when its time and the worker's are over; without that it would never end."""
    monkeypatch.setattr("veritas.recording.worker_process._PATIENCE", 0.5)
    with shop_that(lambda: os.kill(worker.take()[0].pid, signal.SIGSTOP)) as url:
        outcome, _, _ = run(archive, url, worker, options=AuditOptions(timeout=3))
    assert outcome.status == "failed"
    assert outcome.error == "The child process did not end the audit in its 3 s, and was killed."


def test_an_interrupted_audit_ends_in_the_log_and_its_worker_with_it(archive: Archive, shop: str) -> None:
    """No process is left when the audit has ended, and the next audit gets a new worker."""
    asked, ended = threading.Event(), threading.Event()

    def wait_for_the_end() -> None:
        asked.set()
        ended.wait(60)

    async def interrupted(runner: AuditRunner) -> None:
        task = asyncio.create_task(runner.run(lambda message: None))
        await until(asked.is_set)
        seen.extend(descendants(worker.take()[0].pid))
        task.cancel()
        await task

    seen: list[Process] = []
    with WorkerProcess() as worker, shop_that(wait_for_the_end) as url:
        runner = AuditRunner(
            new_audit_id(), url, "quick_scan", archive=archive, decision=Decision("queue", "STATIC", "test"),
            worker=worker,
        )  # fmt: skip
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(interrupted(runner))
        ended.set()
        assert AuditState.of(archive.events(runner.run_id)).status == "interrupted"
        wait_until(lambda: not [process for process in seen if process.lives])
        outcome, _, events = run(archive, shop, worker)
        assert outcome.ok
        assert started(events).audits_before == 0


@pytest.mark.slow
def test_nothing_is_left_of_a_closed_worker(archive: Archive, shop: str) -> None:
    """Neither a process nor a temporary file."""
    with WorkerProcess() as worker:
        run(archive, shop, worker)
        seen = [process for process in descendants() if process.pid != os.getpid()]
        own = [process for process in seen if process.pid == worker.take()[0].pid]
        scratch = Path(worker._scratch.path) if worker._scratch else Path()
        below = descendants(own[0].pid)
        assert below and scratch.is_dir()
    wait_until(lambda: not [process for process in (*own, *below) if process.lives])
    assert not scratch.exists()
    worker.close()  # a second call does nothing


PARENT = """
import asyncio, sys
from pathlib import Path
from veritas.archive.archive import Archive
from veritas.core.mode_decision import Decision
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import new_audit_id
from veritas.recording.worker_process import WorkerProcess

if __name__ == "__main__":
    with Archive.open(Path(sys.argv[1])) as archive, WorkerProcess() as worker:
        while True:
            decision = Decision("queue", "STATIC", "test")
            runner = AuditRunner(
                new_audit_id(), sys.argv[2], "quick_scan", archive=archive, decision=decision, worker=worker
            )
            asyncio.run(runner.run(lambda message: print(message["phase"], flush=True)))
            print("next", flush=True)
"""


def test_a_worker_does_not_outlive_a_killed_parent(shop: str, tmp_path: Path) -> None:
    """No worker, driver, browser or manager is left, in an audit that is not the first."""
    program = tmp_path / "parent.py"
    program.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(program), str(tmp_path / "log.db"), shop],
        env=child_environment(ROOT, TMPDIR="/tmp"),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    lines = iter(parent.stdout)
    for word in ("next", "scout"):
        while next(lines).strip() != word:
            pass
    seen = descendants(parent.pid)
    assert [process for process in seen if "veritas.recording.child --worker" in process.line]
    parent.kill()
    parent.wait(60)
    with suppress(ValueError):
        parent.stdout.close()
    wait_until(lambda: not [process for process in seen if process.lives])
