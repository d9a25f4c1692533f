"""What two runs over stdout differ in is noise; what the queue alone shows, each time, is not."""

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
    told = {rule: Hidden(number, "scout/page x") for rule, number in hidden.items()}
    return Differences(SIDE, SIDE, list(differences), told)


def test_what_stdout_alone_differs_in_is_noise() -> None:
    weighed = separate_noise([between(altered("price"))], [between(altered("price")), between(altered("price"))])
    assert (weighed.proved, weighed.persistent, weighed.certain) == ([], [], True)
    assert weighed.noise == {"scout/page price": 1}


def test_what_the_queue_shows_against_both_is_left_but_not_certain() -> None:
    weighed = separate_noise([between()], [between(altered("detail")), between(altered("detail"), altered("price"))])
    assert (weighed.persistent, weighed.certain) == ([altered("detail")], False)
    assert weighed.noise == {"scout/page price": 1}


def test_what_is_lost_or_out_of_order_by_its_numbers_is_proved_wherever_it_shows() -> None:
    """Against one of the runs over stdout, even if against another one it does not."""
    lost = Difference(MISSING, TRANSPORT, REF, None)
    moved = Difference(REORDERED, TRANSPORT, REF, REF)
    weighed = separate_noise([between()], [between(lost, moved), between(moved)])
    assert weighed.proved == [moved, lost]
    assert (weighed.persistent, weighed.noise) == ([], {})


def test_what_was_said_twice_without_a_number_is_not_proved() -> None:
    twice = Difference(DUPLICATED, TRANSPORT, REF, None)
    assert not is_proved(twice)
    assert separate_noise([between(twice)], [between(twice), between(twice)]).certain
    assert separate_noise([between()], [between(twice), between(twice)]).persistent == [twice]


def test_what_rules_hid_between_the_last_two_runs_is_told() -> None:
    assert separate_noise([between()], [between(timings=7), between(timings=3, ports=1)]).hidden == {
        "timings": 3,
        "ports": 1,
    }


def weighed_of(stdout: Sequence[str], queue: Sequence[str]) -> NoiseAnalysis:
    """Weigh runs of which each has one banner."""

    def compared(a: str, b: str) -> Differences:
        return between(*([altered("banner")] if a != b else []))

    among = [compared(a, b) for a, b in combinations(stdout, 2)]
    return separate_noise(among, [compared(a, b) for a in stdout for b in queue])


BANNERS = st.sampled_from("abc")


@given(st.lists(BANNERS, min_size=2, max_size=4), st.lists(BANNERS, min_size=1, max_size=3))
def test_a_banner_counts_only_if_stdout_never_changed_it_and_the_queue_never_had_it(
    stdout: list[str], queue: list[str]
) -> None:
    persistent = weighed_of(stdout, queue).persistent
    assert bool(persistent) == (len(set(stdout)) == 1 and stdout[0] not in queue)
