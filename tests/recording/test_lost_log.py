"""A run whose log is deleted is stopped at the next commit; the copy and the spool together have everything of it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.invoking import invoke_in
from veritas.archive.archive import Archive
from veritas.core.mode_decision import Decision
from veritas.errors import RunSpooled
from veritas.recording.audit_runner import AuditRunner

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
