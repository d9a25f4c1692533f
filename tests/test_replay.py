"""A replay keeps the recorded distances, whatever the clocks of the recorded process claimed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.projections.recordings import START, Recording, requested, whole_run
from veritas.core.recorded import RecordedEvent
from veritas.core.recorder_events import RunFinished
from veritas.formats.jsonl import as_jsonl, event_fields
from veritas.replay import offsets, timed


class Clock:
    """A clock that only sleeping moves; each sleep takes a little longer than asked for."""

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


def test_a_moment_after_its_own_recording_is_taken_for_the_recording() -> None:
    """An emitter that counts in milliseconds would otherwise be replayed in 50,000 years."""
    run = Recording()
    run.recorder(requested())
    run.child("scout", "step", seq=1, at=START * 1000)
    assert offsets_of(run.events) == [0, pytest.approx(0.251, abs=1e-6)]


def test_a_clock_that_was_set_back_makes_no_event_wait_or_come_early() -> None:
    run = Recording()
    run.recorder(requested())
    at(run, 0.1, -1e9, 0.2)
    assert offsets_of(run.events) == pytest.approx([0, 0.1, 0.1, 0.2], abs=1e-6)


def test_an_ingested_log_keeps_its_own_pace_and_the_ingestion_adds_none() -> None:
    run = Recording()
    run.recorder(requested(origin="ingest"), at=START)
    at(run, -86400, -86398, -86390)
    run.recorder(RunFinished("completed", "stdout"), at=START + 1)
    assert offsets_of(run.events) == [0, 0, 2, 10, 10]


@given(st.lists(st.floats(-1e12, 1e12) | st.integers(-(10**20), 10**20)), st.sampled_from(["audit", "ingest"]))
@settings(deadline=None)
def test_offsets_never_fall_and_are_never_endless(moments: list[float], origin: str) -> None:
    run = Recording()
    run.recorder(requested(origin=origin))
    at(run, *moments)
    found = offsets_of(run.events)
    assert found == sorted(found)
    assert all(math.isfinite(offset) and offset >= 0 for offset in found)


@given(st.lists(st.floats(0, 5), max_size=30), st.floats(0, 0.01), st.sampled_from([0.5, 1.0, 4.0]))
@settings(deadline=None)
def test_late_sleepers_do_not_drift(steps: list[float], late: float, speed: float) -> None:
    """Every event comes at its deadline or by one sleep's lateness after it, however many came late before."""
    run = Recording()
    run.recorder(requested(origin="ingest"))
    moment = 0.0
    for step in steps:
        moment += step
        at(run, moment)
    clock = Clock(late)
    for offset, _ in timed(run.events, speed=speed, clock=clock.read, sleep=clock.sleep):
        assert -1e-6 <= clock.now - 100 - offset / speed <= late + 1e-6


def test_without_waiting_nothing_sleeps() -> None:
    clock = Clock()
    assert len(list(timed(whole_run().events, wait=False, clock=clock.read, sleep=clock.sleep))) == 19
    assert clock.slept == []


def test_a_wait_too_long_for_the_system_is_taken_in_pieces() -> None:
    run = Recording()
    run.recorder(requested(origin="ingest"))
    at(run, 0, 10_000)
    clock = Clock()
    list(timed(run.events, clock=clock.read, sleep=clock.sleep))
    assert sum(clock.slept) == 10_000
    assert max(clock.slept) <= 3600


def test_an_event_that_two_transports_delivered_is_replayed_once() -> None:
    both = [recorded for _, recorded in timed(whole_run("queue", "stdout").events, wait=False)]
    one = [recorded for _, recorded in timed(whole_run("queue").events, wait=False)]
    assert [recorded.event for recorded in both[3:-1]] == [recorded.event for recorded in one[3:-1]]
    assert {recorded.source for recorded in both} == {"queue", "recorder"}


def test_every_line_of_jsonl_is_an_object_with_its_offset() -> None:
    lines = list(as_jsonl(timed(whole_run().events, wait=False)))
    told = [json.loads(line) for line in lines]
    assert all(line.endswith(b"}\n") and line.count(b"\n") == 1 for line in lines)
    assert [event["offset"] for event in told] == sorted(event["offset"] for event in told)
    assert (told[3]["phase"], told[3]["step"], told[3]["source"]) == ("init", "starting", "queue")


def test_an_events_fields_name_its_place_all_that_it_says_and_the_hash_of_its_bytes() -> None:
    run = Recording()
    recorded = run.child("scout", "x", seq=1, extra={"position": 99, "hosts": ["a", "b"]})
    fields = event_fields(recorded)
    assert (fields["position"], fields["extra"]) == (1, {"position": 99, "hosts": ["a", "b"]})
    assert len(fields["body_sha256"]) == 64
