"""A real audit of a shop over both transports is replayed in every format."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.real_audit import audited_log
from tests.replay.formats.har_rules import check_har
from tests.replay.formats.test_otlp import read
from tests.replay.formats.writing import comparable_state, record_stdout, written
from veritas.archive.archive import Archive
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return audited_log(tmp_path_factory)


@pytest.fixture
def archive(database: Path) -> Iterator[Archive]:
    with Archive.open(database) as opened:
        yield opened


@pytest.fixture
def events(archive: Archive) -> list[RecordedEvent]:
    return list(archive.events(archive.resolve("vrts_")))


def test_a_recording_of_its_markers_has_the_same_state(
    archive: Archive, events: list[RecordedEvent], tmp_path: Path
) -> None:
    """Findings, verdict, phases and screenshots are the same, and so are the screenshots' bytes in the second log."""
    state = AuditState.of(events)
    assert state.findings and state.verdict and state.screenshots
    with Archive.open(tmp_path / "again.db") as again:
        replayed = record_stdout(again, state.run_id, written("markers", events, archive=archive))
        unended = {"status": "running", "error": None}  # the second recording is of an output, not of a process
        assert comparable_state(replayed) | unended == comparable_state(state) | unended
        for screenshot in state.screenshots:
            assert again.artifact(screenshot["sha256"]) == archive.artifact(screenshot["sha256"])


def test_its_requests_are_an_http_archive(events: list[RecordedEvent]) -> None:
    """Each entry has a time, a response, a type and the response's size."""
    har = json.loads(written("har", events))
    check_har(har)
    answered: list[dict[str, Any]] = [entry["response"] for entry in har["log"]["entries"]]
    assert len(answered) > 5
    assert all(response["status"] and response["content"]["mimeType"] for response in answered)
    assert all(response["bodySize"] >= 0 and response["headersSize"] > 0 for response in answered)


def test_its_trace_has_every_phase_and_every_event(events: list[RecordedEvent]) -> None:
    [resource] = read(written("otlp", events)).resource_spans
    root, *phases = resource.scope_spans[0].spans
    state = AuditState.of(events)
    assert [span.name for span in phases] == [phase.name for phase in state.ordered_phases()]
    assert sum(len(span.events) for span in (root, *phases)) == state.emitted + state.observations["recorder"]


@pytest.mark.parametrize("name", ["terminal", "client", "jsonl", "cloudevents", "cast"])
def test_its_verdict_is_in_every_other_format(events: list[RecordedEvent], name: str) -> None:
    assert AuditState.of(events).risk_level in written(name, events).decode()
