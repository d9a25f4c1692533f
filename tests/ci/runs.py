"""States of audits to be judged: handmade runs with the findings and the verdict of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.projections.recordings import FINDING, START, Recording, requested, selected
from veritas.audit.finding_kinds import FINDING_KINDS
from veritas.events.recorder_events import ProcessStarted, RunFinished
from veritas.projections.audit_state import AuditState

PHASES = ("scout", "security", "vision", "graph")
TRUSTED = {"trust_score": 95, "risk_level": "trusted", "coverage": 1.0}
SUSPICIOUS = {"trust_score": 44, "risk_level": "suspicious", "coverage": 1.0, "narrative": "It presses."}


def finding(kind: str = "countdown_resets", **fields: Any) -> dict[str, Any]:
    """Return a finding of a kind that VERITAS knows."""
    return {**FINDING, "kind": kind, "phase": FINDING_KINDS[kind].phase, **fields}


def audit(
    *findings: Mapping[str, Any],
    verdict: Mapping[str, Any] | None = TRUSTED,
    broken: Sequence[str] = (),
    status: str = "completed",
    error: str | None = None,
    number: int = 1,
    pages: Sequence[str] = ("http://shop.test/",),
    failed_pages: Mapping[str, str] | None = None,
    attempt: int = 1,
    **request: Any,
) -> Recording:
    """Return an audit.

    Args:
        findings: What it found.
        verdict: The judge's verdict; None if it made none.
        broken: The phases that ended with an error.
        status: How the run ended.
        error: Its error.
        number: The audit's number, from which its id and its times are made.
        pages: The pages that the scout visited.
        failed_pages: Those that it could not visit, with the error of each.
        attempt: The number of the audit's run.
        request: Fields of the request.
    """
    audit_id = request.pop("audit_id", f"vrts_{number:016x}")
    run = Recording(f"{audit_id}.{attempt}")
    at = START + 100 * number
    run.recorder(requested(**{"audit_id": audit_id, **request}), at=at)
    run.recorder(selected("stdout"), at=at)
    run.recorder(ProcessStarted(pid=1, command=["python"]), at=at)
    seq = 0

    def child(phase: str, step: str, **fields: Any) -> None:
        nonlocal seq
        seq += 1
        run.child(phase, step, seq=seq, source="stdout", at=at + seq / 10, **fields)

    for phase in PHASES:
        child(phase, "starting")
        if phase == "scout":
            for url in pages:
                child(phase, "page_loaded", summary={"url": url, "title": "Shop", "status": 200})
            for url, why in (failed_pages or {}).items():
                child(phase, "page_failed", summary={"url": url, "error": why})
        for each in findings:
            if each.get("phase") == phase:
                child(phase, "finding", type="finding", extra={"finding": dict(each)})
        child(phase, "error" if phase in broken else "done")
    if verdict is not None:
        child("judge", "done", summary=dict(verdict))
    run.recorder(RunFinished(status=status, effective_mode="stdout", error=error), at=at + 30)
    return run


def state_of(*findings: Mapping[str, Any], **fields: Any) -> AuditState:
    """Return the state of `audit` with the same arguments."""
    return AuditState.of(audit(*findings, **fields).events)
