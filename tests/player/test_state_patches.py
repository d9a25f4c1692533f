"""The patches of a run's events give, after each event, the state that the fold gives there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from tests.histories import RUNS, Action, Recorders, histories
from tests.projections.recordings import START, Recording, requested, whole_run
from veritas.archive.archive import Archive
from veritas.events.json import encode_json
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import LineRejected, OutputCaptured, RunFinished
from veritas.player.recording import Recording as Player
from veritas.player.state_patches import StatePatches
from veritas.projections.audit_state import AuditState


def apply(value: Any, operation: Any) -> Any:
    """Return what an operation makes of a value, as `veritas.player.state_patches` describes it."""
    if isinstance(operation, list):
        if len(operation) == 1:
            return operation[0]
        units, text = operation
        return value.encode("utf-16-le", "surrogatepass")[2 * units :].decode("utf-16-le", "surrogatepass") + text
    if isinstance(value, list):
        items = dict(enumerate(value)) | {
            int(at): apply(dict(enumerate(value)).get(int(at)), each) for at, each in operation.items()
        }
        return [items[at] for at in range(len(items))]
    members = {name: each for name, each in value.items() if operation.get(name) != []}
    return members | {name: apply(value.get(name), each) for name, each in operation.items() if each != []}


def assert_equal_at_each_event(events: list[RecordedEvent]) -> None:
    """Check the state after each event, down to the order of its members."""
    shown: Any = {}
    state = AuditState()
    for recorded, patch in zip(events, Player.of(events).patches, strict=True):
        state.apply(recorded)
        shown = apply(shown, json.loads(patch))
        assert json.dumps(shown) == json.dumps(json.loads(encode_json(state.as_dict())))


@settings(max_examples=40)
@given(history=histories)
def test_any_run_has_the_state_of_the_fold_after_each_event(
    tmp_path_factory: pytest.TempPathFactory, history: list[Action]
) -> None:
    with Archive.open(tmp_path_factory.mktemp("log") / "log.db") as archive:
        recorders = Recorders(archive.log)
        for action in history:
            recorders.perform(action)
        for run_id in RUNS:
            assert_equal_at_each_event([*archive.events(run_id)])


def test_a_whole_run_has_them_too_and_a_small_patch_for_each_event() -> None:
    """Of a list and of a long text, a patch has what is new. The text may have characters of two units."""
    run = whole_run("queue", "stdout")
    for number in range(60):
        run.recorder(OutputCaptured("stderr", f"line {number} 🛒{'é' * 60}\n", 0))
    for number in range(200):
        run.child("vision", "finding", seq=100 + number, type="finding", extra={"finding": {"title": f"no. {number}"}})
    assert_equal_at_each_event(run.events)
    assert max(map(len, Player.of(run.events).patches[-260:])) < 700


def test_an_event_of_any_kind_changes_what_it_changes_in_the_fold() -> None:
    """Late ones included: those that arrive out of order, and those that arrive when the run has failed."""
    run = Recording()
    run.recorder(requested(), at=START)
    run.child("scout", "page_loaded", seq=5, summary={"url": "http://shop.test/"})
    run.child("scout", "page_failed", seq=4, summary={"url": "http://shop.test/b", "error": "no answer"})
    run.child("vision", "limit_reached", seq=6, summary={"name": "page_bytes", "limit": 1})
    run.child("iteration", "start", seq=7)
    run.child("vision", "finding", seq=9, type="finding", extra={"finding": {"severity": "low"}})
    run.child("vision", "finding", seq=8, type="finding", extra={"finding": {"severity": "high"}})
    run.recorder(LineRejected("stdout", "not JSON", 3, "ab" * 32))
    run.recorder(RunFinished("failed", "queue", error="The child failed."))
    run.child("judge", "error", seq=11, detail="out of memory", extra={"kind": "machine"})
    run.child("scout", "error", seq=10, detail="no answer", extra={"kind": "page"})
    run.child("judge", "done", seq=12, summary={"trust_score": 50, "risk_level": "suspicious"})
    assert_equal_at_each_event(run.events)
    state = AuditState.of(run.events)
    assert (state.failure, state.rounds, state.trust_score, len(state.limits)) == ("page", 2, 50, 1)


def test_true_and_one_are_different_values() -> None:
    patches = StatePatches()
    run = Recording()
    run.recorder(requested(), at=START)
    for seq, value in enumerate((1, True, 1.5, None), 1):
        run.child("judge", "done", seq=seq, summary={"value": value})
    patch = [patches.next(AuditState.of(run.events[:at])) for at in range(1, 6)]
    assert [each["verdict"] for each in patch[2:]] == [{"value": [True]}, {"value": [1.5]}, {"value": [None]}]
