"""A point in time is found where it was, and a later one is never found earlier."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.projections.recordings import START, Recording, requested, whole_run
from tests.replay.points import TEXTS
from veritas.errors import InvalidPointInTime, PointInTimeNotFound
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import ObservationRedacted, RunFinished
from veritas.replay.point_in_time import PointInTime
from veritas.replay.range import PointSearch, Side, select_range
from veritas.replay.timeline import offsets

# The whole run begins at 08:26:40 UTC; its child's event n comes n quarters of a second later.
DAY = "2025-11-22"

Timed = tuple[float, RecordedEvent]


def at(text: str, run: Recording | None = None) -> tuple[str, int]:
    """Return the last event up to a moment, as its source's kind and number."""
    *_, (_, recorded) = select_range(offsets((run or whole_run()).events), None, PointInTime.parse(text))
    return ("recorder" if recorded.source == "recorder" else "child", recorded.seq)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1", ("child", 1)),
        ("9", ("child", 9)),
        ("r2", ("recorder", 2)),
        ("r4", ("recorder", 4)),
        ("+0s", ("recorder", 3)),
        ("+1s", ("child", 4)),
        ("+1.3s", ("child", 5)),
        ("+1m", ("recorder", 4)),
        ("+0h0m2s", ("child", 8)),
        ("08:26:41", ("child", 4)),
        ("08:26:41.250Z", ("child", 5)),
        ("08:27", ("recorder", 4)),
        (f"{DAY}T08:26:41Z", ("child", 4)),
        (f"{DAY} 08:26:41.4", ("child", 5)),
        (f"{DAY}T10:26:41+02:00", ("child", 4)),
        ("0%", ("recorder", 1)),
        ("25%", ("child", 5)),
        ("40%", ("child", 9)),
        ("40.5%", ("child", 10)),
        ("100%", ("child", 15)),
        ("vision", ("child", 8)),
        ("vision/finding", ("child", 9)),
        ("vision/done", ("child", 10)),
        ("security/error", ("child", 7)),
    ],
)
def test_a_point_in_time_is_found_where_it_was(text: str, found: tuple[str, int]) -> None:
    assert at(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("16", "has no point in time '16'; its events go up to 15."),
        ("0", "its events go up to 15."),
        ("r5", "the recorder's events go up to r4."),
        ("visoin", "its phases are 'init', 'scout', 'security', 'vision', 'graph', 'judge', 'complete'."),
        ("visoin/done", "its phases are 'init'"),
        ("vision/dome", "its steps there are 'analyzing', 'finding', 'done'."),
        ("08:26:39", "it begins at 2025-11-22 08:26:40.000Z."),
        ("2024-01-01T00:00:00Z", "it begins at 2025-11-22 08:26:40.000Z."),
    ],
)
def test_the_error_for_a_missing_point_names_what_the_run_has(text: str, why: str) -> None:
    with pytest.raises(PointInTimeNotFound) as missing:
        at(text)
    assert why in str(missing.value)


def test_the_error_says_so_far_for_a_running_run() -> None:
    run = Recording()
    run.recorder(requested())
    run.child("scout", "navigating", seq=1, pct=10)
    with pytest.raises(PointInTimeNotFound, match="has no point in time '40%' so far; it got to 10%"):
        at("40%", run)


def test_event_numbers_of_child_and_recorder_are_separate() -> None:
    run = Recording()
    run.recorder(requested())
    with pytest.raises(PointInTimeNotFound, match="it has no events of the child"):
        at("1", run)


def test_a_time_after_the_end_is_the_end_and_nothing_follows_it() -> None:
    assert at("+1h") == ("recorder", 4)
    with pytest.raises(PointInTimeNotFound, match=r"has no point in time '\+3600s'; its last event is at \+4.501s"):
        list(select_range(offsets(whole_run().events), PointInTime.parse("+1h"), None))


def test_a_time_of_day_is_the_one_nearest_to_the_request() -> None:
    """A run that continues past midnight has times of the next day."""
    run = Recording()
    midnight = START - START % 86_400 + 86_400
    run.recorder(requested(), at=midnight - 10)
    for seq in range(1, 5):
        run.child("scout", "step", seq=seq, at=midnight - 10 + seq * 5)
    run.events[:] = [replace(recorded, recorded_at=recorded.event.timestamp) for recorded in run.events]
    assert at("00:00:05", run) == ("child", 3)
    assert at("23:59:55", run) == ("child", 1)


