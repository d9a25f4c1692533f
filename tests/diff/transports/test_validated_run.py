"""A run's comparison is read as any version recorded it, and invalid values do no harm."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from tests.diff.tees import comparison_made, difference, run_id, tee_run
from veritas.diff.difference import ABSENT
from veritas.diff.transports.validated_run import RECORDED_IN, ValidatedRun, validated_run
from veritas.events.recorder_events import ComparisonMade, DifferenceFound, RecorderEvent


def validated(*recorded: RecorderEvent, **faults: Any) -> ValidatedRun:
    events = tee_run(1, recorded=recorded, **faults).events
    return validated_run(run_id(1), [event for event in events if event.event.type in RECORDED_IN])


def test_a_comparison_in_the_runs_end_from_an_older_version_is_read() -> None:
    run = validated(lost=(("stdout", 2),))
    assert (run.by, run.equal, run.total, dict(run.counts)) == ("tee", False, 1, {"queue": 3, "stdout": 2})
    assert run.differences == ()


def test_a_comparison_and_its_differences_are_read_from_their_own_events() -> None:
    lost = difference(kind="missing", at_source="queue", first=4, last=6)
    altered = difference(path="summary.links[3].url", before={"absent": True}, after="x")
    run = validated(lost, altered, comparison_made(by="rerun", equal=False, differences=2), tee=False)
    assert (run.by, run.equal, run.total) == ("rerun", False, 2)
    assert [(found.event, found.source, found.count) for found in run.differences] == [
        ("judge/done", "queue", 3),
        ("judge/done", "", 1),
    ]
    field = run.differences[1]
    assert (field.field, field.before, field.after) == ("summary.links[].url", ABSENT, "x")


def test_a_run_without_a_comparison_has_none() -> None:
    assert validated(tee=False).by is None
    assert validated(ended=False).by is None


@pytest.mark.parametrize(
    ("counts", "one_sided"), [({"queue": 3, "stdout": 0}, True), ({}, True), ({"a": 1, "b": 1}, False)]
)
def test_a_run_with_one_transport_is_one_sided(counts: dict[str, int], one_sided: bool) -> None:
    assert validated(comparison_made(counts=counts)).is_one_sided is one_sided


_anything = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(st.fixed_dictionaries({field.name: _anything for field in fields(ComparisonMade)}), _anything)
def test_reading_accepts_any_recorded_values(fields_made: dict[str, Any], value: Any) -> None:
    found = difference(
        **dict.fromkeys((field.name for field in fields(DifferenceFound)), value) | {"phase": "", "step": ""}
    )
    run = validated(found, comparison_made(**fields_made))
    assert all(found.count >= 1 for found in run.differences)
    assert isinstance(run.is_one_sided, bool)
