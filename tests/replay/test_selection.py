"""A part of a run has the selected events, and the state before them."""

from __future__ import annotations

import pytest

from tests.projections.recordings import RUN, Recording, whole_run
from tests.replay.player.players import recorded_promptly
from veritas.errors import PointInTimeNotFound, UsageError
from veritas.projections.audit_state import AuditState
from veritas.replay.point_in_time import PointInTime
from veritas.replay.range import select_range
from veritas.replay.selection import EventFilter, RunPart, select_part
from veritas.replay.timeline import offsets

ONE, TEE = recorded_promptly(whole_run()), recorded_promptly(whole_run("queue", "stdout"))


def part_of(begin: str | None, end: str | None, run: Recording = ONE) -> RunPart:
    return select_part(run.events, begin and PointInTime.parse(begin), end and PointInTime.parse(end))  # type: ignore[arg-type]


def steps(part: RunPart, run: Recording = ONE) -> list[str]:
    return [f"{one.event.phase}/{one.event.step}" for one in part.until_end(run.events) if one in part]


def test_without_bounds_it_is_the_whole_run() -> None:
    assert part_of(None, None) == RunPart()
    assert len(steps(RunPart())) == 19


def test_it_includes_its_first_and_last_event_and_the_state_before() -> None:
    part = part_of("vision", "vision/done")
    assert steps(part) == ["vision/analyzing", "vision/finding", "vision/done"]
    assert (part.begin, part.state and part.state.phase) == (2.0, "security")
    assert steps(part_of("vision", "vision")) == ["vision/analyzing"]


@pytest.mark.parametrize("begin", [None, "3", "vision", "40%", "+2.1s", "+2.25s", "r4"])
@pytest.mark.parametrize("end", [None, "r4", "judge/done", "+4.5s", "+1h"])
@pytest.mark.parametrize("run", [ONE, TEE], ids=["one", "tee"])
def test_it_is_the_range_that_the_events_command_lists(begin: str | None, end: str | None, run: Recording) -> None:
    first, last = begin and PointInTime.parse(begin), end and PointInTime.parse(end)
    if (begin, end) in (("r4", "judge/done"), ("r4", "+4.5s")):
        return
    listed = [recorded for _, recorded in select_range(offsets(run.events), first, last)]
    part = part_of(begin, end, run)
    assert [one for one in part.until_end(run.events) if one in part] == listed


def test_it_begins_with_the_run_if_nothing_is_before_it() -> None:
    for begin in ("r1", "+0s", "2001-01-01T00:00:00Z"):
        part = part_of(begin, None)
        assert (part.begin, part.after, part.state) == (0.0, 0, None)
        assert len(steps(part)) == 19


@pytest.mark.parametrize("begin", ["3", "scout", "40%", "+2.1s", "vision/done"])
@pytest.mark.parametrize("run", [ONE, TEE], ids=["one", "tee"])
def test_its_state_is_the_fold_of_the_events_before_it(begin: str, run: Recording) -> None:
    part = part_of(begin, None, run)
    assert part.state is not None
    assert part.state.as_dict() == AuditState.of(run.events[: part.after]).as_dict()
    assert 0 < part.after < len(run.events)


def test_it_can_begin_at_a_time_between_two_events() -> None:
    assert part_of("+2.1s", None).begin == pytest.approx(2.1)
    assert part_of("+3.9s", None).begin == pytest.approx(3.9)


def test_an_end_beyond_the_last_event_is_the_runs_end() -> None:
    assert len(steps(part_of(None, "+1h"))) == 19


@pytest.mark.parametrize("begin", ["99", "nowhere", "+11s"])
def test_an_unknown_start_point_is_an_error(begin: str) -> None:
    with pytest.raises(PointInTimeNotFound, match=f"{RUN!r} has no point in time"):
        part_of(begin, None)


@pytest.mark.parametrize("end", ["99", "nowhere", "2001-01-01T00:00:00Z"])
def test_an_unknown_end_point_is_an_error(end: str) -> None:
    with pytest.raises(PointInTimeNotFound, match="has no point in time"):
        part_of("scout", end)


@pytest.mark.parametrize(("begin", "end"), [("vision", "scout"), ("+3.3s", "+3.1s"), ("judge", "+1s"), ("5", "r2")])
def test_an_end_before_the_beginning_is_refused(begin: str, end: str) -> None:
    with pytest.raises(UsageError, match="give the earlier point first"):
        part_of(begin, end)


def test_a_filter_selects_phases_and_types_within_the_parts() -> None:
    selected = EventFilter({RUN: part_of("scout", None)}, ["finding", "judge", "run_finished"])
    assert not selected.matched
    chosen = [f"{one.event.phase}/{one.event.step}" for one in ONE.events if selected(one)]
    assert chosen == ["vision/finding", "judge/deliberating", "judge/done", "/"]
    assert selected.matched
    assert not any(map(EventFilter({RUN: part_of("judge", None)}, ["scout"]), ONE.events))
