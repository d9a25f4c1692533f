"""What two transports brought is compared to the byte, and every difference is named."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.diff.tees import run_id, tee_run
from veritas.diff.compared_now import compared_now
from veritas.diff.validated_run import ValidatedRun


def compared(**faults: Any) -> ValidatedRun:
    return compared_now(run_id(1), lambda: tee_run(1, **faults).events)


def test_a_faultless_run_is_equal() -> None:
    run = compared()
    assert (run.equal, run.total, run.counts) == (True, 0, {"stdout": 3, "queue": 3})


def test_an_altered_field_is_named_with_what_either_said() -> None:
    run = compared(over_stdout={2: {"detail": "? 2"}})
    (found,) = run.found
    assert (found.kind, found.event, found.path, found.first) == ("altered", "scout/navigating", "detail", 2)
    assert (found.before, found.after) == ("? 2", "é 2")


def test_other_bytes_with_the_same_meaning_are_the_events_difference() -> None:
    """1 and 1.0 are the same number, and not the same bytes."""
    run = compared(over_stdout={2: {"pct": 0.0}})
    assert [(found.kind, found.path) for found in run.found] == [("altered", "")]


def test_a_lost_event_is_missing_at_the_transport_that_lost_it() -> None:
    (found,) = compared(lost=(("queue", 3),)).found
    assert (found.kind, found.source, found.first) == ("missing", "queue", 3)


def test_what_was_erased_is_counted_and_not_compared() -> None:
    events = tee_run(1, over_stdout={2: {"detail": "? 2"}}).events
    erased = [
        msgspec.structs.replace(recorded, body=None) if (recorded.source, recorded.seq) == ("queue", 2) else recorded
        for recorded in events
    ]
    run = compared_now(run_id(1), lambda: erased)
    assert (run.redacted, run.total, run.equal) == (1, 0, True)


@given(
    st.sets(st.tuples(st.sampled_from(["queue", "stdout"]), st.integers(1, 3))),
    st.sets(st.integers(1, 3)),
)
def test_every_fault_is_one_difference(lost: set[tuple[str, int]], altered: set[int]) -> None:
    run = compared(lost=tuple(lost), over_stdout={seq: {"detail": "x"} for seq in altered})
    came = {seq: {source for source in ("queue", "stdout") if (source, seq) not in lost} for seq in (1, 2, 3)}
    one_sided = sum(len(sources) == 1 for sources in came.values())
    unlike = sum(len(came[seq]) == 2 for seq in altered)
    assert run.total == one_sided + unlike
    assert run.equal is (run.total == 0 and all(run.counts.values()))
    assert {found.first for found in run.found if found.kind == "altered"} == {
        seq for seq in altered if len(came[seq]) == 2
    }
