"""A transport is a row of a table: a third one, which the program does not know, carries a recorded run.

The child process, the named pipe and the log are real.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tests
from tests.channels import fifo
from tests.channels.fifo import BREAKS_AFTER, FIFO
from veritas.archive.archive import Archive
from veritas.channels.receiver import Receiver
from veritas.core.mode_decision import Decision
from veritas.core.transports import TRANSPORTS, transport_of
from veritas.events.recorder_events import IpcFellBack, TransportMeasured
from veritas.projections.audit_state import AuditState
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import RunOutcome, new_audit_id

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system does not have named pipes")


class FifoRun(AuditRunner):
    """A run whose child has the third transport."""

    def __init__(self, archive: Archive, journal: Path, mode: str = FIFO, **environment: str) -> None:
        decision = Decision(mode, "STATIC", "the test")
        super().__init__(new_audit_id(), "http://a.test/", archive=archive, decision=decision)
        self._journal = journal
        self._additional = {"PYTHONPATH": str(Path(tests.__file__).parents[1])} | environment

    def _environment(self, receiver: Receiver | None, scratch: str) -> dict[str, str]:
        return super()._environment(receiver, scratch) | self._additional

    def _own_command(self, mode: str, scratch: str) -> list[str]:
        usual = super()._own_command(mode, scratch)
        arguments = usual[usual.index("veritas.recording.child") + 1 :]
        return [sys.executable, "-P", "-m", "tests.channels.fifo_child", str(self._journal), *arguments]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(tmp_path / "log.db") as archive:
        yield archive


@pytest.fixture
def third(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register the third transport for the time of a test."""
    monkeypatch.setitem(TRANSPORTS, FIFO, TRANSPORTS["stdout"])  # so that the row is removed after the test
    fifo.register()


def finish(run: AuditRunner) -> RunOutcome:
    return asyncio.run(run.run(lambda message: None))


def numbers(archive: Archive, run: AuditRunner) -> dict[str, list[int]]:
    """Return the numbers of the events that each source delivered."""
    found: dict[str, list[int]] = {}
    for recorded in archive.events(run.run_id):
        if recorded.source != "recorder":
            found.setdefault(recorded.source, []).append(recorded.seq)
    return found


def recorder_events(archive: Archive, run: AuditRunner, kind: str) -> list[Any]:
    return [recorded.from_recorder for recorded in archive.recorder_events(kind, run_id=run.run_id)]


def test_a_third_transport_carries_a_run_under_its_own_name(third: None, archive: Archive, tmp_path: Path) -> None:
    """Every event is in the log once, and the run's effective mode is the transport."""
    run = FifoRun(archive, tmp_path / "journal")
    assert finish(run).status == "completed"
    found = numbers(archive, run)
    assert list(found) == [FIFO] and len(found[FIFO]) > 300
    assert found[FIFO] == list(range(1, len(found[FIFO]) + 1))
    state = AuditState.of(archive.events(run.run_id))
    assert (state.effective_mode, state.fallbacks, state.drops) == (FIFO, [], [])
    assert state.exit is not None and state.exit.received == {FIFO: state.exit.emitted}
    (measured,) = recorder_events(archive, run, TransportMeasured.type)
    assert list(measured.delays) == [FIFO]


def test_events_that_it_can_no_longer_carry_continue_over_stdout(third: None, archive: Archive, tmp_path: Path) -> None:
    """A fallback may happen at any time, because the parent reads stdout."""
    run = FifoRun(archive, tmp_path / "journal", **{BREAKS_AFTER: "100"})
    assert finish(run).status == "completed"
    found = numbers(archive, run)
    assert found[FIFO] == list(range(1, 101))
    assert found["stdout"] == list(range(101, len(found["stdout"]) + 101))
    assert recorder_events(archive, run, IpcFellBack.type) == [
        IpcFellBack(FIFO, "stdout", "broke", "the pipe broke", last_confirmed=100)
    ]


def test_a_child_that_cannot_open_it_uses_stdout(
    third: None, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child reports from which transport it fell back, and why."""
    monkeypatch.setattr(fifo.FifoReceiver, "environment", {})
    run = FifoRun(archive, tmp_path / "journal")
    assert finish(run).status == "completed"
    assert list(numbers(archive, run)) == ["stdout"]
    assert recorder_events(archive, run, IpcFellBack.type) == [
        IpcFellBack(FIFO, "stdout", "not_given", "The child was given no pipe.")
    ]


def test_a_parent_that_cannot_create_it_uses_stdout(
    third: None, archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recorder records that before the child starts, and the child uses stdout from the start."""

    def refuse(path: Path) -> None:
        raise OSError("no room")

    monkeypatch.setattr("os.mkfifo", refuse)
    run = FifoRun(archive, tmp_path / "journal")
    assert finish(run).status == "completed"
    assert list(numbers(archive, run)) == ["stdout"]
    assert recorder_events(archive, run, IpcFellBack.type) == [
        IpcFellBack(FIFO, "stdout", "not_created", "The pipe cannot be created: no room.")
    ]


def test_each_mode_has_one_transport() -> None:
    """Validation uses the queue, and stdout at the same time."""
    assert {mode: transport_of(mode) for mode in (*TRANSPORTS, "validate")} == {
        "queue": "queue",
        "stdout": "stdout",
        "validate": "queue",
    }


def test_stdout_needs_no_end_in_the_parent() -> None:
    """The parent reads it in every mode."""
    assert [name for name, row in TRANSPORTS.items() if row.make_receiver is None] == ["stdout"]
