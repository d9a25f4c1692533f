"""A thing has one fate, and it follows from the first and the last that is told of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.site.presence import APPEARED, CHANGED, STAYED, WENT, RecordingRef, Sample, Trace, traces

_UNTOLD = object()


def trace_of(*said: object) -> Trace[str]:
    """Return the trace of a thing of which the recordings say this: a value, None for its absence, or nothing."""
    observed = [
        Sample(
            RecordingRef(number, f"run {number}"),
            {"x": one} if isinstance(one, str) else {},
            lambda _, one=one: one is None,
        )
        for number, one in enumerate(said)
    ]
    (trace,) = traces(observed)
    return trace


@pytest.mark.parametrize(
    ("said", "fate"),
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
def test_its_fate(said: tuple[object, ...], fate: str) -> None:
    assert trace_of(*said).fate == fate


def test_since_when_and_until_when_is_told_by_recordings_that_tell_of_it() -> None:
    trace = trace_of(None, _UNTOLD, "a", "a", _UNTOLD, None)
    assert [(step.recording.at, step.before and step.before.at, step.value) for step in trace.steps] == [
        (0, None, None),
        (2, 0, "a"),
        (5, 3, None),
    ]
    assert (trace.first_seen.recording.at, trace.last_seen.at, trace.seen, trace.covered) == (2, 3, 2, 4)


def test_one_that_comes_and_goes_says_how_often() -> None:
    assert trace_of("a", None, "a").appearances == 2
    assert "appeared 2 times" in trace_of("a", None, "a").when
    assert trace_of(None, "a", "b").appearances == 1


@given(st.lists(st.none() | st.sampled_from(["a", "b"]) | st.just(_UNTOLD), max_size=8))
def test_the_steps_alone_say_what_every_recording_told(said: list[object]) -> None:
    if not any(isinstance(one, str) for one in said):
        return
    trace = trace_of(*said)
    told = [(number, one) for number, one in enumerate(said) if one is not _UNTOLD]
    assert trace.covered == len(told)
    for number, one in told:
        assert [step.value for step in trace.steps if step.recording.at <= number][-1] == one
    for step in trace.steps[1:]:
        assert step.before is not None
        assert step.before.at < step.recording.at
