"""A window shows a part of a run, and what was known where it begins."""

from __future__ import annotations

import pytest

from tests.projections.recordings import RUN, Recording, whole_run
from tests.replay.player.players import prompt
from veritas.errors import PointInTimeNotFound, UsageError
from veritas.projections.audit_state import AuditState
from veritas.replay.point_in_time import PointInTime
from veritas.replay.range import select_range
from veritas.replay.selection import EventFilter, RunPart, select_part
from veritas.replay.timeline import offsets

ONE, TEE = prompt(whole_run()), prompt(whole_run("queue", "stdout"))


def window(begin: str | None, end: str | None, run: Recording = ONE) -> RunPart:
    return select_part(run.events, begin and PointInTime.parse(begin), end and PointInTime.parse(end))  # type: ignore[arg-type]


def steps(shown: RunPart, run: Recording = ONE) -> list[str]:
    return [f"{one.event.phase}/{one.event.step}" for one in shown.until_end(run.events) if one in shown]


def test_without_moments_it_is_the_whole_run() -> None:
    assert window(None, None) == RunPart()
    assert len(steps(RunPart())) == 19


def test_it_has_the_events_that_it_begins_and_ends_with_and_the_state_before_them() -> None:
    shown = window("vision", "vision/done")
    assert steps(shown) == ["vision/analyzing", "vision/finding", "vision/done"]
    assert (shown.begin, shown.state and shown.state.phase) == (2.0, "security")
    assert steps(window("vision", "vision")) == ["vision/analyzing"]


@pytest.mark.parametrize("begin", [None, "3", "vision", "40%", "+2.1s", "+2.25s", "r4"])
@pytest.mark.parametrize("end", [None, "r4", "judge/done", "+4.5s", "+1h"])
@pytest.mark.parametrize("run", [ONE, TEE], ids=["one", "tee"])
def test_it_is_the_part_that_events_lists(begin: str | None, end: str | None, run: Recording) -> None:
    first, last = begin and PointInTime.parse(begin), end and PointInTime.parse(end)
    if (begin, end) in (("r4", "judge/done"), ("r4", "+4.5s")):
        return
    listed = [recorded for _, recorded in select_range(offsets(run.events), first, last)]
    shown = window(begin, end, run)
    assert [one for one in shown.until_end(run.events) if one in shown] == listed


def test_it_begins_with_the_run_where_nothing_was_before() -> None:
    for begin in ("r1", "+0s", "2001-01-01T00:00:00Z"):
        shown = window(begin, None)
        assert (shown.begin, shown.after, shown.state) == (0.0, 0, None)
        assert len(steps(shown)) == 19


@pytest.mark.parametrize("begin", ["3", "scout", "40%", "+2.1s", "vision/done"])
@pytest.mark.parametrize("run", [ONE, TEE], ids=["one", "tee"])
def test_the_state_where_it_begins_is_the_fold_of_what_the_log_has_before(begin: str, run: Recording) -> None:
    shown = window(begin, None, run)
    assert shown.state is not None
    assert shown.state.as_dict() == AuditState.of(run.events[: shown.after]).as_dict()
    assert 0 < shown.after < len(run.events)


def test_a_time_between_two_events_is_where_it_begins_and_not_at_an_event() -> None:
    assert window("+2.1s", None).begin == pytest.approx(2.1)
    assert window("+3.9s", None).begin == pytest.approx(3.9)


def test_an_end_beyond_the_last_event_is_the_runs_end() -> None:
    assert len(steps(window(None, "+1h"))) == 19


@pytest.mark.parametrize("begin", ["99", "nowhere", "+11s"])
def test_a_moment_that_the_run_has_not_is_none_to_begin_with(begin: str) -> None:
    with pytest.raises(PointInTimeNotFound, match=f"{RUN!r} has no moment"):
        window(begin, None)


@pytest.mark.parametrize("end", ["99", "nowhere", "2001-01-01T00:00:00Z"])
def test_a_moment_that_the_run_has_not_is_none_to_end_with(end: str) -> None:
    with pytest.raises(PointInTimeNotFound, match="has no moment"):
        window("scout", end)


@pytest.mark.parametrize(("begin", "end"), [("vision", "scout"), ("+3.3s", "+3.1s"), ("judge", "+1s"), ("5", "r2")])
def test_an_end_before_the_beginning_is_refused(begin: str, end: str) -> None:
    with pytest.raises(UsageError, match="give the earlier moment first"):
        window(begin, end)


def test_a_selection_is_of_phases_and_types_within_the_windows() -> None:
    selected = EventFilter({RUN: window("scout", None)}, ["finding", "judge", "run_finished"])
    assert not selected.matched
    chosen = [f"{one.event.phase}/{one.event.step}" for one in ONE.events if selected(one)]
    assert chosen == ["vision/finding", "judge/deliberating", "judge/done", "/"]
    assert selected.matched
    assert not any(map(EventFilter({RUN: window("judge", None)}, ["scout"]), ONE.events))
