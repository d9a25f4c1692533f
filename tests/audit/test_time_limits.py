"""A deadline says how long it was, and how much time is left."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from veritas.audit import time_limits
from veritas.audit.time_limits import AuditClock, Deadline


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 s"), (2.5, "2.5 s"), (4 / 3, "1.3 s"), (1440.0, "1440 s")])
def test_a_missed_deadline_names_its_seconds_as_people_write_them(seconds: float, shown: str) -> None:
    """Long ones too, without an exponent."""
    deadline = Deadline(seconds)
    assert f"The time of the phase, {shown}, was over before it was done" in str(deadline.miss("it was done"))
    assert deadline.is_missed


def test_a_phase_gets_a_share_of_the_time_that_is_left() -> None:
    """A phase that only calculates may take all of it."""
    whole = Deadline(1000)
    assert 390 < whole.for_phase("scout").seconds <= 400
    assert 990 < whole.for_phase("judge").seconds <= 1000
    assert Deadline(0).for_phase("scout").left == 0


def test_a_stopped_clock_continues_where_it_stood(monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadline on it leaves as much time as before."""
    now = [100.0]
    monkeypatch.setattr(time_limits, "time", SimpleNamespace(monotonic=lambda: now[0]))
    clock = AuditClock()
    deadline = Deadline(10, clock=clock.time)
    now[0] += 4
    with clock.stopped():
        now[0] += 300
        assert deadline.left == 6
    assert (clock.time(), deadline.left) == (104, 6)
    now[0] += 7
    assert deadline.left == 0
