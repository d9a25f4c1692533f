"""The changes between two states lead from the one to the other, and say nothing twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.projections.recordings import FINDING, whole_run
from veritas.projections.audit_state import AuditState
from veritas.projections.state_diff import Change, diff_states

EVENTS = whole_run("queue", "stdout").events
CUTS = st.integers(0, len(EVENTS))


def changes(before: int, after: int) -> list[Change]:
    """Return what changed between two prefixes of the run."""
    return diff_states(AuditState.of(EVENTS[:before]).as_dict(), AuditState.of(EVENTS[:after]).as_dict())


def told(before: int, after: int) -> dict[str, tuple[Any, Any]]:
    return {change.path: (change.before, change.after) for change in changes(before, after)}


def test_a_verdict_is_told_value_by_value_and_once() -> None:
    said = told(len(EVENTS) - 8, len(EVENTS))
    assert said["verdict.trust_score"] == (None, 44)
    assert said["status"] == ("running", "completed")
    assert not {"trust_score", "risk_level", "severities", "phases.judge.summary"} & said.keys()


def test_a_new_phase_is_told_value_by_value_and_a_new_finding_as_a_whole() -> None:
    said = told(3, len(EVENTS))
    assert said["phases.scout.status"] == (None, "completed")
    assert said["phases.scout.summary"] == (None, {"pages": 1})
    assert said["findings.9"] == (None, {**FINDING, "seq": 9})
    assert "phases.init.error" not in said  # it had none, and has none


def test_what_goes_on_in_a_phase_is_told_by_what_is_new_in_it() -> None:
    vision = {path: said for path, said in told(18, 20).items() if path.startswith("phases.")}
    assert vision == {
        "phases.vision.step": ("analyzing", "finding"),
        "phases.vision.pct": (30, 40),
        "phases.vision.events": (1, 2),
    }


@given(CUTS)
def test_between_a_state_and_itself_there_is_no_change(at: int) -> None:
    assert changes(at, at) == []


@given(CUTS, CUTS)
def test_the_way_back_is_the_way_there_read_backwards(one: int, other: int) -> None:
    back = {(change.path, str(change.after), str(change.before)) for change in changes(other, one)}
    assert {(change.path, str(change.before), str(change.after)) for change in changes(one, other)} == back


@given(CUTS, CUTS)
def test_no_two_changes_have_one_path_and_each_is_one(one: int, other: int) -> None:
    found = changes(one, other)
    assert len({change.path for change in found}) == len(found)
    assert all(change.before != change.after for change in found)
