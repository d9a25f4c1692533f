"""Keys and time move the player; what it shows depends only on its index."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.projections.recordings import START, Recording, whole_run
from tests.replay.player.players import Bench, recorded_promptly, seek_index_of, source_of
from tests.replay.player.test_seek_index import long_run
from veritas.events.recorder_events import RunFinished
from veritas.projections.audit_state import AuditState
from veritas.replay.player import FASTEST, SLOWEST, Key, SeekIndex

RUN = recorded_promptly(whole_run())
KEYS = st.sampled_from([key for key in Key if key is not Key.QUIT])


def is_over(run: Recording) -> bool:
    return run.events[-1].event.type == RunFinished.type


@pytest.fixture
def bench() -> Bench:
    """A run of ten seconds: an event each quarter of a second up to 3.75 s, and its end at 10 s."""
    return Bench(seek_index_of(RUN))


def test_time_brings_each_event_when_it_is_due(bench: Bench) -> None:
    assert bench.after(0).index == 3
    assert bench.after(0.2).index == 3
    assert bench.player.wait == pytest.approx(0.05)
    assert bench.after(0.05).index == 4
    assert bench.after(1.0).index == 8
    assert bench.player.offset == pytest.approx(1.25)


def test_it_pauses_at_the_end_of_the_recording(bench: Bench) -> None:
    assert not bench.after(9.99).paused
    assert bench.after(0.01).paused
    assert bench.player.offset == 10.0 and not bench.after(60).done
    assert bench.player.frames()[0].state.status == "completed"


def test_a_speed_change_has_effect_from_now_on_only(bench: Bench) -> None:
    bench.after(1.0)
    bench.player.press(Key.FASTER)
    assert bench.after(0.5).offset == pytest.approx(2.0)
    bench.player.press(Key.SLOWER)
    bench.player.press(Key.SLOWER)
    assert bench.after(1.0).offset == pytest.approx(2.5)
    assert bench.player.wait == pytest.approx(0.5)


def test_speed_has_a_minimum_and_a_maximum(bench: Bench) -> None:
    for _ in range(40):
        bench.player.press(Key.FASTER)
    assert bench.player.speed == FASTEST
    for _ in range(60):
        bench.player.press(Key.SLOWER)
    assert bench.player.speed == SLOWEST


def test_a_pause_stops_time_until_it_ends(bench: Bench) -> None:
    bench.after(1.0)
    bench.player.press(Key.PAUSE)
    assert bench.player.wait == math.inf
    assert bench.after(3600).offset == 1.0
    bench.player.press(Key.PAUSE)
    assert bench.after(0.5).offset == 1.5


def test_one_key_press_steps_one_event_even_among_simultaneous_events(bench: Bench) -> None:
    bench.player.paused = True
    indices = []
    for _ in range(21):
        bench.player.press(Key.NEXT_EVENT)
        indices.append(bench.player.index)
    assert indices == [*range(1, 20), 19, 19]
    assert not bench.player.done


def test_a_step_pauses_the_replay(bench: Bench) -> None:
    bench.after(0.3)
    bench.player.press(Key.NEXT_EVENT)
    assert (bench.player.paused, bench.player.offset, bench.player.index) == (True, 0.5, 5)
    assert bench.after(100).index == 5


def test_a_step_skips_events_that_are_not_shown() -> None:
    bench = Bench(seek_index_of(RUN, wanted=lambda recorded: recorded.event.phase == "graph"), paused=True)
    bench.player.press(Key.NEXT_EVENT)
    assert (bench.player.frames()[0].state.phase, bench.shown_lines()) == (
        "graph",
        ["[ 60%] Intelligence Network: investigating"],
    )


def test_phase_keys_go_forwards_and_backwards(bench: Bench) -> None:
    seen = []
    for key in [Key.NEXT_PHASE] * 8 + [Key.PREVIOUS_PHASE] * 8:
        bench.player.press(key)
        state = bench.player.frames()[0].state
        seen.append((state.phase, state.step))
    forth = [
        ("init", "starting"),
        ("scout", "navigating"),
        ("security", "scanning"),
        ("vision", "analyzing"),
        ("graph", "investigating"),
        ("judge", "deliberating"),
        ("complete", "done"),
        ("complete", "done"),
    ]
    assert seen[:8] == forth
    assert seen[8:] == [*reversed(forth[:7]), ("", "")]


def test_within_a_phase_the_previous_phase_key_goes_to_its_beginning(bench: Bench) -> None:
    bench.after(2.3)
    bench.player.press(Key.PREVIOUS_PHASE)
    assert (bench.player.offset, bench.player.paused) == (2.0, False)


def test_arrows_move_five_seconds_and_the_replay_continues(bench: Bench) -> None:
    bench.after(4.0)
    bench.player.press(Key.BACK)
    assert (bench.player.offset, bench.player.index) == (0.0, 3)
    bench.player.press(Key.FORWARD)
    assert (bench.player.offset, bench.player.index, bench.player.paused) == (5.0, 18, False)
    assert bench.after(1.0).offset == 6.0


def test_a_key_that_leads_to_the_end_pauses_there(bench: Bench) -> None:
    bench.after(1.0)
    for key in (Key.FORWARD, Key.FORWARD):
        bench.player.press(key)
    assert (bench.player.offset, bench.player.paused, bench.after(60).done) == (10.0, True, False)
    bench.player.press(Key.START)
    assert (bench.player.index, bench.player.offset) == (3, 0.0)
    bench.player.press(Key.END)
    assert bench.player.index == 19


def test_at_the_end_the_pause_key_plays_the_recording_again(bench: Bench) -> None:
    bench.after(11.0)
    bench.player.press(Key.PAUSE)
    assert (bench.player.index, bench.player.offset, bench.player.paused) == (3, 0.0, False)
    assert bench.after(1.0).offset == 1.0


def test_the_end_is_the_recordings_end_and_not_the_end_of_what_is_loaded() -> None:
    """A long recording is loaded while it plays; the end key takes effect once the end is loaded."""
    seek_index = SeekIndex([source_of(RUN.events)])
    seek_index.load(lambda: len(seek_index) == 10)
    bench = Bench(seek_index)
    bench.player.press(Key.END)
    assert bench.after(0.0).index == 10
    seek_index.load(lambda: False)
    assert (bench.after(0.0).index, bench.player.paused, bench.player.done) == (19, True, False)
    assert not bench.after(60).done


def test_q_ends_the_replay(bench: Bench) -> None:
    bench.player.press(Key.QUIT)
    assert bench.player.done


def test_a_long_pause_is_cut_and_the_recorded_offset_is_shown() -> None:
    bench = Bench(seek_index_of(RUN, idle_limit=1.0))
    assert bench.after(4.0).offset == pytest.approx(4.0)
    assert not bench.player.paused
    assert bench.after(0.75).paused
    assert bench.player.offset == 10.0


def test_it_starts_at_a_point_in_time_with_the_state_there() -> None:
    bench = Bench(seek_index_of(RUN))
    bench.player.start_at(2.1, bench.seek_index.index_at(2.1, [RUN.events[10].position]))
    state = bench.player.frames()[0].state
    assert state.as_dict() == AuditState.of(RUN.events[:11]).as_dict()
    assert bench.after(0.1).offset == pytest.approx(2.2)


def test_starting_after_an_event_excludes_later_simultaneous_events() -> None:
    assert seek_index_of(RUN).index_at(0.0, [RUN.events[1].position]) == 2


@given(st.lists(st.tuples(KEYS, st.floats(0, 3)), max_size=25))
def test_the_state_shown_is_that_of_the_events_so_far_for_any_keys(
    presses: list[tuple[Key, float]],
) -> None:
    bench = Bench(seek_index_of(RUN))
    for key, seconds in presses:
        bench.player.press(key)
        player = bench.after(seconds)
        assert 0 <= player.index <= len(bench.seek_index)
        assert 0 <= player.offset <= 10.0
        assert player.wait >= 0
        assert player.frames()[0].state.as_dict() == AuditState.of(RUN.events[: player.index]).as_dict()


def test_joining_shows_new_events_and_ends_with_the_run() -> None:
    run = long_run(3)
    bench = Bench(SeekIndex([source_of(run.events)], is_over=lambda: is_over(run)))
    bench.seek_index.load(lambda: False)
    bench.player.join()
    assert (bench.player.index, bench.player.live) == (4, True)
    run.child("judge", "x", seq=4, at=START + 100)
    bench.seek_index.load(lambda: False)
    assert bench.after(0.01).index == 5
    run.recorder(RunFinished("completed", "queue"), at=START + 101)
    for _ in range(2):
        bench.seek_index.load(lambda: False)
    assert bench.after(0.01).done
    assert bench.player.frames()[0].state.status == "completed"


def test_a_running_audit_can_be_rewound_and_caught_up_with() -> None:
    run = recorded_promptly(long_run(3, seconds=2.0))
    bench = Bench(SeekIndex([source_of(run.events)], is_over=lambda: is_over(run)))
    bench.seek_index.load(lambda: False)
    bench.player.join()
    bench.player.press(Key.BACK)
    assert (bench.player.live, bench.player.offset) == (False, 1.0)
    run.child("judge", "x", seq=4, at=START + 8)
    recorded_promptly(run)
    bench.seek_index.load(lambda: False)
    assert bench.after(5.5).index == 4  # at the recorded pace again
    assert bench.after(2.0).live
    bench.player.press(Key.BACK)
    bench.player.press(Key.END)
    assert (bench.player.live, bench.player.paused) == (True, False)


def test_a_pause_in_a_running_audit_can_be_ended() -> None:
    run = long_run(1)
    bench = Bench(SeekIndex([source_of(run.events)], is_over=lambda: is_over(run)))
    bench.seek_index.load(lambda: False)
    bench.player.join()
    bench.player.press(Key.PAUSE)
    run.child("judge", "x", seq=2, at=START + 5)
    bench.seek_index.load(lambda: False)
    assert bench.after(60).index == 2
    bench.player.press(Key.PAUSE)
    assert not bench.player.live
    assert bench.after(0.1).index == 2


def test_the_player_waits_while_the_recording_is_still_loading() -> None:
    seek_index = SeekIndex([source_of(RUN.events)])
    seek_index.load(lambda: len(seek_index) >= 5)
    bench = Bench(seek_index)
    assert (bench.after(60).done, bench.player.index, bench.player.offset) == (False, 5, 0.5)
    seek_index.load(lambda: False)
    assert bench.after(0.25).index == 6
