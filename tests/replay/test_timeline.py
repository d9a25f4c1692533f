"""A replay keeps the recorded pace, even if the emitter's clock was wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.projections.recordings import START, Recording, requested, whole_run
from veritas.archive.event_json import event_fields
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import RunFinished
from veritas.replay.formats.jsonl import as_jsonl
from veritas.replay.timeline import Schedule, merged, offsets, scheduled, timed, timeline


class Clock:
    """A clock that only `sleep` advances; each sleep takes a little longer than asked for."""

    def __init__(self, late: float = 0.0) -> None:
        self.now = 100.0
        self.late = late
        self.slept: list[float] = []

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds + self.late


def offsets_of(events: Sequence[RecordedEvent]) -> list[float]:
    return [offset for offset, _ in offsets(events)]


def at(run: Recording, *moments: float, phase: str = "scout") -> Recording:
    """Append a child's event for each of *moments*, reckoned from the run's start."""
    for moment in moments:
        run.child(phase, "step", seq=len(run.events) + 1, at=START + moment)
    return run


def test_offsets_are_the_distances_from_the_request() -> None:
    assert offsets_of(whole_run("queue").events)[:6] == [0, 0, 0, 0.25, 0.5, 0.75]


def test_a_timestamp_after_the_recording_counts_as_the_time_of_recording() -> None:
    """An emitter that counts in milliseconds would otherwise be replayed in 50,000 years."""
    run = Recording()
    run.recorder(requested())
    run.child("scout", "step", seq=1, at=START * 1000)
    assert offsets_of(run.events) == [0, pytest.approx(0.251, abs=1e-6)]


def test_a_clock_set_back_neither_delays_nor_reorders_events() -> None:
    run = Recording()
    run.recorder(requested())
    at(run, 0.1, -1e9, 0.2)
    assert offsets_of(run.events) == pytest.approx([0, 0.1, 0.1, 0.2], abs=1e-6)


def test_an_ingested_log_keeps_its_own_pace() -> None:
    run = Recording()
    run.recorder(requested(origin="ingest"), at=START)
    at(run, -86400, -86398, -86390)
    run.recorder(RunFinished("completed", "stdout"), at=START + 1)
    assert offsets_of(run.events) == [0, 0, 2, 10, 10]


@given(st.lists(st.floats(-1e12, 1e12) | st.integers(-(10**20), 10**20)), st.sampled_from(["audit", "ingest"]))
@settings(deadline=None)
def test_offsets_are_finite_and_never_decrease(moments: list[float], origin: str) -> None:
    run = Recording()
    run.recorder(requested(origin=origin))
    at(run, *moments)
    computed = offsets_of(run.events)
    assert computed == sorted(computed)
    assert all(math.isfinite(offset) and offset >= 0 for offset in computed)


@given(st.lists(st.floats(0, 5), max_size=30), st.floats(0, 0.01), st.sampled_from([0.5, 1.0, 4.0]))
@settings(deadline=None)
def test_delays_do_not_accumulate(steps: list[float], late: float, speed: float) -> None:
    """Every event comes at its deadline or at most one sleep's delay after it."""
    run = Recording()
    run.recorder(requested(origin="ingest"))
    moment = 0.0
    for step in steps:
        moment += step
        at(run, moment)
    clock = Clock(late)
    for offset, _ in timed(
        scheduled(timeline(run.events), Schedule()), speed=speed, clock=clock.read, sleep=clock.sleep
    ):
        assert -1e-6 <= clock.now - 100 - offset / speed <= late + 1e-6


def test_a_wait_too_long_for_the_system_is_split() -> None:
    run = Recording()
    run.recorder(requested(origin="ingest"))
    at(run, 0, 10_000)
    clock = Clock()
    list(timed(scheduled(timeline(run.events), Schedule()), clock=clock.read, sleep=clock.sleep))
    assert sum(clock.slept) == 10_000
    assert max(clock.slept) <= 3600


