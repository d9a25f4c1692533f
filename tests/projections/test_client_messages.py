"""A client is sent the same messages over any transport."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projections.recordings import AUDIT, FINDING, START, VERDICT, Recording, requested, selected, whole_run
from veritas.events.json import decode_json, encode_json
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import ComparisonMade, IpcFellBack, RunFinished
from veritas.projections.client_messages import ClientMessages, StreamMessages

EVERY_MESSAGE = {"type", "audit_id", "phase", "label", "pct", "detail", "timestamp", "seq"}


def messages_of(events: list[RecordedEvent]) -> list[dict[str, Any]]:
    client = ClientMessages()
    return [message for recorded in events for message in client.fold(recorded)]


def types_of(events: list[RecordedEvent]) -> list[tuple[str, str]]:
    return [(message["type"], message["phase"]) for message in messages_of(events)]


def test_a_whole_audit_has_messages_phase_by_phase() -> None:
    assert types_of(whole_run().events) == [
        ("phase_start", "init"),
        ("phase_complete", "init"),
        ("phase_start", "scout"),
        ("screenshot", "scout"),
        ("phase_complete", "scout"),
        ("phase_start", "security"),
        ("phase_error", "security"),
        ("phase_start", "vision"),
        ("finding", "vision"),
        ("phase_complete", "vision"),
        ("phase_start", "graph"),
        ("phase_complete", "graph"),
        ("phase_start", "judge"),
        ("phase_complete", "judge"),
        ("audit_result", "judge"),
        ("phase_start", "complete"),
        ("phase_complete", "complete"),
        ("audit_complete", "complete"),
    ]


@given(st.data())
def test_queue_stdout_and_any_interleaving_of_both_give_the_same_messages(data: st.DataObject) -> None:
    both = whole_run("queue", "stdout").events
    head, last = both[:3], both[-1]
    lanes = {source: [event for event in both if event.source == source] for source in ("queue", "stdout")}
    picks = data.draw(st.permutations(["queue"] * 15 + ["stdout"] * 15))
    interleaved = [lanes[source].pop(0) for source in picks]
    expected = messages_of(whole_run("queue").events)
    assert messages_of(whole_run("stdout").events) == expected
    assert messages_of([*head, *interleaved, last]) == expected


def test_every_message_has_the_common_fields_and_is_json() -> None:
    for message in messages_of(whole_run().events):
        assert set(message) >= EVERY_MESSAGE
        assert message["audit_id"] == AUDIT
        assert decode_json(encode_json(message)) == message


def test_messages_have_the_fields_of_their_events() -> None:
    messages = {(message["type"], message["phase"]): message for message in messages_of(whole_run().events)}
    assert messages["phase_start", "scout"]["label"] == "Browser Reconnaissance"
    assert messages["phase_start", "scout"]["detail"] == "http://shop.test/"
    assert messages["phase_complete", "scout"]["summary"] == {"pages": 1}
    assert messages["phase_complete", "scout"]["duration"] == 0.5
    assert messages["phase_error", "security"]["error"] == "The server hung up."
    assert messages["finding", "vision"]["finding"] == FINDING
    assert messages["screenshot", "scout"]["kind"] == "viewport"
    assert len(messages["screenshot", "scout"]["sha256"]) == 64
    assert "data" not in messages["screenshot", "scout"]
    assert messages["audit_result", "judge"]["result"] == VERDICT
    assert messages["audit_result", "judge"]["severities"] == {"high": 1}
    complete = messages["audit_complete", "complete"]
    assert (complete["status"], complete["trust_score"], complete["risk_level"], complete["findings"]) == (
        "completed",
        44,
        "suspicious",
        1,
    )
    assert (complete["pct"], complete["timestamp"], complete["seq"]) == (100, START + 10, 15)


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_an_audit_that_did_not_complete_ends_with_an_error_in_its_current_phase(status: str) -> None:
    run = Recording()
    run.recorder(requested())
    run.child("scout", "navigating", seq=1, pct=10)
    run.recorder(RunFinished(status, "queue", error="The child was killed."))
    last = messages_of(run.events)[-1]
    assert (last["type"], last["status"], last["error"]) == ("audit_error", status, "The child was killed.")
    assert (last["phase"], last["label"], last["pct"]) == ("scout", "Browser Reconnaissance", 10)


def test_the_last_message_has_the_comparison_of_the_transports() -> None:
    run = Recording()
    run.recorder(ComparisonMade("tee", False, {"queue": 1, "stdout": 2}, differences=1, kinds={"missing": 1}))
    run.recorder(RunFinished("completed", "queue+stdout"))
    last = messages_of(run.events)[-1]
    assert last["comparison"] == {"by": "tee", "equal": False, "differences": 1, "error": None}
    assert messages_of(whole_run().events)[-1]["comparison"] is None


def test_steps_that_neither_begin_nor_end_a_phase_are_log_entries() -> None:
    run = Recording()
    run.child("scout", "navigating", seq=1)
    run.child("scout", "cookies", seq=2, detail="12 cookies", extra={"cookies": 12})
    run.child("iteration", "start", seq=3)
    run.child("", "", seq=4, detail="no phase at all")
    _, *entries = messages_of(run.events)
    assert [entry["type"] for entry in entries] == ["log_entry"] * 3
    assert (entries[0]["step"], entries[0]["kind"], entries[0]["extra"]) == ("cookies", "progress", {"cookies": 12})


def test_a_security_test_has_its_own_message() -> None:
    """With the outcome as the phase reported it."""
    run = Recording()
    run.child("security", "scanning", seq=1)
    outcome = {"test": "csp", "result": "csp-not-implemented", "passed": False, "modifier": -25}
    run.child("security", "check", seq=2, detail="csp: There is none.", summary=outcome)
    _, message = messages_of(run.events)
    assert (message["type"], message["result"], message["detail"]) == (
        "security_result",
        outcome,
        "csp: There is none.",
    )


def test_a_stream_has_the_counts_after_each_change() -> None:
    """Beside the messages that it has anyway, in the same order."""
    run = Recording()
    for recorded in whole_run().events:
        run.events.append(recorded)
    run.child("scout", "page_loaded", seq=30, summary={"url": "http://shop.test/", "title": "", "status": 200})
    run.child("security", "check", seq=31, summary={"test": "csp"})
    stream = StreamMessages()
    messages = [message for recorded in run.events for message in stream.fold(recorded)]
    assert [each for each in messages if each["type"] != "stats_update"] == messages_of(run.events)
    assert [tuple(each["stats"].values()) for each in messages if each["type"] == "stats_update"] == [
        (0, 1, 0, 0),
        (0, 1, 1, 0),
        (1, 1, 1, 0),
        (1, 1, 1, 1),
    ]


def test_the_recorders_events_about_the_transport_have_no_message() -> None:
    run = Recording()
    run.recorder(requested())
    run.recorder(selected())
    run.recorder(IpcFellBack("queue", "stdout", "broke", "gone"))
    assert messages_of(run.events) == []


def test_a_childs_event_cannot_end_the_audit_for_clients() -> None:
    run = Recording()
    run.child("scout", "navigating", seq=1, type="run_finished", extra={"status": "completed"})
    assert types_of(run.events) == [("phase_start", "scout")]


def test_the_messages_of_another_program_have_its_own_phase_names() -> None:
    run = Recording()
    run.recorder(requested(origin="record"))
    for step, pct in (("crawl", 10), ("crawl", 20), ("done", 30)):
        run.child("their_phase", step, seq=0, source="stdout", pct=pct)
    messages = messages_of(run.events)
    assert [(message["type"], message["label"]) for message in messages] == [
        ("phase_start", "their_phase"),
        ("log_entry", "their_phase"),
        ("phase_complete", "their_phase"),
    ]


def test_percentages_are_limited_to_0_to_100() -> None:
    run = Recording()
    run.child("scout", "navigating", seq=1, pct=1e308)
    run.child("scout", "more", seq=2, pct=-5)
    assert [message["pct"] for message in messages_of(run.events)] == [100, 0]
