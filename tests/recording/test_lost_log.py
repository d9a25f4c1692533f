"""A run whose log is deleted is stopped at the next commit; the copy and the spool together have everything of it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from store.errors import DatabaseLost
from tests.cli.invoking import invoke_in
from veritas.archive.archive import Archive
from veritas.core.mode_decision import Decision
from veritas.errors import RunSpooled, SpoolFailed
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import finish

AUDIT = "vrts_00000000000000aa"
ENDLESS = """
import itertools, time
for seq in itertools.count(1):
    time.sleep(.01)
    print('##PROGRESS:{"phase": "init", "step": "x", "seq": %d}' % seq, flush=True)
"""


async def test_a_log_that_is_deleted_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program would go on for ever."""
    monkeypatch.setattr("veritas.recording.spool.default_spool", lambda: tmp_path / "spool")
    database = tmp_path / "log.db"
    seen: list[object] = []

    def delete_once(message: object) -> None:
        if not seen:
            database.unlink()
        seen.append(message)

    with Archive.open(database) as archive:
        command, decision = [sys.executable, "-c", ENDLESS], Decision("stdout", "STATIC", "test")
        runner = AuditRunner(AUDIT, None, None, archive=archive, command=command, decision=decision)
        with pytest.raises(RunSpooled, match="was deleted or moved while it was open") as raised:
            await runner.run(delete_once)
    (copy,) = tmp_path.glob("*.backup")
    assert f"`veritas ingest --db {copy} {raised.value.file}`" in str(raised.value)
    invoke = invoke_in(copy)
    assert invoke("verify").status == 0
    assert invoke("ingest", str(raised.value.file)).status == 1  # the run failed
    (row,) = invoke("list", "--format", "json").json
    assert row["status"] == "failed"
    numbers = [
        event["seq"] for event in invoke("events", AUDIT, "--format", "json").json if event["source"] == "stdout"
    ]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 1
    assert invoke("verify").status == 0
    assert not database.exists()


async def test_a_log_that_is_deleted_after_its_last_commit_fails_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No commit notices it, and the copy has the whole run."""
    database = tmp_path / "log.db"

    def finish_and_delete(*arguments: Any) -> str | None:
        unsigned = finish(*arguments)
        database.unlink()
        return unsigned

    monkeypatch.setattr("veritas.recording.audit_runner.finish", finish_and_delete)
    with Archive.open(database) as archive:
        command, decision = [sys.executable, "-c", ""], Decision("stdout", "STATIC", "test")
        runner = AuditRunner(AUDIT, None, None, archive=archive, command=command, decision=decision)
        with pytest.raises(DatabaseLost, match="all that was recorded in it is in the copy") as raised:
            await runner.run(lambda message: None)
    assert raised.value.copy is not None
    with Archive.open(raised.value.copy, create=False) as rescued:
        assert rescued.has_ended(f"{AUDIT}.1")
        assert rescued.log.verify().fault is None


async def test_an_interrupt_hides_no_error_of_the_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the command would say that everything is in the log."""

    def fail(*arguments: Any) -> str | None:
        raise SpoolFailed

    monkeypatch.setattr("veritas.recording.audit_runner.finish", fail)
    with Archive.open(tmp_path / "log.db") as archive:
        command, decision = [sys.executable, "-c", ENDLESS], Decision("stdout", "STATIC", "test")
        runner = AuditRunner(AUDIT, None, None, archive=archive, command=command, decision=decision)
        began = asyncio.Event()
        task = asyncio.create_task(runner.run(lambda message: began.set()))
        await began.wait()
        task.cancel()
        with pytest.raises(SpoolFailed):
            await task
