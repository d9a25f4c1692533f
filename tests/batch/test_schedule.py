"""The schedule visits every URL once, no host twice at once or too soon, and lets no worker wait without a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.batch.schedule import Schedule, Target, host_key


def targets_on(hosts: list[int]) -> list[Target]:
    return [Target.of(number, f"https://h{host}.example/{number}") for number, host in enumerate(hosts, 1)]


@dataclass
class Visit:
    """A visit of a host, from its beginning to its end, and the pause that the host asked for after it."""

    target: Target
    began: float
    ended: float = 0.0
    asked: float | None = None


@dataclass
class Simulation:
    """Workers that take from a schedule as a batch's do, in a time of their own."""

    schedule: Schedule
    workers: int
    lengths: list[float]
    pauses: list[float | None]
    now: float = 0.0
    visits: list[Visit] = field(default_factory=list)
    running: list[Visit] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)  # the times at which a worker found nothing to do

    def run(self) -> list[Visit]:
        while True:
            while len(self.running) < self.workers and (target := self.schedule.take(self.now)) is not None:
                visit = Visit(target, self.now, self.now + self.lengths[target.number - 1])
                visit.asked = self.pauses[target.number - 1]
                self.visits.append(visit)
                self.running.append(visit)
            if len(self.running) < self.workers and self.schedule.waiting:
                self.idle.append(self.now)
            events = [visit.ended for visit in self.running]
            ready = self.schedule.next_ready()
            if len(self.running) < self.workers and ready is not None:
                events.append(ready)
            if not events:
                return self.visits
            self.now = max(self.now, min(events))
            for visit in [visit for visit in self.running if visit.ended <= self.now]:
                self.running.remove(visit)
                self.schedule.release(visit.target, self.now, pause=visit.asked)


def pause_after(visit: Visit, pause: float) -> float:
    return max(pause, visit.asked or 0.0)


@given(
    hosts=st.lists(st.integers(1, 5), max_size=30),
    workers=st.integers(1, 6),
    pause=st.sampled_from([0.0, 1.0, 5.0]),
    data=st.data(),
)
def test_the_laws_of_the_schedule(hosts: list[int], workers: int, pause: float, data: st.DataObject) -> None:
    """Whatever the hosts, the workers, and how long each visit takes and each host asks to be left alone."""
    targets = targets_on(hosts)
    lengths = data.draw(st.lists(st.floats(0, 10), min_size=len(hosts), max_size=len(hosts)))
    asked = st.none() | st.floats(0, 20)
    pauses = data.draw(st.lists(asked, min_size=len(hosts), max_size=len(hosts)))
    simulation = Simulation(Schedule(targets, pause=pause), workers, lengths, pauses)
    visits = simulation.run()

    assert sorted(visit.target.number for visit in visits) == [target.number for target in targets]
    for host in {target.host for target in targets}:
        own = [visit for visit in visits if visit.target.host == host]
        assert [visit.target.number for visit in own] == sorted(visit.target.number for visit in own)
        for visit, following in pairwise(own):
            assert following.began >= visit.ended + pause_after(visit, pause)

    for time in simulation.idle:
        waiting = {visit.target.host for visit in visits if visit.began > time}
        for host in waiting:  # each of them was visited, or in its pause
            before = [visit for visit in visits if visit.target.host == host and visit.began <= time]
            assert before and before[-1].ended + pause_after(before[-1], pause) > time


def test_the_next_host_is_the_one_whose_url_was_given_first() -> None:
    schedule = Schedule(targets_on([1, 1, 2, 3]), pause=1.0)
    first = schedule.take(0.0)
    assert first is not None and first.number == 1
    assert [target and target.number for target in (schedule.take(0.0), schedule.take(0.0))] == [3, 4]
    assert schedule.take(0.0) is None and schedule.next_ready() is None
    schedule.release(first, 5.0)
    assert schedule.take(5.9) is None and schedule.next_ready() == 6.0
    second = schedule.take(6.0)
    assert second is not None and second.number == 2
    assert schedule.waiting == 0


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Shop.Example:8443/a", "shop.example"),
        ("http://shop.example./", "shop.example"),
        ("http://[::1]:80/", "::1"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
    ],
)
def test_every_spelling_and_port_of_a_host_is_one_host(url: str, host: str) -> None:
    assert host_key(url) == host
