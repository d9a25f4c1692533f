"""`veritas submit URL…`"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from veritas.cli.lib.audit_options import AuditChoices, submission_options
from veritas.cli.lib.options import database_option, format_option, verbose_option
from veritas.cli.lib.placement_options import placement_options
from veritas.cli.lib.target_options import TargetChoices, target_options


@click.command("submit")
@target_options
@placement_options
@click.option(
    "--at", metavar="TIME", help="When the audits may begin, such as 2026-12-24T03:00+01:00; without an offset in UTC."
)
@submission_options
@format_option("text", "json")
@database_option
@verbose_option
def command(
    targets: TargetChoices,
    choices: AuditChoices,
    queue: str,
    priority: int,
    per_host: float,
    at: str | None,
    output: str,
    database: str | None,
) -> None:
    """Queue audits for the workers of a fleet.

    All URLs are checked first, and queued as one batch or not at all. `veritas show BATCH` shows how far the batch is,
    `veritas list --batch BATCH` lists its audits once they have begun, and `veritas check BATCH` applies rules such as
    those of --fail-on and --baseline afterwards.

    The queue is in the log's PostgreSQL database, which `veritas fleet setup` prepares. A queued audit cannot log in,
    because its options are kept in the database.
    """
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.cli.lib.output import print_json
    from veritas.formatting import count

    urls = targets.read(outcome="queued").urls
    options = choices.parse()
    begin = None if at is None else _time(at)
    with open_fleet(database) as (archive, fleet):
        from veritas.fleet.overview import overview
        from veritas.fleet.request import AuditRequest
        from veritas.fleet.submission import Placement, submit

        request = AuditRequest.of(options, tier=choices.tier, tags=targets.tags, per_host=per_host)
        batch = submit(archive, fleet, urls, request, Placement(queue, priority, begin), name=targets.name)
        has_worker = any(worker.lives for worker in overview(fleet).workers)
    if output == "json":
        print_json({"batch": batch, "queue": queue, "jobs": len(urls)})
        return
    click.echo(f"Batch {batch}: {count(len(urls), 'audit')} queued in {queue!r}.")
    if not has_worker:
        click.echo("No worker runs; `veritas worker` starts one.", err=True)
    click.echo(f"`veritas show {batch}` shows how far the batch is.", err=True)


def _time(text: str) -> datetime:
    from veritas.errors import UsageError

    try:
        begin = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--at {text!r} is not a time; give one such as 2026-12-24T03:00+01:00.") from None
    begin = begin if begin.tzinfo else begin.replace(tzinfo=UTC)
    if begin < datetime.now(UTC):
        raise UsageError(f"--at {text!r} has passed; leave --at out to queue the audits at once.")
    return begin
