"""`veritas watch`"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.completion import complete_batch, complete_tag
from veritas.cli.lib.options import database_option, verbose_option

if TYPE_CHECKING:
    from veritas.archive.activity import Activity, Change
    from veritas.cli.lib.table import Cell

_POLL = 0.2  # seconds from one look for new events to the next


@click.command("watch")
@click.option(
    "--batch",
    metavar="BATCH",
    shell_complete=complete_batch,
    help="Only this batch: a beginning of its id, or `latest`.",
)
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    shell_complete=complete_tag,
    help="Only audits with this tag. Repeatable: with each.",
)
@database_option
@verbose_option
def command(batch: str | None, tags: tuple[str, ...], database: str | None) -> None:
    """Watch all audits that run, whichever process or machine runs them.

    On a terminal, the screen has the running audits with their phase and progress, those that ended last, and how many
    end a minute; `q` ends it, and the arrow keys scroll. In a pipe there is one line for each change of an audit: its
    request, each phase, and its end.
    """
    import sys

    from veritas.archive.activity import Activity
    from veritas.archive.archive import Archive
    from veritas.archive.batches import resolve_batch
    from veritas.cli.lib.progress import progress_bar
    from veritas.cli.lib.table import on_terminal
    from veritas.events.tag import check_tag

    for tag in tags:
        check_tag(tag)
    with Archive.open(database, create=False) as archive:
        chosen = None if batch is None else resolve_batch(archive, batch)
        with progress_bar("Reading", "audits") as progress:
            activity = Activity(archive, batch=chosen, tags=tags, progress=progress)
        if on_terminal() and sys.stdin is not None and sys.stdin.isatty():
            from veritas.cli.watch.screen import watch

            watch(activity, archive.log.describe(), poll=_POLL)
        else:
            _print_changes(activity)


def _print_changes(activity: Activity) -> None:
    """Write a line for each run that runs, and then for each change, until the program is interrupted."""
    from veritas.cli.lib.table import Column, print_table

    columns = [*map(Column, ("time", "run", "status", "phase", "pct", "url or command", "detail"))]
    print_table(columns, map(_cells, printed_changes(activity)), flush=True)


def printed_changes(activity: Activity) -> Iterator[Change]:
    """Yield each change without end, beginning with the running audits; wait for a log that is away."""
    from store.errors import StoreError
    from veritas.archive.activity import change_of
    from veritas.formatting import escape_control_characters

    yield from (change_of(state, state.started_at or activity.since) for state in activity.running)
    waits = False
    while True:
        try:
            changes = activity.refresh()
        except StoreError as error:
            if not error.is_temporary:
                raise
            if not waits:
                click.echo(escape_control_characters(f"Waiting for the log: {error}"), err=True)
            waits = True
        else:
            if waits:
                click.echo("The log can be read again.", err=True)
            waits = False
            yield from changes
        time.sleep(_POLL)


def _cells(change: Change) -> tuple[Cell, ...]:
    from veritas.formatting import short_number, utc_time

    return (
        utc_time(change.at),
        change.run_id,
        change.status,
        change.phase,
        short_number(change.pct),
        change.subject,
        change.detail,
    )
