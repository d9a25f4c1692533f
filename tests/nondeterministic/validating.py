"""Validate the transports of the program that audits the non-deterministic shop."""

from __future__ import annotations

import asyncio
import sys

from veritas.archive.archive import Archive
from veritas.events.recorder_events import ComparisonMade
from veritas.recording.audit_runner import AuditRunner
from veritas.recording.rerun import Rerun
from veritas.recording.run import new_audit_id

FAULTS = ("drop", "swap", "mangle", "round")  # each must be found


def validate(archive: Archive, url: str, fault: str = "none") -> ComparisonMade:
    """Record the program as often as a rerun needs; return the comparison."""
    audit_id = new_audit_id()
    command = [sys.executable, "-m", "tests.nondeterministic.program", url, fault]
    rerun = Rerun(
        lambda decision, conclude: AuditRunner(
            audit_id, url, None, archive=archive, decision=decision, command=command, conclude=conclude
        ),
        archive=archive,
    )
    outcome = asyncio.run(rerun.run(lambda message: None))
    assert outcome.status == "completed" and outcome.comparison is not None, outcome
    return outcome.comparison