def test_an_ingested_log_has_its_own_times() -> None:
    run = Recording()
    run.recorder(requested(origin="ingest"), at=START)
    for seq in range(1, 5):
        run.child("scout", "step", seq=seq, at=START - 3600 + seq)
    run.recorder(RunFinished("completed", "stdout"), at=START + 1)
    assert at("07:26:42", run) == ("child", 2)
    assert at("+2s", run) == ("child", 3)


def test_an_event_less_than_a_millisecond_away_from_a_time_is_at_it() -> None:
    """Times are shown in milliseconds, and the time shown for an event must find it."""
    run = Recording()
    run.recorder(requested(), at=START)
    run.child("scout", "step", seq=1, at=START + 0.2507)
    for shown in ("+0.250s", "+0.251s", "08:26:40.250"):
        assert at(shown, run) == ("child", 1)
        assert [recorded.seq for _, recorded in select_range(offsets(run.events), PointInTime.parse(shown), None)] == [
            1
        ]


def test_an_event_over_two_transports_is_at_its_first_delivery() -> None:
    run = whole_run("queue", "stdout")
    *_, (_, recorded) = select_range(offsets(run.events), None, PointInTime.parse("9"))
    assert (recorded.source, recorded.seq) == ("queue", 9)
    assert next(select_range(offsets(run.events), PointInTime.parse("9"), None))[1] is recorded


def test_no_event_after_the_point_is_read() -> None:
    """A reader that follows a run up to an event gets it as soon as it is there."""

    def endless() -> Iterator[Timed]:
        yield from list(offsets(whole_run().events))[:11]
        raise AssertionError("asked for more")

    assert len(list(select_range(endless(), None, PointInTime.parse("vision")))) == 11


def test_a_redaction_years_later_is_after_every_other_event() -> None:
    run = whole_run()
    run.recorder(ObservationRedacted({"source": "queue", "seq": 3}, "a name", "me"), at=START + 1e8)
    assert at("r4", run) == ("recorder", 4)
    assert at("100%", run) == ("child", 15)


@given(TEXTS, st.sampled_from([("queue",), ("queue", "stdout")]))
def test_sides_never_go_back_and_both_ranges_include_the_point(text: str, sources: tuple[str, ...]) -> None:
    try:
        moment = PointInTime.parse(text)
    except InvalidPointInTime:
        return
    timed = list(offsets(whole_run(*sources).events))
    search = PointSearch(moment)
    sides = [search.take(offset, recorded) for offset, recorded in timed]
    assert sides == sorted(sides)

    def found(events: Iterable[Timed]) -> list[Timed]:
        try:
            return list(events)
        except PointInTimeNotFound:
            return []

    up_to, onwards = found(select_range(timed, None, moment)), found(select_range(timed, moment, None))
    assert up_to == [event for event, side in zip(timed, sides, strict=True) if side <= Side.AT] or not up_to
    assert onwards == [event for event, side in zip(timed, sides, strict=True) if side >= Side.AT]


@given(
    TEXTS,
    st.lists(st.tuples(st.floats(-1e12, 1e12), st.floats(-10, 110))),
    st.sampled_from(["audit", "ingest"]),
    st.booleans(),
)
def test_sides_never_go_back_for_any_timestamps_and_percentages(
    text: str, claims: list[tuple[float, float]], origin: str, starts_with_request: bool
) -> None:
    try:
        moment = PointInTime.parse(text)
    except InvalidPointInTime:
        return
    run = Recording()
    if starts_with_request:
        run.recorder(requested(origin=origin))
    for seq, (timestamp, pct) in enumerate(claims, 1):
        run.child("scout", "step", seq=seq, at=timestamp, pct=pct)
    search = PointSearch(moment)
    sides = [search.take(offset, recorded) for offset, recorded in offsets(run.events)]
    assert sides == sorted(sides)


@given(
    st.one_of(
        st.lists(st.integers(0, 11_000).map(lambda ms: f"+{ms / 1000:.3f}s")),
        st.lists(st.integers(0, 9_999).map(lambda ms: f"08:26:4{ms / 1000:.3f}")),
        st.lists(st.integers(0, 1000).map(lambda pct: f"{pct / 10}%")),
        st.lists(st.integers(1, 15).map(lambda seq: f"{seq:02}")),
    ).map(sorted)
)
def test_a_later_point_is_never_at_an_earlier_position(texts: list[str]) -> None:
    def position(text: str) -> int:
        return max(
            recorded.position
            for _, recorded in select_range(offsets(whole_run().events), None, PointInTime.parse(text))
        )

    def value(text: str) -> float:
        return float(text.strip("+s%").rpartition(":")[2])

    ordered = sorted(texts, key=value)
    assert all(position(one) <= position(other) for one, other in pairwise(ordered))
