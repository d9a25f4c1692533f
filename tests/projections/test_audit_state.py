"""The state is a fold: it is the same for any split, any interleaving of transports, and any repetition."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import to_builtins

from tests.projections.recordings import AUDIT, FINDING, RUN, START, VERDICT, Recording, requested, selected, whole_run
from veritas.events.json import encode_json
from veritas.events.range_set import RangeSet
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import (
    ComparisonMade,
    EventsDropped,
    GapFound,
    IpcFellBack,
    LineRejected,
    OutputCaptured,
    ProcessExited,
    ProcessStarted,
    RunFinished,
)
from veritas.projections.audit_state import AuditState
from veritas.projections.conditions import describe_limits

# The fields that depend on how often an event was observed and on its position, not on its content.
OF_THE_TRANSPORTS = ("events", "position")

STEPS = st.sampled_from(["starting", "navigating", "scanning", "done", "error", "finding", "page_loaded"])
PHASES = st.sampled_from(["init", "scout", "vision", "judge", "iteration", "start", "", "their_own"])
EMITTED: st.SearchStrategy[dict[str, Any]] = st.builds(
    dict,
    phase=PHASES,
    step=STEPS,
    pct=st.floats(-10, 120),
    detail=st.text(max_size=3),
    summary=st.dictionaries(st.sampled_from(["trust_score", "x"]), st.integers(0, 100), max_size=1)
    | st.just({"url": "http://shop.test/", "title": "Shop", "status": 200}),
    type=st.sampled_from(["progress", "finding", "run_finished"]),
    extra=st.sampled_from([{}, {"finding": FINDING}, {"status": "failed", "effective_mode": "none"}]),
    at=st.floats(START, START + 9),
)


def common(state: AuditState) -> dict[str, Any]:
    """Return the fields of a state that do not depend on the transports."""
    return {name: value for name, value in state.as_dict().items() if name not in OF_THE_TRANSPORTS}


def test_a_state_before_any_event_is_unknown() -> None:
    state = AuditState()
    assert state.status == "unknown"
    assert (state.mode, state.verdict, state.duration, state.trust_score) == (None, None, None, None)
    encode_json(state.as_dict())


def test_a_run_is_requested_then_running_then_completed() -> None:
    run = whole_run()
    state = AuditState()
    statuses = []
    for recorded in run.events:
        state.apply(recorded)
        statuses.append(state.status)
    assert statuses[:2] == ["requested", "requested"]
    assert set(statuses[2:-1]) == {"running"}
    assert statuses[-1] == "completed"


def test_the_state_of_a_whole_run_has_its_request_course_and_outcome() -> None:
    state = AuditState.of(whole_run("queue", "stdout").events)
    values = state.as_dict()
    assert (values["audit_id"], values["run_id"], values["url"], values["tier"]) == (
        AUDIT,
        RUN,
        "http://shop.test/",
        "quick_scan",
    )
    assert (values["configured_mode"], values["mode_reason"], values["effective_mode"]) == (
        "validate",
        "STATIC",
        "queue+stdout",
    )
    assert (values["trust_score"], values["risk_level"], values["verdict"]) == (44, "suspicious", VERDICT)
    assert values["duration"] == 10.0
    assert values["started_at"] == "2025-11-22T08:26:40.000000Z"
    assert values["events"] == {"queue": 15, "recorder": 4, "stdout": 15}
    assert values["emitted"] == 15
    assert values["pct"] == 100
    assert [phase["phase"] for phase in values["phases"]] == [
        "init",
        "scout",
        "security",
        "vision",
        "graph",
        "judge",
        "complete",
    ]
    assert values["findings"] == [{**FINDING, "seq": 9}]
    assert values["severities"] == {"high": 1}
    [screenshot] = values["screenshots"]
    assert (screenshot["kind"], screenshot["phase"], len(screenshot["sha256"])) == ("viewport", "scout", 64)


def test_a_phase_has_its_times_its_summary_and_its_error() -> None:
    state = AuditState.of(whole_run().events)
    scout, security = state.phases["scout"].as_json(), state.phases["security"].as_json()
    assert (scout.label, scout.status, scout.duration, scout.summary) == (
        "Browser Reconnaissance",
        "completed",
        0.5,
        {"pages": 1},
    )
    assert (security.status, security.error) == ("failed", "The server hung up.")


def test_a_phase_that_the_run_did_not_finish_is_unfinished_and_has_no_duration() -> None:
    run = Recording()
    run.recorder(requested())
    run.child("scout", "navigating", seq=1)
    assert AuditState.of(run.events).phases["scout"].status == "running"
    run.recorder(RunFinished(status="interrupted", effective_mode="queue"))
    state = AuditState.of(run.events)
    assert (state.status, state.phases["scout"].status, state.phases["scout"].duration) == (
        "interrupted",
        "unfinished",
        None,
    )


def test_a_late_event_does_not_begin_an_ended_phase_again_but_a_further_round_does() -> None:
    run = Recording()
    run.child("scout", "navigating", seq=1)
    run.child("scout", "done", seq=2)
    run.child("scout", "cookie_noticed", seq=3)
    assert AuditState.of(run.events).phases["scout"].status == "completed"
    run.child("iteration", "start", seq=4)
    run.child("scout", "navigating", seq=5)
    state = AuditState.of(run.events)
    assert (state.rounds, state.phases["scout"].status) == (2, "running")
    assert "iteration" not in state.phases


def test_the_faults_of_a_run_are_in_its_state() -> None:
    run = Recording()
    run.recorder(selected())
    run.recorder(ProcessStarted(pid=1, command=["x"]))
    run.recorder(IpcFellBack("queue", "stdout", "broke", "The socket is gone.", last_confirmed=3, sent_again=2))
    run.recorder(GapFound("queue", 4, 6))
    run.recorder(EventsDropped(ranges=[(4, 6)], count=3))
    run.recorder(LineRejected("stdout", reason="not JSON", size=3, sha256="0" * 64))
    run.recorder(OutputCaptured("stderr", "Traceback", 0))
    run.recorder(ProcessExited(exit_code=-9, emitted=7, received={"queue": 3, "stdout": 1}))
    run.recorder(RunFinished("failed", "stdout", error="The child was killed."))
    state = AuditState.of(run.events).as_dict()
    assert state["fallbacks"][0]["cause"] == "The socket is gone."
    assert state["gaps"] == [{"at_source": "queue", "first": 4, "last": 6}]
    assert state["drops"][0]["count"] == 3
    assert (state["rejected"], state["captured"]) == (1, {"stderr": 9})
    assert state["exit"] == {"exit_code": -9, "emitted": 7, "received": {"queue": 3, "stdout": 1}}
    assert (state["status"], state["error"]) == ("failed", "The child was killed.")


def test_a_comparison_that_an_older_version_recorded_is_in_the_state() -> None:
    """It is part of the run's end, and has fewer fields."""
    comparison = ComparisonMade("tee", True, {"queue": 3, "stdout": 3}, runs=[RUN])
    run = Recording()
    run.recorder(comparison)
    run.recorder(RunFinished("completed", "queue+stdout"))
    assert AuditState.of(run.events).comparison == comparison
    older = Recording()
    tee = {"equal": False, "counts": {"queue": 3, "stdout": 7}, "differences": 4, "missing": {"queue": [4, 5, 6, 7]}}
    older.recorder(RunFinished("completed", "queue+stdout", tee=tee))
    assert AuditState.of(older.events).as_dict()["comparison"] == to_builtins(
        ComparisonMade("tee", False, {"queue": 3, "stdout": 7}, differences=4)
    )


