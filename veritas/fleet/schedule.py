"""Schedules: batches that are submitted again and again, at the times that a cron expression names.

Every worker looks for due schedules. One of them locks the schedule's row, submits the batch, and moves the schedule on
to the due time, in one transaction, so that each due time has one batch. Due times that passed while no worker ran are
made up for by one batch, not by one each, however many they are. A due time has its batch also if the one before is not
done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from veritas.archive.archive import Archive
from veritas.errors import UsageError, VeritasError
from veritas.fleet.database import FleetDatabase
from veritas.fleet.request import AuditRequest
from veritas.fleet.submission import Placement, submit_within
from veritas.formatting import count, iso_time

_COLUMNS = "name, cron, time_zone, queue, priority, jsonb_array_length(urls) AS urls, created_by, last_due, last_batch"


@dataclass(frozen=True)
class Schedule:
    """A schedule.

    Attributes:
        name: Its name.
        cron: When it is due, in the five fields of cron: minute, hour, day of the month, month, day of the week.
        time_zone: The time zone of these, such as `Europe/Berlin`.
        queue: The queue of its jobs.
        priority: Their priority.
        urls: How many URLs it has.
        created_by: Who made it.
        last_due: The last due time that was dealt with; at first the time at which it was made.
        last_batch: The batch that was submitted last; None before the first.
    """

    name: str
    cron: str
    time_zone: str
    queue: str
    priority: int
    urls: int
    created_by: str
    last_due: datetime
    last_batch: str | None = None

    @property
    def next_due(self) -> datetime:
        """When it is due next, in UTC."""
        return next_due(self.cron, self.time_zone, self.last_due)


def next_due(cron: str, time_zone: str, after: datetime) -> datetime:
    """Return the first time after *after* that a cron expression names, in UTC.

    Where the clock is put forward, a time of day that is left out counts as the next one that exists; where it is put
    back, a time that occurs twice counts once, as in Debian's cron.

    Raises:
        UsageError: The expression or the time zone is invalid.
    """
    return _first(cron, time_zone, after, reverse=False)


def last_due(cron: str, time_zone: str, now: datetime) -> datetime:
    """Return the last time until *now* that a cron expression names, in UTC; see `next_due`."""
    minute = now.astimezone(UTC).replace(second=0, microsecond=0)
    return _first(cron, time_zone, minute + timedelta(minutes=1), reverse=True)


def _first(cron: str, time_zone: str, start: datetime, *, reverse: bool) -> datetime:
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(f"{time_zone!r} is not a time zone; give a name such as 'UTC' or 'Europe/Berlin'.") from None
    try:
        return next(CronSim(cron, start.astimezone(zone), reverse=reverse)).astimezone(UTC)
    except CronSimError as error:
        raise UsageError(
            f"{cron!r} is not a cron expression ({error}); give minute, hour, day, month and weekday, such as"
            " '0 3 * * *' for every night at 3:00."
        ) from None
    except StopIteration:
        raise UsageError(f"{cron!r} names no time in the next 50 years; give one that comes.") from None


def add_schedule(fleet: FleetDatabase, schedule: Schedule, urls: Sequence[str], request: AuditRequest) -> None:
    """Add a schedule.

    Raises:
        UsageError: There is one of that name, or its expression or time zone is invalid.
        store.errors.StoreError: The database cannot be written.
    """
    next_due(schedule.cron, schedule.time_zone, schedule.last_due)
    values = (
        *(schedule.name, schedule.cron, schedule.time_zone, schedule.queue, schedule.priority),
        *(Jsonb(request.stored()), Jsonb(list(urls)), schedule.created_by, schedule.last_due),
    )
    with fleet.transaction() as connection:
        try:
            connection.execute(
                "INSERT INTO fleet_schedule"
                " (name, cron, time_zone, queue, priority, request, urls, created_by, last_due)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                values,
            )
        except UniqueViolation:
            raise UsageError(
                f"There is a schedule {schedule.name!r} already; remove it by `veritas schedule remove`, or give"
                " another name."
            ) from None


def remove_schedule(fleet: FleetDatabase, name: str) -> None:
    """Remove a schedule; what it has submitted stays.

    Raises:
        UsageError: There is none of that name.
        store.errors.StoreError: The database cannot be written.
    """
    with fleet.transaction() as connection:
        removed = connection.execute("DELETE FROM fleet_schedule WHERE name = %s", (name,))
        if not removed.rowcount:
            raise UsageError(f"There is no schedule {name!r}; `veritas schedule list` lists them.")


def schedules(fleet: FleetDatabase) -> list[Schedule]:
    """Return all schedules, by name."""
    with fleet.transaction() as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM fleet_schedule ORDER BY name")
        return [Schedule(**row) for row in rows]


def submit_due(
    archive: Archive, fleet: FleetDatabase, *, now: Callable[[], datetime], report: Callable[[str], None]
) -> list[str]:
    """Submit a batch for each schedule that is due; return the batches' ids.

    Args:
        archive: The log.
        fleet: The fleet's tables.
        now: Returns the time.
        report: Called with a sentence about each batch.

    Raises:
        store.errors.StoreError: The log or the queue cannot be written.
    """
    submitted = []
    for schedule in schedules(fleet):
        try:
            if schedule.next_due > now() or (batch := _submit(archive, fleet, schedule.name, now())) is None:
                continue
            has_missed = next_due(schedule.cron, schedule.time_zone, schedule.next_due) <= now()
        except VeritasError as error:  # such as a time zone that this machine does not know
            report(f"The schedule {schedule.name!r} cannot be followed by this worker: {error}")
            continue
        submitted.append(batch)
        report(
            f"The schedule {schedule.name!r} was due: the batch {batch!r} of {count(schedule.urls, 'URL')} is queued."
        )
        if has_missed:
            report(f"It also makes up for earlier times, since {iso_time(schedule.next_due.timestamp())}.")
    return submitted


def _submit(archive: Archive, fleet: FleetDatabase, name: str, now: datetime) -> str | None:
    with fleet.transaction() as connection:
        row: dict[str, Any] | None = connection.execute(
            "SELECT * FROM fleet_schedule WHERE name = %s FOR UPDATE SKIP LOCKED", (name,)
        ).fetchone()
        if row is None:
            return None  # another worker is at it, or it was removed
        last = last_due(row["cron"], row["time_zone"], now)
        if last <= row["last_due"]:
            return None  # another worker was faster
        placement = Placement(row["queue"], row["priority"])
        batch = submit_within(connection, archive, row["urls"], AuditRequest.read(row["request"]), placement, name=name)
        connection.execute(
            "UPDATE fleet_schedule SET last_due = %s, last_batch = %s WHERE name = %s", (last, batch, name)
        )
        return batch
