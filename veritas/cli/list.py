"""`veritas list`"""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.completion import complete_batch, complete_kind, complete_risk, complete_tag
from veritas.cli.lib.number_types import WholeNumber
from veritas.cli.lib.options import database_option, format_option, time_option, verbose_option

if TYPE_CHECKING:
    from store.log import RunFilter
    from veritas.archive.archive import Archive, RunProvenance
    from veritas.events.recorder_events import RunArchived
    from veritas.projections.run_summary import RunRow

_STATUSES = ("requested", "running", "completed", "failed", "interrupted", "abandoned", "unknown")
_ORDERS = ("started", "score", "findings", "duration", "url")
_ASCENDING = ("score", "url")  # the lowest score and the first letter come first; otherwise the highest value


@click.command("list")
@click.option("--url", metavar="URL", help="Only this page, or all pages of a host that is given without a scheme.")
@click.option("--status", "statuses", type=click.Choice(_STATUSES), multiple=True, help="Only this status. Repeatable.")
@click.option(
    "--tag",
    "tags",
    metavar="TAG",
    multiple=True,
    shell_complete=complete_tag,
    help="Only audits with this tag. Repeatable: with each.",
)
@click.option(
    "--batch",
    metavar="BATCH",
    shell_complete=complete_batch,
    help="Only this batch: a beginning of its id, or `latest`.",
)
@click.option(
    "--risk",
    "risks",
    metavar="LEVEL",
    multiple=True,
    shell_complete=complete_risk,
    help="Only this risk level, or with `>=` before it, this and the worse ones. Repeatable.",
)
@click.option(
    "--finding",
    "kinds",
    metavar="KIND",
    multiple=True,
    shell_complete=complete_kind,
    help="Only audits with a finding of this kind. Repeatable: with each.",
)
@time_option("--since", help="Only audits requested at this time or later: a date, or an age such as 2d.")
@time_option("--until", help="Only audits requested before this time.")
@click.option("--sort", type=click.Choice(_ORDERS), default="started", show_default=True, help="What to sort by.")
@click.option("--reverse", is_flag=True, help="Reverse the order.")
@click.option("--limit", type=WholeNumber(1, 1_000_000_000), metavar="N", help="Only the first N runs.")
@click.option("--page", type=WholeNumber(1, 1_000_000_000), metavar="K", help="The Kth N runs; needs --limit.")
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(
    url: str | None,
    statuses: tuple[str, ...],
    tags: tuple[str, ...],
    batch: str | None,
    risks: tuple[str, ...],
    kinds: tuple[str, ...],
    since: float | None,
    until: float | None,
    sort: str,
    reverse: bool,
    limit: int | None,
    page: int | None,
    output: str,
    database: str | None,
) -> None:
    """List the recorded audits, newest first.

    There is one line for each run of an audit. A run whose end is not in the log is running, or abandoned if the
    process that recorded it has exited; that is known only on the machine on which it ran. The content of an archived
    run is in a bundle; the JSON has its path.

    The filters are combined: a run must match all of them. `--sort` has the newest run, the lowest score, the most
    findings, the longest duration or the first host first, and runs without such a value last.

    `--risk '>=suspicious'` leaves out the levels inconclusive and unknown, which say that too little was examined.
    """
    from store.log import RunOrder
    from veritas.archive.liveness import list_runs
    from veritas.archive.run_json import run_fields
    from veritas.archive.run_search import require_known, run_filter, why_none
    from veritas.cli.lib.open_log import open_to_read
    from veritas.cli.lib.output import print_json_array, print_json_lines
    from veritas.cli.lib.progress import progress_bar

    if page is not None and limit is None:
        raise click.UsageError("--page needs the number of runs on a page; give it by --limit.")
    offset = (page - 1) * limit if page and limit else 0
    rows: list[RunRow] = []
    imported: dict[str, RunProvenance] = {}
    archived: dict[str, RunArchived] = {}
    with open_to_read(database) as archive:
        if archive is not None:
            wanted = run_filter(
                archive,
                url=url,
                statuses=statuses,
                tags=tags,
                kinds=kinds,
                risks=risks,
                batch=batch,
                since=since,
                until=until,
            )
            order = RunOrder(sort, descending=(sort not in _ASCENDING) != reverse)
            with progress_bar("Catching up") as progress:
                rows = list_runs(archive, wanted, order=order, limit=limit, offset=offset, progress=progress)
            if not rows:
                require_known(archive, wanted, url)
            if limit is not None and (offset or len(rows) == limit):
                _report_page(archive, wanted, limit, page or 1)
            if not rows and archive.log.head():
                click.echo(why_none(archive, wanted), err=True)
            imported, archived = archive.provenance(), archive.archivals(row.run_id for row in rows)
    if output == "json":
        print_json_array(run_fields(row, imported, archived) for row in rows)
    elif output == "jsonl":
        print_json_lines(run_fields(row, imported, archived) for row in rows)
    else:
        _print_table(rows, imported, archived)


