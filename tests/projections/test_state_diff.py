"""The changes between two states lead from one to the other, without repetitions."""

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
    """Return the changes between two prefixes of the run."""
    return diff_states(AuditState.of(EVENTS[:before]).as_dict(), AuditState.of(EVENTS[:after]).as_dict())


def values(before: int, after: int) -> dict[str, tuple[Any, Any]]:
    return {change.path: (change.before, change.after) for change in changes(before, after)}


def test_each_value_of_a_verdict_is_one_change() -> None:
    changed = values(len(EVENTS) - 8, len(EVENTS))
    assert changed["verdict.trust_score"] == (None, 44)
    assert changed["status"] == ("running", "completed")
    assert not {"trust_score", "risk_level", "severities", "phases.judge.summary"} & changed.keys()


def test_each_value_of_a_new_phase_is_one_change_and_a_new_finding_is_one_as_a_whole() -> None:
    changed = values(3, len(EVENTS))
    assert changed["phases.scout.status"] == (None, "completed")
    assert changed["phases.scout.summary"] == (None, {"pages": 1})
    assert changed["findings.9"] == (None, {**FINDING, "seq": 9})
    assert "phases.init.error" not in changed  # it is empty before and after


def test_only_the_new_values_of_a_running_phase_are_changes() -> None:
    vision = {path: change for path, change in values(18, 20).items() if path.startswith("phases.")}
    assert vision == {
        "phases.vision.step": ("analyzing", "finding"),
        "phases.vision.pct": (30, 40),
        "phases.vision.events": (1, 2),
    }


@given(CUTS)
def test_a_state_does_not_differ_from_itself(at: int) -> None:
    assert changes(at, at) == []


@given(CUTS, CUTS)
def test_the_changes_back_are_the_changes_reversed(one: int, other: int) -> None:
    back = {(change.path, str(change.after), str(change.before)) for change in changes(other, one)}
    assert {(change.path, str(change.before), str(change.after)) for change in changes(one, other)} == back


@given(CUTS, CUTS)
def test_each_path_has_one_change_at_most_and_its_values_differ(one: int, other: int) -> None:
    all_changes = changes(one, other)
    assert len({change.path for change in all_changes}) == len(all_changes)
    assert all(change.before != change.after for change in all_changes)
