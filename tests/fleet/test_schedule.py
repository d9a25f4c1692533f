"""A schedule submits one batch for each time at which it is due, whichever worker is first."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from tests.fleet.conftest import REQUEST, Fleet
from veritas.batch.batch import Batch
from veritas.errors import UsageError
from veritas.fleet.database import FleetDatabase
from veritas.fleet.schedule import Schedule, add_schedule, last_due, next_due, remove_schedule, schedules, submit_due

MADE = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def add(fleet: Fleet, name: str = "nightly", cron: str = "0 3 * * *", zone: str = "UTC") -> None:
    schedule = Schedule(name, cron, zone, "default", 0, 1, "test", MADE)
    add_schedule(fleet.tables, schedule, ["http://a.test/"], REQUEST)


def due(fleet: Fleet, after: timedelta) -> list[str]:
    return submit_due(fleet.archive, fleet.tables, now=lambda: MADE + after, report=print)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 3 * * *", "UTC", "2026-11-29T12:00+00:00", "2026-11-30T03:00+00:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-11-29T12:00+00:00", "2026-11-30T02:00+00:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00+00:00", "2026-03-29T01:00+00:00"),  # 2:30 does not exist
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00+00:00", "2026-10-25T00:30+00:00"),  # 2:30 occurs twice …
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00"),  # … and counts once
        ("0 0 1 1 *", "UTC", "2026-11-29T12:00+00:00", "2027-01-01T00:00+00:00"),
    ],
)
def test_a_due_time_is_a_time_of_the_clock_on_the_wall(cron: str, zone: str, after: str, expected: str) -> None:
    assert next_due(cron, zone, datetime.fromisoformat(after)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
@pytest.mark.parametrize("cron", ["30 2 * * *", "*/20 * * * *", "15 1-3 * * *"])
def test_the_last_due_time_is_the_one_before_the_next(cron: str, day: str) -> None:
    """Also where the clock is put forward or back: a due time that is found backwards is one that is found forwards."""
    zone, begin = "Europe/Berlin", datetime.fromisoformat(f"{day}T12:00+00:00")
    due = [begin]
    while due[-1] < begin + timedelta(days=1):
        due.append(next_due(cron, zone, due[-1]))
    for earlier, later in pairwise(due[1:]):
        assert last_due(cron, zone, earlier) == earlier
        assert last_due(cron, zone, later - timedelta(seconds=1)) == earlier


@pytest.mark.parametrize(
    ("cron", "zone", "message"),
    [
        ("0 3 * *", "UTC", "'0 3 \\* \\*' is not a cron expression .*; give minute, hour"),
        ("61 * * * *", "UTC", "is not a cron expression"),
        ("0 0 30 2 *", "UTC", "."),
        ("0 3 * * *", "Mars/Olympus", "'Mars/Olympus' is not a time zone"),
        ("0 3 * * *", "../../etc/passwd", "is not a time zone"),
    ],
)
def test_an_expression_that_is_never_due_is_refused(cron: str, zone: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        next_due(cron, zone, MADE)


def test_of_many_workers_one_submits_the_batch(fleet: Fleet) -> None:
    add(fleet)
    assert due(fleet, timedelta(hours=14, minutes=59)) == []
    submitted: list[str] = []

    def look() -> None:
        with FleetDatabase.of(fleet.archive) as tables:
            submitted.extend(
                submit_due(fleet.archive, tables, now=lambda: MADE + timedelta(hours=15), report=lambda sentence: None)
            )

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (batch,) = submitted
    assert [job.batch for job in fleet.jobs()] == [batch]
    assert Batch.read(fleet.archive, batch).request.name == "nightly"
    (schedule,) = schedules(fleet.tables)
    assert (schedule.last_batch, schedule.last_due) == (batch, datetime(2026, 11, 30, 3, 0, tzinfo=UTC))


def test_times_that_passed_without_a_worker_have_one_batch(fleet: Fleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Also if they are a million, and the worker says so."""
    add(fleet, cron="* * * * *")
    assert len(due(fleet, timedelta(days=700))) == 1
    assert "It also makes up for earlier times, since 2026-11-29T12:01:00" in capsys.readouterr().out
    assert due(fleet, timedelta(days=700)) == []
    assert len(due(fleet, timedelta(days=700, minutes=1))) == 1
    assert "makes up" not in capsys.readouterr().out


def test_a_schedule_that_a_worker_cannot_follow_does_not_stop_the_others(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """A machine may lack a time zone that another one has."""
    add(fleet, "first")
    add(fleet, "second")
    with fleet.tables.transaction() as connection:
        connection.execute("UPDATE fleet_schedule SET time_zone = 'Mars/Base' WHERE name = 'first'")
    assert len(due(fleet, timedelta(days=1))) == 1
    assert "The schedule 'first' cannot be followed by this worker: 'Mars/Base'" in capsys.readouterr().out


def test_a_name_is_taken_once_and_free_after_its_removal(fleet: Fleet) -> None:
    add(fleet)
    with pytest.raises(UsageError, match="There is a schedule 'nightly' already"):
        add(fleet)
    remove_schedule(fleet.tables, "nightly")
    with pytest.raises(UsageError, match="There is no schedule 'nightly'"):
        remove_schedule(fleet.tables, "nightly")
    assert due(fleet, timedelta(days=2)) == []
