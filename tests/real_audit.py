"""The log of a real audit of the demo's manipulative shop over both transports, made once for all tests."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.processes import wait_until
from veritas.archive.archive import Archive
from veritas.cli.demo.server import serve_shops
from veritas.core.mode_decision import Decision
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.run import new_audit_id


def audited_log(directories: pytest.TempPathFactory) -> Path:
    """Return the log's file; the first worker that needs it makes it, and the others wait. The tests only read it."""
    place = directories.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent  # that of all workers
    made = place / "audited.db"
    try:
        (place / "audited.begun").touch(exist_ok=False)
    except FileExistsError:
        wait_until(made.exists, 120)
        return made
    _audit(place / "unfinished.db")
    return (place / "unfinished.db").rename(made)


def _audit(database: Path) -> None:
    decision = Decision("validate", "STATIC", "--validate-ipc")
    with Archive.open(database) as archive, serve_shops() as shops:
        runner = AuditRunner(new_audit_id(), shops.crooked, "quick_scan", archive=archive, decision=decision)
        outcome = asyncio.run(runner.run(lambda message: None))
    assert outcome.ok, outcome
