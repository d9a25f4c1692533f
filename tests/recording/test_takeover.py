"""A process ends the run of a recorder that counts as gone; if that goes on, nothing more of it is recorded."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from pathlib import Path

import pytest

from store.log import RunFilter
from tests.cli.invoking import invoke_in
from tests.databases import database, postgresql, sqlite
from tests.processes import descendants, until
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.core.mode_decision import Decision
from veritas.errors import RunTakenOver
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import COMPLETED, OutputCaptured, RunFinished
from veritas.projections.audit_state import AuditState
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import request_event
from veritas.recording.takeover import end_abandoned

__all__ = ["database", "postgresql", "sqlite"]

AUDIT = "vrts_00000000000000aa"
RUN = f"{AUDIT}.1"
REASON = "The worker sent no heartbeat."
ENDLESS = """
import itertools, time
for seq in itertools.count(1):
    time.sleep(.01)
    print('##PROGRESS:{"phase": "init", "step": "x", "seq": %d}' % seq, flush=True)
"""


def begun(archive: Archive, run_id: str = RUN) -> RunRecorder:
    """Begin a run, and return its recorder."""
    recorder = RunRecorder(archive.log, run_id)
    recorder.note(request_event(AUDIT, origin="audit", url="http://shop.test/", tier="quick_scan"))
    return recorder


async def test_a_recorder_that_goes_on_is_stopped_and_says_why(database: str) -> None:
    """The program that it records would go on for ever; the log has one end, and nothing after it."""
    with Archive.open(database) as archive, Archive.open(database) as other:
        command, decision = [sys.executable, "-c", ENDLESS], Decision("stdout", "STATIC", "test")
        runner = AuditRunner(AUDIT, None, None, archive=archive, command=command, decision=decision)
        task = asyncio.create_task(runner.run(lambda message: None))
        await until(lambda: task.done() or AuditState.of(other.events(RUN)).emitted)
        ended = await asyncio.to_thread(end_abandoned, other, RUN, REASON)
        with pytest.raises(RunTakenOver, match=f"recorder of run '{RUN}' for gone and ended the run"):
            await task
        await until(lambda: not [each for each in descendants() if "itertools.count" in each.line])
        *_, last = other.events(RUN)
        state = AuditState.of(other.events(RUN))
        assert (state.status, state.error, state.effective_mode) == ("abandoned", REASON, "stdout")
        assert ended.as_dict() == state.as_dict()
        assert isinstance(last.from_recorder, RunFinished)
        assert last.from_recorder.by == ProcessIdentity.own()
        assert [row.status for row in list_runs(other, RunFilter(statuses=("abandoned",)))] == ["abandoned"]
    assert invoke_in(Path(database) if "://" not in database else database)("verify").status == 0


def test_a_run_that_has_ended_keeps_its_end(database: str) -> None:
    with Archive.open(database) as archive:
        begun(archive).note(RunFinished(COMPLETED, "none"))
        before = archive.log.head()
        assert end_abandoned(archive, RUN, REASON).status == COMPLETED
        assert archive.log.head() == before


def test_of_a_recorder_and_two_that_take_over_one_ends_the_run(database: str) -> None:
    """All three write at once, over and over: each run has one end, which is its last event."""
    with Archive.open(database) as archive:
        for number in range(1, 9):
            run_id = f"{AUDIT}.{number}"
            recorder = begun(archive, run_id)

            def finish(recorder: RunRecorder = recorder) -> None:
                with contextlib.suppress(RunTakenOver):
                    for offset in range(3):
                        recorder.note(OutputCaptured("stdout", "text", offset))
                    recorder.note(RunFinished(COMPLETED, "none"))

            def take_over(run_id: str = run_id) -> None:
                with Archive.open(database) as other:
                    assert end_abandoned(other, run_id, REASON).ended

            threads = [threading.Thread(target=each) for each in (finish, take_over, take_over)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            types = [recorded.event.type for recorded in archive.events(run_id)]
            assert types.count(RunFinished.type) == 1
            assert types[-1] == RunFinished.type
        verification = archive.log.verify()
        assert verification.fault is None