@pytest.mark.parametrize("kind", ["run_finished", "audit_requested", "ipc_fell_back", "gap_found"])
def test_a_childs_event_with_a_recorders_type_changes_nothing(kind: str) -> None:
    run = Recording()
    run.recorder(requested())
    run.child("scout", "navigating", seq=1, type=kind, extra={"status": "completed", "url": "http://evil.test/"})
    state = AuditState.of(run.events)
    assert (state.status, state.ended, state.fallbacks, state.gaps) == ("running", False, [], [])
    assert state.request is not None and state.request.url == "http://shop.test/"


def test_the_state_has_the_scouts_pages_including_failed_ones() -> None:
    run = Recording()
    run.child("scout", "page_loaded", seq=1, summary={"url": "http://a.test/", "title": "A", "status": 200, "x": 1})
    run.child("scout", "page_failed", seq=2, summary={"url": "http://a.test/b", "error": "It timed out."})
    run.child("scout", "page_loaded", seq=3, summary={"url": ["no text"]})
    run.child("vision", "page_loaded", seq=4, summary={"url": "http://a.test/c"})
    assert AuditState.of(run.events).as_dict()["pages"] == [
        {"url": "http://a.test/", "title": "A", "status": 200, "error": None, "seq": 1},
        {"url": "http://a.test/b", "title": None, "status": None, "error": "It timed out.", "seq": 2},
    ]