def test_an_event_that_two_transports_delivered_is_replayed_once() -> None:
    both = [recorded for _, recorded in timeline(whole_run("queue", "stdout").events)]
    one = [recorded for _, recorded in timeline(whole_run("queue").events)]
    assert [recorded.event for recorded in both[3:-1]] == [recorded.event for recorded in one[3:-1]]
    assert {recorded.source for recorded in both} == {"queue", "recorder"}


def test_only_pauses_longer_than_the_limit_are_cut() -> None:
    run = Recording()
    run.recorder(requested(origin="ingest"))
    at(run, 0, 1, 100, 100, 101.5, 4000)
    due = [due for due, _ in scheduled(timeline(run.events), Schedule(idle_limit=2.0))]
    assert due == [0, 0, 1, 3, 3, 4.5, 6.5]


def test_an_event_that_is_not_shown_does_not_end_a_pause() -> None:
    """Hidden events between two shown events do not make the pause between them longer than the limit."""
    run = Recording()
    run.recorder(requested(origin="ingest"))
    at(run, 0)
    at(run, 1, 5, 9, phase="judge")
    at(run, 10)
    schedule = scheduled(
        timeline(run.events), Schedule(idle_limit=2.0), lambda recorded: recorded.event.phase == "scout"
    )
    assert [due for due, _ in schedule] == [0, 0, 1, 2, 2, 2]


@given(st.lists(st.floats(0, 100), max_size=20), st.floats(0, 120), st.floats(0.01, 10))
def test_events_before_the_beginning_are_due_at_once_and_no_pause_exceeds_the_limit(
    moments: list[float], begin: float, limit: float
) -> None:
    run = Recording()
    run.recorder(requested(origin="ingest"))
    at(run, *sorted(moments))
    before = 0.0
    for due, (offset, _) in scheduled(timeline(run.events), Schedule(begin=begin, idle_limit=limit)):
        assert due == 0 if offset <= begin else before <= due <= before + limit + 1e-9
        before = due


def test_the_pace_starts_after_the_events_that_are_due_at_once() -> None:
    """The time for reading the events before the beginning is not part of the pace."""
    run = Recording()
    run.recorder(requested(origin="ingest"))
    at(run, 0, 10, 11)
    clock = Clock()

    def read_slowly() -> Iterator[RecordedEvent]:
        for recorded in run.events[:3]:
            clock.now += 50
            yield recorded
        yield from run.events[3:]

    schedule = scheduled(timeline(read_slowly()), Schedule(begin=10.0))
    assert len(list(timed(schedule, clock=clock.read, sleep=clock.sleep))) == 4
    assert clock.slept == [1.0]


def test_several_runs_are_merged_as_if_begun_together() -> None:
    first, second = Recording("vrts_a.1"), Recording("vrts_b.1")
    for run, start in ((first, START), (second, START + 1_000_000)):
        run.recorder(requested(origin="ingest"), at=start)
    at(first, 0, 2, 4)
    at(second, 1, 4)  # the first event of an ingested log is at the beginning
    events = [(offset, recorded.run_id) for offset, recorded in merged(map(timeline, (first.events, second.events)))]
    assert events == [(0, first.run_id)] * 2 + [(0, second.run_id)] * 2 + [
        (2, first.run_id),
        (3, second.run_id),
        (4, first.run_id),
    ]


def test_every_line_of_jsonl_is_an_object_with_its_offset() -> None:
    lines = list(as_jsonl(timeline(whole_run().events)))
    events = [json.loads(line) for line in lines]
    assert all(line.endswith(b"}\n") and line.count(b"\n") == 1 for line in lines)
    assert [event["offset"] for event in events] == sorted(event["offset"] for event in events)
    assert (events[3]["phase"], events[3]["step"], events[3]["source"]) == ("init", "starting", "queue")


def test_event_fields_include_its_position_its_content_and_its_hash() -> None:
    run = Recording()
    recorded = run.child("scout", "x", seq=1, extra={"position": 99, "hosts": ["a", "b"]})
    fields = event_fields(recorded)
    assert (fields["position"], fields["extra"]) == (1, {"position": 99, "hosts": ["a", "b"]})
    assert len(fields["body_sha256"]) == 64
