"""`veritas fleet jobs`"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.number_types import WholeNumber
from veritas.cli.lib.options import database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.fleet.job import FleetJob

_STATUSES = ("waiting", "running", "completed", "failed", "cancelled")


@click.command("jobs")
@click.option("--status", type=click.Choice(_STATUSES), help="Only jobs with this status.")
@click.option("--queue", metavar="QUEUE", help="Only jobs of this queue.")
@click.option("--batch", metavar="BATCH", help="Only jobs of this batch: the beginning of its id, or latest.")
@click.option("--limit", type=WholeNumber(1, 1_000_000_000), default=50, show_default=True, help="The number of jobs.")
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(
    status: str | None, queue: str | None, batch: str | None, limit: int, output: str, database: str | None
) -> None:
    """List the jobs, newest first, with the ids of their audits."""
    from veritas.archive.batches import resolve_batch
    from veritas.cli.lib import table
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.cli.lib.output import print_json_array, print_json_lines
    from veritas.cli.lib.table import Column, print_table
    from veritas.formatting import utc_time
    from veritas.secrets import Secrets

    with open_fleet(database) as (archive, fleet):
        from veritas.fleet.overview import list_jobs

        found = None if batch is None else resolve_batch(archive, batch)
        jobs = list_jobs(fleet, status=status, queue=queue, batch=found, limit=limit)
    secrets = Secrets()
    jobs = [replace(job, url=secrets.mask(job.url)) for job in jobs]
    if output != "table":
        (print_json_array if output == "json" else print_json_lines)(map(_fields, jobs))
        return
    if not jobs:
        click.echo("There is no such job; `veritas fleet status` shows what the queue has.", err=True)
    names = ("job", "status", "queue", "priority", "attempt", "at", "cause", "audit", "url")
    rows = (
        (
            *(str(job.id), table.status(job.status), job.queue, str(job.priority), str(max(1, job.attempts))),
            *("" if job.at is None else utc_time(job.at.timestamp()), job.cause or "", job.audit, job.url),
        )
        for job in jobs
    )
    print_table(
        [Column(name, right=name in ("job", "priority", "attempt"), fold=name == "url") for name in names], rows
    )


def _fields(job: FleetJob) -> dict[str, Any]:
    fields = asdict(job)
    return {"job": fields.pop("id"), **fields, "at": None if job.at is None else job.at.isoformat()}
