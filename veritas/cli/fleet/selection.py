"""The jobs that a command of the fleet is about: their numbers, or all of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from veritas.cli.lib.number_types import WholeNumber
from veritas.errors import UsageError

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.fleet.database import FleetDatabase
    from veritas.fleet.job import FleetJob

F = TypeVar("F", bound=Callable[..., Any])

_NUMBER = WholeNumber(1, 2**63 - 1)  # a bigint of PostgreSQL


def selection_options(command: F) -> F:
    """Add the argument JOB… and `--batch`; the command receives `numbers` and `batch`."""
    batch = click.option("--batch", metavar="BATCH", help="All of this batch: the beginning of its id, or latest.")
    return click.argument("numbers", metavar="[JOB]...", nargs=-1, type=_NUMBER)(batch(command))


def select_jobs(
    archive: Archive, fleet: FleetDatabase, numbers: tuple[int, ...], batch: str | None, *, statuses: tuple[str, ...]
) -> list[FleetJob]:
    """Return the jobs with these numbers, or those of a batch that have one of these statuses.

    Raises:
        UsageError: There is no such job or batch, or neither or both are named.
    """
    from veritas.archive.batches import resolve_batch
    from veritas.fleet.overview import job_named, list_jobs

    if bool(numbers) == (batch is not None):
        raise UsageError("Give the numbers of jobs, as `veritas fleet jobs` lists them, or --batch.")
    if batch is None:
        return [job_named(fleet, number) for number in dict.fromkeys(numbers)]
    found = resolve_batch(archive, batch)
    return [job for status in statuses for job in list_jobs(fleet, status=status, batch=found)]
