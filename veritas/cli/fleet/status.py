"""`veritas fleet status`"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.fleet.overview import Overview

_STATUSES = ("waiting", "running", "completed", "failed", "cancelled")


@click.command("status")
@format_option("table", "json")
@database_option
@verbose_option
def command(output: str, database: str | None) -> None:
    """Show how many jobs each queue has, by status, and which workers there are."""
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import Column, print_heading, print_table
    from veritas.formatting import utc_time

    with open_fleet(database) as (_, fleet):
        from veritas.fleet.overview import overview

        now = overview(fleet)
    if output == "json":
        print_json(_fields(now))
        return
    if now.jobs:
        columns = [Column("queue"), *(Column(status, right=True) for status in _STATUSES)]
        queues = ((queue, *(f"{counts.get(name, 0):,}" for name in _STATUSES)) for queue, counts in now.jobs.items())
        print_table(columns, queues)
    else:
        click.echo("The queue has no job; `veritas submit URL` queues an audit.", err=True)
    if now.workers:
        print_heading("Workers")
    names = ("worker", "host", "state", "running", "jobs", "queues", "heartbeat", "since")
    rows = (
        (
            *(each.name, each.host, each.state, str(each.running), str(each.jobs)),
            *(", ".join(each.queues) if each.queues else "all", f"{each.silent:.0f} s ago"),
            utc_time(each.started_at.timestamp()),
        )
        for each in now.workers
    )
    print_table([Column(name, right=name in ("running", "jobs")) for name in names], rows)
    if now.paused_at is not None:
        since = utc_time(now.paused_at.timestamp())
        click.echo(f"Paused since {since} by {now.paused_by}; `veritas fleet resume` goes on.", err=True)
    if not any(worker.lives for worker in now.workers):
        click.echo("No worker runs; `veritas worker` starts one.", err=True)


def _fields(now: Overview) -> dict[str, Any]:
    return {
        "queues": [{"queue": name, **{s: counts.get(s, 0) for s in _STATUSES}} for name, counts in now.jobs.items()],
        "due": now.due,
        "workers": [{**asdict(worker), "started_at": worker.started_at.isoformat()} for worker in now.workers],
        "paused_at": None if now.paused_at is None else now.paused_at.isoformat(),
        "paused_by": now.paused_by,
    }
