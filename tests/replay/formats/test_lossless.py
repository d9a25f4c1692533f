"""The formats with all fields of the events, `jsonl` and `cloudevents`, preserve a run's state."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from tests.cli.logs import write
from tests.histories import RUNS, Action, Recorders, histories
from tests.projections.recordings import RUN, whole_run
from tests.replay.formats.reading import recorded_event
from tests.replay.formats.writing import written
from veritas.archive.archive import Archive
from veritas.archive.redaction import redact, select_observations
from veritas.events.json import encode_json
from veritas.events.recorded import RecordedEvent
from veritas.projections.audit_state import AuditState
from veritas.replay.timeline import deduplicated

FIELDS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "jsonl": lambda line: line,
    "cloudevents": lambda line: line["data"],
}
formats = pytest.mark.parametrize("name", FIELDS)


def state_out_of(name: str, events: list[RecordedEvent]) -> bytes:
    """Write *events* in a format, read the output, and return the state of the events read."""
    lines = map(json.loads, written(name, events).splitlines())
    return as_json(AuditState.of(recorded_event(FIELDS[name](line)) for line in lines))


def state_in(events: list[RecordedEvent]) -> bytes:
    """Return the state of *events*, counting each of the child's once."""
    return as_json(AuditState.of(recorded for _, recorded in deduplicated((0.0, recorded) for recorded in events)))


def as_json(state: AuditState) -> bytes:
    return encode_json(state.as_dict())  # so that values without a JSON form read as they do in the formats


@formats
@settings(max_examples=40)
@given(history=histories)
def test_any_run_has_the_same_state_after_writing_and_reading(
    tmp_path_factory: pytest.TempPathFactory, name: str, history: list[Action]
) -> None:
    with Archive.open(tmp_path_factory.mktemp("log") / "log.db") as archive:
        recorders = Recorders(archive.log)
        for action in history:
            recorders.perform(action)
        for run_id in RUNS:
            events = list(archive.events(run_id))
            assert state_out_of(name, events) == state_in(events)


@formats
def test_a_redacted_event_is_marked_as_redacted(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    with Archive.open(tmp_path_factory.mktemp("log") / "log.db") as archive:
        write(archive, whole_run("queue", "stdout"))
        redact(archive, RUN, select_observations(archive, RUN, 9, source=None), reason="a card number", by="jane@desk")
        events = list(archive.events(RUN))
        assert state_out_of(name, events) == state_in(events)
        assert b"a card number" in written(name, events)
