"""The durations of two runs' phases are compared if they are known."""

from __future__ import annotations

from tests.projections.recordings import Recording
from veritas.diff.run_comparison import PhaseTimes, phase_times
from veritas.projections.audit_state import AuditState


def state(*events: tuple[str, str, float]) -> AuditState:
    run = Recording()
    for seq, (phase, step, at) in enumerate(events, 1):
        run.child(phase, step, seq=seq, at=at)
    return AuditState.of(run.events)


def test_phases_are_paired_in_the_order_in_which_they_began() -> None:
    """A phase that did not end, or that a run does not have, has no duration."""
    a = state(("scout", "navigating", 10), ("scout", "done", 12), ("vision", "analyzing", 13), ("vision", "done", 15))
    b = state(("scout", "navigating", 10), ("scout", "done", 13.5), ("own", "x", 14), ("vision", "analyzing", 15))
    times = phase_times(a, b)
    assert times == [
        PhaseTimes("scout", "Browser Reconnaissance", 2, 3.5),
        PhaseTimes("vision", "Visual Intelligence", 2, None),
        PhaseTimes("own", "own", None, None),
    ]
    assert [each.longer for each in times] == [1.5, None, None]
