"""A seek index returns the same frame for an index, whichever way it was reached."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import veritas.replay.player.seek_index
from tests.projections.recordings import START, Recording, requested, whole_run
from tests.replay.player.players import recorded_promptly, seek_index_of, source_of
from veritas.events.recorder_events import RunFinished
from veritas.projections.audit_state import AuditState
from veritas.replay.player import SeekIndex

TEE = recorded_promptly(whole_run("queue", "stdout"))


def long_run(events: int, seconds: float = 0.01) -> Recording:
    """Return a run with so many child events, so many seconds apart."""
    run = Recording()
    run.recorder(requested(), at=START)
    for seq in range(1, events + 1):
        phase = ("scout", "vision", "judge")[seq * 3 // (events + 1)]
        run.child(phase, "x", seq=seq, at=START + seq * seconds, pct=seq * 100 // events, detail=str(seq))
    return run


def reached(run: Recording, index: int) -> AuditState:
    """Return the state after the *index*th event that is new."""
    seen: set[int] = set()
    left = index
    for at, recorded in enumerate(run.events):
        left -= recorded.source == "recorder" or recorded.seq not in seen
        if recorded.source != "recorder":
            seen.add(recorded.seq)
        if left == 0:
            return AuditState.of(run.events[: at + 1])
    raise AssertionError("there are not that many")


@given(st.lists(st.integers(1, 18), min_size=1, max_size=8))
def test_the_state_at_an_index_is_the_fold_of_the_events_up_to_it(indices: list[int]) -> None:
    seek_index = seek_index_of(TEE)
    assert len(seek_index) == 19
    for index in indices:
        assert seek_index.frames(index)[0].state.as_dict() == reached(TEE, index).as_dict()


def test_the_start_has_an_empty_state_and_the_end_the_final_one() -> None:
    seek_index = seek_index_of(TEE)
    assert seek_index.frames(len(seek_index))[0].state.as_dict() == AuditState.of(TEE.events).as_dict()
    start = seek_index.frames(0)[0]
    assert (start.state.status, [*start.lines]) == ("unknown", [])


def test_deliveries_repeated_after_the_last_event_count_at_the_end() -> None:
    events = whole_run("queue").events + [
        recorded for recorded in TEE.events if recorded.source == "stdout" and recorded.seq == 15
    ]
    seek_index = seek_index_of(events)
    assert len(seek_index) == 19
    assert seek_index.frames(19)[0].state.observations == Counter(recorder=4, queue=15, stdout=1)


def test_a_seek_reads_only_from_the_last_snapshot() -> None:
    run = long_run(5000)
    read: list[int] = []

    def counted(after: int) -> object:
        for recorded in source_of(run.events)(after):
            read.append(recorded.position)
            yield recorded

    seek_index = SeekIndex([counted])  # type: ignore[list-item]
    seek_index.load(lambda: False)
    read.clear()
    frame = seek_index.frames(4500)[0]
    assert (frame.state.last_seq, frame.lines[-1].text.rpartition(" ")[2]) == (4499, "4499")
    assert len(read) <= 1500
    read.clear()
    assert seek_index.frames(4501)[0].state.last_seq == 4500
    assert len(read) <= 2  # moving on reads only the next events


@pytest.mark.parametrize("seed", range(3))
def test_state_and_lines_are_the_same_after_any_jumps(seed: int) -> None:
    run = long_run(3000)
    jumping, fresh = seek_index_of(run), random.Random(seed)
    for _ in range(12):
        index = fresh.randrange(3001)
        frame = jumping.frames(index)[0]
        assert frame.state.as_dict() == AuditState.of(run.events[:index]).as_dict()
        texts = [line.text for line in frame.lines]
        straight = seek_index_of(run)
        for on_the_way in range(0, index, 700):
            straight.frames(on_the_way)
        assert texts == [line.text for line in straight.frames(index)[0].lines]


def test_an_event_that_is_not_shown_still_counts_in_the_state() -> None:
    seek_index = seek_index_of(TEE, wanted=lambda recorded: recorded.event.phase == "judge")
    frame = seek_index.frames(len(seek_index))[0]
    assert frame.lines[0].text.startswith("[ 80%] Forensic Judge")
    assert len(frame.state.findings) == 1
    assert len(seek_index.visible) == 2


def test_lines_of_shown_events_are_kept_however_old_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(veritas.replay.player.seek_index, "_SNAPSHOT_EVERY", 5)
    run = long_run(100)
    seek_index = seek_index_of(run, wanted=lambda recorded: recorded.seq == 3)
    seek_index.frames(3)
    assert [line.text.rpartition(" ")[2] for line in seek_index.frames(90)[0].lines] == ["3"]


def test_several_runs_have_the_same_offset_and_their_own_states() -> None:
    early, late = Recording("vrts_a.1"), Recording("vrts_b.1")
    early.recorder(requested(), at=START)
    early.child("scout", "x", seq=1, at=START + 0.2)
    late.recorder(requested(), at=START + 50_000)
    for seq, offset in enumerate((0.1, 0.3), 1):
        late.child("vision", "x", seq=seq, at=START + 50_000 + offset)
    seek_index = seek_index_of(recorded_promptly(early), recorded_promptly(late))
    assert [[line.offset for line in frame.lines] for frame in seek_index.frames(5)] == [
        pytest.approx([0, 0.2], abs=1e-6),
        pytest.approx([0, 0.1, 0.3], abs=1e-6),
    ]
    assert [frame.state.last_seq for frame in seek_index.frames(3)] == [0, 1]
    assert seek_index.duration == pytest.approx(0.3, abs=1e-6)


def test_a_run_that_ended_long_ago_keeps_its_last_lines() -> None:
    short, long = recorded_promptly(long_run(3)), recorded_promptly(long_run(3000))
    for index in (3003, 10, 2500):
        lines = seek_index_of(short, long).frames(index)[0].lines
        assert [line.text.rpartition(" ")[2] for line in lines][-1] == "3"


def test_a_growing_seek_index_reads_until_the_run_is_over() -> None:
    run, over = long_run(3), False
    seek_index = SeekIndex([source_of(run.events)], is_over=lambda: over)
    assert not seek_index.load(lambda: False)
    assert (len(seek_index), seek_index.complete, seek_index.growing) == (4, False, True)
    assert seek_index.frames(4)[0].state.last_seq == 3
    run.child("judge", "done", seq=4, at=START + 1)
    seek_index.load(lambda: False)
    assert (len(seek_index), seek_index.frames(5)[0].state.last_seq) == (5, 4)
    over = True
    seek_index.load(lambda: False)
    run.recorder(RunFinished("completed", "queue"), at=START + 2)  # recorded before the run was over, and not read yet
    recorded_promptly(run)
    seek_index.load(lambda: False)
    assert (seek_index.complete, seek_index.growing, seek_index.duration) == (True, False, 2.0)


def test_loading_stops_when_enough_and_continues_from_there() -> None:
    seek_index = SeekIndex([source_of(TEE.events)])
    assert seek_index.load(lambda: len(seek_index) == 7)
    assert (len(seek_index), seek_index.complete) == (7, False)
    assert not seek_index.load(lambda: False)
    assert (len(seek_index), seek_index.complete) == (19, True)


@given(st.floats(0, 12), st.sampled_from([0.1, 1.0, 100.0]))
def test_offsets_and_due_times_convert_into_each_other(offset: float, limit: float) -> None:
    seek_index = seek_index_of(TEE, idle_limit=limit)
    due = seek_index.due_at(offset)
    index = len([one for one in seek_index.due_times if one <= due])
    assert 0 <= due <= seek_index.due_times[-1]
    assert seek_index.offset_at(due, index) <= max(offset, 0) + 1e-6 or limit < 7
    if limit == 100.0:
        assert seek_index.offset_at(due, index) == pytest.approx(min(offset, 10.0), abs=1e-6)


def test_the_findings_are_those_of_the_whole_recording() -> None:
    (found,) = seek_index_of(TEE).findings
    assert (found.run, found.line.kind, found.line.level) == (0, "finding", "high")
    assert seek_index_of(TEE).frames(found.index + 1)[0].lines[-1] == found.line


def test_a_search_yields_the_shown_events_that_have_the_text() -> None:
    """An event that is not shown is not found."""
    seek_index = seek_index_of(long_run(2500))
    assert [*seek_index.search("JUDGE: 2499")] == [2499]
    only_scout = seek_index_of(TEE, wanted=lambda recorded: recorded.event.phase == "scout")
    assert [*only_scout.search("done")] == [7]
    assert [*only_scout.search("deliberating")] == []
