"""`veritas schedule list`"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.fleet.schedule import Schedule


@click.command("list")
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(output: str, database: str | None) -> None:
    """List the schedules, and when each is due next."""
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.cli.lib.output import print_json_array, print_json_lines
    from veritas.cli.lib.table import Column, print_table
    from veritas.formatting import utc_time

    with open_fleet(database) as (_, fleet):
        from veritas.fleet.schedule import schedules

        found = schedules(fleet)
    if output != "table":
        (print_json_array if output == "json" else print_json_lines)(map(_fields, found))
        return
    if not found:
        click.echo("There is no schedule; `veritas schedule add` adds one.", err=True)
    names = ("schedule", "cron", "zone", "urls", "queue", "priority", "next", "last batch", "by")
    rows = (
        (
            *(each.name, each.cron, each.time_zone, f"{each.urls:,}", each.queue, str(each.priority)),
            *(utc_time(each.next_due.timestamp()), each.last_batch or "", each.created_by),
        )
        for each in found
    )
    print_table([Column(name, right=name in ("urls", "priority")) for name in names], rows)


def _fields(schedule: Schedule) -> dict[str, Any]:
    fields = asdict(schedule)
    times = {"last_due": schedule.last_due.isoformat(), "next_due": schedule.next_due.isoformat()}
    return {"schedule": fields.pop("name"), **fields, **times}