def test_the_state_has_the_limits_that_visits_reached() -> None:
    """An event of another program that only has the name of the step is none."""
    run = Recording()
    limit = {"name": "bytes", "limit": 5, "url": "http://a.test/", "left_out": "All."}
    run.child("scout", "limit_reached", seq=1, summary=limit)
    run.child("vision", "limit_reached", seq=2, summary=limit | {"name": "frames"})
    run.child("vision", "limit_reached", seq=3, summary=limit)
    run.child("other", "limit_reached", seq=4, summary={"name": 5})
    state = AuditState.of(run.events)
    assert state.as_dict()["limits"] == [
        {**limit, "phase": "scout", "seq": 1},
        {**limit, "name": "frames", "phase": "vision", "seq": 2},
        {**limit, "phase": "vision", "seq": 3},
    ]
    assert describe_limits(state) == "bytes (2), frames (1)"
    assert describe_limits(AuditState()) is None


def test_the_current_phase_of_an_abandoned_run_is_unfinished() -> None:
    run = Recording()
    run.child("scout", "done", seq=1)
    run.child("vision", "analyzing", seq=2)
    state = AuditState.of(run.events)
    state.mark_abandoned()
    assert (state.status, state.ended, state.duration) == ("abandoned", False, None)
    assert [phase.status for phase in state.ordered_phases()] == ["completed", "unfinished"]


def test_events_without_numbers_are_never_repetitions() -> None:
    """Another program may use two transports without numbers; the recorder numbers its events by arrival."""
    run = Recording()
    for source in ("stdout", "queue"):
        for _ in range(3):
            run.child("scout", "navigating", seq=0, source=source)
    assert AuditState.of(run.events).emitted == 6


def test_an_ingested_run_has_no_duration() -> None:
    run = Recording()
    run.recorder(requested(origin="ingest", url=None, tier=None))
    run.recorder(RunFinished("completed", "stdout"))
    assert AuditState.of(run.events).duration is None


@pytest.mark.parametrize(
    "verdict",
    [
        {"trust_score": "44"},
        {"trust_score": True},
        {"trust_score": 10**400},
        {"trust_score": -1},
        {"risk_level": 3},
        {},
    ],
)
def test_an_invalid_verdict_has_no_score(verdict: dict[str, Any]) -> None:
    run = Recording()
    run.child("judge", "done", seq=1, summary=verdict)
    state = AuditState.of(run.events)
    assert (state.trust_score, state.risk_level) == (None, None)


def test_an_invalid_finding_or_screenshot_is_not_counted() -> None:
    run = Recording()
    run.child("vision", "finding", seq=1, type="finding", extra={"finding": "a string"})
    run.child("vision", "screenshot", seq=2, type="screenshot", extra={"sha256": "0" * 64})
    state = AuditState.of(run.events)
    assert (state.findings, state.screenshots, state.emitted) == ([], [], 2)


@given(st.lists(EMITTED, max_size=12), st.integers(0, 12))
def test_folding_a_prefix_and_then_the_rest_gives_the_state_of_the_whole(
    emitted: list[dict[str, Any]], split: int
) -> None:
    run = Recording()
    run.recorder(requested())
    for seq, one in enumerate(emitted, 1):
        run.child(seq=seq, **one)
    run.recorder(RunFinished("completed", "queue"))
    prefix = AuditState.of(run.events[:split])
    before = encode_json(prefix.as_dict())
    resumed = prefix.copy()
    for recorded in run.events[split:]:
        resumed.apply(recorded)
    assert resumed.as_dict() == AuditState.of(run.events).as_dict()
    assert encode_json(prefix.as_dict()) == before


def test_a_copy_shares_nothing_that_changes() -> None:
    """The test finds every field that the fold changes in place, including fields that are added later."""
    state = AuditState.of(whole_run("queue", "stdout").events)
    copied = state.copy()
    for field in fields(AuditState):
        value = getattr(state, field.name)
        if isinstance(value, list | dict | RangeSet):
            assert getattr(copied, field.name) is not value, field.name
    assert all(copied.phases[name] is not phase for name, phase in state.phases.items())


@given(st.lists(EMITTED, max_size=10), st.data())
def test_any_delivery_of_the_same_events_gives_the_same_state(
    emitted: list[dict[str, Any]], data: st.DataObject
) -> None:
    """They may arrive over one transport in order, or over two in any order, once or twice each."""

    def delivered(deliveries: list[tuple[int, str]]) -> list[RecordedEvent]:
        run = Recording()
        run.recorder(requested())
        for seq, source in deliveries:
            run.child(seq=seq, source=source, **emitted[seq - 1])
        run.recorder(RunFinished("completed", "queue"), at=START + 9)
        return run.events

    numbers = range(1, len(emitted) + 1)
    plain = AuditState.of(delivered([(seq, "queue") for seq in numbers]))
    second = data.draw(st.lists(st.sampled_from(numbers), unique=True)) if emitted else []
    mixed = data.draw(st.permutations([(seq, "queue") for seq in numbers] + [(seq, "stdout") for seq in second]))
    assert common(AuditState.of(delivered(mixed))) == common(plain)
