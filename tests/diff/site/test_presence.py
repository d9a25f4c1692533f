"""An item's fate follows from the first and the last recording that cover it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.site.presence import APPEARED, CHANGED, STAYED, WENT, RecordingRef, Sample, Trace, traces

_UNTOLD = object()


def trace_of(*values: object) -> Trace[str]:
    """Return the trace of an item from its values in each recording: a value, None if absent, or "" if not covered."""
    observed = [
        Sample(
            RecordingRef(number, f"run {number}"),
            {"x": one} if isinstance(one, str) else {},
            lambda _, one=one: one is None,
        )
        for number, one in enumerate(values)
    ]
    (trace,) = traces(observed)
    return trace


@pytest.mark.parametrize(
    ("values", "fate"),
    [
        ((None, "a"), APPEARED),
        (("a", None), WENT),
        ((None, "a", None), WENT),
        (("a", "a"), STAYED),
        (("a", None, "a"), STAYED),
        (("a", "b"), CHANGED),
        (("a", "b", "a"), STAYED),
        ((_UNTOLD, "a"), STAYED),
        (("a", _UNTOLD), STAYED),
        ((None, _UNTOLD, "a"), APPEARED),
    ],
)
def test_the_fate_of_an_item(values: tuple[object, ...], fate: str) -> None:
    assert trace_of(*values).fate == fate


def test_times_come_from_the_recordings_that_cover_the_item() -> None:
    trace = trace_of(None, _UNTOLD, "a", "a", _UNTOLD, None)
    assert [(step.recording.at, step.before and step.before.at, step.value) for step in trace.steps] == [
        (0, None, None),
        (2, 0, "a"),
        (5, 3, None),
    ]
    assert (trace.first_seen.recording.at, trace.last_seen.at, trace.seen, trace.covered) == (2, 3, 2, 4)


def test_an_item_that_comes_and_goes_reports_how_often_it_appeared() -> None:
    assert trace_of("a", None, "a").appearances == 2
    assert "appeared 2 times" in trace_of("a", None, "a").when
    assert trace_of(None, "a", "b").appearances == 1


@given(st.lists(st.none() | st.sampled_from(["a", "b"]) | st.just(_UNTOLD), max_size=8))
def test_the_steps_determine_the_value_in_every_recording(values: list[object]) -> None:
    if not any(isinstance(one, str) for one in values):
        return
    trace = trace_of(*values)
    covered = [(number, one) for number, one in enumerate(values) if one is not _UNTOLD]
    assert trace.covered == len(covered)
    for number, one in covered:
        assert [step.value for step in trace.steps if step.recording.at <= number][-1] == one
    for step in trace.steps[1:]:
        assert step.before is not None
        assert step.before.at < step.recording.at
