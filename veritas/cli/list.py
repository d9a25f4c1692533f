"""`veritas list`"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option

if TYPE_CHECKING:
    from veritas.archive.archive import RunProvenance
    from veritas.projections.run_summary import RunRow

_STATUSES = ("requested", "running", "completed", "failed", "interrupted", "abandoned")


@click.command("list")
@click.option("--status", type=click.Choice(_STATUSES), help="Only runs with this status.")
@click.option("--limit", type=click.IntRange(1, 1_000_000_000), metavar="N", help="Only the newest N runs.")
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(status: str | None, limit: int | None, output: str, database: str | None) -> None:
    """List the recorded audits, newest first.

    There is one line for each run of an audit. A run whose end is not in the log is running, or abandoned if the
    process that recorded it has exited; that is known only on the machine on which it ran.
    """
    from veritas.archive.liveness import list_runs
    from veritas.cli.lib.open_log import open_to_read
    from veritas.cli.lib.output import print_json_array, print_json_lines
    from veritas.cli.lib.progress import progress_bar

    rows: list[RunRow] = []
    imported: dict[str, RunProvenance] = {}
    with open_to_read(database) as archive:
        if archive is not None:
            with progress_bar("Catching up") as progress:
                rows = list_runs(archive, status=status, limit=limit, progress=progress)
            imported = archive.provenance()
    if output == "json":
        print_json_array(_fields(rows, imported))
    elif output == "jsonl":
        print_json_lines(_fields(rows, imported))
    else:
        _print_table(rows, imported)


def _fields(rows: Iterable[RunRow], imported: Mapping[str, RunProvenance]) -> Iterator[dict[str, Any]]:
    from veritas.formatting import iso_time, run_duration

    for row in rows:
        score = row.trust_score
        yield {
            "audit_id": row.audit_id,
            "run_id": row.run_id,
            "url": row.url,
            "tier": row.tier,
            "origin": row.origin,
            "imported_from": imported[row.run_id].origin if row.run_id in imported else None,
            "status": row.status,
            "trust_score": int(score) if score is not None and score.is_integer() else score,
            "risk_level": row.risk_level,
            "mode": row.mode,
            "started_at": iso_time(row.started_at),
            "finished_at": iso_time(row.finished_at),
            "duration": run_duration(row.origin, row.started_at, row.finished_at),
            "findings": row.findings,
        }


def _print_table(rows: Sequence[RunRow], imported: Mapping[str, RunProvenance]) -> None:
    from veritas.cli.lib import table
    from veritas.cli.lib.table import Cell, Column, print_table
    from veritas.formatting import duration, run_duration, short_number, utc_time

    several_runs = len({row.audit_id for row in rows}) < len(rows)  # some lines differ only in the run
    columns = [
        Column("audit_id", title="audit", width=13),
        Column("run", right=True, min_width=0 if several_runs else 150),
        Column("started_at", title="started"),
        Column("status"),
        Column("trust_score", title="score", right=True),
        Column("risk_level", title="risk", min_width=100),
        Column("findings", title="found", right=True),
        Column("mode", min_width=140),
        Column("duration", title="took", right=True, min_width=120),
        Column("tier", min_width=160),
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
            imported[row.run_id].origin if row.run_id in imported else None,
            row.url or (shlex.join(json.loads(row.command)) if row.command else None),
        )

    print_table(columns, map(cells, rows))
