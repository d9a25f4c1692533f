"""`veritas rollout metrics`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import database_option, format_option, time_option, verbose_option
from veritas.cli.lib.output import output_options
from veritas.cli.lib.tier import TierName
from veritas.cli.rollout.common import rollout_option

if TYPE_CHECKING:
    from veritas.archive.archive import Archive
    from veritas.rollout.metrics import Metrics


@click.command("metrics")
@rollout_option
@click.option("--tier", type=TierName(), metavar="TIER", help="Only audits of this tier.")
@time_option("--since", help="Only audits requested at this time or later.")
@time_option("--until", help="Only audits requested before this time.")
@format_option("table", "json", "prometheus", "html")
@output_options("Write to this file instead of stdout.")
@database_option
@verbose_option
def command(
    name: str,
    tier: str | None,
    since: float | None,
    until: float | None,
    output: str,
    file: Path | None,
    force: bool,
    database: str | None,
) -> None:
    """Show the results of a rollout's audits, by stage and by assigned mode."""
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import printing, writing
    from veritas.cli.lib.progress import progress_bar
    from veritas.errors import UsageError
    from veritas.events.json import json_document, json_values
    from veritas.rollout.outputs.metrics_json import metrics_json
    from veritas.rollout.queries import read_metrics

    if output == "prometheus" and (since, until) != (None, None):
        raise UsageError(
            "--format prometheus counts from the beginning; leave out --since and --until, or give another format."
        )
    with Archive.open(database, create=False) as archive, progress_bar("Catching up") as progress:
        metrics = read_metrics(archive, name, tier=tier, since=since, until=until, progress=progress)
        page = _page(archive, metrics) if output == "html" else b""
    if output == "table":
        with printing(file, force=force):
            _print(metrics)
        return
    with writing(file, force=force, text=output == "html") as write:
        if output == "json":
            write(json_document(json_values(metrics_json(metrics))))
        elif output == "html":
            write(page)
        else:
            from veritas.rollout.outputs.prometheus import prometheus_text

            write(prometheus_text(metrics))


def _page(archive: Archive, metrics: Metrics) -> bytes:
    """Return the rollout's page, with the gate's decision."""
    from veritas.rollout.gate import judge
    from veritas.rollout.ledger import Ledger
    from veritas.rollout.outputs.html import rollout_page
    from veritas.rollout.queries import read_gate_input
    from veritas.rollout.thresholds import Thresholds

    rollout = Ledger(archive).rollouts()[metrics.rollout]
    verdict = None if rollout.is_rolled_back else judge(read_gate_input(archive, rollout.name), Thresholds())
    return rollout_page(metrics, rollout, verdict)


def _print(metrics: Metrics) -> None:
    from veritas.cli.lib.table import Column, print_heading, print_pairs, print_table
    from veritas.formatting import utc_time
    from veritas.rollout.outputs.tables import tables_of

    print_pairs(
        [
            ("rollout", metrics.rollout),
            ("tier", metrics.tier),
            ("since", utc_time(metrics.since)),
            ("until", utc_time(metrics.until)),
        ]
    )
    for table in tables_of(metrics):
        print_heading(table.title)
        columns = (*map(Column, table.names), *(Column(name, right=True) for name in table.numbers))
        print_table(columns, table.rows)
    if not metrics.runs:
        click.echo("The log has no such audit whose mode this rollout could have decided.", err=True)
