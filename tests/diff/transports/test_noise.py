"""Differences between runs over stdout are noise; differences that the queue shows each time are not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.difference import (
    ALTERED,
    CONTENT,
    DUPLICATED,
    MISSING,
    REORDERED,
    TRANSPORT,
    ComparedRun,
    Difference,
    Differences,
    EventRef,
    Hidden,
)
from veritas.diff.transports.noise import NoiseAnalysis, is_proved, separate_noise

REF = EventRef(1, "queue", 5, "progress", "scout", "page")
SIDE = ComparedRun("vrts_aa.1", None, "completed", "stdout", 0.0, 1.0, None, None, 10)


def altered(name: str) -> Difference:
    return Difference(ALTERED, CONTENT, REF, REF, (name,), 1, 2)


def between(*differences: Difference, **hidden: int) -> Differences:
    by_rule = {rule: Hidden(number, "scout/page x") for rule, number in hidden.items()}
    return Differences(SIDE, SIDE, list(differences), by_rule)


def test_differences_between_stdout_runs_are_noise() -> None:
    analysis = separate_noise([between(altered("price"))], [between(altered("price")), between(altered("price"))])
    assert (analysis.proved, analysis.persistent, analysis.certain) == ([], [], True)
    assert analysis.noise == {"scout/page price": 1}


def test_a_difference_of_the_queue_from_both_runs_persists_but_is_not_certain() -> None:
    analysis = separate_noise([between()], [between(altered("detail")), between(altered("detail"), altered("price"))])
    assert (analysis.persistent, analysis.certain) == ([altered("detail")], False)
    assert analysis.noise == {"scout/page price": 1}


def test_losses_and_reordering_are_proved_by_numbers_in_any_comparison() -> None:
    """Against one of the runs over stdout, even if not against another one."""
    lost = Difference(MISSING, TRANSPORT, REF, None)
    moved = Difference(REORDERED, TRANSPORT, REF, REF)
    analysis = separate_noise([between()], [between(lost, moved), between(moved)])
    assert analysis.proved == [moved, lost]
    assert (analysis.persistent, analysis.noise) == ([], {})


def test_a_repeated_event_without_a_number_is_not_proved() -> None:
    twice = Difference(DUPLICATED, TRANSPORT, REF, None)
    assert not is_proved(twice)
    assert separate_noise([between(twice)], [between(twice), between(twice)]).certain
    assert separate_noise([between()], [between(twice), between(twice)]).persistent == [twice]


def test_differences_hidden_between_the_last_two_runs_are_counted() -> None:
    assert separate_noise([between()], [between(timings=7), between(timings=3, ports=1)]).hidden == {
        "timings": 3,
        "ports": 1,
    }


def analysis_of(stdout: Sequence[str], queue: Sequence[str]) -> NoiseAnalysis:
    """Separate the noise of runs that each have one banner."""

    def compared(a: str, b: str) -> Differences:
        return between(*([altered("banner")] if a != b else []))

    among = [compared(a, b) for a, b in combinations(stdout, 2)]
    return separate_noise(among, [compared(a, b) for a in stdout for b in queue])


BANNERS = st.sampled_from("abc")


@given(st.lists(BANNERS, min_size=2, max_size=4), st.lists(BANNERS, min_size=1, max_size=3))
def test_a_banner_counts_only_if_it_is_constant_over_stdout_and_never_over_the_queue(
    stdout: list[str], queue: list[str]
) -> None:
    persistent = analysis_of(stdout, queue).persistent
    assert bool(persistent) == (len(set(stdout)) == 1 and stdout[0] not in queue)
