"""A snapshot keeps the state of its time, and shares with the previous snapshot what they have in common."""

from __future__ import annotations

import tracemalloc

from tests.projections.recordings import FINDING, START, Recording
from veritas.projections.audit_state import AuditState
from veritas.replay.player.frame import Snapshot


def finding_run(findings: int) -> Recording:
    """Return a run in which every event is a finding."""
    run = Recording()
    for seq in range(1, findings + 1):
        run.child("vision", "finding", seq=seq, type="finding", at=START + seq, extra={"finding": FINDING})
    return run


def test_a_snapshot_is_the_state_of_its_time() -> None:
    events = finding_run(700).events
    late = events.pop(10)  # numbered before others, but delivered after them
    state, before = AuditState(), None
    for at, recorded in enumerate([*events, late], 1):
        state.apply(recorded)
        if at % 100 == 0:
            before = Snapshot.of(state, [], before)
            assert before.state.as_dict() == state.as_dict()
            before.state.findings.clear()
            assert before.state.as_dict() == state.as_dict()


def test_snapshots_share_their_findings() -> None:
    """With a full list in each snapshot, memory would grow with the square of the run's length."""
    state, snapshots = AuditState(), list[Snapshot]()
    events = finding_run(10_000).events
    tracemalloc.start()
    try:
        for at, recorded in enumerate(events, 1):
            state.apply(recorded)
            if at % 20 == 0:
                snapshots.append(Snapshot.of(state, [], snapshots[-1] if snapshots else None))
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(snapshots[0].state.findings) == 20 and len(snapshots[-1].state.findings) == 10_000
    assert taken / len(events) < 1_000, "bytes an event; a list for each snapshot takes 2,000 more"
