"""A range contains its first and its last point in time, and only what is between them."""

from __future__ import annotations

import pytest

from tests.projections.recordings import Recording, requested, whole_run
from veritas.errors import PointInTimeNotFound
from veritas.replay.point_in_time import PointInTime
from veritas.replay.range import select_range
from veritas.replay.timeline import offsets


@pytest.mark.parametrize(
    ("first", "last", "numbers"),
    [
        ("vision", "vision/done", [8, 9, 10]),
        ("+1s", "+1.5s", [4, 5, 6]),
        ("25%", "08:26:41.5", [5, 6]),
        ("9", "9", [9]),
        ("14", "+1h", [14, 15, 4]),
    ],
)
def test_a_range_includes_both_its_ends(first: str, last: str, numbers: list[int]) -> None:
    stretch = select_range(offsets(whole_run().events), PointInTime.parse(first), PointInTime.parse(last))
    assert [recorded.seq for _, recorded in stretch] == numbers


@pytest.mark.parametrize(("first", "last"), [("vision/done", "vision"), ("+3s", "vision"), ("vision", "+1s")])
def test_a_range_that_ends_before_it_begins_is_refused(first: str, last: str) -> None:
    with pytest.raises(PointInTimeNotFound, match=r"before it reaches .*; give the earlier point first"):
        list(select_range(offsets(whole_run().events), PointInTime.parse(first), PointInTime.parse(last)))


def test_a_range_without_an_end_yields_its_events_before_the_error() -> None:
    stretch = select_range(offsets(whole_run().events), PointInTime.parse("15"), PointInTime.parse("16"))
    assert [next(stretch)[1].seq, next(stretch)[1].seq] == [15, 4]
    with pytest.raises(PointInTimeNotFound, match="has no point in time '16'"):
        next(stretch)


def test_a_range_without_bounds_is_the_whole_run() -> None:
    timed = list(offsets(whole_run().events))
    assert list(select_range(timed, None, None)) == timed


def crossing() -> Recording:
    """Return a tee in which each transport delivers some events first, and the other delivers them much later."""
    run = Recording()
    run.recorder(requested())
    for source, seqs in (("queue", (1, 2, 3)), ("stdout", (1, 2, 3, 4, 5, 6)), ("queue", (4, 5, 6))):
        for seq in seqs:
            run.child("scout", f"step{seq}", seq=seq, pct=10 * seq, source=source)
    run.recorder(requested())
    return run


@pytest.mark.parametrize("moment", ["{}", "scout/step{}", "{}0%"])
@pytest.mark.parametrize("source", ["queue", "stdout"])
@pytest.mark.parametrize("number", [2, 5])
def test_for_one_transport_an_event_is_where_that_transport_delivered_it(moment: str, source: str, number: int) -> None:
    at, timed = PointInTime.parse(moment.format(number)), list(offsets(crossing().events))

    def numbers_in(first: PointInTime | None, last: PointInTime | None) -> list[int]:
        events = select_range(timed, first, last, [source])
        return [recorded.seq for _, recorded in events if recorded.source == source]

    assert numbers_in(None, at) == [*range(1, number + 1)]
    assert numbers_in(at, None) == [*range(number, 7)]
    assert numbers_in(at, at) == [number]


def test_recorder_events_are_found_for_any_transport() -> None:
    timed = list(offsets(crossing().events))
    assert next(select_range(timed, PointInTime.parse("r2"), None, ["stdout"]))[1].position == timed[-1][1].position
    assert next(select_range(timed, PointInTime.parse("4"), None, ["recorder"]))[1].seq == 4


def test_an_event_that_the_transport_never_delivered_is_not_found() -> None:
    timed = [(offset, one) for offset, one in offsets(crossing().events) if (one.source, one.seq) != ("stdout", 4)]
    with pytest.raises(PointInTimeNotFound, match="has no point in time '4' over stdout so far; its events go up to 6"):
        list(select_range(timed, PointInTime.parse("4"), None, ["stdout"]))


def test_a_range_between_two_events_is_empty_and_an_error_if_reversed() -> None:
    timed = list(offsets(whole_run().events))
    assert list(select_range(timed, PointInTime.parse("+3.3s"), PointInTime.parse("+3.4s"))) == []
    with pytest.raises(PointInTimeNotFound, match="give the earlier point first"):
        list(select_range(timed, PointInTime.parse("+3.4s"), PointInTime.parse("+3.3s")))