def _report_page(archive: Archive, wanted: RunFilter, limit: int, page: int) -> None:
    """Say on a terminal which page this is, and refuse one after the last."""
    from veritas.archive.liveness import count_runs
    from veritas.cli.lib.table import on_terminal
    from veritas.errors import UsageError
    from veritas.formatting import count

    if page == 1 and not on_terminal():
        return
    number = count_runs(archive, wanted)
    pages = max(math.ceil(number / limit), 1)
    if page > pages:
        raise UsageError(f"There is no page {page}: {count(number, 'run')} fill {count(pages, 'page')} of {limit}.")
    if on_terminal() and pages > 1:
        click.echo(f"Page {page} of {pages}; {count(number, 'run')} in all.", err=True)


def _print_table(
    rows: Sequence[RunRow], imported: Mapping[str, RunProvenance], archived: Mapping[str, RunArchived]
) -> None:
    from veritas.cli.lib import table
    from veritas.cli.lib.table import Cell, Column, print_table
    from veritas.formatting import duration, run_duration, short_number, utc_time

    several_runs = len({row.audit_id for row in rows}) < len(rows)  # some lines differ only in the run
    columns = [
        Column("audit_id", title="audit", width=13),
        Column("run", right=True, min_width=0 if several_runs else 150),
        Column("started_at", title="started", min_width=70),
        Column("status"),
        Column("trust_score", title="score", right=True),
        Column("risk_level", title="risk", min_width=100),
        Column("findings", title="found", right=True),
        Column("mode", min_width=140),
        Column("duration", title="took", right=True, min_width=120),
        Column("tier", min_width=160),
        Column("failure", min_width=180),
        Column("batch", min_width=240, width=13),
        Column("tags", min_width=200),
        Column("worker", min_width=240),
        Column("archived", min_width=0 if archived else 200),
        Column("imported_from", title="imported from", min_width=200),
        Column("url", fold=True),
    ]

    def cells(row: RunRow) -> tuple[Cell, ...]:
        score = row.trust_score
        return (
            row.audit_id,
            row.run_id.rpartition(".")[2],
            utc_time(row.started_at, "minutes"),
            table.status(row.status),
            table.risk(row.risk_level, None if score is None else short_number(score)),
            table.risk(row.risk_level, row.risk_level),
            str(row.findings),
            row.mode,
            duration(run_duration(row.origin, row.started_at, row.finished_at)),
            row.tier,
            row.failure,
            row.batch,
            ", ".join(json.loads(row.tags)) if row.tags else None,
            f"{row.worker} on {row.worker_host}" if row.worker else None,
            "yes" if row.run_id in archived else None,
            imported[row.run_id].origin if row.run_id in imported else None,
            row.url or (shlex.join(json.loads(row.command)) if row.command else None),
        )

    print_table(columns, map(cells, rows))
