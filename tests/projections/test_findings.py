"""The findings of other programs, in all the forms in which they may be written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.projections.recordings import Recording
from veritas.events.recorder_events import ObservationRedacted
from veritas.projections.audit_state import AuditState
from veritas.projections.client_messages import ClientMessages
from veritas.projections.descriptions import describe_event, describe_recorder_event, message_line
from veritas.projections.findings import finding_of, severity_of, title_of


def recorded(**fields: Any) -> Recording:
    """Return a run with one event."""
    run = Recording()
    run.child(fields.pop("phase", ""), fields.pop("step", ""), seq=1, **fields)
    return run


def lines(run: Recording) -> list[str]:
    messages = ClientMessages()
    return [message_line(message) for event in run.events for message in messages.fold(event)]


@pytest.mark.parametrize(
    ("fields", "title", "severity"),
    [
        ({"extra": {"finding": {"title": "Nested", "severity": "high"}}}, "Nested", "high"),
        ({"extra": {"finding": {"kind": "xss", "title": None, "severity": None}}}, "xss", "unknown"),
        ({"extra": {"title": "Flat", "severity": "low"}}, "Flat", "low"),
        ({"detail": "A detail", "extra": {"severity": "info"}}, "A detail", "info"),
        ({"summary": {"title": "In the summary", "severity": "medium"}}, "In the summary", "medium"),
        ({"extra": {"finding": {"title": None, "detail": None}}}, "a finding without a description", "unknown"),
        ({"extra": {"finding": {"rule": 5}}}, '{"rule":5}', "unknown"),
    ],
)
def test_every_form_of_a_finding_is_understood(fields: dict[str, Any], title: str, severity: str) -> None:
    """It is counted, and is shown in each place without a word of Python's."""
    run = recorded(type="finding", **fields)
    (finding,) = AuditState.of(run.events).findings
    assert (title_of(finding), severity_of(finding), finding["seq"]) == (title, severity, 1)
    assert describe_event(run.events[0].event) == (fields.get("detail") or title)
    assert lines(run) == [f"[  0%] Event: found ({severity}) {title}"]


def test_the_fields_of_a_flat_finding_are_kept() -> None:
    """With the event's own phase and detail."""
    run = recorded(type="finding", phase="lint", detail="Line 5.", extra={"title": "Flat", "rule": "W1", "url": "u"})
    assert finding_of(run.events[0].event) == {
        "phase": "lint",
        "detail": "Line 5.",
        "title": "Flat",
        "rule": "W1",
        "url": "u",
    }


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"type": "finding", "detail": "Only a detail"}, "Event: Only a detail"),
        ({"type": "finding", "extra": {"finding": "a text"}}, 'Event: finding {"finding":"a text"}'),
        ({"type": "finding", "extra": {"findings": [{"title": "x"}]}}, 'Event: finding {"findings":[{"title":"x"}]}'),
        ({"type": "result", "extra": {"result": {"trust_score": 55}}}, 'Event: result {"result":{"trust_score":55}}'),
        ({"type": "log", "extra": {"message": "hello"}}, 'Event: log {"message":"hello"}'),
        ({"type": "log"}, "Event: log"),
        ({"type": "result", "detail": "Done.", "extra": {"x": None}}, "Event: Done."),
        ({}, "Event"),
        ({"summary": {"n": 1}}, 'Event: progress {"n":1}'),
    ],
)
def test_an_event_of_an_unknown_type_is_shown_as_it_came(fields: dict[str, Any], line: str) -> None:
    """Its words, or else its fields."""
    assert lines(recorded(**fields)) == [f"[  0%] {line}"]


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        ({"trust_score": 55}, "trust score 55"),
        ({"risk_level": "inconclusive", "trust_score": None}, "inconclusive, no trust score"),
        ({"risk_level": "suspicious", "trust_score": 44}, "suspicious, trust score 44"),
        ({"verdict": "fine"}, '{"verdict":"fine"}'),
    ],
)
def test_a_verdict_is_described_by_what_it_has(summary: dict[str, Any], words: str) -> None:
    """A level, a score, both, or something else."""
    assert lines(recorded(phase="judge", step="done", summary=summary))[-1] == f"[  0%] Forensic Judge: {words}"


def test_a_redaction_without_its_observation_is_described() -> None:
    """A log may have been changed."""
    event = ObservationRedacted({}, "a name", "me")
    assert describe_recorder_event(event) == "event with an unknown number over an unknown source, by me: a name"
